package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/internal/duplicates/truth"
	"satchel/server"
)

// duplicatesCmd is about households that may be one family.
type duplicatesCmd struct {
	Merge   mergeCmd   `cmd:"" help:"Make a household a duplicate of another one."`
	Unmerge unmergeCmd `cmd:"" help:"Make a household one of its own again."`
	Scan    scanCmd    `cmd:"" help:"Compare all households with each other, and list those that may be one family."`
	Use     useCmd     `cmd:"" help:"Say, or show, by which weights and from which score on pairs come into review."`
	Measure measureCmd `cmd:"" help:"Measure how well duplicates are found, on households of which the truth is known."`
	Weights weightsCmd `cmd:"" help:"Print the table of what each likeness weighs."`
}

// mergeCmd makes a household a duplicate of another one.
type mergeCmd struct {
	Household uuid.UUID `arg:"" help:"Id of the duplicate."`
	Into      uuid.UUID `arg:"" help:"Id of the household that is kept."`
	Reason    string    `help:"Why, for the history."`
}

// Help is shown by --help.
func (mergeCmd) Help() string {
	return `Nothing moves and nothing is lost: deliveries, visits and people stay with the household that they were recorded for,
and count for both together. People with the same name and birth in both become duplicates too. Edits of either that
arrive later are applied as ever. It reaches every device at its next sync, and can be taken back: satchel duplicates
unmerge.

Example:
  satchel duplicates merge 0198…a 0198…b --reason "one family, registered in May and in June"`
}

// Run merges.
func (m mergeCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		saved, err := srv.Engine.Merge(ctx, actor, m.Household, m.Into, m.Reason)
		if err != nil {
			return err
		}
		return c.show(map[string]any{"people": len(saved) - 1}, func(w *tabwriter.Writer) {
			row(w, fmt.Sprintf("Merged: %s is a duplicate of %s now, and %d of its people are of people there.", m.Household, m.Into, len(saved)-1))
			row(w, "To take it back: satchel duplicates unmerge "+m.Household.String())
		})
	})
}

// unmergeCmd makes a household one of its own again.
type unmergeCmd struct {
	Household uuid.UUID `arg:"" help:"Id of the household that is a duplicate."`
	Reason    string    `help:"Why, for the history."`
}

// Help is shown by --help.
func (unmergeCmd) Help() string {
	return `The household counts by itself again, and so do those of its people who became duplicates with it.
It may have been deleted since, and stays deleted then.

Example:
  satchel duplicates unmerge 0198…a --reason "brothers, not one family"`
}

// Run unmerges.
func (u unmergeCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		saved, err := srv.Engine.Unmerge(ctx, actor, u.Household, u.Reason)
		if err != nil {
			return err
		}
		return c.show(map[string]any{"people": len(saved) - 1}, func(w *tabwriter.Writer) {
			row(w, fmt.Sprintf("%s is a household of its own again, and so are %d of its people.", u.Household, len(saved)-1))
		})
	})
}

// measureCmd compares what is found with what is known.
type measureCmd struct {
	File       string  `arg:"" optional:"" help:"CSV file of households with a column truth; without it, households are made up."`
	Households int     `help:"How many households to make up." default:"10000" placeholder:"N"`
	Seed       uint64  `help:"The seed of those that are made up." default:"1" placeholder:"N"`
	Weights    string  `help:"File with the weights, in the place of the program's own." type:"existingfile" placeholder:"FILE"`
	Threshold  float64 `help:"Score, in bits, from which on two households count as found." default:"${threshold}" placeholder:"BITS"`
	Write      string  `help:"Write the households that are made up to a file, and measure nothing." placeholder:"FILE"`
}

// Help is shown by --help.
func (measureCmd) Help() string {
	return `Precision is the share of the found pairs that are one family; recall is the share of such pairs that are found.
The households that are made up are typed twice by workers with two hands: in both scripts, with slips of the pen,
names in another order, members and numbers left out, and families that moved.

A file of your own names the family of each household in the column truth; the other columns are those of an export,
and may be missing: card_number, head_name, phone, place_of_origin, area, position_lat, position_lon, and members,
such as "Petar Petrović|1970-01-31|003456789; Ana Petrović|1974". It is read, and nothing is kept of it.

Examples:
  satchel duplicates measure
  satchel duplicates measure --households 100000
  satchel duplicates measure --write made-up.csv
  satchel duplicates measure known.csv --threshold 16 --weights my-weights.csv`
}

// Run measures.
func (m measureCmd) Run(ctx context.Context, c *cli) error {
	weights, err := readWeights(m.Weights)
	if err != nil {
		return err
	}
	set, err := m.set()
	if err != nil {
		return err
	}
	if m.Write != "" {
		var text bytes.Buffer
		if err := truth.Write(&text, set); err != nil {
			return fmt.Errorf("write the households: %w", err)
		}
		return os.WriteFile(m.Write, text.Bytes(), 0o600)
	}
	thresholds := []float64{m.Threshold - 4, m.Threshold - 2, m.Threshold, m.Threshold + 2, m.Threshold + 4}
	figures, took, err := truth.Measure(ctx, weights, set, thresholds, progressOf(len(set.Households)))
	if err != nil {
		return err
	}
	return c.show(figures, func(w *tabwriter.Writer) { printFigures(w, m.Threshold, len(set.Households), figures, took) })
}

func (m measureCmd) set() (truth.Set, error) {
	if m.File == "" {
		return truth.MakeUp(m.Seed, m.Households), nil
	}
	text, err := os.ReadFile(m.File)
	if err != nil {
		return truth.Set{}, fmt.Errorf("read the households: %w", err)
	}
	return truth.Read(bytes.NewReader(text))
}

func printFigures(w *tabwriter.Writer, threshold float64, households int, figures []truth.Figures, took time.Duration) {
	fmt.Fprintf(w, "%d households, %d pairs of which are one family; searched in %v.\n\n", households, figures[0].Pairs, took.Round(time.Millisecond))
	fmt.Fprintln(w, "\tFROM\tFOUND\tRIGHT\tPRECISION\tRECALL")
	for _, f := range figures {
		mark := ""
		if f.Threshold == threshold {
			mark = "*"
		}
		fmt.Fprintf(w, "%s\t%g bits\t%d\t%d\t%.1f %%\t%.1f %%\n", mark, f.Threshold, f.Found, f.Right, 100*f.Precision, 100*f.Recall)
	}
	fmt.Fprintln(w, "\n* the threshold")
}

// progressOf tells on standard error how far a search among so many households is, about every second.
func progressOf(households int) func(done int) {
	last := time.Now()
	return func(done int) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(os.Stderr, "%d of %d households\n", done, households)
	}
}

// weightsCmd prints the weights.
type weightsCmd struct {
	Used bool `help:"Those by which pairs come into review, in the place of the program's own."`
}

// Help is shown by --help.
func (weightsCmd) Help() string {
	return `m is how often a comparison comes out so for one family that was registered twice, u for two families; a likeness
weighs log2(m/u) bits, and the weights of all comparisons add up to the score of a pair. Change a copy of the table, and
measure what it does before you use it.

Examples:
  satchel duplicates weights > my-weights.csv
  satchel duplicates measure --weights my-weights.csv
  satchel duplicates use my-weights.csv
  satchel duplicates weights --used`
}

// Run prints.
func (w weightsCmd) Run(ctx context.Context, c *cli) error {
	weights := duplicates.DefaultWeights()
	if w.Used {
		err := c.office(ctx, func(srv *server.Server) error {
			rules, err := srv.Reviews.Rules(ctx)
			weights = rules.Weights
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err := os.Stdout.Write(weights.CSV())
	return err
}

// readWeights reads a table of weights, the program's own if there is no file.
func readWeights(path string) (duplicates.Weights, error) {
	if path == "" {
		return duplicates.DefaultWeights(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return duplicates.Weights{}, fmt.Errorf("read the weights: %w", err)
	}
	return duplicates.ReadWeights(bytes.NewReader(text))
}
