package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"satchel/clientlib"
)

// How often progress is shown at the most, and how wide the bar is, in characters.
const (
	everyOnTerminal = 100 * time.Millisecond
	everyOtherwise  = 5 * time.Second
	barWidth        = 20
)

// A bar shows how far a sync is: on one line of a terminal, and otherwise as a line now and then.
type bar struct {
	out      *os.File
	terminal bool
	last     time.Time
}

func newBar(out *os.File) *bar {
	return &bar{out: out, terminal: term.IsTerminal(int(out.Fd())), last: time.Now()}
}

// update shows what really went over the link, at most so often.
func (b *bar) update(p clientlib.Progress) {
	every := everyOtherwise
	if b.terminal {
		every = everyOnTerminal
	}
	if time.Since(b.last) < every {
		return
	}
	b.last = time.Now()
	if b.terminal {
		fmt.Fprintf(b.out, "\r\033[K%s", progressLine(p))
		return
	}
	fmt.Fprintln(b.out, progressLine(p))
}

// end leaves the line of the terminal as it was.
func (b *bar) end() {
	if b.terminal {
		fmt.Fprint(b.out, "\r\033[K")
	}
}

// progressLine draws the changes that the office has acknowledged and the records that have come, and tells the rest in
// numbers.
func progressLine(p clientlib.Progress) string {
	if p.WaitSeconds > 0 {
		return fmt.Sprintf("the office is busy, trying again in %d s; nothing is lost", p.WaitSeconds)
	}
	done, all, records := p.Changes, p.ChangesToSend, fmt.Sprint(p.Records)
	if p.RecordsToFetch > p.Records {
		done, all = done+p.Records, all+p.RecordsToFetch
		records = fmt.Sprintf("%d of %d", p.Records, p.RecordsToFetch)
	}
	blobs := ""
	if p.BlobsToSend > 0 { // the rest is done by then
		done, all, blobs = p.Blobs, p.BlobsToSend, fmt.Sprintf("; sent %d of %d photos", p.Blobs, p.BlobsToSend)
	}
	filled := barWidth
	if all > 0 {
		filled = barWidth * done / all
	}
	return fmt.Sprintf("[%s%s] sent %d of %d changes, %s; fetched %s records, %s%s",
		strings.Repeat("#", filled), strings.Repeat("-", barWidth-filled), p.Changes, p.ChangesToSend, amount(p.BytesUp), records, amount(p.BytesDown), blobs)
}

// amount writes a number of bytes for people.
func amount(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}
