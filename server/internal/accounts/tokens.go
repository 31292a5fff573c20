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

// claims are what an access token says: whose it is, and with which rotation it was given out.
type claims struct {
	jwt.RegisteredClaims
	Rotation int64 `json:"rot"`
}

// tokens makes the tokens of a device at its present rotation.
func (a *Accounts) tokens(d store.Device) (Tokens, error) {
	now := a.now()
	access, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: d.ID.String(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLife)),
	}, d.Token}).SignedString(a.key)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign an access token: %w", err)
	}
	return Tokens{Access: access, ExpiresIn: accessLife, Refresh: a.refreshToken(d.ID, d.Token)}, nil
}

// refreshToken gives the k-th refresh token of a device. Tokens are derived and not stored, so that
// a server which lost its tail in a restore still knows those that it gave out there.
func (a *Accounts) refreshToken(device uuid.UUID, k int64) string {
	mac := hmac.New(sha256.New, a.key)
	fmt.Fprintf(mac, "refresh|%s|%d", device, k)
	return fmt.Sprintf("%s.%d.%s", device, k, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// readRefresh gives the device and the number of a refresh token that this server made.
func (a *Accounts) readRefresh(token string) (device uuid.UUID, k int64, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return uuid.Nil, 0, false
	}
	device, idErr := syncproto.ParseID(parts[0])
	k, numberErr := strconv.ParseInt(parts[1], 10, 64)
	ok = idErr == nil && numberErr == nil && hmac.Equal([]byte(a.refreshToken(device, k)), []byte(token))
	return device, k, ok
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
	id, k, ok := a.readRefresh(token)
	if !ok {
		return Tokens{}, unauthorized()
	}
	var d store.Device
	var again bool
	err := a.store.Write(ctx, func(tx *store.Tx) (err error) {
		d, err = tx.Device(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return unauthorized()
		}
		if err != nil {
			return err
		}
		lost := k == d.Token-1 && d.TokenUsed < d.Token
		switch {
		case d.TokenEnded != 0 || lost:
			return nil
		case k < d.Token:
			again, d.TokenEnded = true, a.millis()
			return errors.Join(tx.SetDeviceToken(ctx, d), a.log(ctx, tx, uuid.Nil, audit.RefreshReused, id.String(), nil))
		case k > d.Token:
			if err := a.log(ctx, tx, uuid.Nil, audit.RefreshAhead, id.String(), nil); err != nil {
				return err
			}
		}
		d.Token, d.TokenAt = k+1, a.millis()
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
	id, rotation, err := a.readAccess(access)
	if err != nil {
		return d, err
	}
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		d, err = tx.Device(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d, unauthorized()
	case err == nil && d.TokenEnded != 0:
		return d, reused()
	case err == nil && rotation > d.TokenUsed:
		return d, a.noteUse(ctx, id, rotation)
	}
	return d, err
}

// readAccess gives the device and the rotation of an access token that this server made.
func (a *Accounts) readAccess(access string) (uuid.UUID, int64, error) {
	var said claims
	_, err := jwt.ParseWithClaims(access, &said, func(*jwt.Token) (any, error) { return a.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(a.now))
	// One from the future was given out before the server's clock was set back: it is as good as expired.
	if errors.Is(err, jwt.ErrTokenExpired) || errors.Is(err, jwt.ErrTokenUsedBeforeIssued) {
		return uuid.Nil, 0, syncproto.Refuse(syncproto.CodeTokenExpired, "The access token has expired. Nothing was changed; refresh it and try again.")
	}
	id, idErr := syncproto.ParseID(said.Subject)
	if err != nil || idErr != nil || said.IssuedAt == nil {
		return uuid.Nil, 0, unauthorized()
	}
	return id, said.Rotation, nil
}

// noteUse notes that a device has got the tokens of a rotation, and shows them.
func (a *Accounts) noteUse(ctx context.Context, device uuid.UUID, rotation int64) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(ctx, device)
		if err != nil {
			return err
		}
		d.TokenUsed = max(d.TokenUsed, rotation)
		return tx.SetDeviceToken(ctx, d)
	})
}
