package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// deliverCmd records a delivery.
type deliverCmd struct {
	Household string     `arg:"" help:"Card number, id or its beginning, or a search that finds one household."`
	Type      string     `arg:"" help:"Code of the assistance type."`
	Project   string     `help:"Code of the project." required:""`
	Quantity  float64    `help:"How much, in the type's unit." default:"1"`
	Recipient string     `help:"Who took it, if not the head of the household."`
	Proxy     string     `help:"Who took it in the recipient's place, and why."`
	Note      string     `help:"Anything else."`
	At        *time.Time `help:"When, if not now, such as 2020-04-30T10:15:00Z."`
	Yes       bool       `help:"Do not ask."`
}

// Help is shown by --help.
func (deliverCmd) Help() string {
	return `What the household already got, as far as this device knows, is shown first, and then you are asked. A delivery
is a fact: it can be cancelled with a reason, not deleted.

Example:
  satchel-device deliver 12345 material --project KV-2 --quantity 1 --yes`
}

// Run records the delivery.
func (d deliverCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		h, err := household(ctx, s, d.Household)
		if err != nil {
			return err
		}
		kind, err := named(ctx, s, "assistance_types", d.Type, "code")
		if err != nil {
			return err
		}
		project, err := named(ctx, s, "projects", d.Project, "code")
		if err != nil {
			return err
		}
		if err := d.confirm(ctx, s, h, kind); err != nil {
			return err
		}
		recipient := d.Recipient
		if recipient == "" {
			recipient = h.Text("head_name")
		}
		var form clientlib.Form
		r := form.Create("deliveries", map[string]any{
			"household": h.ID, "project": project.ID, "assistance_type": kind.ID, "quantity": d.Quantity,
			"delivered_at": momentOr(d.At), "recipient": recipient, "proxy": d.Proxy, "note": d.Note,
		})
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("delivery", r.ID)
	})
}

// confirm says what the household already got, and asks.
func (d deliverCmd) confirm(ctx context.Context, s *clientlib.Store, h, kind *clientlib.Record) error {
	before, err := received(ctx, s, h.ID)
	if err != nil {
		return err
	}
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	kinds, err := s.List(ctx, "assistance_types", uuid.Nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s, as this device knew on %s, has got so far:\n", h.Text("head_name"), moment(status.Complete))
	for _, other := range kinds {
		if quantity := before[other.ID]; quantity != 0 {
			fmt.Fprintf(os.Stderr, "  %g × %s\n", quantity, other.Text("name"))
		}
	}
	if len(before) == 0 {
		fmt.Fprintln(os.Stderr, "  nothing")
	}
	if limit := kind.Number("limit_per_household"); limit > 0 && before[kind.ID]+d.Quantity > limit {
		fmt.Fprintf(os.Stderr, "With this delivery it has more than the %g × %s that one household may get.\n", limit, kind.Text("name"))
	}
	if d.Yes {
		return nil
	}
	return agree("Deliver %g × %s?", d.Quantity, kind.Text("name"))
}

// agree asks whether to go on, and fails if the answer is not y.
func agree(question string, args ...any) error {
	fmt.Fprintf(os.Stderr, question+" [y/N] ", args...)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return errors.New("you did not say y, so nothing was saved")
	}
	return nil
}

// received sums what a household got of each assistance type, as far as the device knows.
func received(ctx context.Context, s *clientlib.Store, household uuid.UUID) (map[uuid.UUID]float64, error) {
	deliveries, err := s.List(ctx, "deliveries", household)
	total := map[uuid.UUID]float64{}
	for _, d := range deliveries {
		if d.Text("cancelled_why") == "" {
			total[d.Reference("assistance_type")] += d.Number("quantity")
		}
	}
	return total, err
}
