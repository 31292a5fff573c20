package syncproto

import (
	"encoding/json"
	"errors"
	"strings"
)

// receiptBlock is a block of receipts.
type receiptBlock struct {
	Rows   int    `json:"rows"`
	N      column `json:"n"`
	Time   column `json:"time"`
	Status column `json:"status"`
	// A row has a code, a reason and conflicts only if there are any.
	Code      column `json:"code,omitempty"`
	Reason    column `json:"reason,omitempty"`
	Conflicts column `json:"conflicts,omitempty"`
}

// receiptBlocks sorts receipts into blocks.
func receiptBlocks(receipts []Receipt) []receiptBlock {
	var out []receiptBlock
	for _, rows := range cut(receipts, Receipt.weigh) {
		var n, time, status, code, reason, conflicts []Value
		for _, r := range rows {
			n = append(n, numberValue(r.N))
			time = append(time, numberValue(r.Time))
			status = append(status, textValue(string(r.Status)))
			code = append(code, textOrNone(r.Code))
			reason = append(reason, textOrNone(r.Reason))
			conflicts = append(conflicts, namesOrNone(r.Conflicts))
		}
		out = append(out, receiptBlock{
			Rows: len(rows), N: columnOf(n), Time: columnOf(time), Status: columnOf(status),
			Code: columnOf(code), Reason: columnOf(reason), Conflicts: columnOf(conflicts),
		})
	}
	return out
}

// weigh gives roughly how many bytes the receipt adds to a block.
func (r Receipt) weigh() (size int, names []string) {
	return 100 + 2*len(r.Reason) + (MaxNameBytes+3)*len(r.Conflicts), nil
}

func textValue(text string) Value {
	var out strings.Builder
	quote(&out, text)
	return Value(out.String())
}

func textOrNone(text string) Value {
	if text == "" {
		return ""
	}
	return textValue(text)
}

func namesOrNone(names []string) Value {
	if len(names) == 0 {
		return ""
	}
	var values []Value
	for _, name := range names {
		values = append(values, textValue(name))
	}
	return Value(plain(values))
}

// receipts gives the rows of a block.
func (e *expander) receipts(in *receiptBlock) ([]Receipt, error) {
	b := e.block(in.Rows, nil)
	n, times := b.numbers("n", in.N), b.numbers("time", in.Time)
	status := read(b, "status", in.Status, b.rows, b.asStatus)
	code, reason := read(b, "code", in.Code, b.rows, b.asText), read(b, "reason", in.Reason, b.rows, b.asText)
	conflicts := read(b, "conflicts", in.Conflicts, b.rows, b.asNames)
	if b.err != nil {
		return nil, b.err
	}
	out := make([]Receipt, b.rows)
	for i := range out {
		out[i] = Receipt{
			N: n[i], Time: times[i], Status: status[i], Code: code[i], Reason: reason[i], Conflicts: conflicts[i],
		}
	}
	return out, nil
}

func (b *blockReader) asStatus(v Value) (Status, error) {
	text, err := b.asText(v)
	if err == nil && text == "" {
		err = errors.New("a receipt has no status")
	}
	return Status(text), err
}

// asText reads a string, "" where there is none, and puts it on the account.
func (b *blockReader) asText(v Value) (string, error) {
	if v == "" {
		return "", nil
	}
	if v[0] != '"' {
		return "", errors.New("it has something else than text")
	}
	return v.Text(), b.spend(cellCost + len(v))
}

// asNames reads an array of strings, nil where there is none, and puts it on the account.
func (b *blockReader) asNames(v Value) ([]string, error) {
	if v == "" {
		return nil, nil
	}
	if err := b.spend(cellCost + cellCost*strings.Count(string(v), ",") + len(v)); err != nil {
		return nil, err
	}
	var names []string
	if json.Unmarshal([]byte(v), &names) != nil {
		return nil, errors.New("it has something else than arrays of names")
	}
	return names, nil
}

// departureBlock is a block of departures.
type departureBlock struct {
	Rows int    `json:"rows"`
	Area column `json:"area"`
	ID   column `json:"id"`
}

// departureBlocks sorts departures into blocks.
func departureBlocks(departures []Departure) []departureBlock {
	var out []departureBlock
	for _, rows := range cut(departures, func(Departure) (int, []string) { return 100, nil }) {
		var area, id []Value
		for _, d := range rows {
			area = append(area, idValue(d.Area))
			id = append(id, idValue(d.ID))
		}
		out = append(out, departureBlock{Rows: len(rows), Area: columnOf(area), ID: columnOf(id)})
	}
	return out
}

// departures gives the rows of a block.
func (e *expander) departures(in *departureBlock) ([]Departure, error) {
	b := e.block(in.Rows, nil)
	area, id := b.ids("area", in.Area), b.ids("id", in.ID)
	b.fail("id", b.spend(cellCost*b.rows))
	if b.err != nil {
		return nil, b.err
	}
	out := make([]Departure, b.rows)
	for i := range out {
		out[i] = Departure{Area: area[i], ID: id[i]}
	}
	return out, nil
}
