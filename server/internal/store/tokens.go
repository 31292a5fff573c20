package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// A FeedToken lets somebody outside read some collections, and nothing else.
type FeedToken struct {
	ID   uuid.UUID
	Name string
	// TokenHash is the SHA-256 of the token, hexadecimal.
	TokenHash   string
	Collections []string
	// Area is the one of which, with everything below it, the records may be read; [uuid.Nil] for all.
	Area uuid.UUID
	// Personal says whether personal fields may be read.
	Personal bool
	MadeBy   uuid.UUID
	// Created, Expires, Revoked and Used are in milliseconds; the last two are 0 while there was none.
	Created, Expires, Revoked, Used int64
}

// HasArea reports whether only the records of an area may be read.
func (f FeedToken) HasArea() bool { return f.Area != uuid.Nil }

const feedColumns = "id, name, token_hash, collections, area, personal, made_by, created, expires, revoked, used"

func scanFeed(r row) (f FeedToken, err error) {
	var collections, area string
	err = r.Scan(&f.ID, &f.Name, &f.TokenHash, &collections, &area, &f.Personal, &f.MadeBy, &f.Created, &f.Expires, &f.Revoked, &f.Used)
	if err == nil && area != "" {
		f.Area, err = uuid.Parse(area)
	}
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal([]byte(collections), &f.Collections)
}

// AddFeedToken adds a token.
func (t *Tx) AddFeedToken(ctx context.Context, f FeedToken) error {
	collections, err := marshal(f.Collections)
	if err != nil {
		return fmt.Errorf("add a feed token: %w", err)
	}
	return t.exec(ctx, "INSERT INTO feed_tokens ("+feedColumns+") VALUES "+inList(11),
		f.ID, f.Name, f.TokenHash, collections, orBlank(f.Area), f.Personal, f.MadeBy, f.Created, f.Expires, f.Revoked, f.Used)
}

// SetFeedToken writes when a token was revoked and last used.
func (t *Tx) SetFeedToken(ctx context.Context, f FeedToken) error {
	return t.exec(ctx, "UPDATE feed_tokens SET revoked = ?, used = ? WHERE id = ?", f.Revoked, f.Used, f.ID)
}

// FeedToken gives a token by its id; [ErrNotFound] if there is none.
func (t *Tx) FeedToken(ctx context.Context, id uuid.UUID) (FeedToken, error) {
	return one(ctx, t, scanFeed, "SELECT "+feedColumns+" FROM feed_tokens WHERE id = ?", id)
}

// FeedTokenByHash gives a token by its hash; [ErrNotFound] if there is none.
func (t *Tx) FeedTokenByHash(ctx context.Context, hash string) (FeedToken, error) {
	return one(ctx, t, scanFeed, "SELECT "+feedColumns+" FROM feed_tokens WHERE token_hash = ?", hash)
}

// FeedTokens gives all tokens, those that are no longer good too, in the order in which they were made.
func (t *Tx) FeedTokens(ctx context.Context) ([]FeedToken, error) {
	return all(ctx, t, scanFeed, "SELECT "+feedColumns+" FROM feed_tokens ORDER BY id")
}
