package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"satchel/server"
)

// auditCmd looks after the audit log.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Follow the chain of the log and say whether it holds." default:"withargs"`
}

type auditVerifyCmd struct {
	Head string `help:"Head that was noted earlier: the log has to have come past it." placeholder:"HASH"`
}

// Help is shown by --help.
func (auditVerifyCmd) Help() string {
	return `Exit status 1 means that a row was changed, removed, added or moved. Note the head now and then, away from
the server: with it, rows that were cut off at the end are found too.

Examples:
  satchel audit verify
  satchel audit verify --head 5f1c…`
}

// Run verifies the log.
func (a auditVerifyCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		report, err := srv.VerifyAudit(ctx, a.Head)
		if err != nil {
			return err
		}
		out := map[string]any{"rows": report.Rows, "erased": report.Erased, "head": report.Head, "broken": report.Broken, "why": report.Why}
		err = c.show(out, func(w *tabwriter.Writer) {
			row(w, "Rows that hold:", report.Rows)
			row(w, "Of these, with erased details:", report.Erased)
			row(w, "Head:", report.Head)
		})
		if err == nil && report.Broken != 0 {
			err = fmt.Errorf("the audit log is broken at row %d: %s", report.Broken, report.Why)
		}
		return err
	})
}
