package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// reviewCmd decides what the server found in what was recorded.
type reviewCmd struct {
	List   reviewListCmd   `cmd:"" help:"List what wants a decision." default:"1"`
	Show   reviewShowCmd   `cmd:"" help:"Show one review with what it rests on."`
	Decide reviewDecideCmd `cmd:"" help:"Decide a review."`
	Reopen reviewReopenCmd `cmd:"" help:"Take a decision back."`
	Assign reviewAssignCmd `cmd:"" help:"Say who sees to a review."`
}

type reviewListCmd struct {
	State      string `help:"open, decided or closed." enum:"open,decided,closed" default:"open"`
	Kind       string `help:"Only those of a kind: ${enum}." enum:",over_delivery,orphan,duplicate,conflict,held,clock,proof_missing" default:""`
	Severity   string `help:"Only those of a severity: high, medium or low." enum:",high,medium,low" default:""`
	Area       string `help:"Only those in or below an area, by name, official code or id." placeholder:"AREA"`
	Assignee   string `help:"Only those that somebody sees to." placeholder:"LOGIN" xor:"assignee"`
	Unassigned bool   `help:"Only those that nobody sees to." xor:"assignee"`
	After      int64  `help:"Only reviews that opened behind this SEQ."`
	Limit      int    `help:"The most to list." default:"100"`
}

// Help is shown by --help.
func (reviewListCmd) Help() string {
	return `The one that opened first comes first. A review opens, is brought up to date and closes by itself as what it rests
on changes; one that was decided opens again only when that has changed.

  over_delivery  a household, with those that were merged into it, was given more of an assistance type than the type's
                 limit or than it is entitled to
  orphan         a record was deleted, and others that belong to it were not
  duplicate      two households may be one family that was registered twice; both go on receiving
  conflict       people wrote different values without knowing of each other; settle it with satchel conflict
  held           changes of a record from one device could not be applied; apply or discard them with satchel held. Where
                 all of them only wait for another record, it is of low severity
  proof_missing  a photo or a signature has not arrived three days after its record, or a delivery has none, and no
                 reason for it, although its type of assistance asks for one
  clock          the clock of a device was off by more than two minutes when it last came

Examples:
  satchel review list
  satchel review list --kind conflict --severity high --area Kraljevo
  satchel review list --assignee marko
  satchel review list --state decided
  satchel --json review list --after 1207`
}

// Run lists reviews.
func (l reviewListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		if err := srv.Reviews.Settle(ctx, tellLeft()); err != nil {
			return err
		}
		filter, err := l.filter(ctx, srv)
		if err != nil {
			return err
		}
		list, _, err := srv.Reviews.List(ctx, l.State, l.After, l.Limit, filter)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		people, err := names(ctx, srv)
		if err != nil {
			return err
		}
		return c.show(orEmpty(list), func(w *tabwriter.Writer) {
			if len(list) == 0 {
				row(w, "No review is "+l.State+".")
				return
			}
			row(w, "SEQ", "ID", "KIND", "SEVERITY", "AREA", "ABOUT", "WHAT", "AGE", "ASSIGNEE")
			for _, v := range list {
				row(w, v.Seq, v.ID, v.Kind, v.Severity, areaOf(v, read), about(v, people, read), summary(v, people, read), age(v.OpenedAt), assignee(v, people))
			}
		})
	})
}

// filter finds whom and what the flags name.
func (l reviewListCmd) filter(ctx context.Context, srv *server.Server) (server.ReviewFilter, error) {
	out := server.ReviewFilter{Kind: l.Kind, Severity: l.Severity}
	if l.Area != "" {
		area, err := srv.Area(ctx, l.Area)
		if err != nil {
			return out, err
		}
		out.Area = &area
	}
	if l.Assignee != "" || l.Unassigned {
		var who server.User
		var err error
		if !l.Unassigned {
			who, err = srv.Person(ctx, l.Assignee)
		}
		if err != nil {
			return out, err
		}
		out.Assignee = &who.ID
	}
	return out, nil
}

// names gives the names of all people and devices by id.
func names(ctx context.Context, srv *server.Server) (map[uuid.UUID]string, error) {
	users, err := srv.Accounts.Users(ctx)
	if err != nil {
		return nil, err
	}
	out, err := srv.DeviceNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		out[u.ID] = u.Name
	}
	return out, nil
}

// about writes the record, or the device, that a review is about.
func about(v server.Review, names map[uuid.UUID]string, read reader) string {
	if v.Kind == "clock" {
		return cmp.Or(names[v.Record], v.Record.String())
	}
	return referred(read, v.Record)
}

// areaOf writes the area of a review.
func areaOf(v server.Review, read reader) string {
	if v.Area == syncproto.Everyone {
		return "everywhere"
	}
	return referred(read, v.Area)
}

// referred writes a record as a reference to it is written.
func referred(read reader, id uuid.UUID) string {
	return read("households", "merged_into", syncproto.Value(`"`+id.String()+`"`))
}

// summary says in a line what a review is about.
func summary(v server.Review, names map[uuid.UUID]string, read reader) string {
	f := v.Facts
	switch v.Kind {
	case "conflict":
		fields := make([]string, len(f.Fields))
		for i, c := range f.Fields {
			fields[i] = fmt.Sprintf("%s (%d sides)", c.Field, c.Sides)
		}
		return strings.Join(fields, ", ")
	case "held":
		return fmt.Sprintf("%d changes of %s: %s", len(f.Changes)+f.LeftOff, cmp.Or(names[*v.Subject], v.Subject.String()), whyHeld(f.Changes))
	case "clock":
		off := time.Duration(f.ClockOff) * time.Millisecond
		if off < 0 {
			return fmt.Sprintf("its clock is slow by %v or more", -off)
		}
		return fmt.Sprintf("its clock is fast by %v or more", off)
	case "proof_missing":
		if len(f.Blobs) == 0 {
			return "there is neither a photo nor a signature, and no reason why"
		}
		return fmt.Sprintf("%d photos or signatures have not arrived", len(f.Blobs))
	case "orphan":
		return fmt.Sprintf("%d records belong to it", len(f.Records)+f.LeftOff)
	case "duplicate":
		return fmt.Sprintf("%.1f bits for one family with %s", f.Score, referred(read, *v.Subject))
	}
	text := f.Delivered + " delivered"
	if f.Entitled != "" {
		text += ", entitled to " + f.Entitled
	}
	if f.Limit != "" {
		text += ", limit " + f.Limit
	}
	return text + " of " + referred(read, *v.Subject)
}

// whyHeld gives the codes of why changes are held or wait, each once.
func whyHeld(changes []server.HeldFact) string {
	var codes []string
	for _, c := range changes {
		codes = append(codes, c.Code)
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), ", ")
}

// age says for how long something is open, in its largest units.
func age(opened int64) string {
	open := time.Since(time.UnixMilli(opened))
	if days := int(open.Hours() / 24); days > 0 {
		return fmt.Sprintf("%d d", days)
	}
	return max(open, 0).Truncate(time.Minute).String()
}

func assignee(v server.Review, people map[uuid.UUID]string) string {
	if v.Assignee == nil {
		return "nobody"
	}
	return cmp.Or(people[*v.Assignee], v.Assignee.String())
}

type reviewShowCmd struct {
	ID uuid.UUID `arg:"" help:"Id of the review."`
}

// Help is shown by --help.
func (reviewShowCmd) Help() string {
	return `The deliveries stand side by side, a line each: who recorded it on which device, when it was handed over, where, what
proves it, to whom and by which proxy, and why it was cancelled if it was since. Two with the same proof are one that was
entered twice. satchel household show tells all that the family is due and received. Of a deleted record, those that
belong to it are listed. Two households that may be one family stand side by side, with their people, and with what
speaks for one family and what against. Of a conflict, all sides are shown as satchel conflict show does, of held changes
what they say, as satchel held list does.

Example:
  satchel review show 0198f0a2-7b1c-5000-8000-000000000001`
}

// Run shows a review.
func (s reviewShowCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		if err := srv.Reviews.Settle(ctx, tellLeft()); err != nil {
			return err
		}
		v, err := srv.Reviews.Show(ctx, s.ID)
		if err != nil {
			return err
		}
		people, err := names(ctx, srv)
		if err != nil {
			return err
		}
		return c.show(v, func(w *tabwriter.Writer) { printReview(w, v, people, values(ctx, srv)) })
	})
}

func printReview(w *tabwriter.Writer, v server.ReviewDetail, people map[uuid.UUID]string, read reader) {
	row(w, v.Kind+":", about(v.Item, people, read))
	row(w, "  what:", summary(v.Item, people, read))
	row(w, "  area:", areaOf(v.Item, read))
	row(w, "  state:", fmt.Sprintf("%s, severity %s, since %s, updated %s", v.State, v.Severity, moment(v.OpenedAt), moment(v.UpdatedAt)))
	for _, c := range v.Concerned {
		row(w, "  concerned:", c.AuthorName+" on "+c.DeviceName)
	}
	row(w, "  assignee:", assignee(v.Item, people))
	if d := v.Decision; d != nil {
		row(w, "  decision:", fmt.Sprintf("%s by %s at %s: %s", d.Decision, cmp.Or(people[d.By], d.By.String()), moment(d.At), d.Reason))
	}
	row(w)
	switch v.Kind {
	case "duplicate":
		printPair(w, v, read)
		return
	case "conflict":
		printConflicts(w, v, read)
	case "held":
		printChanges(w, v, read)
		return
	case "clock":
	default:
		printGrounds(w, v, read)
	}
	if v.State == "open" {
		row(w)
		row(w, closesWhen(v.Kind))
		row(w, "  "+deciding(v, "accepted"))
	}
}

// deciding gives the command that decides a review as it is shown; the beginning of the digest tells it from others.
func deciding(v server.ReviewDetail, decision string) string {
	return fmt.Sprintf("satchel review decide %s %s --seen %.12s --reason TEXT", v.ID, decision, v.Digest)
}

// closesWhen says when a review closes by itself, and introduces how else it is decided.
func closesWhen(kind string) string {
	switch kind {
	case "conflict":
		return "It closes by itself when the conflicts are settled. To leave what is shown:"
	case "clock":
		return "It closes by itself when the device syncs with its clock set. If it cannot be set, or does not come again:"
	}
	return "It closes by itself when what it rests on is corrected. If it was meant so:"
}

// printConflicts shows all sides of the conflicts of a record.
func printConflicts(w *tabwriter.Writer, v server.ReviewDetail, read reader) {
	for _, k := range v.Conflicts {
		for _, side := range k.Sides {
			printSide(w, k.Collection, side, read)
		}
		row(w, "Settle it with:")
		row(w, fmt.Sprintf("  satchel conflict settle %s %s --take VERSION", k.Record, k.Field))
		row(w)
	}
}

// printChanges shows the changes of a review that are held, or were.
func printChanges(w *tabwriter.Writer, v server.ReviewDetail, read reader) {
	for _, c := range v.Changes {
		printHeld(w, c, read)
	}
	if left := len(v.Facts.Changes) + v.Facts.LeftOff - len(v.Changes); left > 0 {
		row(w, fmt.Sprintf("and %d more", left))
	}
	if v.State == "open" {
		row(w, "It closes by itself when all of them are applied or discarded:")
		row(w, "  satchel held apply VERSION")
		row(w, "  satchel held discard VERSION --reason TEXT")
	}
}

// printGrounds lists the records that a review rests on, with who recorded them.
func printGrounds(w *tabwriter.Writer, v server.ReviewDetail, read reader) {
	if v.Kind == "over_delivery" {
		printDeliveries(w, v.Grounds, read)
	} else {
		row(w, "RECORD", "BY", "DEVICE", "WHEN", "RECEIVED", "AREA")
		for _, g := range v.Grounds {
			row(w, g.Collection+" "+g.Record.String(), g.AuthorName, g.DeviceName, moment(g.Claimed), moment(g.Received), referred(read, g.Area))
		}
	}
	if left := len(v.Facts.Records) + v.Facts.LeftOff - len(v.Grounds); left > 0 {
		row(w, fmt.Sprintf("and %d more", left))
	}
}

type reviewDecideCmd struct {
	ID       uuid.UUID `arg:"" help:"Id of the review."`
	Decision string    `arg:"" help:"accepted: it was meant so, or stays so; not_duplicate: two households are two families." enum:"accepted,not_duplicate"`
	Reason   string    `help:"Why, for the audit log."`
	Seen     string    `help:"The digest of the review as it was seen." placeholder:"DIGEST"`
}

// Help is shown by --help.
func (reviewDecideCmd) Help() string {
	return `With --seen, as satchel review show prints it, nothing is decided if what the review rests on has changed since it was
shown. Without it the review is decided as it is by now, also on what nobody has looked at.

A review does not come back unless what it rests on changes, and the decision can be taken back: satchel review reopen.
What was recorded by mistake is not decided here but corrected: cancel the delivery, and the review closes by itself. So
it does when two households are merged: satchel duplicates merge; when a conflict is settled: satchel conflict settle;
and when held changes are applied or discarded: satchel held, which is the only way there. A conflict that is accepted
stays as it is shown until other values clash or another one is shown, a clock until it is fast instead of slow, slow
instead of fast, or of another severity.

Examples:
  satchel review decide 0198f0a2-7b1c-5000-8000-000000000001 accepted --seen 3f1c09ab77de --reason "two families in one house"
  satchel review decide 0198f0a2-7b1c-5000-8000-000000000002 not_duplicate --reason "father and son"`
}

// Run decides a review.
func (r reviewDecideCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		if err := srv.Reviews.Settle(ctx, tellLeft()); err != nil {
			return err
		}
		v, err := srv.Reviews.Show(ctx, r.ID)
		if err != nil {
			return err
		}
		digest := v.Digest
		if !strings.HasPrefix(digest, r.Seen) {
			digest = r.Seen // it is refused
		}
		if err := srv.Reviews.Decide(ctx, actor, r.ID, r.Decision, r.Reason, digest); err != nil {
			return err
		}
		fmt.Println("Decided. To take it back: satchel review reopen " + r.ID.String())
		return nil
	})
}

type reviewReopenCmd struct {
	ID     uuid.UUID `arg:"" help:"Id of the review."`
	Reason string    `help:"Why, for the audit log."`
}

// Help is shown by --help.
func (reviewReopenCmd) Help() string {
	return `The decision stays in the audit log.

Example:
  satchel review reopen 0198f0a2-7b1c-5000-8000-000000000001 --reason "it is one family"`
}

// Run takes a decision back.
func (r reviewReopenCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		if err := srv.Reviews.Reopen(ctx, actor, r.ID, r.Reason); err != nil {
			return err
		}
		fmt.Println("The review is open again.")
		return nil
	})
}

type reviewAssignCmd struct {
	ID     uuid.UUID `arg:"" help:"Id of the review."`
	Login  string    `arg:"" optional:"" help:"Login of who sees to it."`
	Nobody bool      `help:"Nobody sees to it any more."`
}

// Help is shown by --help.
func (reviewAssignCmd) Help() string {
	return `Examples:
  satchel review assign 0198f0a2-7b1c-5000-8000-000000000001 marko
  satchel review assign 0198f0a2-7b1c-5000-8000-000000000001 --nobody`
}

// Run assigns a review.
func (r reviewAssignCmd) Run(ctx context.Context, c *cli) error {
	if (r.Login == "") != r.Nobody {
		return errors.New("name who sees to the review by login, or say --nobody; nothing was changed")
	}
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		var user server.User
		var err error
		if !r.Nobody {
			if user, err = srv.Person(ctx, r.Login); err != nil {
				return err
			}
		}
		if err := srv.Reviews.Assign(ctx, actor, r.ID, user.ID); err != nil {
			return err
		}
		fmt.Println("Assigned to " + cmp.Or(user.Name, "nobody") + ".")
		return nil
	})
}
