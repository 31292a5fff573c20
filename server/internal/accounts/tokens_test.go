package accounts_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// tokensEnded fails the test unless the device's tokens are of no more use.
func (p *programme) tokensEnded(what string, id uuid.UUID, tokens ...accounts.Tokens) {
	p.t.Helper()
	if p.device(id).TokenEnded == 0 {
		p.t.Errorf("%s: the device's tokens go on", what)
	}
	for _, each := range tokens {
		_, err := p.accounts.Refresh(p.t.Context(), each.Refresh)
		refused(p.t, what+": a refresh token", err, syncproto.CodeTokenReused)
		_, err = p.accounts.Authenticate(p.t.Context(), each.Access)
		refused(p.t, what+": an access token", err, syncproto.CodeTokenReused)
	}
}

// end ends the tokens of an enrolment, as a copy of the device does.
func (p *programme) end(e accounts.Enrolment) {
	p.t.Helper()
	p.refresh(p.refresh(e.Tokens.Refresh).Refresh)
	if _, err := p.accounts.Refresh(p.t.Context(), e.Tokens.Refresh); err == nil {
		p.t.Fatal("the first token works after two rotations")
	}
}

func TestARefreshTokenIsExchangedForTheNext(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	tokens, seen := e.Tokens, map[string]bool{}
	for range 5 {
		if seen[tokens.Refresh] || seen[tokens.Access] || tokens.ExpiresIn != 15*time.Minute {
			t.Errorf("a token came twice, or lasts for %v", tokens.ExpiresIn)
		}
		seen[tokens.Refresh], seen[tokens.Access] = true, true
		if d, err := p.accounts.Authenticate(t.Context(), tokens.Access); err != nil || d.ID != e.Device.ID {
			t.Errorf("the access token is of %v, %v", d.ID, err)
		}
		p.now = p.now.Add(90 * 24 * time.Hour) // months offline are no reason to end a device
		tokens = p.refresh(tokens.Refresh)
	}
	if d := p.device(e.Device.ID); d.Token != 5 || d.TokenAt != p.now.UnixMilli() {
		t.Errorf("rotated %d times, last at %d", d.Token, d.TokenAt)
	}
}

func TestALostAnswerIsRepeatedUntilItArrives(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	next := p.refresh(e.Tokens.Refresh)
	if _, err := p.accounts.Authenticate(t.Context(), e.Tokens.Access); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.now = p.now.Add(90 * 24 * time.Hour) // a tablet is back in its village before it can try again
		if again := p.refresh(e.Tokens.Refresh); again.Refresh != next.Refresh {
			t.Errorf("the answer that was lost had %s, the repeated one has %s", next.Refresh, again.Refresh)
		}
	}
	if d := p.device(e.Device.ID); d.Token != 1 || d.TokenUsed != 0 {
		t.Errorf("rotated %d times and used %d, want once and none", d.Token, d.TokenUsed)
	}
	next = p.refresh(e.Tokens.Refresh)
	if d, err := p.accounts.Authenticate(t.Context(), next.Access); err != nil || p.device(d.ID).TokenUsed != 1 {
		t.Errorf("the access token of the answer: %v, noted as used: %+v", err, p.device(e.Device.ID))
	}
	p.logged(uuid.Nil, audit.RefreshReused, e.Device.ID, func() {
		_, err := p.accounts.Refresh(t.Context(), e.Tokens.Refresh)
		refused(t, "once the answer has arrived", err, syncproto.CodeTokenReused)
	})
	before := len(p.log())
	p.tokensEnded("once the answer has arrived", e.Device.ID, accounts.Tokens{Refresh: e.Tokens.Refresh, Access: next.Access}, next)
	if len(p.log()) != before {
		t.Error("a device whose tokens were ended fills the audit log")
	}
}

func TestAnOlderAccessTokenIsNoUseOfTheNewest(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	next := p.refresh(e.Tokens.Refresh)
	for _, access := range []string{next.Access, e.Tokens.Access} {
		if d, err := p.accounts.Authenticate(t.Context(), access); err != nil || p.device(d.ID).TokenUsed != 1 {
			t.Errorf("%v, used: %+v, want the newest that was shown", err, p.device(e.Device.ID))
		}
	}
}

func TestAnOlderTokenEndsThemAllAtOnce(t *testing.T) {
	p := newProgramme(t)
	e, other := p.enrol(), p.enrol()
	first := p.refresh(e.Tokens.Refresh)
	second := p.refresh(first.Refresh)
	_, err := p.accounts.Refresh(t.Context(), e.Tokens.Refresh)
	refused(t, "two rotations ago, in the same minute", err, syncproto.CodeTokenReused)
	p.tokensEnded("after the reuse", e.Device.ID, first, second)
	p.refresh(other.Tokens.Refresh)
	if p.device(e.Device.ID).Revoked != 0 {
		t.Error("the device was revoked: it has to be enrolled again, not wiped")
	}
}

func TestARefreshFromTwoPlacesAtOnceGivesBothTheSame(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	results := make([]accounts.Tokens, 4)
	errs := make([]error, len(results))
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i], errs[i] = p.accounts.Refresh(t.Context(), e.Tokens.Refresh) })
	}
	all.Wait()
	for i, r := range results {
		if errs[i] != nil || r.Refresh != results[0].Refresh {
			t.Errorf("%v, %s and %s", errs[i], r.Refresh, results[0].Refresh)
		}
	}
	if d := p.device(e.Device.ID); d.Token != 1 {
		t.Errorf("rotated %d times, want once", d.Token)
	}
}

func TestATokenThatIsAheadAfterARestoreIsGood(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	backup := p.device(e.Device.ID)
	tokens := e.Tokens
	for range 3 {
		tokens = p.refresh(tokens.Refresh)
	}
	p.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceToken(ctx, backup) })
	p.reopen()
	var next accounts.Tokens
	p.logged(uuid.Nil, audit.RefreshAhead, e.Device.ID, func() { next = p.refresh(tokens.Refresh) })
	if d := p.device(e.Device.ID); d.Token != 4 {
		t.Errorf("went on from rotation %d, want 4", d.Token)
	}
	p.refresh(next.Refresh)
	_, err := p.accounts.Refresh(t.Context(), e.Tokens.Refresh)
	refused(t, "one from before", err, syncproto.CodeTokenReused)
}

func TestACopyHasNoPartInWhatItsDeviceIsEnrolledAsAfterARestore(t *testing.T) {
	p := newProgramme(t)
	goBack := p.backup()
	copied := p.enrol()
	goBack()
	p.now = p.now.Add(time.Minute)
	anew, err := p.accounts.Enrol(t.Context(), p.code(), copied.Device.ID, "")
	if err != nil || anew.Device.ID != copied.Device.ID {
		t.Fatalf("enrolled as %s with the forgotten id %s, %v", anew.Device.ID, copied.Device.ID, err)
	}
	_, err = p.accounts.Authenticate(t.Context(), copied.Tokens.Access)
	refused(t, "the copy's access token", err, syncproto.CodeUnauthorized)
	_, err = p.accounts.Refresh(t.Context(), copied.Tokens.Refresh)
	refused(t, "the copy's refresh token", err, syncproto.CodeUnauthorized)
	p.refresh(anew.Tokens.Refresh)
}

func TestARefreshTokenThatTheServerDidNotMakeIsRefused(t *testing.T) {
	p := newProgramme(t)
	e, other := p.enrol(), p.enrol()
	good := e.Tokens.Refresh
	parts := strings.Split(good, ".")
	but := func(at int, part string) string {
		other := slices.Clone(parts)
		other[at] = part
		return strings.Join(other, ".")
	}
	stranger := newProgramme(t).enrol().Tokens.Refresh
	for what, token := range map[string]string{
		"nothing":              "",
		"dots":                 "...",
		"no MAC":               but(0, parts[0])[:len(good)-len(parts[3])],
		"a part more":          good + ".x",
		"another enrolment":    but(1, "1"),
		"another number":       but(2, "1"),
		"the number otherwise": but(2, "+0"),
		"a number before 0":    but(2, "-1"),
		"far too high":         but(2, "9223372036854775808"),
		"another device":       but(0, other.Device.ID.String()),
		"upper case":           but(0, strings.ToUpper(parts[0])),
		"another server":       stranger,
		"an access token":      e.Tokens.Access,
		"a letter cut off":     good[:len(good)-1],
	} {
		_, err := p.accounts.Refresh(t.Context(), token)
		refused(t, what, err, syncproto.CodeUnauthorized)
	}
	if d := p.device(e.Device.ID); d.Token != 0 || d.TokenEnded != 0 {
		t.Errorf("the tries changed the device: %+v", d)
	}
	p.refresh(good)
}

func TestAFormerIdentityIsProvedByAnyTokenThatItWasGiven(t *testing.T) {
	p := newProgramme(t)
	former, present, other := p.enrol(), p.enrol(), p.enrol()
	p.end(former)
	last := p.device(former.Device.ID)
	for what, proof := range map[string]string{"outdated and ended": former.Tokens.Refresh, "ahead": p.tokenNumber(former.Device, 7)} {
		if err := p.accounts.ProveFormer(former.Device.ID, proof); err != nil {
			t.Errorf("a token that is %s: %v", what, err)
		}
	}
	for what, proof := range map[string]string{
		"nothing": "", "another device's": other.Tokens.Refresh, "the present one's": present.Tokens.Refresh,
		"an access token": former.Tokens.Access, "another server's": newProgramme(t).enrol().Tokens.Refresh,
		"one cut off": former.Tokens.Refresh[:len(former.Tokens.Refresh)-1],
	} {
		err := p.accounts.ProveFormer(former.Device.ID, proof)
		refused(t, what, err, syncproto.CodeForbidden)
	}
	if got := p.device(former.Device.ID); !reflect.DeepEqual(got, last) {
		t.Errorf("the proofs made\n%+v of\n%+v", got, last)
	}
}

// tokenNumber gives a refresh token that the server of now may not have given out yet.
func (p *programme) tokenNumber(d store.Device, k int64) string {
	p.t.Helper()
	mac := hmac.New(sha256.New, p.key())
	fmt.Fprintf(mac, "refresh|%s|%d|%d", d.ID, d.Enrolled, k)
	return fmt.Sprintf("%s.%d.%d.%s", d.ID, d.Enrolled, k, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// key is that under which the server signs.
func (p *programme) key() []byte {
	p.t.Helper()
	text := read(p, func(ctx context.Context, tx *store.Tx) (string, error) { return tx.Property(ctx, "token_key") })
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		p.t.Fatalf("a key of %d bytes, %v", len(key), err)
	}
	return key
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOnlyAnAccessTokenOfThisServerIsTaken(t *testing.T) {
	p := newProgramme(t)
	device := p.enrol().Device
	id, key := device.ID, p.key()
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": "satchel", "aud": "device", "sub": id.String(), "iat": p.now.Unix(), "exp": p.now.Unix() + 900, "enr": device.Enrolled}
	}
	if d, err := p.accounts.Authenticate(t.Context(), signed(t, jwt.SigningMethodHS256, key, good())); err != nil || d.ID != id {
		t.Fatalf("a good token: %v, %v; the others would say nothing", d.ID, err)
	}
	head, rest, _ := strings.Cut(signed(t, jwt.SigningMethodHS256, key, good()), ".")
	for what, token := range map[string]string{
		"nothing":              "",
		"alg none":             signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good()),
		"alg HS512":            signed(t, jwt.SigningMethodHS512, key, good()),
		"alg HS384":            signed(t, jwt.SigningMethodHS384, key, good()),
		"another key":          signed(t, jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), good()),
		"the empty key":        signed(t, jwt.SigningMethodHS256, []byte{}, good()),
		"the key as text":      signed(t, jwt.SigningMethodHS256, []byte(hex.EncodeToString(key)), good()),
		"no signature":         head + "." + rest[:strings.LastIndex(rest, ".")+1],
		"another head":         base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + rest,
		"a refresh token":      p.enrol().Tokens.Refresh,
		"no claims":            signed(t, jwt.SigningMethodHS256, key, jwt.MapClaims{}),
		"text in a number's":   signed(t, jwt.SigningMethodHS256, key, with(good(), "exp", "never")),
		"rot as text":          signed(t, jwt.SigningMethodHS256, key, with(good(), "rot", "1")),
		"aud another":          signed(t, jwt.SigningMethodHS256, key, with(good(), "aud", "console")),
		"aud missing":          signed(t, jwt.SigningMethodHS256, key, with(good(), "aud", nil)),
		"iss another":          signed(t, jwt.SigningMethodHS256, key, with(good(), "iss", "other")),
		"iss missing":          signed(t, jwt.SigningMethodHS256, key, with(good(), "iss", nil)),
		"exp missing":          signed(t, jwt.SigningMethodHS256, key, with(good(), "exp", nil)),
		"iat missing":          signed(t, jwt.SigningMethodHS256, key, with(good(), "iat", nil)),
		"sub missing":          signed(t, jwt.SigningMethodHS256, key, with(good(), "sub", nil)),
		"sub of nobody":        signed(t, jwt.SigningMethodHS256, key, with(good(), "sub", newID(t).String())),
		"sub of a person":      signed(t, jwt.SigningMethodHS256, key, with(good(), "sub", p.worker.String())),
		"sub in upper case":    signed(t, jwt.SigningMethodHS256, key, with(good(), "sub", strings.ToUpper(id.String()))),
		"sub as a URN":         signed(t, jwt.SigningMethodHS256, key, with(good(), "sub", id.URN())),
		"not before, too soon": signed(t, jwt.SigningMethodHS256, key, with(good(), "nbf", p.now.Unix()+10)),
	} {
		d, err := p.accounts.Authenticate(t.Context(), token)
		refused(t, what, err, syncproto.CodeUnauthorized)
		if d.ID != uuid.Nil {
			t.Errorf("%s: the refusal gives away %+v", what, d)
		}
	}
}

// with sets a claim, or takes it away if the value is nil.
func with(claims jwt.MapClaims, name string, value any) jwt.MapClaims {
	claims[name] = value
	if value == nil {
		delete(claims, name)
	}
	return claims
}

func TestAnAccessTokenLastsForFifteenMinutes(t *testing.T) {
	p := newProgramme(t)
	access := p.enrol().Tokens.Access
	p.now = p.now.Add(15*time.Minute - time.Second)
	if _, err := p.accounts.Authenticate(t.Context(), access); err != nil {
		t.Errorf("a second before: %v", err)
	}
	p.now = p.now.Add(time.Second)
	_, err := p.accounts.Authenticate(t.Context(), access)
	refused(t, "after fifteen minutes", err, syncproto.CodeTokenExpired)
}

// A small server without a battery for its clock starts in the past now and then.
func TestAServerWhoseClockIsSetBackAsksForARefresh(t *testing.T) {
	p := newProgramme(t)
	tokens := p.enrol().Tokens
	p.now = p.now.Add(-time.Hour)
	_, err := p.accounts.Authenticate(t.Context(), tokens.Access)
	refused(t, "a token from the future", err, syncproto.CodeTokenExpired)
	if _, err := p.accounts.Authenticate(t.Context(), p.refresh(tokens.Refresh).Access); err != nil {
		t.Errorf("after the refresh: %v", err)
	}
}

func TestARevokedDeviceIsFoundAndSaysSo(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	p.revoke(e.Device.ID)
	for what, access := range map[string]string{"from before": e.Tokens.Access, "refreshed": p.refresh(e.Tokens.Refresh).Access} {
		d, err := p.accounts.Authenticate(t.Context(), access)
		if err != nil || d.ID != e.Device.ID || d.Revoked != p.now.UnixMilli() {
			t.Errorf("%s: %v, revoked at %d, %v; it has to be able to hand in what it holds", what, d.ID, d.Revoked, err)
		}
	}
}

func TestTokensOutliveTheProgram(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	p.reopen()
	if _, err := p.accounts.Authenticate(t.Context(), e.Tokens.Access); err != nil {
		t.Errorf("the access token after a start: %v", err)
	}
	p.refresh(e.Tokens.Refresh)
	if other := newProgramme(t); fmt.Sprintf("%x", other.key()) == fmt.Sprintf("%x", p.key()) {
		t.Error("two servers sign with one key")
	}
}
