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
}

// New opens the accounts of a store. now is the clock.
func New(ctx context.Context, s *store.Store, now func() time.Time) (*Accounts, error) {
	a := &Accounts{store: s, now: now}
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

// refuseOutside fails unless the actor may decide about all of the areas: an administrator about any,
// a coordinator about the own ones and what lies below.
func refuseOutside(ctx context.Context, tx *store.Tx, actor store.User, areas []uuid.UUID) error {
	if actor.Role == RoleAdministrator {
		return nil
	}
	parents, err := tx.AreaTree(ctx)
	if err != nil {
		return err
	}
	tree := scope.Tree(parents)
	for _, area := range areas {
		if actor.Role != RoleCoordinator || !tree.Contains(actor.Areas, area) {
			return syncproto.Refuse(syncproto.CodeForbidden, "That reaches beyond your areas. Nothing was changed; ask an administrator.")
		}
	}
	if len(areas) == 0 {
		return syncproto.Refuse(syncproto.CodeForbidden, "That belongs to no area of yours. Nothing was changed; ask an administrator.")
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
			return invalid("there is no area %s", area)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return syncproto.Refuse(syncproto.CodeInvalid, "%s. Nothing was changed.", fmt.Sprintf(format, args...))
}
