package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// printAid writes what a family is due and has received, and how old that knowledge is.
func printAid(ctx context.Context, w io.Writer, s *clientlib.Store, a clientlib.Aid) {
	fmt.Fprintf(w, "What the family is due and has received, %s:\n", asKnown(a))
	if len(a.Households) > 1 {
		var names []string
		for _, h := range a.Households {
			names = append(names, fmt.Sprintf("%s (card %q)", h.Text("head_name"), h.Text("card_number")))
		}
		fmt.Fprintf(w, "  It is registered %d times, and counts as one: %s.\n", len(names), strings.Join(names, ", "))
	}
	if a.Elsewhere > 0 {
		fmt.Fprintf(w, "  Also registered in areas that this device does not have: %d times. What it received there is not known here.\n", a.Elsewhere)
	}
	if len(a.Shares) == 0 {
		fmt.Fprintln(w, "  nothing")
	}
	for _, share := range a.Shares {
		fmt.Fprintf(w, "  %s: %s.\n", called(share), inWords(share))
		for _, d := range share.Deliveries {
			fmt.Fprintf(w, "    %s\n", deliveryInWords(ctx, s, d))
		}
	}
}

// asKnown says when the device last knew all that the office does.
func asKnown(a clientlib.Aid) string {
	if a.Known.IsZero() {
		return "as far as this device knows, which never fetched all of this area: there may be more"
	}
	return fmt.Sprintf("as this device knew it on %s, %s ago", minute(a.Known), inLargest(a.Age))
}

func minute(t time.Time) string { return t.Local().Format("Mon 2006-01-02 15:04") }

// inLargest writes a duration in its largest unit.
func inLargest(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := d / unit.is; {
		case n == 1:
			return "1 " + unit.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a minute"
}

// called gives what people call an assistance type, and what its quantities count.
func called(s *clientlib.Share) string {
	switch {
	case s.Type == nil:
		return "an assistance type that this device does not have"
	case s.Type.Text("unit") != "":
		return fmt.Sprintf("%s (%s)", s.Type.Text("name"), s.Type.Text("unit"))
	}
	return s.Type.Text("name")
}

// inWords says what was received, and what is still due.
func inWords(s *clientlib.Share) string {
	received := fmt.Sprintf("%s received", s.Delivered)
	var allowed []string
	if entitled := s.Entitled.String(); entitled != "" {
		allowed = append(allowed, "entitled to "+entitled)
	}
	if limit := s.Limit.String(); limit != "" {
		allowed = append(allowed, "limit "+limit)
	}
	switch left := s.Remaining.String(); {
	case left == "":
		return received + ", without an entitlement or a limit"
	case s.Over():
		return fmt.Sprintf("%s, %s; that is %s too much", received, strings.Join(allowed, ", "), s.Beyond(0))
	default:
		return fmt.Sprintf("%s, %s; %s still due", received, strings.Join(allowed, ", "), left)
	}
}

// deliveryInWords says when a delivery was made, by whom and to whom.
func deliveryInWords(ctx context.Context, s *clientlib.Store, d clientlib.Delivered) string {
	text := fmt.Sprintf("%s on %s by %s", words(d.Value("quantity")), minute(d.When("delivered_at")), cmp.Or(d.Worker, "an unknown worker"))
	add := func(format, about string) {
		if about != "" {
			text += fmt.Sprintf(format, about)
		}
	}
	add(", project %s", codeOf(ctx, s, d.Reference("project")))
	add(", to %s", d.Text("recipient"))
	add(", taken by proxy: %s", d.Text("proxy"))
	add(" (%s)", d.Text("note"))
	if d.Unsent {
		add("; %s", "not sent yet")
	}
	add("; CANCELLED: %s", d.Text("cancelled_why"))
	return text + " [" + d.ID.String() + "]"
}

// codeOf gives the code of a project, "" if the device does not have it.
func codeOf(ctx context.Context, s *clientlib.Store, project uuid.UUID) string {
	r, err := s.Get(ctx, project)
	if err != nil {
		return ""
	}
	return r.Text("code")
}
