package syncproto

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"github.com/google/uuid"
)

// row is one line of a frame stream behind the header: whichever of its members is there.
type row struct {
	Change    *Change    `json:"change,omitempty"`
	Record    *Record    `json:"record,omitempty"`
	Departure *Departure `json:"departure,omitempty"`
	Receipt   *Receipt   `json:"receipt,omitempty"`
	End       *end       `json:"end,omitempty"`
}

// end is the last line: a stream without it was cut off.
type end struct {
	Rows    int                  `json:"rows"`
	Cursors map[uuid.UUID]int64  `json:"cursors,omitempty"`
	More    bool                 `json:"more,omitempty"`
	Digests map[uuid.UUID]Digest `json:"digests,omitempty"`
}

// WriteRequest writes r as a frame stream.
func WriteRequest(w io.Writer, r Request) error {
	enc := lineEncoder(w)
	if err := enc.Encode(r); err != nil {
		return err
	}
	for i := range r.Changes {
		if err := enc.Encode(row{Change: &r.Changes[i]}); err != nil {
			return err
		}
	}
	return enc.Encode(row{End: &end{Rows: len(r.Changes)}})
}

// ReadRequest reads what [WriteRequest] wrote. What is wrong with it is said by a [*Problem].
func ReadRequest(r io.Reader) (Request, error) {
	var out Request
	_, err := readLines(r, &out, func(line row) error {
		if line.Change != nil {
			out.Changes = append(out.Changes, *line.Change)
		}
		return nil
	})
	return out, err
}

// WriteReply writes r as a frame stream.
func WriteReply(w io.Writer, r Reply) error {
	enc := lineEncoder(w)
	header := r
	header.Receipts = nil
	if err := enc.Encode(header); err != nil {
		return err
	}
	var rows []row
	for i := range r.Receipts {
		rows = append(rows, row{Receipt: &r.Receipts[i]})
	}
	for i := range r.Records {
		rows = append(rows, row{Record: &r.Records[i]})
	}
	for i := range r.Departures {
		rows = append(rows, row{Departure: &r.Departures[i]})
	}
	for _, line := range rows {
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return enc.Encode(row{End: &end{Rows: len(rows), Cursors: r.Cursors, More: r.More, Digests: r.Digests}})
}

// ReadReply reads what [WriteReply] wrote, and calls progress, if there is one, with the number of
// records so far. What is wrong with the reply is said by a [*Problem].
func ReadReply(r io.Reader, progress func(records int)) (Reply, error) {
	var out Reply
	last, err := readLines(r, &out, func(line row) error {
		switch {
		case line.Receipt != nil:
			out.Receipts = append(out.Receipts, *line.Receipt)
		case line.Departure != nil:
			out.Departures = append(out.Departures, *line.Departure)
		case line.Record != nil:
			out.Records = append(out.Records, *line.Record)
			if progress != nil {
				progress(len(out.Records))
			}
		}
		return nil
	})
	out.Cursors, out.More, out.Digests = last.Cursors, last.More, last.Digests
	return out, err
}

// readLines decodes the first line into header and gives the others to each.
func readLines(r io.Reader, header any, each func(row) error) (end, error) {
	lines := bufio.NewScanner(io.LimitReader(r, MaxInflatedBytes))
	lines.Buffer(nil, MaxLineBytes)
	if !lines.Scan() {
		return end{}, cutOff(lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), header); err != nil {
		return end{}, Refuse(CodeFrameInvalid, "The first line is not a header: %v.", err)
	}
	for rows := 0; lines.Scan(); rows++ {
		var line row
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return end{}, Refuse(CodeFrameInvalid, "Line %d is not valid.", rows+2)
		}
		if line.End != nil {
			if line.End.Rows != rows {
				return end{}, Refuse(CodeFrameInvalid, "The stream announces %d rows and has %d.", line.End.Rows, rows)
			}
			return *line.End, nil
		}
		if err := each(line); err != nil {
			return end{}, err
		}
	}
	return end{}, cutOff(lines.Err())
}

func cutOff(err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return Refuse(CodeFrameInvalid, "A line is longer than %d bytes.", MaxLineBytes)
	}
	if err != nil {
		return err
	}
	return Refuse(CodeFrameInvalid, "The stream ends before its end line.")
}

func lineEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}
