package server

import (
	"context"

	"satchel/server/internal/accounts"
	"satchel/server/internal/engine"
	"satchel/server/internal/indicators"
)

// A NewUser is a person to add; see [accounts.Accounts.AddUser].
type NewUser = accounts.NewUser

// An OfficeEdit is one edit made at the office; see [engine.Engine.Save].
type OfficeEdit = engine.OfficeEdit

// Names for what indicators take and give.
type (
	// A FigureQuery says what to count; see [indicators.Query].
	FigureQuery = indicators.Query
	// A Figure is an indicator as it was counted.
	Figure = indicators.Figure
	// A Restatement is a figure that is another by what came in later.
	Restatement = indicators.Restatement
)

// Figures counts the programme's figures; see [indicators.Count].
func (s *Server) Figures(ctx context.Context, q FigureQuery) ([]Figure, error) {
	return indicators.Count(ctx, s.Store, q)
}

// Restatements gives the figures that are others than they were known to be by the end of a day, and why; see
// [indicators.Restatements].
func (s *Server) Restatements(ctx context.Context, q FigureQuery, since string) ([]Restatement, error) {
	return indicators.Restatements(ctx, s.Store, q, since)
}
