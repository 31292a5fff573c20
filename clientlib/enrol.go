package clientlib

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// ErrNotEnrolled means that no server has told the device who it is.
var ErrNotEnrolled = errors.New("this device is not enrolled yet; ask the office for an enrolment code")

// An enrolment is the server's answer to a device that is given an identity.
type enrolment struct {
	Device    uuid.UUID `json:"device"`
	Name      string    `json:"name"`
	Holder    uuid.UUID `json:"holder"`
	Access    string    `json:"access"`
	ExpiresIn int64     `json:"expires_in"` // in s
	Refresh   string    `json:"refresh"`
	// ServerTime is the server's clock, in ms; not every answer has it.
	ServerTime int64 `json:"server_time"`
}

// Enrol makes the device one of a server's, with a one-time code from the office. name is what the
// office calls the device, "" for the name that came with the code. A store that was enrolled before
// keeps all that it holds: if the server knows its identity, it gets a new one, and hands in under the
// former one what that recorded; a server that does not know it gets all that the device has kept.
// The device learns its areas with the first [Store.Sync].
func (s *Store) Enrol(ctx context.Context, server, code, name string) error {
	if err := s.options.checkServer(server); err != nil {
		return err
	}
	defer s.options.HTTP.CloseIdleConnections() // as after a sync
	var was identity
	err := s.read(ctx, func(t *tx) (err error) {
		was, err = t.identity(ctx)
		if errors.Is(err, ErrNotEnrolled) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	in := map[string]any{"code": code}
	if was.Device != uuid.Nil {
		in["device"] = was.Device
	}
	if name != "" {
		in["name"] = name
	}
	var out enrolment
	if err := s.post(ctx, server, "api/v1/enrol", "", in, &out); err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		x.Revoked = false
		if out.ServerTime > 0 {
			x.Offset = out.ServerTime - s.options.Clock().UnixMilli()
		}
		if err := setProperty(ctx, t, x); err != nil {
			return err
		}
		return s.adopt(ctx, t, server, out)
	})
}

// adopt makes the device who the server says that it is.
func (s *Store) adopt(ctx context.Context, t *tx, server string, e enrolment) error {
	was, _, err := property[identity](ctx, t)
	if err != nil {
		return err
	}
	if was.Device != uuid.Nil && was.Device != e.Device {
		if err := t.retire(ctx, was.Device); err != nil {
			return err
		}
	}
	t.mine = nil
	if err := setProperty(ctx, t, identity{Device: e.Device, Name: e.Name, Holder: e.Holder, Server: server}); err != nil {
		return err
	}
	return s.setTokens(ctx, t, e)
}

// identity gives who the device is. It fails with [ErrNotEnrolled] or [ErrWiped].
func (t *tx) identity(ctx context.Context) (identity, error) {
	me, ok, err := property[identity](ctx, t)
	if err != nil || ok {
		return me, err
	}
	open, err := t.count(ctx, "SELECT count(*) FROM vault WHERE length(wrapped) > 0")
	if err == nil && open == 0 {
		err = ErrWiped
	}
	if err == nil {
		err = ErrNotEnrolled
	}
	return me, err
}

func (s *Store) setTokens(ctx context.Context, t *tx, e enrolment) error {
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	return setProperty(ctx, t, tokens{Access: e.Access, Expires: s.now(x) + e.ExpiresIn*1000, Refresh: e.Refresh})
}

// authorised calls do with an access token, and once more with a new one if it has expired.
func (s *Store) authorised(ctx context.Context, do func(me identity, access string) error) error {
	var me identity
	var proof tokens
	var now int64
	err := s.read(ctx, func(t *tx) (err error) {
		if me, err = t.identity(ctx); err != nil {
			return err
		}
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		now = s.now(x)
		proof, _, err = property[tokens](ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	if now < proof.Expires {
		err := do(me, proof.Access)
		if !hasCode(err, syncproto.CodeTokenExpired) {
			return err
		}
	}
	access, err := s.rotate(ctx, me, proof.Refresh)
	if err != nil {
		return err
	}
	return do(me, access)
}

// rotate gets new tokens. They are on disk before the new access token is used: until then the server takes
// the old refresh token again, and a device that dies in between repeats it. Who was enrolled again meanwhile keeps the
// tokens of that.
func (s *Store) rotate(ctx context.Context, me identity, refresh string) (access string, err error) {
	var out enrolment
	if err := s.post(ctx, me.Server, "api/v1/token", "", map[string]string{"refresh": refresh}, &out); err != nil {
		return "", fmt.Errorf("renew the device's credentials: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		now, err := t.identity(ctx)
		if err != nil || now.Device != me.Device {
			return err
		}
		return s.setTokens(ctx, t, out)
	})
	return out.Access, err
}
