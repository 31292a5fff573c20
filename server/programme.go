package server

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/engine"
	"satchel/server/internal/indicators"
)

// A NewUser is a person to add; see [accounts.Accounts.AddUser].
type NewUser = accounts.NewUser

// A PasswordCost is what it takes to try a password; see [accounts.PasswordCost].
type PasswordCost = accounts.PasswordCost

// A NewFeedToken says what somebody outside is to read; see [accounts.Accounts.AddFeedToken].
type NewFeedToken = accounts.NewFeedToken

// An OfficeEdit is one edit made at the office; see [engine.Engine.Save].
type OfficeEdit = engine.OfficeEdit

// Names for what indicators take and give.
type (
	// A FigureQuery says what to count; see [indicators.Query].
	FigureQuery = indicators.Query
	// A Figure is an indicator as it was counted.
	Figure = indicators.Figure
	// A Share is a part of what is counted, such as the women.
	Share = indicators.Share
	// An Indicator is a figure that is reported, and how it is counted.
	Indicator = indicators.Indicator
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

// Indicators gives what the programme counts; see [indicators.List].
func (s *Server) Indicators(ctx context.Context) ([]Indicator, error) {
	return indicators.List(ctx, s.Store)
}

// SetIndicator defines an indicator and says in words what it counts; see [indicators.Set].
func (s *Server) SetIndicator(ctx context.Context, author uuid.UUID, code, title, definition string) (string, error) {
	return indicators.Set(ctx, s.Engine, author, code, title, definition)
}

// RemoveIndicator takes an indicator out of the reports; see [indicators.Remove].
func (s *Server) RemoveIndicator(ctx context.Context, author uuid.UUID, code string) error {
	return indicators.Remove(ctx, s.Store, s.Engine, author, code)
}

// SetTarget sets what is to be reached of an indicator; see [indicators.SetTarget].
func (s *Server) SetTarget(ctx context.Context, author uuid.UUID, code, project, due, value string) error {
	return indicators.SetTarget(ctx, s.Store, s.Engine, author, code, project, due, value)
}
