package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// inviteLife is how long an enrolment code works.
const inviteLife = 10 * time.Minute

// codeAlphabet is Crockford's base 32: no I, L, O, U. A code of 12 has 60 bits.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength   = 12
)

// An Invitation is a one-time code, as it is shown once to who made it.
type Invitation struct {
	// Code is in groups of four, such as 7K2M-QF9D-0XWB.
	Code    string
	Expires time.Time
}

func newCode() (string, error) {
	random := make([]byte, codeLength)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	var out strings.Builder
	for i, b := range random {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(codeAlphabet[int(b)%len(codeAlphabet)])
	}
	return out.String(), nil
}

// plainCode undoes what people do to codes: lower case, spaces, and letters that look like digits.
func plainCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}

// An Invited is a device that is to be enrolled.
type Invited struct {
	Name string
	// Holder is the user to whom it is handed, Areas what it is to hold.
	Holder uuid.UUID
	Areas  []uuid.UUID
}

// Invite makes a code with which a device is enrolled, for a holder and areas.
func (a *Accounts) Invite(ctx context.Context, actor, holder uuid.UUID, name string, areas []uuid.UUID) (Invitation, error) {
	made, err := a.InviteTeam(ctx, actor, []Invited{{name, holder, areas}})
	if err != nil {
		return Invitation{}, err
	}
	return made[0], nil
}

// InviteTeam makes a code for each of several devices, in their order; for all of them or for none.
func (a *Accounts) InviteTeam(ctx context.Context, actor uuid.UUID, team []Invited) ([]Invitation, error) {
	made := make([]Invitation, len(team))
	expires := a.now().Add(inviteLife)
	for i, d := range team {
		code, err := newCode()
		if err != nil {
			return nil, err
		}
		if team[i].Name, err = deviceName(d.Name, ""); err != nil {
			return nil, err
		}
		if len(d.Areas) == 0 {
			return nil, invalid("A device needs an area, or it would hold nothing")
		}
		made[i] = Invitation{Code: code, Expires: expires}
	}
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		if err := tx.PruneInvites(ctx, a.now().Add(-24*time.Hour).UnixMilli()); err != nil {
			return err
		}
		for i, d := range team {
			if err := a.addInvite(ctx, tx, within, d, made[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return made, err
}

// addInvite keeps an invitation that was made, if who made it may.
func (a *Accounts) addInvite(ctx context.Context, tx *store.Tx, within reach, d Invited, made Invitation) error {
	if err := errors.Join(knownAreas(ctx, tx, d.Areas), within.mayDecide(d.Areas)); err != nil {
		return err
	}
	holder, err := tx.User(ctx, d.Holder)
	if errors.Is(err, store.ErrNotFound) || err == nil && !holder.Active {
		return invalid("There is no active person %s to hand the device to", d.Holder)
	}
	if err != nil {
		return err
	}
	if err := within.mayHandTo(holder, d.Areas); err != nil {
		return err
	}
	kept := store.Invite{CodeHash: hashOf(plainCode(made.Code)), Name: d.Name, Holder: d.Holder, Areas: d.Areas, MadeBy: within.user.ID, Expires: made.Expires.UnixMilli()}
	return errors.Join(
		tx.AddInvite(ctx, kept),
		a.log(ctx, tx, within.user.ID, audit.DeviceInvited, d.Holder.String(), map[string]any{"name": d.Name, "areas": d.Areas}),
	)
}

// Invitations gives those within somebody's reach that nobody has used yet and that still work, and those that were used within the last
// day; the newest first.
func (a *Accounts) Invitations(ctx context.Context, actor uuid.UUID) (list []store.Invite, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		all, err := tx.Invites(ctx, a.now().Add(-24*time.Hour).UnixMilli())
		list = slices.DeleteFunc(all, func(i store.Invite) bool {
			return !within.covers(i.Areas) || i.UsedBy == uuid.Nil && i.Expires < a.millis()
		})
		return err
	})
	return list, err
}

// Holders gives the active people to whom somebody can hand a device: for a coordinator those who work in the own areas.
func (a *Accounts) Holders(ctx context.Context, actor uuid.UUID) (list []store.User, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		all, err := tx.Users(ctx)
		list = slices.DeleteFunc(all, func(u store.User) bool { return !u.Active || within.mayHandTo(u, within.user.Areas) != nil })
		return err
	})
	return list, err
}

// deviceName gives a name as it is kept, or another one for a blank one.
func deviceName(name, otherwise string) (string, error) {
	if name = plainName(name); name == "" {
		name = otherwise
	}
	if !isName(name) {
		return "", invalid("A device needs a name by which people know it, of at most %d characters on one line", maxName)
	}
	return name, nil
}

// An Enrolment is a device that is one of the programme's, and the tokens to come again with.
type Enrolment struct {
	Device store.Device
	Tokens Tokens
}

// Enrol makes a device one of the programme's. existing is the id that its store has, or [uuid.Nil]:
// it is kept if this server does not know it, as after the restore of a backup. name overrides the
// invitation's, unless it is blank.
func (a *Accounts) Enrol(ctx context.Context, code string, existing uuid.UUID, name string) (Enrolment, error) {
	var d store.Device
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		hash := hashOf(plainCode(code))
		invite, err := a.goodInvite(ctx, tx, hash)
		if err != nil {
			return err
		}
		d = store.Device{Holder: invite.Holder, Areas: invite.Areas, Enrolled: a.millis(), TokenAt: a.millis()}
		if d.Name, err = deviceName(name, invite.Name); err != nil {
			return err
		}
		if d.ID, err = freeID(ctx, tx, existing); err != nil {
			return err
		}
		if d.Former, err = knownDevice(ctx, tx, existing); err != nil {
			return err
		}
		return errors.Join(
			tx.AddDevice(ctx, d), tx.UseInvite(ctx, hash, d.ID),
			a.log(ctx, tx, d.Holder, audit.DeviceEnrolled, d.ID.String(), map[string]any{"name": d.Name, "areas": d.Areas}),
		)
	})
	return a.enrolment(d, err)
}

// goodInvite gives an invitation that still works: it is neither used nor expired, and who made it and
// who is to hold the device are still active.
func (a *Accounts) goodInvite(ctx context.Context, tx *store.Tx, hash string) (store.Invite, error) {
	refusal := syncproto.Refuse(syncproto.CodeCodeInvalid, "The enrolment code is wrong, used or expired. What is on the device is safe; ask a coordinator for a new code.")
	invite, err := tx.Invite(ctx, hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && (invite.UsedBy != uuid.Nil || a.millis() > invite.Expires) {
		return invite, refusal
	}
	if err != nil {
		return invite, err
	}
	for _, id := range []uuid.UUID{invite.MadeBy, invite.Holder} {
		user, err := tx.User(ctx, id)
		if err != nil {
			return invite, err
		}
		if !user.Active {
			return invite, refusal
		}
	}
	return invite, nil
}

// knownDevice gives an id if it is that of a device, and [uuid.Nil] otherwise.
func knownDevice(ctx context.Context, tx *store.Tx, id uuid.UUID) (uuid.UUID, error) {
	_, err := tx.Device(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return uuid.Nil, nil
	}
	return id, err
}

// freeID gives wanted if it is a time-ordered UUID under which nothing ever came, and a new one
// otherwise.
func freeID(ctx context.Context, tx *store.Tx, wanted uuid.UUID) (uuid.UUID, error) {
	taken, err := tx.DeviceTaken(ctx, wanted)
	if err != nil {
		return uuid.Nil, err
	}
	if !taken && wanted.Version() == 7 {
		return wanted, nil
	}
	return uuid.NewV7()
}

func (a *Accounts) enrolment(d store.Device, err error) (Enrolment, error) {
	if err != nil {
		return Enrolment{}, err
	}
	tokens, err := a.tokens(d)
	return Enrolment{Device: d, Tokens: tokens}, err
}

// NewIdentity gives a device whose history is another's too an id of its own, with the same name,
// holder and areas. If it was revoked, so is the new one: it may still hand in what it holds.
func (a *Accounts) NewIdentity(ctx context.Context, old store.Device) (Enrolment, error) {
	var d store.Device
	err := a.store.Write(ctx, func(tx *store.Tx) error {
		old, err := tx.Device(ctx, old.ID) // it may have been revoked since it was authenticated
		if err != nil {
			return err
		}
		if old.TokenEnded != 0 {
			return reused()
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		d = store.Device{
			ID: id, Name: old.Name, Holder: old.Holder, Areas: old.Areas,
			Enrolled: a.millis(), TokenAt: a.millis(), Revoked: old.Revoked,
			Former: old.ID,
		}
		return errors.Join(
			tx.AddDevice(ctx, d),
			a.log(ctx, tx, old.Holder, audit.DeviceForked, id.String(), map[string]any{"of": old.ID}),
		)
	})
	return a.enrolment(d, err)
}

// ProveFormer fails unless proof is a refresh token that was once given to a former identity of a device.
// Whether it is outdated, ended or ahead does not matter: it lets nobody in.
func (a *Accounts) ProveFormer(former uuid.UUID, proof string) error {
	if g, ok := a.readRefresh(proof); !ok || g.device != former {
		return syncproto.Refuse(syncproto.CodeForbidden, "The request speaks for another device than its access token, and does not prove that it once was that one. Nothing was changed.")
	}
	return nil
}

// Devices gives the devices that a coordinator or administrator looks after, by name.
func (a *Accounts) Devices(ctx context.Context, actor uuid.UUID) (devices []store.Device, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		every, err := tx.Devices(ctx)
		devices = slices.DeleteFunc(every, func(d store.Device) bool { return !within.covers(d.Areas) })
		return err
	})
	return devices, err
}

// SetDeviceAreas changes what a device holds. The device drops what it no longer holds at its next
// sync, once it has handed in what it recorded there.
func (a *Accounts) SetDeviceAreas(ctx context.Context, actor, id uuid.UUID, areas []uuid.UUID) error {
	if len(areas) == 0 {
		return invalid("A device needs an area; to take everything from it, revoke it")
	}
	return a.decide(ctx, actor, id, func(tx *store.Tx, d store.Device, within reach) error {
		if err := errors.Join(knownAreas(ctx, tx, areas), within.mayDecide(areas)); err != nil {
			return err
		}
		return errors.Join(tx.SetDeviceAreas(ctx, id, areas),
			a.log(ctx, tx, actor, audit.DeviceScoped, id.String(), map[string]any{"from": d.Areas, "to": areas}))
	})
}

// decide runs do on a device, if the actor may decide about it.
func (a *Accounts) decide(ctx context.Context, actor, id uuid.UUID, do func(tx *store.Tx, d store.Device, within reach) error) error {
	return a.store.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no device of that id. Nothing was changed; a server that was restored may not know it any more.")
		}
		if err != nil {
			return err
		}
		within, err := reachOf(ctx, tx, actor)
		if err != nil {
			return err
		}
		if err := within.mayDecide(d.Areas); err != nil {
			return err
		}
		return do(tx, d, within)
	})
}

// RenameDevice changes the name by which people know a device.
func (a *Accounts) RenameDevice(ctx context.Context, actor, id uuid.UUID, name string) error {
	name, err := deviceName(name, "")
	if err != nil {
		return err
	}
	return a.decide(ctx, actor, id, func(tx *store.Tx, d store.Device, _ reach) error {
		return errors.Join(tx.RenameDevice(ctx, id, name),
			a.log(ctx, tx, actor, audit.DeviceRenamed, id.String(), map[string]any{"from": d.Name, "to": name}))
	})
}

// RevokeDevice ends a device's being one of the programme's, at once.
func (a *Accounts) RevokeDevice(ctx context.Context, actor, id uuid.UUID) error {
	return a.decide(ctx, actor, id, func(tx *store.Tx, _ store.Device, _ reach) error {
		return errors.Join(tx.RevokeDevice(ctx, id, a.millis()), a.log(ctx, tx, actor, audit.DeviceRevoked, id.String(), nil))
	})
}
