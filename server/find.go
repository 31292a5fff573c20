package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
)

// Names for what the rooms inside give and take, for programs that call them.
type (
	// A User is a person; see [accounts.Accounts.Users].
	User = store.User
	// A Device is one identity of a device; see [accounts.Accounts.Devices].
	Device = store.Device
	// A UserChange says what to change of a person; see [accounts.Accounts.ChangeUser].
	UserChange = accounts.UserChange
	// A Conflict is an open conflict; see [engine.Engine.Conflicts].
	Conflict = engine.Conflict
	// A Side is one of the values that clash in a conflict.
	Side = engine.Side
	// A Review is something that wants a person's decision; see [review.Queue.List].
	Review = review.Item
	// A ReviewDetail is a review with what it rests on; see [review.Queue.Show].
	ReviewDetail = review.Detail
	// An Aid is what a family is due and what it was given; see [review.Queue.Aid].
	Aid = review.Aid
	// A Household is one of a family.
	Household = review.Household
	// A ReviewFilter says which reviews are meant; see [review.Queue.List].
	ReviewFilter = review.Filter
	// A HeldFact is a change that a review of held changes rests on.
	HeldFact = review.Change
	// Evidence is a record that a review or a share rests on, and who recorded it.
	Evidence = review.Evidence
	// Rules are by what two households may be one family; see [review.Queue.SetRules].
	Rules = review.Rules
	// A HeldChange is one that is kept and not applied; see [engine.Engine.Held].
	HeldChange = engine.HeldChange
	// An Entry is one change in the history of a record; see [engine.Engine.History].
	Entry = engine.Entry
	// An AuditReport is what a verification of the audit log found.
	AuditReport = audit.Report
)

// VerifyAudit follows the chain of the audit log; see [audit.Verify].
func (s *Server) VerifyAudit(ctx context.Context, head string) (report AuditReport, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		report, err = audit.Verify(ctx, tx, head)
		return err
	})
	return report, err
}

// Area finds an area by its id, its official code or its name, where only one has it.
func (s *Server) Area(ctx context.Context, text string) (uuid.UUID, error) {
	var found []uuid.UUID
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.FindAreas(ctx, text)
		return err
	})
	switch {
	case err != nil:
		return uuid.Nil, err
	case len(found) == 0:
		return uuid.Nil, fmt.Errorf("there is no area with the id, official code or name %q", text)
	case len(found) > 1:
		return uuid.Nil, fmt.Errorf("%d areas are called %q; name the one you mean by its official code or id", len(found), text)
	}
	return found[0], nil
}

// Household finds a household by its id or its card number, where only one has it.
func (s *Server) Household(ctx context.Context, text string) (uuid.UUID, error) {
	var found []uuid.UUID
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = tx.FindHouseholds(ctx, text)
		return err
	})
	switch {
	case err != nil:
		return uuid.Nil, err
	case len(found) == 0:
		return uuid.Nil, errors.New("there is no household with that id or card number")
	case len(found) > 1:
		return uuid.Nil, fmt.Errorf("%d households have that card number; name the one you mean by its id: %v", len(found), found)
	}
	return found[0], nil
}

// AreaNames gives the names of all areas.
func (s *Server) AreaNames(ctx context.Context) (names map[uuid.UUID]string, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		names, err = tx.AreaNames(ctx)
		return err
	})
	return names, err
}

// DeviceNames gives the names of all devices.
func (s *Server) DeviceNames(ctx context.Context) (names map[uuid.UUID]string, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		devices, err := tx.Devices(ctx)
		names = make(map[uuid.UUID]string, len(devices))
		for _, d := range devices {
			names[d.ID] = d.Name
		}
		return err
	})
	return names, err
}

// Person finds somebody by login.
func (s *Server) Person(ctx context.Context, login string) (User, error) {
	users, err := s.Accounts.Users(ctx)
	if err != nil {
		return User{}, err
	}
	for _, u := range users {
		if u.Login == login {
			return u, nil
		}
	}
	return User{}, fmt.Errorf("there is nobody with the login %q", login)
}
