package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The terms of a device's tokens.
const (
	accessLife    = 15 * time.Minute
	tokenIssuer   = "satchel"
	tokenAudience = "device"
)

// Tokens are what a device is given to come again with.
type Tokens struct {
	// Access is a JWT that is good for ExpiresIn.
	Access    string
	ExpiresIn time.Duration
	// Refresh is exchanged for new tokens, once.
	Refresh string
}

// A grant is what a token stands for: one rotation of one enrolment of a device, told by its time. A server that was
// restored may enrol a device anew under the id that it had; a copy of that device, with tokens from before, is no part of it.
type grant struct {
	device             uuid.UUID
	enrolled, rotation int64
}

// claims are what an access token says.
type claims struct {
	jwt.RegisteredClaims
	Enrolled int64 `json:"enr"`
	Rotation int64 `json:"rot"`
}

// tokens makes the tokens of a device at its present rotation.
func (a *Accounts) tokens(d store.Device) (Tokens, error) {
	now := a.now()
	access, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: d.ID.String(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLife)),
	}, d.Enrolled, d.Token}).SignedString(a.key)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign an access token: %w", err)
	}
	return Tokens{Access: access, ExpiresIn: accessLife, Refresh: a.refreshToken(grant{d.ID, d.Enrolled, d.Token})}, nil
}

// refreshToken gives the refresh token of a grant. Tokens are derived and not stored, so that a server which lost
// its tail in a restore still knows those that it gave out there.
func (a *Accounts) refreshToken(g grant) string {
	mac := hmac.New(sha256.New, a.key)
	fmt.Fprintf(mac, "refresh|%s|%d|%d", g.device, g.enrolled, g.rotation)
	return fmt.Sprintf("%s.%d.%d.%s", g.device, g.enrolled, g.rotation, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// readRefresh gives the grant of a refresh token that this server made.
func (a *Accounts) readRefresh(token string) (g grant, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return g, false
	}
	var idErr, enrolledErr, numberErr error
	g.device, idErr = syncproto.ParseID(parts[0])
	g.enrolled, enrolledErr = strconv.ParseInt(parts[1], 10, 64)
	g.rotation, numberErr = strconv.ParseInt(parts[2], 10, 64)
	ok = idErr == nil && enrolledErr == nil && numberErr == nil && hmac.Equal([]byte(a.refreshToken(g)), []byte(token))
	return g, ok
}

func unauthorized() error {
	return syncproto.Refuse(syncproto.CodeUnauthorized, "The device's token is not valid here. What is on the device is safe; ask a coordinator for a new enrolment code.")
}

func reused() error {
	return syncproto.Refuse(syncproto.CodeTokenReused, "The device's token was used twice, as happens when a tablet was copied, so it was ended. What is on the device is safe; ask a coordinator for a new enrolment code.")
}

// Refresh exchanges a refresh token. Answers get lost, for months where a device is: the last one is
// exchanged again, with the same result, until the device has shown the access token that it got. After
// that, or if it is older, it ends the device's tokens. One that is ahead was given out before a backup was
// restored, and is good.
func (a *Accounts) Refresh(ctx context.Context, token string) (Tokens, error) {
	g, ok := a.readRefresh(token)
	if !ok {
		return Tokens{}, unauthorized()
	}
	var d store.Device
	var again bool
	err := a.store.Write(ctx, func(tx *store.Tx) (err error) {
		d, err = tx.Device(ctx, g.device)
		if errors.Is(err, store.ErrNotFound) || err == nil && g.enrolled != d.Enrolled {
			return unauthorized()
		}
		if err != nil {
			return err
		}
		lost := g.rotation == d.Token-1 && d.TokenUsed < d.Token
		switch {
		case d.TokenEnded != 0 || lost:
			return nil
		case g.rotation < d.Token:
			again, d.TokenEnded = true, a.millis()
			return errors.Join(tx.SetDeviceToken(ctx, d), a.log(ctx, tx, uuid.Nil, audit.RefreshReused, d.ID.String(), nil))
		case g.rotation > d.Token:
			if err := a.log(ctx, tx, uuid.Nil, audit.RefreshAhead, d.ID.String(), nil); err != nil {
				return err
			}
		}
		d.Token, d.TokenAt = g.rotation+1, a.millis()
		return tx.SetDeviceToken(ctx, d)
	})
	if err != nil {
		return Tokens{}, err
	}
	if again || d.TokenEnded != 0 {
		return Tokens{}, reused()
	}
	return a.tokens(d)
}

// Authenticate finds the device by its access token. A device that was revoked is found too, and
// says so: it may hand in what it holds.
func (a *Accounts) Authenticate(ctx context.Context, access string) (d store.Device, err error) {
	g, err := a.readAccess(access)
	if err != nil {
		return d, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		d, err = tx.Device(ctx, g.device)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && g.enrolled != d.Enrolled:
		return d, unauthorized()
	case err == nil && d.TokenEnded != 0:
		return d, reused()
	case err == nil && g.rotation > d.TokenUsed:
		return d, a.noteUse(ctx, g)
	}
	return d, err
}

// readAccess gives the grant of an access token that this server made.
func (a *Accounts) readAccess(access string) (grant, error) {
	var said claims
	_, err := jwt.ParseWithClaims(access, &said, func(*jwt.Token) (any, error) { return a.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(a.now))
	// One from the future was given out before the server's clock was set back: it is as good as expired.
	if errors.Is(err, jwt.ErrTokenExpired) || errors.Is(err, jwt.ErrTokenUsedBeforeIssued) {
		return grant{}, syncproto.Refuse(syncproto.CodeTokenExpired, "The access token has expired. Nothing was changed; refresh it and try again.")
	}
	id, idErr := syncproto.ParseID(said.Subject)
	if err != nil || idErr != nil || said.IssuedAt == nil {
		return grant{}, unauthorized()
	}
	return grant{id, said.Enrolled, said.Rotation}, nil
}

// noteUse notes that a device has got the tokens of a rotation, and shows them.
func (a *Accounts) noteUse(ctx context.Context, g grant) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(ctx, g.device)
		if err != nil {
			return err
		}
		d.TokenUsed = max(d.TokenUsed, g.rotation)
		return tx.SetDeviceToken(ctx, d)
	})
}
