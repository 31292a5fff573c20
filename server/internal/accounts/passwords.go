package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// A PasswordCost is what argon2id takes to try a password: memory in KiB, and passes over it. The zero PasswordCost is 64
// MiB and three passes, above what OWASP asks for. Whoever steals the database needs it for every guess: lower it only where
// there is nothing to steal, as in tests that log in by the hundred.
type PasswordCost struct{ Memory, Passes uint32 }

func (c PasswordCost) orFull() PasswordCost {
	if c == (PasswordCost{}) {
		return PasswordCost{Memory: 64 << 10, Passes: 3}
	}
	return c
}

const (
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// minPassword is the fewest characters of a password, maxPassword the most bytes.
const (
	minPassword = 10
	maxPassword = 1024
)

// hashPassword gives a password's PHC string.
func (a *Accounts) hashPassword(password string) (string, error) {
	if utf8.RuneCountInString(norm.NFC.String(password)) < minPassword || len(password) > maxPassword {
		return "", invalid("A password has at least %d characters and at most %d bytes", minPassword, maxPassword)
	}
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt a password: %w", err)
	}
	key := a.derive(password, salt, a.cost.Passes, a.cost.Memory, argonThreads)
	encode := base64.RawStdEncoding.EncodeToString
	return a.phc(encode(salt), encode(key)), nil
}

// phc puts salt and key of a password together as a PHC string.
func (a *Accounts) phc(salt, key string) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.cost.Memory, a.cost.Passes, argonThreads, salt, key)
}

// derive computes argon2id over the password in NFC: the same word typed on two keyboards is one. It
// does so one at a time, or a few dozen who try to log in would take all of a small server's memory.
func (a *Accounts) derive(password string, salt []byte, time, memory uint32, threads uint8) []byte {
	a.hashing.Lock()
	defer a.hashing.Unlock()
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, time, memory, threads, argonKey)
}

// passwordFits compares a password with a PHC string in constant time.
func (a *Accounts) passwordFits(password, phc string) bool {
	known := phc != ""
	if !known { // a login that does not exist takes as long as one that does
		phc = a.phc(strings.Repeat("A", 22), strings.Repeat("A", 43))
	}
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return false
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, wantErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || wantErr != nil || len(password) > maxPassword {
		return false
	}
	return subtle.ConstantTimeCompare(a.derive(password, salt, time, memory, threads), want) == 1 && known
}
