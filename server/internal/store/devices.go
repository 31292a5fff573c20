package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Device is one identity of a device.
type Device struct {
	ID   uuid.UUID
	Name string
	// Holder is the user to whom it was handed out.
	Holder uuid.UUID
	// Enrolled and Revoked are in milliseconds; Revoked is 0 while the device is one of the
	// programme's.
	Enrolled, Revoked int64
	// N and Hash are the last of its changes, and the rolling hash there.
	N    int64
	Hash syncproto.Hash
	// Token counts the rotations of its refresh token, TokenAt is when the last was, and TokenEnded
	// when a reuse ended it, 0 if none did. TokenUsed is the last rotation whose access token was shown.
	Token, TokenAt, TokenEnded, TokenUsed int64
	Contact                               Contact
	// Former is the identity that the device had before, or from which a branch parts, [uuid.Nil] if none is known.
	Former uuid.UUID
	// Areas are those that it holds, with everything below them.
	Areas []uuid.UUID
}

// NeverCame reports whether the server knows an identity only from what another one handed in: nobody comes under it.
func (d Device) NeverCame() bool { return d.TokenEnded == d.Enrolled }

// A Contact is what a device said of itself when it last came, and what its last sync came to.
type Contact struct {
	// At is when that was, Complete when it last had nothing left on either side, in milliseconds.
	At, Complete int64
	// Unsent is how many changes waited on it.
	Unsent int
	// ClockOffset is how far its clock was ahead of the server's, in milliseconds.
	ClockOffset int64
	Program     string
	Protocol    string
	// FreeBytes is its free space, 0 if not known.
	FreeBytes int64
	// Up and Down are how many of its changes were acknowledged in the sync that it was in, and how many records and
	// departures it had got; DownLeft is how many of these it knew of that were still to come, 0 if none or not known.
	Up, Down, DownLeft int
	// Differs is how many areas did not agree with the server's when its last sync ended.
	Differs int
	// Safe is when it ended a sync safe to take away, in milliseconds; 0 if it never did, or has come again since, and below
	// 0 if the server has lost something since it came: what it ends is not safe before it comes again.
	Safe int64
}

// An Ending is what a sync of a device came to.
type Ending struct {
	// At is when it ended, Safe the same if the device was safe to take away, and 0 if not; in milliseconds.
	At, Safe int64
	// Unsent, Differs, Up and Down are those of a [Contact].
	Unsent, Differs, Up, Down int
}

// ClockOff gives by how much, in milliseconds, the clock was off as far as that matters: 0 where nobody has to set it,
// otherwise whole minutes, from an hour on whole hours, from a day on whole days, so that it is the same from one sync
// to the next.
func (c Contact) ClockOff() int64 {
	off := max(c.ClockOffset, -c.ClockOffset)
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if ms := unit.Milliseconds(); off > syncproto.ClockWarning && off >= ms {
			return c.ClockOffset / ms * ms
		}
	}
	return 0
}

const deviceColumns = `id, name, holder, enrolled, revoked, n, hash, token, token_at, token_ended, token_used,
contact, complete, unsent, clock_offset, program, protocol, free_bytes, up, down, down_left, differs, safe, former`

func scanDevice(r row) (d Device, err error) {
	var hash []byte
	var former string
	c := &d.Contact
	err = r.Scan(&d.ID, &d.Name, &d.Holder, &d.Enrolled, &d.Revoked, &d.N, &hash, &d.Token, &d.TokenAt, &d.TokenEnded, &d.TokenUsed,
		&c.At, &c.Complete, &c.Unsent, &c.ClockOffset, &c.Program, &c.Protocol, &c.FreeBytes, &c.Up, &c.Down, &c.DownLeft, &c.Differs, &c.Safe, &former)
	copy(d.Hash[:], hash)
	if err == nil && former != "" {
		d.Former, err = uuid.Parse(former)
	}
	return d, err
}

// AddDevice adds a device; [ErrExists] if the id is taken.
func (t *Tx) AddDevice(ctx context.Context, d Device) error {
	c := d.Contact
	err := t.exec(ctx, "INSERT INTO devices ("+deviceColumns+") VALUES "+inList(24),
		d.ID, d.Name, d.Holder, d.Enrolled, d.Revoked, d.N, d.Hash[:], d.Token, d.TokenAt, d.TokenEnded, d.TokenUsed,
		c.At, c.Complete, c.Unsent, c.ClockOffset, c.Program, c.Protocol, c.FreeBytes, c.Up, c.Down, c.DownLeft, c.Differs, c.Safe, orBlank(d.Former))
	if err != nil {
		return fmt.Errorf("add a device: %w", err)
	}
	return t.SetDeviceAreas(ctx, d.ID, d.Areas)
}

// AddDeviceFormer notes that a device proved to have had an identity. It is no error to note that twice.
func (t *Tx) AddDeviceFormer(ctx context.Context, device, former uuid.UUID) error {
	return t.exec(ctx, "INSERT INTO device_formers (device, former) VALUES (?, ?) ON CONFLICT DO NOTHING", device, former)
}

// SetDeviceAreas sets the areas that a device holds. An area that is named twice is one.
func (t *Tx) SetDeviceAreas(ctx context.Context, device uuid.UUID, areas []uuid.UUID) error {
	if err := t.exec(ctx, "DELETE FROM device_areas WHERE device = ?", device); err != nil {
		return fmt.Errorf("set the areas of a device: %w", err)
	}
	for _, area := range areas {
		if err := t.exec(ctx, "INSERT INTO device_areas (device, area) VALUES (?, ?) ON CONFLICT DO NOTHING", device, area); err != nil {
			return fmt.Errorf("set the areas of a device: %w", err)
		}
	}
	return nil
}

// Device gives a device by id; [ErrNotFound] if there is none.
func (t *Tx) Device(ctx context.Context, id uuid.UUID) (Device, error) {
	d, err := one(ctx, t, scanDevice, "SELECT "+deviceColumns+" FROM devices WHERE id = ?", id)
	if err != nil {
		return d, err
	}
	d.Areas, err = all(ctx, t, scalar[uuid.UUID], "SELECT area FROM device_areas WHERE device = ? ORDER BY area", id)
	return d, err
}

// DeviceTaken reports whether an id is a device's, or the office's, or has changes.
func (t *Tx) DeviceTaken(ctx context.Context, id uuid.UUID) (bool, error) {
	return one(ctx, t, scalar[bool], `SELECT EXISTS (SELECT 1 FROM devices WHERE id = ?)
    OR EXISTS (SELECT 1 FROM changes WHERE device = ?)
    OR EXISTS (SELECT 1 FROM properties WHERE name = 'office' AND value = ?)`, id, id, id)
}

// Devices gives all devices, by name.
func (t *Tx) Devices(ctx context.Context) ([]Device, error) {
	devices, err := all(ctx, t, scanDevice, "SELECT "+deviceColumns+" FROM devices ORDER BY name, id")
	if err != nil {
		return nil, fmt.Errorf("read the devices: %w", err)
	}
	areas, err := t.areasByOwner(ctx, "SELECT device, area FROM device_areas ORDER BY device, area")
	if err != nil {
		return nil, fmt.Errorf("read the devices: %w", err)
	}
	for i := range devices {
		devices[i].Areas = areas[devices[i].ID]
	}
	return devices, nil
}

// ClocksOff gives by how much the clocks of those of the devices are off that are; see [Contact.ClockOff].
func (t *Tx) ClocksOff(ctx context.Context, devices []uuid.UUID) (map[uuid.UUID]int64, error) {
	out := map[uuid.UUID]int64{}
	_, err := in(ctx, t, func(r row) (_ struct{}, err error) {
		var id uuid.UUID
		var c Contact
		if err = r.Scan(&id, &c.ClockOffset); c.ClockOff() != 0 {
			out[id] = c.ClockOff()
		}
		return struct{}{}, err
	}, devices, "SELECT id, clock_offset FROM devices WHERE id IN ")
	return out, err
}

// OpenByDevice counts, for each device that has any, its changes that are held or wait.
func (t *Tx) OpenByDevice(ctx context.Context) (map[uuid.UUID]int, error) {
	out := map[uuid.UUID]int{}
	_, err := all(ctx, t, func(r row) (_ struct{}, err error) {
		var device uuid.UUID
		var n int
		err = r.Scan(&device, &n)
		out[device] = n
		return struct{}{}, err
	}, "SELECT device, count(*) FROM changes WHERE status IN ('held', 'waiting') GROUP BY device")
	return out, err
}

// RenameDevice sets a device's name.
func (t *Tx) RenameDevice(ctx context.Context, id uuid.UUID, name string) error {
	return t.exec(ctx, "UPDATE devices SET name = ? WHERE id = ?", name, id)
}

// RevokeDevice ends a device's being one of the programme's, at a time in milliseconds.
func (t *Tx) RevokeDevice(ctx context.Context, id uuid.UUID, at int64) error {
	return t.exec(ctx, "UPDATE devices SET revoked = ? WHERE id = ? AND revoked = 0", at, id)
}

// SetDeviceTip notes the last of a device's changes.
func (t *Tx) SetDeviceTip(ctx context.Context, id uuid.UUID, n int64, hash syncproto.Hash) error {
	return t.exec(ctx, "UPDATE devices SET n = ?, hash = ? WHERE id = ?", n, hash[:], id)
}

// SetDeviceToken notes a rotation of a device's refresh token, that a reuse ended it, or that its access
// token was used.
func (t *Tx) SetDeviceToken(ctx context.Context, d Device) error {
	return t.exec(ctx, "UPDATE devices SET token = ?, token_at = ?, token_ended = ?, token_used = ? WHERE id = ?",
		d.Token, d.TokenAt, d.TokenEnded, d.TokenUsed, d.ID)
}

// SetDeviceContact notes what a device said of itself in an exchange. What it said of its last complete sync is
// kept where it says nothing new, as is how many areas differed then. It is not safe to take away before that sync ends.
func (t *Tx) SetDeviceContact(ctx context.Context, id uuid.UUID, c Contact) error {
	return t.exec(ctx, `UPDATE devices SET contact = ?, complete = CASE WHEN complete < ? THEN ? ELSE complete END, unsent = ?, clock_offset = ?,
    program = ?, protocol = ?, free_bytes = ?, up = ?, down = ?, down_left = ?, safe = 0 WHERE id = ?`,
		c.At, c.Complete, c.Complete, c.Unsent, c.ClockOffset, c.Program, c.Protocol, c.FreeBytes, c.Up, c.Down, c.DownLeft, id)
}

// SetDeviceEnding notes what a sync came to that left nothing to do on either side. It is not safe to take away if the server
// has lost something since it came.
func (t *Tx) SetDeviceEnding(ctx context.Context, id uuid.UUID, e Ending) error {
	return t.exec(ctx, `UPDATE devices SET contact = ?, complete = ?, unsent = ?, differs = ?, up = ?, down = ?, down_left = 0,
    safe = CASE WHEN safe < 0 THEN safe ELSE ? END WHERE id = ?`,
		e.At, e.At, e.Unsent, e.Differs, e.Up, e.Down, e.Safe, id)
}

// NoDeviceSafe notes that no device is safe to take away before it comes again: the server has lost what some of them had sent.
func (t *Tx) NoDeviceSafe(ctx context.Context) error {
	return t.exec(ctx, "UPDATE devices SET safe = -1")
}
