package hostile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// spoil makes one to three things of an input wrong.
func (in *input) spoil(o *office, r *rand.Rand) {
	for range 1 + r.IntN(2) {
		switch n := r.IntN(10); {
		case n < 7 && len(in.body) > 0:
			in.spoilBody(o, r)
		case n == 7:
			in.spoilTarget(r)
		case n == 8:
			in.spoilHeader(r)
		case r.IntN(4) == 0:
			in.method = pick(r, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "\xff", strings.Repeat("X", 300))
		default:
			in.who = &caller{name: "somebody with another's credentials", maySeeB: in.who.maySeeB, device: in.who.device}
			in.header.Del(pick(r, "Authorization", "Cookie", "X-Csrf-Token", "X-CSRF-Token"))
		}
	}
}

// spoilTarget makes the address wrong.
func (in *input) spoilTarget(r *rand.Rand) {
	parts := strings.Split(in.target, "/")
	i := r.IntN(len(parts))
	parts[i] = pick(
		r, "", ".", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "%", "%zz", "%ff%fe", "0", "-1", "null", "[]", "*",
		strings.ToUpper(parts[i]), "{"+parts[i]+"}", "urn:uuid:"+parts[i], strings.ReplaceAll(parts[i], "-", ""), parts[i]+"%0a",
		parts[i]+":9223372036854775808", url.PathEscape(parts[i]+"' OR 1=1 --"), url.PathEscape("\u202e\u0000💥"), strings.Repeat("A", 1+r.IntN(5000)),
	)
	in.target = strings.Join(parts, "/") + pick(r, "", "", "?", "?after="+pick(r, limits...), "?after=x&after=y", "?head="+strings.Repeat("0", 64), "?%zz", "#x", "?a;b")
}

// spoilHeader makes a header wrong, or floods the server with them.
func (in *input) spoilHeader(r *rand.Rand) {
	name := pick(r, "Content-Type", "Content-Encoding", "Authorization", "Cookie", "X-Csrf-Token", "X-Forwarded-For", "X-Request-Id", "Accept-Encoding", "Expect", "Range", "X-Http-Method-Override")
	value := pick(r, "", "gzip", "br", "gzip, gzip", "application/json", "application/json; charset=utf-16", "text/plain", "a/b; c=\"", "Bearer ", "Bearer x.y.z",
		"satchel_session=", "satchel_session=x; satchel_session=y", "127.0.0.1", "::1, 127.0.0.1", "100-continue", "bytes=0-", "\xff\xfe", strings.Repeat("x", r.IntN(8000)))
	in.header[name] = append(in.header[name][:0:0], value)
	if r.IntN(10) == 0 {
		for i := range 100 {
			in.header[fmt.Sprint("X-Flood-", i)] = []string{value}
		}
	}
}

// limits are numbers at which programs break.
var limits = []string{
	"0", "-1", "1", "255", "256", "65536", "2147483647", "2147483648", "4294967296", "9007199254740992", "9007199254740993",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
	"1e400", "1.5", "-0", "0x10", "00", "NaN", `"1"`, "null", "[]", "{}", "true",
}

var (
	numbers = regexp.MustCompile(`-?[0-9]+`)
	texts   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// nonsense stands where text was.
var nonsense = []string{
	`""`, `"\u0000"`, `"\ud800"`, "\"\xff\"", "\"a\x00b\"", `"é"`, `"é"`, "null", "0", "[]", "{}", `{"":""}`, `"=cmd|' /C calc'!A0"`, `"../../etc/passwd"`,
	`"' OR 1=1 --"`, `"<script>alert(1)</script>"`, `"00000000-0000-0000-0000-000000000000"`, `"deleted"`, `"area"`, `"id"`, `"households"`, `"people"`,
	`"changes"`, `"fields"`, `"base"`, `"seen"`, `"devices"`, `"all"`, `"of"`, `"at"`, `"deltas"`, `"members"`, `"where"`, `"counts"`,
}

// spoilBody makes the body wrong, as text or as bytes.
func (in *input) spoilBody(o *office, r *rand.Rand) {
	b := in.body
	switch r.IntN(14) {
	case 0, 1:
		in.body = flip(r, b)
	case 2:
		in.body = b[:r.IntN(len(b)+1)]
	case 3, 4, 5:
		in.body = replaceOne(r, b, numbers, pick(r, limits...))
	case 6, 7, 8:
		in.body = replaceOne(r, b, texts, pick(r, nonsense...))
	case 9: // splice it with somebody's good request
		other := pick(r, o.callers...).device.sync(r, o.now().UnixMilli())
		in.body = slices.Concat(b[:r.IntN(len(b)+1)], other[r.IntN(len(other)):])
	case 10: // a line or a part of one twice, or in another place
		from := r.IntN(len(b))
		part := b[from : from+r.IntN(len(b)-from)+1]
		in.body = slices.Insert(bytes.Clone(b), r.IntN(len(b)), part...)
	case 11:
		lines := bytes.Split(b, []byte("\n"))
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		in.body = bytes.Join(lines, []byte("\n"))
	case 12:
		in.body = replaceOne(r, b, texts, deep(r))
	case 13:
		in.body = replaceOne(r, b, texts, strconv.Quote(strings.Repeat(pick(r, "x", "Ж", `\`), 1<<r.IntN(18))))
	}
}

// deep is a value that nests deep.
func deep(r *rand.Rand) string {
	n := 1 << r.IntN(13)
	open, end := "[", "]"
	if r.IntN(2) == 0 {
		open, end = `{"a":`, "}"
	}
	return strings.Repeat(open, n) + "1" + strings.Repeat(end, n)
}

// flip turns a few bits over.
func flip(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(4) {
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
	}
	return b
}

// replaceOne puts something in the place of one of the matches.
func replaceOne(r *rand.Rand, b []byte, what *regexp.Regexp, with string) []byte {
	found := what.FindAllIndex(b, -1)
	if len(found) == 0 {
		return append(bytes.Clone(b), with...)
	}
	at := found[r.IntN(len(found))]
	return slices.Concat(b[:at[0]], []byte(with), b[at[1]:])
}
