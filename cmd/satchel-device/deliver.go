package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"satchel/clientlib"
	"satchel/internal/terminal"
)

// deliverCmd records a delivery.
type deliverCmd struct {
	Household string     `arg:"" help:"Card number, id or its beginning, or a search that finds one household."`
	Type      string     `arg:"" help:"Code of the assistance type."`
	Project   string     `help:"Code of the project." required:""`
	Quantity  float64    `help:"How much, in the type's unit; a part of what is due leaves the rest due." default:"1"`
	Recipient string     `help:"Who took it, if not the head of the household." placeholder:"NAME"`
	Proxy     string     `help:"Who took it in the recipient's place, and why." placeholder:"NAME, WHY"`
	Note      string     `help:"Anything else."`
	At        *time.Time `help:"When, if not now, such as 2020-04-30T10:15:00Z."`
	proofFlags
	NoProof string `help:"Why there is neither a photo nor a signature." placeholder:"REASON" name:"no-proof"`
	Yes     bool   `help:"Do not ask, also where it is more than is due."`
}

// Help is shown by --help.
func (deliverCmd) Help() string {
	return `What the family is due and has received is shown first, as far as this device knows and with how old that
knowledge is, over all households that were merged into one. Then you are asked; a delivery beyond what is due is warned
of, and with --yes recorded all the same: the office looks at it. A delivery is a fact: it can be cancelled with a reason,
not deleted.

Examples:
  satchel-device deliver 12345 material --project KV-2
  satchel-device deliver 12345 material --project KV-2 --quantity 0.5 --yes
  satchel-device deliver 12345 stove --project KV-2 --photo kitchen.jpg --signature signed.png
  satchel-device deliver 12345 stove --project KV-2 --recipient "Mira Mirić" --proxy "Ana Anić, her neighbour: she is ill"`
}

// Run records the delivery.
func (d deliverCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		if d.Quantity <= 0 {
			return errors.New("say how much was delivered, as a number above 0; what was delivered by mistake is cancelled; nothing was saved")
		}
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
		status, err := s.Status(ctx)
		if err != nil {
			return err
		}
		proofs, err := d.add(ctx, s, "")
		if err != nil {
			return err
		}
		if d.NoProof != "" {
			proofs["none"] = d.NoProof
		}
		var form clientlib.Form
		r := form.Create("deliveries", map[string]any{
			"household": h.ID, "project": project.ID, "assistance_type": kind.ID, "quantity": d.Quantity,
			"delivered_at": momentOr(d.At), "worker": status.Holder, "recipient": cmp.Or(d.Recipient, h.Text("head_name")),
			"proxy": d.Proxy, "note": d.Note,
		})
		if len(proofs) > 0 {
			form.Edit(r, map[string]any{"proofs": proofs})
		}
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("delivery", r.ID)
	})
}

// confirm says what the family is due and has received, warns of what goes beyond that, and asks.
func (d deliverCmd) confirm(ctx context.Context, s *clientlib.Store, h, kind *clientlib.Record) error {
	a, err := s.Aid(ctx, h.ID)
	if err != nil {
		return err
	}
	share := a.Of(kind)
	if !slices.Contains(a.Shares, share) {
		a.Shares = append(a.Shares, share)
	}
	printAid(ctx, os.Stderr, s, a)
	question := "Deliver %g × %s?"
	if share.Beyond(d.Quantity) != "" {
		fmt.Fprintln(os.Stderr, d.warning(share))
		question = "Deliver %g × %s all the same?"
	}
	if d.Yes {
		return nil
	}
	return terminal.Agree(ctx, fmt.Sprintf(question, d.Quantity, kind.Text("name")))
}

// warning says what the family already received, and by how much the delivery goes beyond what it is due.
func (d deliverCmd) warning(s *clientlib.Share) string {
	var before []string
	for _, other := range s.Deliveries {
		if other.Text("cancelled_why") == "" {
			before = append(before, fmt.Sprintf("%s on %s by %s", words(other.Value("quantity")), minute(other.When("delivered_at")), cmp.Or(other.Worker, "an unknown worker")))
		}
	}
	text := "CAREFUL: this is more than is due."
	if len(before) > 0 {
		text = fmt.Sprintf("CAREFUL: the family has already received %s of %s: %s.", s.Delivered, s.Allowed(), strings.Join(before, ", "))
	}
	return fmt.Sprintf("%s\nWith this delivery that is %s too much. If you deliver, the office looks at it.", text, s.Beyond(d.Quantity))
}
