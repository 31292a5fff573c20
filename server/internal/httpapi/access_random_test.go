package httpapi_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	accessSeed  = flag.Uint64("access.seed", 1, "the seed of the requests by every role to every route")
	accessCount = flag.Int("access.count", 200, "how many of them to make")
)

var (
	anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	// aWord is a text in JSON that is no member's name.
	aWord = regexp.MustCompile(`: ?"[^"]*"`)
)

// TestNobodyGetsMoreThanTheRulesSay makes requests that are well-formed, or nearly, with ids of both areas in
// all places.
func TestNobodyGetsMoreThanTheRulesSay(t *testing.T) {
	b := newBesieged(t)
	as := b.callers()
	rules := rules()
	names := slices.Sorted(maps.Keys(rules))
	b.hold()
	b.collide()
	ids := []string{b.a.String(), b.b.String(), b.workerB.String(), b.household.String(), b.one.id.String(), b.admin.String(), b.spare().String()}
	for i := range *accessCount {
		r := rand.New(rand.NewPCG(*accessSeed, uint64(i)))
		name := names[r.IntN(len(names))]
		b.caller = as(everyCaller()[r.IntN(len(everyCaller()))])
		_, may := rules[name].may[b.caller.name]
		if may && name == "DELETE /api/v1/session" {
			continue // it does what it should, and logging in again takes long
		}
		try := vary(r, rules[name].try(b), ids)
		b.judge(t, fmt.Sprintf("seed %d, request %d", *accessSeed, i), rules[name], try)
		if t.Failed() {
			return
		}
	}
}

// vary puts other ids and other words into a good request, and now and then cuts it.
func vary(r *rand.Rand, c call, ids []string) call {
	other := func(old string) string {
		if r.IntN(3) > 0 {
			return old
		}
		return ids[r.IntN(len(ids))]
	}
	c.path = anID.ReplaceAllStringFunc(c.path, other)
	if c.body == nil {
		return c
	}
	body, err := io.ReadAll(c.body)
	if err != nil {
		panic(err) // it is in memory
	}
	text := anID.ReplaceAllStringFunc(string(body), other)
	text = aWord.ReplaceAllStringFunc(text, func(old string) string {
		if r.IntN(4) > 0 {
			return old
		}
		return []string{`: ""`, `: null`, `: 7`, `: "administrator"`, `: "x"`, `: []`}[r.IntN(6)]
	})
	if r.IntN(10) == 0 {
		text = text[:r.IntN(len(text)+1)]
	}
	c.body = bytes.NewReader([]byte(text))
	return c
}

// judge makes a request, and checks that its caller got no more than the rule gives.
func (b *besieged) judge(t *testing.T, what string, rule ruleOf, try call) {
	t.Helper()
	header := map[string]string{}
	maps.Copy(header, b.caller.header)
	maps.Copy(header, try.header)
	if strings.HasPrefix(try.path, "/api/v1/") || strings.HasPrefix(try.path, "/feeds/") { // so that no address uses up its tries
		header["X-Forwarded-For"] = fmt.Sprintf("203.0.%d.%d", len(what), len(b.log.String())%250)
	}
	try.header = header
	what = fmt.Sprintf("%s: %s %s by %s", what, try.method, try.path, b.caller.name)
	before := b.rowsOf(b.b)
	got := b.do(try)
	if got.status >= 500 {
		t.Errorf("%s is answered %d %s", what, got.status, got.body)
	}
	if _, may := rule.may[b.caller.name]; !may {
		if status, code := rule.answer(try.method, b.caller.name); got.status != status || got.problem().Code != code {
			t.Errorf("%s is answered %d %.300s, want %d %s", what, got.status, got.body, status, code)
		}
	}
	if slices.Contains([]string{tabletB, coordinatorB, readerB, adminUser, noTokenAdmin}, b.caller.name) {
		return
	}
	sameRows(t, what, before, b.rowsOf(b.b))
	for _, canary := range []string{canaryName, canaryPhone, canaryWorker, canaryTablet} {
		if strings.Contains(got.bytes(), canary) {
			t.Errorf("%s brings %q of area b", what, canary)
		}
	}
}
