package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// accountChecks are those about people, devices, credentials and the audit log.
func accountChecks() []check {
	return []check{
		{"a person comes back as written, however one asks", personComesBack},
		{"a login is one person's", loginIsOnes},
		{"changing a person leaves the areas, and the other way round", personChanges},
		{"a device comes back as written, however one asks", deviceComesBack},
		{"what is noted of a device leaves the rest of it as it was", deviceNotes},
		{"a device was revoked when it first was", revokedOnce},
		{"an area that is named twice is one", areasOnce},
		{"an id under which anything came is taken", takenIDs},
		{"an invitation comes back as written, used or not", inviteComesBack},
		{"an invitation is forgotten once it is old enough", invitesArePruned},
		{"a session ends alone, with its person's, or with its time", sessionsEnd},
		{"a token of a feed comes back as written, however one asks, and a token is one's", feedTokensComeBack},
		{"a webhook comes back as written, and is due unless it waits, is paused or ended", webhooksComeBack},
		{"the last deliveries of a webhook are kept, and those of another are its own", deliveriesAreKept},
		{"the audit log comes in order, each number once", auditComesInOrder},
		{"erasing a row of the audit log leaves what the chain covers", auditIsErased},
	}
}

// worker is a person of two areas.
func worker(n byte, login string) store.User {
	return store.User{
		ID: id(n), Login: login, Name: "Ђорђе Žarko 'x'", Role: "worker", Password: "$argon2id$", Active: true,
		Created: 1_700_000_000_000, Areas: []uuid.UUID{id(90), id(91)},
	}
}

// tablet is a device of worker 50 on which everything that can be set is set.
func tablet(n byte) store.Device {
	return store.Device{
		ID: id(n), Name: "Tablet <7>", Holder: id(50), Enrolled: 1, Revoked: 2, N: 3, Hash: syncproto.Hash{4, 31: 5},
		Token: 6, TokenAt: 7, TokenEnded: 8, TokenUsed: 9, Former: id(92), Areas: []uuid.UUID{id(90), id(91)},
		Contact: store.Contact{
			At: 9, Complete: 10, Unsent: 11, ClockOffset: -12, Program: "satchel-device 1", Protocol: "2026-01-01", FreeBytes: 1 << 40,
			Up: 13, Down: 14, DownLeft: 15, Differs: 16, Safe: 17,
		},
	}
}

// withTablet adds worker 50 and the tablet.
func withTablet(t *testing.T, s *store.Store, d store.Device) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, worker(50, "djordje")), tx.AddDevice(ctx, d))
	})
}

// same fails the test unless the two are equal.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n%+v\nwant\n%+v", what, got, want)
	}
}

// notFound fails the test unless fn finds nothing.
func notFound[T any](t *testing.T, s *store.Store, what string, fn func(context.Context, *store.Tx) (T, error)) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := fn(t.Context(), tx); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func user(n byte) func(context.Context, *store.Tx) (store.User, error) {
	return func(ctx context.Context, tx *store.Tx) (store.User, error) { return tx.User(ctx, id(n)) }
}

func device(n byte) func(context.Context, *store.Tx) (store.Device, error) {
	return func(ctx context.Context, tx *store.Tx) (store.Device, error) { return tx.Device(ctx, id(n)) }
}

func personComesBack(t *testing.T, s *store.Store) {
	first, second := worker(51, "a"), worker(50, "b")
	second.Areas, second.Active, second.Password = nil, false, ""
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, first), tx.AddUser(ctx, second))
	})
	byLogin := func(login string) func(context.Context, *store.Tx) (store.User, error) {
		return func(ctx context.Context, tx *store.Tx) (store.User, error) { return tx.UserByLogin(ctx, login) }
	}
	same(t, "by id", read(t, s, user(51)), first)
	same(t, "by login", read(t, s, byLogin("b")), second)
	same(t, "all, by login", read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.User, error) { return tx.Users(ctx) }), []store.User{first, second})
	notFound(t, s, "another id", user(52))
	notFound(t, s, "the login in other case", byLogin("A"))
}

func loginIsOnes(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddUser(ctx, worker(50, "a")) })
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.AddUser(t.Context(), worker(51, "a")) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("a second person with the login: %v, want ErrExists", err)
	}
}

func personChanges(t *testing.T, s *store.Store) {
	was := worker(50, "a")
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, was), tx.AddUser(ctx, worker(51, "b")))
	})
	is := store.User{ID: was.ID, Login: "c", Name: "N", Role: "coordinator", Password: "P", Created: was.Created, Areas: was.Areas}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		changed := is
		changed.Created, changed.Areas = 0, nil
		return tx.SetUser(ctx, changed)
	})
	same(t, "after the change", read(t, s, user(50)), is)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetUserAreas(ctx, is.ID, []uuid.UUID{id(92)}) })
	is.Areas = []uuid.UUID{id(92)}
	same(t, "after the change of areas", read(t, s, user(50)), is)
	same(t, "the other person", read(t, s, user(51)), worker(51, "b"))
}

func deviceComesBack(t *testing.T, s *store.Store) {
	first, second := tablet(201), tablet(200)
	second.Areas, second.Former = nil, uuid.Nil
	withTablet(t, s, first)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddDevice(ctx, second) })
	same(t, "by id", read(t, s, device(201)), first)
	same(t, "all, by name and id", read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Device, error) {
		return tx.Devices(ctx)
	}), []store.Device{second, first})
	notFound(t, s, "another id", device(202))
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.AddDevice(t.Context(), first) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("a second device of one id: %v, want ErrExists", err)
	}
}

func deviceNotes(t *testing.T, s *store.Store) {
	want, other := tablet(200), tablet(201)
	withTablet(t, s, want)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddDevice(ctx, other) })
	note := func(what string, fn func(context.Context, *store.Tx) error) {
		t.Helper()
		write(t, s, fn)
		same(t, "after a note of "+what, read(t, s, device(200)), want)
		same(t, "another device after a note of "+what, read(t, s, device(201)), other)
	}
	want.N, want.Hash = 30, syncproto.Hash{40}
	note("the tip", func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceTip(ctx, want.ID, want.N, want.Hash) })
	want.Token, want.TokenAt, want.TokenEnded, want.TokenUsed = 60, 70, 0, 90
	note("the token", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetDeviceToken(ctx, store.Device{ID: want.ID, Token: 60, TokenAt: 70, TokenUsed: 90})
	})
	want.Name = "Tablet 8"
	note("the name", func(ctx context.Context, tx *store.Tx) error { return tx.RenameDevice(ctx, want.ID, want.Name) })
	want.Areas = []uuid.UUID{id(92)}
	note("the areas", func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceAreas(ctx, want.ID, want.Areas) })
	want.Contact = store.Contact{At: 90, Complete: 100, Up: 1, Down: 2, DownLeft: 3, Differs: 16}
	note("a contact", func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceContact(ctx, want.ID, want.Contact) })
	want.Contact = store.Contact{At: 91, Complete: 100, Unsent: 1, Differs: 16}
	note("a contact that was not complete", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetDeviceContact(ctx, want.ID, store.Contact{At: 91, Unsent: 1})
	})
	want.Contact = store.Contact{At: 92, Complete: 92, Up: 4, Down: 5, Safe: 92}
	note("an ending", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetDeviceEnding(ctx, want.ID, store.Ending{At: 92, Safe: 92, Up: 4, Down: 5})
	})
	want.Contact.Safe, other.Contact.Safe = -1, -1
	note("a loss", func(ctx context.Context, tx *store.Tx) error { return tx.NoDeviceSafe(ctx) })
	want.Contact = store.Contact{At: 93, Complete: 93, Safe: -1}
	note("an ending after it", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetDeviceEnding(ctx, want.ID, store.Ending{At: 93, Safe: 93})
	})
	want.Contact = store.Contact{At: 94, Complete: 93}
	note("a contact after it", func(ctx context.Context, tx *store.Tx) error {
		return tx.SetDeviceContact(ctx, want.ID, store.Contact{At: 94})
	})
}

func revokedOnce(t *testing.T, s *store.Store) {
	want := tablet(200)
	want.Revoked = 0
	withTablet(t, s, want)
	for _, at := range []int64{20, 21} {
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.RevokeDevice(ctx, want.ID, at) })
	}
	want.Revoked = 20
	same(t, "after two revocations", read(t, s, device(200)), want)
}

func areasOnce(t *testing.T, s *store.Store) {
	twice := []uuid.UUID{id(91), id(90), id(91)}
	person, d := worker(50, "a"), tablet(200)
	person.Areas, d.Areas = twice, twice
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, person), tx.AddDevice(ctx, d))
	})
	once := []uuid.UUID{id(90), id(91)}
	same(t, "the areas of a person", read(t, s, user(50)).Areas, once)
	same(t, "the areas of a device", read(t, s, device(200)).Areas, once)
}

func takenIDs(t *testing.T, s *store.Store) {
	withTablet(t, s, tablet(201))
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddChanges(ctx, []store.Change{sampleChange(1)}), tx.SetProperty(ctx, "office", id(202).String()))
	})
	for n, want := range map[byte]bool{200: true, 201: true, 202: true, 203: false} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.DeviceTaken(ctx, id(n)) })
		if got != want {
			t.Errorf("id %d is taken: %v, want %v", n, got, want)
		}
	}
}

// invitation is one for worker 50.
func invitation(code string, expires int64) store.Invite {
	return store.Invite{CodeHash: code, Name: "Tablet <7>", Holder: id(50), Areas: []uuid.UUID{id(91), id(90)}, MadeBy: id(51), Expires: expires}
}

func invite(code string) func(context.Context, *store.Tx) (store.Invite, error) {
	return func(ctx context.Context, tx *store.Tx) (store.Invite, error) { return tx.Invite(ctx, code) }
}

func inviteComesBack(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, worker(50, "a")), tx.AddInvite(ctx, invitation("aa", 10)), tx.AddInvite(ctx, invitation("bb", 10)))
	})
	want := invitation("aa", 10)
	same(t, "while it is good", read(t, s, invite("aa")), want)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.UseInvite(ctx, "aa", id(200)) })
	want.UsedBy = id(200)
	same(t, "once used", read(t, s, invite("aa")), want)
	same(t, "another", read(t, s, invite("bb")), invitation("bb", 10))
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddInvite(ctx, invitation("aa first", 9)) })
	all := func(ctx context.Context, tx *store.Tx) ([]store.Invite, error) { return tx.Invites(ctx, 10) }
	same(t, "all that expire at 10 or later", read(t, s, all), []store.Invite{want, invitation("bb", 10)})
	notFound(t, s, "a code that is none", invite("cc"))
}

func invitesArePruned(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddUser(ctx, worker(50, "a")),
			tx.AddInvite(ctx, invitation("aa", 10)), tx.AddInvite(ctx, invitation("bb", 11)), tx.PruneInvites(ctx, 11))
	})
	notFound(t, s, "the one that expired before", invite("aa"))
	same(t, "the one that expired then", read(t, s, invite("bb")), invitation("bb", 11))
}

func sessionsEnd(t *testing.T, s *store.Store) {
	open := map[string]store.Session{}
	session := func(token string) func(context.Context, *store.Tx) (store.Session, error) {
		return func(ctx context.Context, tx *store.Tx) (store.Session, error) { return tx.Session(ctx, token) }
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		err := errors.Join(tx.AddUser(ctx, worker(50, "a")), tx.AddUser(ctx, worker(51, "b")))
		for token, owner := range map[string]byte{"alone": 50, "his": 51, "also his": 51, "old": 50, "stays": 50} {
			open[token] = store.Session{TokenHash: token, User: id(owner), CSRF: "of " + token, Created: 1, Expires: 10}
			if token == "old" {
				open[token] = store.Session{TokenHash: token, User: id(owner), CSRF: "x", Created: 1, Expires: 9}
			}
			err = errors.Join(err, tx.AddSession(ctx, open[token]))
		}
		return err
	})
	for token, want := range open {
		same(t, "session "+token, read(t, s, session(token)), want)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.EndSession(ctx, "alone"), tx.EndSessionsOf(ctx, id(51)), tx.PruneSessions(ctx, 10))
	})
	for _, token := range []string{"alone", "his", "also his", "old"} {
		notFound(t, s, "session "+token, session(token))
	}
	same(t, "session stays", read(t, s, session("stays")), open["stays"])
}

// auditRow is a row of the audit log, not chained to anything.
func auditRow(seq int64) store.AuditRow {
	return store.AuditRow{
		Seq: seq, At: 1_700_000_000_000, Actor: "a", Action: "b", Subject: "c", Details: `{"<":"Ж"}`,
		Salt: []byte{1, 0}, Digest: []byte{2, 0}, Hash: []byte{3, byte(seq)},
	}
}

func addAudit(t *testing.T, s *store.Store, seqs ...int64) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
		for _, seq := range seqs {
			err = errors.Join(err, tx.AddAudit(ctx, auditRow(seq)))
		}
		return err
	})
}

func auditRows(after int64, limit int) func(context.Context, *store.Tx) ([]store.AuditRow, error) {
	return func(ctx context.Context, tx *store.Tx) ([]store.AuditRow, error) {
		return tx.AuditSince(ctx, after, limit)
	}
}

func auditComesInOrder(t *testing.T, s *store.Store) {
	last := func(ctx context.Context, tx *store.Tx) (store.AuditRow, error) { return tx.LastAudit(ctx) }
	same(t, "the last of an empty log", read(t, s, last), store.AuditRow{})
	addAudit(t, s, 10, 2, 9)
	same(t, "the last", read(t, s, last), auditRow(10))
	same(t, "those behind 2", read(t, s, auditRows(2, 10)), []store.AuditRow{auditRow(9), auditRow(10)})
	same(t, "the first two", read(t, s, auditRows(0, 2)), []store.AuditRow{auditRow(2), auditRow(9)})
	before := func(ctx context.Context, tx *store.Tx) ([]store.AuditRow, error) { return tx.AuditBefore(ctx, 10, 1) }
	same(t, "the last before 10", read(t, s, before), []store.AuditRow{auditRow(9)})
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.AddAudit(t.Context(), auditRow(9)) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("a number again: %v, want ErrExists", err)
	}
}

func auditIsErased(t *testing.T, s *store.Store) {
	addAudit(t, s, 1, 2)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.EraseAudit(ctx, 1) })
	erased := auditRow(1)
	erased.Details, erased.Salt = "", []byte{}
	got := read(t, s, auditRows(0, 10))
	if len(got) > 0 && len(got[0].Salt) == 0 {
		got[0].Salt = []byte{} // a driver may give nil for no bytes
	}
	same(t, "the log", got, []store.AuditRow{erased, auditRow(2)})
}

func feedTokensComeBack(t *testing.T, s *store.Store) {
	one := store.FeedToken{
		ID: id(1), Name: "Донатор 'x'", TokenHash: "aa", Collections: []string{"people", "visits"}, Area: id(90), Personal: true, MadeBy: id(50),
		Created: 1, Expires: 2, Revoked: 3, Used: 4,
	}
	other := store.FeedToken{ID: id(2), Name: "x", TokenHash: "bb", Collections: []string{"areas"}, MadeBy: id(50)}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddFeedToken(ctx, other), tx.AddFeedToken(ctx, one))
	})
	other.Revoked, other.Used = 5, 6
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetFeedToken(ctx, other) })
	list := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.FeedToken, error) { return tx.FeedTokens(ctx) })
	if want := []store.FeedToken{one, other}; !reflect.DeepEqual(list, want) {
		t.Errorf("read back\n%+v\nwant\n%+v", list, want)
	}
	byHash := read(t, s, func(ctx context.Context, tx *store.Tx) (store.FeedToken, error) { return tx.FeedTokenByHash(ctx, "aa") })
	byID := read(t, s, func(ctx context.Context, tx *store.Tx) (store.FeedToken, error) { return tx.FeedToken(ctx, id(1)) })
	if !reflect.DeepEqual(byHash, one) || !reflect.DeepEqual(byID, one) {
		t.Errorf("read back %+v and %+v", byHash, byID)
	}
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.FeedTokenByHash(t.Context(), "cc")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a token that there is not: %v", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		again := one
		again.ID = id(3)
		return tx.AddFeedToken(t.Context(), again)
	})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("the same token twice: %v", err)
	}
}
