// Package accounts knows the programme's people and devices, and who may do what.
//
// It promises that a password, code or token is never kept in the clear, that an invitation works
// once and for ten minutes, that a refresh token which is used twice ends itself, and that a
// coordinator reaches nothing outside the own areas. Every decision is in the audit log, in the same
// transaction. Expired or ended credentials never touch what a device holds: it is enrolled again and
// goes on.
package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The roles.
const (
	// RoleWorker records in the field, and has no login to the console.
	RoleWorker = "worker"
	// RoleCoordinator looks after the devices of some areas.
	RoleCoordinator = "coordinator"
	// RoleAdministrator decides, everywhere.
	RoleAdministrator = "administrator"
)

// propertyKey is the property that holds the key under which tokens are signed.
const propertyKey = "token_key"

// Accounts are those of one store. They are safe for use by many goroutines.
type Accounts struct {
	store *store.Store
	now   func() time.Time
	key   []byte
	cost  PasswordCost
	// hashing is held while a password is hashed, for what memory that takes.
	hashing sync.Mutex
}

// New opens the accounts of a store. now is the clock, cost that of the passwords that are set.
func New(ctx context.Context, s *store.Store, now func() time.Time, cost PasswordCost) (*Accounts, error) {
	a := &Accounts{store: s, now: now, cost: cost.orFull()}
	err := s.Write(ctx, func(tx *store.Tx) error {
		text, err := tx.Property(ctx, propertyKey)
		if errors.Is(err, store.ErrNotFound) {
			key := make([]byte, sha256.Size)
			if _, err := rand.Read(key); err != nil {
				return fmt.Errorf("make a key: %w", err)
			}
			text = hex.EncodeToString(key)
			err = tx.SetProperty(ctx, propertyKey, text)
		}
		if err != nil {
			return err
		}
		a.key, err = hex.DecodeString(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the accounts: %w", err)
	}
	return a, nil
}

func (a *Accounts) millis() int64 { return a.now().UnixMilli() }

// hashOf gives what is kept of a secret that was made here and has enough randomness to need no salt.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// log adds an entry to the audit log.
func (a *Accounts) log(ctx context.Context, tx *store.Tx, actor uuid.UUID, action, subject string, details map[string]any) error {
	return audit.Append(ctx, tx, audit.Entry{At: a.millis(), Actor: actor.String(), Action: action, Subject: subject, Details: details})
}

// A reach is which areas somebody may decide about.
type reach struct {
	user store.User
	tree scope.Tree
}

func reachOf(ctx context.Context, tx *store.Tx, actor uuid.UUID) (reach, error) {
	user, err := tx.User(ctx, actor)
	if err != nil {
		return reach{}, err
	}
	tree, err := tx.AreaTree(ctx)
	return reach{user, tree}, err
}

// covers reports whether all of the areas are within reach: for an administrator any are, also such
// as are no longer there; for a coordinator the own ones and what lies below.
func (r reach) covers(areas []uuid.UUID) bool {
	outside := func(area uuid.UUID) bool { return !r.tree.Contains(r.user.Areas, area) }
	switch {
	case !r.user.Active:
		return false
	case r.user.Role == RoleCoordinator:
		return len(areas) > 0 && !slices.ContainsFunc(areas, outside)
	}
	return r.user.Role == RoleAdministrator
}

// mayDecide fails unless all of the areas are within reach.
func (r reach) mayDecide(areas []uuid.UUID) error {
	if !r.covers(areas) {
		return syncproto.Refuse(syncproto.CodeForbidden, "That is not all within your areas. Nothing was changed; ask an administrator.")
	}
	return nil
}

// MayRead fails unless all of the areas are within somebody's reach.
func (a *Accounts) MayRead(ctx context.Context, actor uuid.UUID, areas []uuid.UUID) error {
	return a.store.Read(ctx, func(tx *store.Tx) error {
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		return within.mayDecide(areas)
	})
}

// mayHandTo fails unless a device with the areas may be handed to somebody. The holder is an author
// there, so that a coordinator, who could name anybody otherwise, names who works there.
func (r reach) mayHandTo(holder store.User, areas []uuid.UUID) error {
	if r.user.Role != RoleAdministrator && !r.tree.Meet(holder.Areas, areas) {
		return syncproto.Refuse(syncproto.CodeForbidden, "The holder does not work in these areas. Nothing was changed; ask an administrator.")
	}
	return nil
}

// knownAreas fails if one of the areas does not exist.
func knownAreas(ctx context.Context, tx *store.Tx, areas []uuid.UUID) error {
	tree, err := tx.AreaTree(ctx)
	if err != nil {
		return err
	}
	for _, area := range areas {
		if _, known := tree[area]; !known {
			return invalid("There is no area %s", area)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return syncproto.Refuse(syncproto.CodeInvalid, "%s. Nothing was changed.", fmt.Sprintf(format, args...))
}
