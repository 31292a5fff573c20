package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server"
)

// scanCmd compares all households.
type scanCmd struct{}

// Help is shown by --help.
func (scanCmd) Help() string {
	return `The server compares whatever is recorded with what is there already, so this finds nothing new unless it was stopped
from doing so; after other weights, and after an upgrade, it does at once what the server would do by and by. A server
may be running. The likeliest pairs come first; what was decided already is left out.

Examples:
  satchel duplicates scan
  satchel --json duplicates scan`
}

// Run compares.
func (scanCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		began := time.Now()
		compared, err := srv.Reviews.Scan(ctx, tellLeft())
		if err != nil {
			return err
		}
		took := time.Since(began)
		pairs, err := openPairs(ctx, srv)
		if err != nil {
			return err
		}
		rules, err := srv.Reviews.Rules(ctx)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		return c.show(orEmpty(pairs), func(w *tabwriter.Writer) {
			for i, v := range pairs {
				if i == 0 {
					row(w, "BITS", "SEVERITY", "ID", "HOUSEHOLD", "OTHER", "WHY")
				}
				row(w, fmt.Sprintf("%.1f", v.Facts.Score), v.Severity, v.ID, referred(read, v.Record), referred(read, *v.Subject), mostly(v.Facts.Reasons))
			}
			row(w, fmt.Sprintf("Households compared: %d, in %v. Pairs in review, from %g bits on: %d. To see one: satchel review show ID",
				compared, took.Round(100*time.Millisecond), rules.Threshold, len(pairs)))
		})
	})
}

// openPairs gives the pairs in review, the likeliest first.
func openPairs(ctx context.Context, srv *server.Server) (pairs []server.Review, err error) {
	const page = 1000
	for after := int64(0); ; {
		list, _, err := srv.Reviews.List(ctx, "open", after, page, server.ReviewFilter{Kind: "duplicate"})
		if err != nil {
			return nil, err
		}
		if pairs = append(pairs, list...); len(list) < page {
			slices.SortStableFunc(pairs, func(a, b server.Review) int { return cmp.Compare(b.Facts.Score, a.Facts.Score) })
			return pairs, nil
		}
		after = list[page-1].Seq
	}
}

// mostly says what speaks most for one family.
func mostly(reasons []duplicates.Reason) string {
	var out []string
	for _, r := range reasons {
		if r.Weight > 0 && len(out) < 3 {
			out = append(out, r.Says)
		}
	}
	return strings.Join(out, ", ")
}

// tellLeft tells on standard error how many households have yet to be compared, about every second.
func tellLeft() func(left int) {
	last := time.Now()
	return func(left int) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(os.Stderr, "%d households have yet to be compared with others\n", left)
	}
}

// useCmd says by what pairs come into review.
type useCmd struct {
	Weights   string   `arg:"" optional:"" help:"File with the weights." type:"existingfile"`
	Threshold *float64 `help:"Score from which on a pair comes into review." placeholder:"BITS"`
	Default   bool     `help:"Go back to the program's own weights and threshold."`
}

// Help is shown by --help.
func (useCmd) Help() string {
	return `Without anything it shows what is in use. What is set holds for all servers over the database, and is in its backups. All
households are compared anew: by the server, by and by, or at once with satchel duplicates scan. Pairs that score less by
then leave the review, others come. What was decided stays decided: a decision is about how two households compare,
whatever that weighs.

Examples:
  satchel duplicates use
  satchel duplicates use my-weights.csv
  satchel duplicates use --threshold 16
  satchel duplicates use --default`
}

// Run sets, or shows.
func (u useCmd) Run(ctx context.Context, c *cli) error {
	if u == (useCmd{}) {
		return c.office(ctx, func(srv *server.Server) error { return c.showRules(ctx, srv) })
	}
	if u.Default && (u.Weights != "" || u.Threshold != nil) {
		return errors.New("--default is the program's own weights and threshold: leave out the others, or it; nothing was changed")
	}
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		rules, err := u.rules(ctx, srv)
		if err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		if err := srv.Reviews.SetRules(ctx, actor, rules); err != nil {
			return err
		}
		return c.showRules(ctx, srv)
	})
}

// rules gives those in use with what is to be other.
func (u useCmd) rules(ctx context.Context, srv *server.Server) (server.Rules, error) {
	if u.Default {
		return server.Rules{Weights: duplicates.DefaultWeights(), Threshold: duplicates.Threshold}, nil
	}
	rules, err := srv.Reviews.Rules(ctx)
	if err == nil && u.Weights != "" {
		rules.Weights, err = readWeights(u.Weights)
	}
	if u.Threshold != nil {
		rules.Threshold = *u.Threshold
	}
	return rules, err
}

func (c *cli) showRules(ctx context.Context, srv *server.Server) error {
	rules, err := srv.Reviews.Rules(ctx)
	if err != nil {
		return err
	}
	text := string(rules.Weights.CSV())
	own := text == string(duplicates.DefaultWeights().CSV())
	return c.show(map[string]any{"threshold": rules.Threshold, "weights": text, "own": own}, func(w *tabwriter.Writer) {
		by := "weights of your own; to see them: satchel duplicates weights --used"
		if own {
			by = "the program's own weights"
		}
		row(w, fmt.Sprintf("Pairs come into review from %g bits on, by %s.", rules.Threshold, by))
	})
}
