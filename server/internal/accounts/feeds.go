package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The terms of a feed's token.
const (
	// maxFeedLife is the longest that one is good for: whoever uses it asks for another then.
	maxFeedLife = 2 * 366 * 24 * time.Hour
	// useEvery is how finely it is kept when one was used.
	useEvery = time.Minute
	// feedPrefix tells people, and programs that search for lost secrets, what a token is.
	feedPrefix = "satchel-feed-"
)

// A NewFeedToken says what somebody outside is to read.
type NewFeedToken struct {
	// Name says whom it is for.
	Name        string   `json:"name"`
	Collections []string `json:"collections"`
	// Area is the one of which, with everything below it, the records may be read; [uuid.Nil] for all.
	Area uuid.UUID `json:"area"`
	// Personal gives personal fields away too; see [syncproto.Field].
	Personal bool `json:"personal"`
	// Expires is in milliseconds.
	Expires int64 `json:"expires"`
}

// AddFeedToken makes a token, in the name of an administrator. The token itself is given here, and kept nowhere.
func (a *Accounts) AddFeedToken(ctx context.Context, actor uuid.UUID, n NewFeedToken) (made store.FeedToken, token string, err error) {
	if err := a.checkFeed(n); err != nil {
		return made, "", err
	}
	token = feedPrefix + rand.Text()
	made = store.FeedToken{
		Name: plainName(n.Name), TokenHash: hashOf(token), Collections: slices.Compact(slices.Sorted(slices.Values(n.Collections))),
		Area: n.Area, Personal: n.Personal, MadeBy: actor, Created: a.millis(), Expires: n.Expires,
	}
	if made.ID, err = uuid.NewV7(); err != nil {
		return made, "", err
	}
	return made, token, a.asAdministrator(ctx, actor, func(tx *store.Tx) error {
		if n.Area != uuid.Nil {
			if err := knownAreas(ctx, tx, []uuid.UUID{n.Area}); err != nil {
				return err
			}
		}
		return errors.Join(tx.AddFeedToken(ctx, made), a.log(ctx, tx, actor, audit.FeedAdded, made.ID.String(), map[string]any{
			"name": made.Name, "collections": made.Collections, "area": made.Area, "personal": made.Personal, "expires": made.Expires,
		}))
	})
}

func (a *Accounts) checkFeed(n NewFeedToken) error {
	unknown := func(name string) bool {
		_, known := syncproto.CollectionOf(name)
		return !known
	}
	life := time.UnixMilli(n.Expires).Sub(a.now())
	switch {
	case !isName(plainName(n.Name)):
		return invalid("A feed needs a name of at most %d characters on one line, that of who reads it", maxName)
	case len(n.Collections) == 0 || slices.ContainsFunc(n.Collections, unknown):
		return invalid("A feed needs collections, each by its name")
	case life <= 0 || life > maxFeedLife:
		return invalid("A feed has to expire within two years, at a time in milliseconds that is yet to come")
	}
	return nil
}

// asAdministrator runs fn for an administrator, and fails for anybody else.
func (a *Accounts) asAdministrator(ctx context.Context, actor uuid.UUID, fn func(*store.Tx) error) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, actor)
		if err != nil {
			return err
		}
		if !u.Active || u.Role != RoleAdministrator {
			return syncproto.Refuse(syncproto.CodeForbidden, "Only an administrator may do that. Nothing was changed.")
		}
		return fn(tx)
	})
}

// FeedTokens gives all tokens, those that are no longer good too.
func (a *Accounts) FeedTokens(ctx context.Context) (list []store.FeedToken, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		list, err = tx.FeedTokens(ctx)
		return err
	})
	return list, err
}

// RevokeFeedToken ends a token, in the name of an administrator. One that was ended before stays as it is.
func (a *Accounts) RevokeFeedToken(ctx context.Context, actor, id uuid.UUID) error {
	return a.asAdministrator(ctx, actor, func(tx *store.Tx) error {
		f, err := tx.FeedToken(ctx, id)
		if err != nil || f.Revoked != 0 {
			return err
		}
		f.Revoked = a.millis()
		return errors.Join(tx.SetFeedToken(ctx, f), a.log(ctx, tx, actor, audit.FeedRevoked, id.String(), nil))
	})
}

// Feed finds what a token lets read; unauthorized if it is not good, or not any more.
func (a *Accounts) Feed(ctx context.Context, token string) (f store.FeedToken, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		f, err = tx.FeedTokenByHash(ctx, hashOf(token))
		return err
	})
	now := a.now()
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (f.Revoked != 0 || !now.Before(time.UnixMilli(f.Expires))):
		return store.FeedToken{}, syncproto.Refuse(syncproto.CodeUnauthorized, "The feed's token is not good, or not any more. Ask an administrator of the programme for another one.")
	case err == nil && now.Sub(time.UnixMilli(f.Used)) >= useEvery:
		return f, a.noteFeedUse(ctx, f.ID)
	}
	return f, err
}

// noteFeedUse notes that a token is used, unless another request did.
func (a *Accounts) noteFeedUse(ctx context.Context, id uuid.UUID) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		f, err := tx.FeedToken(ctx, id)
		if err != nil || a.now().Sub(time.UnixMilli(f.Used)) < useEvery {
			return err
		}
		f.Used = a.millis()
		return tx.SetFeedToken(ctx, f)
	})
}
