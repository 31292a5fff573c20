package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// cancelCmd says of a delivery that it does not count.
type cancelCmd struct {
	Delivery uuid.UUID `arg:"" help:"Id of the delivery, as household show prints it."`
	Why      string    `help:"Why the delivery does not count; it is kept with the delivery, and everybody sees it." required:""`
}

// Help is shown by --help.
func (cancelCmd) Help() string {
	return `A delivery is a fact, and never deleted. A cancelled one is shown with the reason, and counts for nothing: what
the family is due is due again.

Example:
  satchel-device cancel 0198f0a2-7b1c-7000-8000-000000000001 --why "it went to the neighbour"`
}

// Run cancels the delivery.
func (x cancelCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		why := strings.TrimSpace(x.Why)
		if why == "" {
			return errors.New("say why the delivery does not count; nothing was saved")
		}
		r, err := s.Get(ctx, x.Delivery)
		switch {
		case errors.Is(err, clientlib.ErrNotFound), err == nil && r.Collection != "deliveries":
			return errors.New("there is no delivery of that id on this device; household show prints the ids; nothing was saved")
		case err != nil:
			return err
		case r.Text("cancelled_why") != "":
			return fmt.Errorf("the delivery was cancelled already: %s; nothing was saved", r.Text("cancelled_why"))
		}
		var form clientlib.Form
		form.Edit(r, map[string]any{"cancelled_why": why})
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("cancelled delivery", r.ID)
	})
}
