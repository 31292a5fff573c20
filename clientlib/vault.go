package clientlib

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// MinPIN is the fewest characters that a PIN may have.
const MinPIN = 6

// The errors of opening a store.
var (
	ErrWrongPIN = errors.New("the PIN is wrong; the data is safe and stays locked")
	ErrWeakPIN  = fmt.Errorf("the PIN has to have at least %d characters", MinPIN)
	ErrWiped    = errors.New("this device was taken out of the programme; everything recorded on it was handed in first, and the store is empty now")
	ErrDamaged  = errors.New("the store's file is damaged; make a copy of it and ask whoever looks after the devices, before doing anything else")
)

// A box seals what must not be read without the PIN.
type box struct{ aead cipher.AEAD }

func newBox(key []byte) (box, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return box{}, fmt.Errorf("make the store's cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return box{}, fmt.Errorf("make the store's cipher: %w", err)
	}
	return box{aead}, nil
}

// seal encrypts text for one place in the store: only that place can open it.
func (b box) seal(kind, id string, text []byte) []byte {
	return b.aead.Seal(nil, nil, text, []byte(kind+"/"+id)) //nolint:gosec // the cipher itself makes a random nonce
}

// open is the inverse of seal.
func (b box) open(kind, id string, sealed []byte) ([]byte, error) {
	text, err := b.aead.Open(nil, nil, sealed, []byte(kind+"/"+id))
	if err != nil {
		return nil, fmt.Errorf("%w (%s %s)", ErrDamaged, kind, id)
	}
	return text, nil
}

// A PINCost is what Argon2id spends on trying a PIN. The zero PINCost is 64 MiB in 3 passes, about a
// quarter of a second.
type PINCost struct {
	Memory  uint32 // in KiB
	Passes  uint32
	Threads uint8
}

// fullCost gives what the zero cost stands for.
func fullCost() PINCost { return PINCost{Memory: 64 << 10, Passes: 3, Threads: 2} }

// kdf is how the key that wraps the data key is made of a PIN.
type kdf struct {
	PINCost
	salt []byte
}

// salted gives the parameters for a new PIN.
func (c PINCost) salted() kdf {
	salt := make([]byte, 16)
	rand.Read(salt)
	return kdf{c, salt}
}

func (k kdf) box(pin string) (box, error) {
	return newBox(argon2.IDKey([]byte(pin), k.salt, k.Passes, k.Memory, k.Threads, 32))
}

// makeVault writes a new data key under the PIN, and gives the box that it opens.
func makeVault(ctx context.Context, db *sql.DB, cost PINCost, pin string) (box, error) {
	key := make([]byte, 32)
	rand.Read(key)
	if err := writeVault(ctx, db, cost.salted(), pin, key); err != nil {
		return box{}, err
	}
	return newBox(key)
}

// writeVault wraps the data key under a PIN.
func writeVault(ctx context.Context, db *sql.DB, k kdf, pin string, key []byte) error {
	if len([]rune(pin)) < MinPIN {
		return ErrWeakPIN
	}
	lock, err := k.box(pin)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `INSERT INTO vault (id, salt, memory, passes, threads, wrapped) VALUES (1, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET salt = excluded.salt, memory = excluded.memory, passes = excluded.passes,
    threads = excluded.threads, wrapped = excluded.wrapped`,
		k.salt, k.Memory, k.Passes, k.Threads, lock.seal("vault", "1", key))
	return err
}

// openVault unwraps the data key.
func openVault(ctx context.Context, db *sql.DB, pin string) ([]byte, error) {
	var k kdf
	var wrapped []byte
	row := db.QueryRowContext(ctx, "SELECT salt, memory, passes, threads, wrapped FROM vault")
	err := row.Scan(&k.salt, &k.Memory, &k.Passes, &k.Threads, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errUnfinished
	}
	if err != nil {
		return nil, err
	}
	if len(wrapped) == 0 {
		return nil, ErrWiped
	}
	lock, err := k.box(pin)
	if err != nil {
		return nil, err
	}
	key, err := lock.open("vault", "1", wrapped)
	if err != nil {
		return nil, ErrWrongPIN
	}
	return key, nil
}

// ChangePIN has the store open with another PIN from now on. It fails with [ErrWrongPIN] or
// [ErrWeakPIN], and then the old PIN stays.
func (s *Store) ChangePIN(ctx context.Context, old, pin string) error {
	key, err := openVault(ctx, s.db, old)
	if err == nil {
		err = writeVault(ctx, s.db, s.options.PINCost.salted(), pin, key)
	}
	if err == nil { // or the log still has what the old PIN opens, until a later one
		_, _ = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return diskError("change the PIN; the old one stays, and what was saved before is safe", err)
}
