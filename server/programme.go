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

// A Figure is one line of the programme's table of results.
type Figure = indicators.Figure

// Programme counts the programme's results until the end of April 2020, as they were published, from
// the records as they are now.
func (s *Server) Programme(ctx context.Context) ([]Figure, error) {
	return indicators.Table(ctx, s.Store, indicators.Until)
}
