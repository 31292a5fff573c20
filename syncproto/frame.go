package syncproto

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
)

// A line is one line of a frame stream behind the header. One of its members is there; a line with
// another member is of a newer version, and is passed over.
type line struct {
	Changes    *changeBlock    `json:"changes,omitempty"`
	Receipts   *receiptBlock   `json:"receipts,omitempty"`
	Records    *recordBlock    `json:"records,omitempty"`
	Departures *departureBlock `json:"departures,omitempty"`
	End        *end            `json:"end,omitempty"`
}

// end is the last line: how much there was of each, so that a stream that was cut off is known by it.
type end struct {
	counts
	Cursors map[uuid.UUID]int64  `json:"cursors,omitempty"`
	More    bool                 `json:"more,omitempty"`
	Digests map[uuid.UUID]Digest `json:"digests,omitempty"`
}

// counts is how much of each kind a stream has.
type counts struct {
	Changes    int `json:"changes,omitempty"`
	Receipts   int `json:"receipts,omitempty"`
	Records    int `json:"records,omitempty"`
	Departures int `json:"departures,omitempty"`
}

// String says it in words.
func (c counts) String() string {
	return fmt.Sprintf("%d changes, %d receipts, %d records and %d departures", c.Changes, c.Receipts, c.Records, c.Departures)
}

// WriteRequest writes r as a frame stream: JSON texts, one on a line. It fails on a change that no
// reader would take: with a number below 1, or with a value that is not compact JSON.
func WriteRequest(w io.Writer, r Request) error {
	blocks, err := changeBlocks(r.Changes)
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	lines := []any{r}
	for i := range blocks {
		lines = append(lines, line{Changes: &blocks[i]})
	}
	return writeLines(w, append(lines, line{End: &end{counts: counts{Changes: len(r.Changes)}}}))
}

// WriteReply writes r as a frame stream. It fails as [WriteRequest] does.
func WriteReply(w io.Writer, r Reply) error {
	records, err := recordBlocks(r.Records)
	if err != nil {
		return fmt.Errorf("write a reply: %w", err)
	}
	lines := []any{r}
	for _, b := range receiptBlocks(r.Receipts) {
		lines = append(lines, line{Receipts: &b})
	}
	for i := range records {
		lines = append(lines, line{Records: &records[i]})
	}
	for _, b := range departureBlocks(r.Departures) {
		lines = append(lines, line{Departures: &b})
	}
	return writeLines(w, append(lines, line{End: &end{
		counts:  counts{Receipts: len(r.Receipts), Records: len(r.Records), Departures: len(r.Departures)},
		Cursors: r.Cursors, More: r.More, Digests: r.Digests,
	}}))
}

func writeLines(w io.Writer, lines []any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // values travel as they stand
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return fmt.Errorf("write a frame: %w", err)
		}
	}
	return nil
}

// ReadRequest reads what [WriteRequest] wrote. What is wrong with the stream is told by a *[Problem]
// of [CodeFrameInvalid], [CodeBatchTooLarge] or [CodeBodyTooLarge]; other errors are those of r. The
// request holds its header even then, if that much could be read.
func ReadRequest(r io.Reader) (Request, error) {
	var out Request
	f := newFrameReader(r, MaxInflatedBytes)
	if err := f.next(&out); err != nil {
		return out, err
	}
	if err := out.checkHeader(); err != nil {
		return out, f.refuse(err)
	}
	for {
		var l line
		if err := f.next(&l); err != nil {
			return out, err
		}
		if l.End != nil {
			return out, f.finish(l.End.counts, counts{Changes: len(out.Changes)}, inOrder(out.Changes))
		}
		if l.Changes == nil {
			continue
		}
		if len(out.Changes)+l.Changes.Rows > MaxBatchChanges {
			return out, Refuse(CodeBatchTooLarge, "A request has at most %d changes. %s", MaxBatchChanges, nothingLost)
		}
		rows, err := f.changes(l.Changes)
		if err != nil {
			return out, f.refuse(err)
		}
		out.Changes = append(out.Changes, rows...)
	}
}

// ReadReply reads what [WriteReply] wrote, with errors as those of [ReadRequest]. It calls progress,
// if there is one, with the number of records that have come so far. The records are in groups by
// collection; within one they are in the order in which they were written.
func ReadReply(r io.Reader, progress func(records int)) (Reply, error) {
	var out Reply
	f := newFrameReader(r, maxReplyBytes)
	if err := f.next(&out); err != nil {
		return out, err
	}
	for {
		var l line
		if err := f.next(&l); err != nil {
			return out, err
		}
		if l.End != nil {
			out.Cursors, out.More, out.Digests = l.End.Cursors, l.End.More, l.End.Digests
			have := counts{Receipts: len(out.Receipts), Records: len(out.Records), Departures: len(out.Departures)}
			return out, f.finish(l.End.counts, have, nil)
		}
		if err := f.addTo(&out, l); err != nil {
			return out, f.refuse(err)
		}
		if l.Records != nil && progress != nil {
			progress(len(out.Records))
		}
	}
}

// addTo adds the rows of a line to the reply.
func (f *frameReader) addTo(out *Reply, l line) error {
	switch {
	case l.Receipts != nil:
		rows, err := f.receipts(l.Receipts)
		out.Receipts = append(out.Receipts, rows...)
		return err
	case l.Departures != nil:
		rows, err := f.departures(l.Departures)
		out.Departures = append(out.Departures, rows...)
		return err
	case l.Records != nil && len(out.Records)+l.Records.Rows > MaxPageRecords:
		return fmt.Errorf("a reply has at most %d records", MaxPageRecords)
	case l.Records != nil:
		rows, err := f.records(l.Records)
		out.Records = append(out.Records, rows...)
		return err
	}
	return nil
}

// checkHeader says whether the header keeps to the limits.
func (r *Request) checkHeader() error {
	if len(r.Cursors) > MaxCursors || len(r.Held) > MaxBatchChanges {
		return fmt.Errorf("a request has at most %d cursors, and asks for at most %d held changes", MaxCursors, MaxBatchChanges)
	}
	if len(r.Proof) > MaxProofBytes {
		return fmt.Errorf("a proof has at most %d bytes", MaxProofBytes)
	}
	if r.Page < 0 || r.Known.N < 0 {
		return errors.New("neither the page nor the number of the known change is below 0")
	}
	if r.Health.Program != "" {
		return checkName(r.Health.Program)
	}
	return nil
}

// inOrder sorts the changes by their numbers, and says whether there is a gap.
func inOrder(changes []Change) error {
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.N, b.N) })
	for i := 1; i < len(changes); i++ {
		if before, n := changes[i-1].N, changes[i].N; n != before+1 {
			return fmt.Errorf("change %d comes behind change %d", n, before)
		}
	}
	return nil
}

// maxReplyBytes is the most that a reply may come to, counted as for an [expander].
const maxReplyBytes = 4 * MaxInflatedBytes

// nothingLost is the end of every detail.
const nothingLost = "Nothing of it was taken in and nothing is lost; sync again, and tell an administrator if it stays so."

// A frameReader reads a frame stream line by line.
type frameReader struct {
	expander
	lines *bufio.Scanner
	line  int
}

func newFrameReader(r io.Reader, most int) *frameReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, MaxLineBytes)
	return &frameReader{lines: lines, expander: expander{left: most}}
}

// next decodes the next line, which has to be there.
func (f *frameReader) next(into any) error {
	f.line++
	if !f.lines.Scan() || f.lines.Err() != nil {
		return f.stopped()
	}
	text := f.lines.Bytes()
	if err := f.spend(len(text)); err != nil {
		return err
	}
	if !utf8.Valid(text) || len(text) == 0 || text[0] != '{' {
		return f.refuse(errors.New("it is not a JSON object in UTF-8"))
	}
	if err := json.Unmarshal(text, into); err != nil {
		return f.refuse(err)
	}
	return nil
}

// stopped says why there is no next line.
func (f *frameReader) stopped() error {
	err := f.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return f.refuse(fmt.Errorf("it is longer than %d bytes", MaxLineBytes))
	case err != nil:
		return fmt.Errorf("read a frame: %w", err)
	}
	return f.refuse(errors.New("it is missing: the stream was cut off"))
}

// finish checks the stream against its last line, and reads on to its end, because that is where a
// compressed stream is checked.
func (f *frameReader) finish(announced, have counts, rows error) error {
	switch {
	case rows != nil:
		return f.refuse(rows)
	case announced != have:
		return f.refuse(fmt.Errorf("it announces %v, and there are %v", announced, have))
	}
	f.line++
	more := f.lines.Scan()
	switch {
	case f.lines.Err() != nil:
		return f.stopped()
	case more:
		return f.refuse(errors.New("it comes behind the end"))
	}
	return nil
}

// refuse makes a problem of what is wrong with the current line.
func (f *frameReader) refuse(err error) error {
	var problem *Problem
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &syntax):
		err = errors.New("it is not JSON")
	case errors.As(err, &mismatch): // its text would quote the value
		err = fmt.Errorf("%q has a value of the wrong type", mismatch.Field)
	}
	return Refuse(CodeFrameInvalid, "Line %d of the frames cannot be read: %v. %s", f.line, err, nothingLost)
}
