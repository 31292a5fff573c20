package syncproto

import (
	"errors"
	"strings"
	"testing"
)

const nobody = "00000000-0000-0000-0000-000000000000"

// secret stands for personal data, wherever a stream may hold some.
const secret = "Petrović"

// changeLine is a block of one change, in which a test puts something else in the place of a member.
func changeLine(replace ...string) string {
	line := `{"changes":{"collection":"households","rows":1,"devices":["` + nobody + `"],"n":[7],"after":[1],"time":[5],` +
		`"author":["` + nobody + `"],"record":["` + nobody + `"],"fields":{"head_name":["` + secret + `"]},` +
		`"base":{"head_name":{"device":[0],"n":[3]}}}}`
	return strings.NewReplacer(replace...).Replace(line)
}

// What is wrong with a request is said in a problem that names its line and holds no personal data.
func TestRequestInvalid(t *testing.T) {
	const header, end = `{"protocol":"2026-11-29"}`, `{"end":{"changes":1}}`
	if _, err := ReadRequest(strings.NewReader(header + "\n" + changeLine() + "\n" + end)); err != nil {
		t.Fatalf("the request that the others are made from: %v", err)
	}
	long := strings.Repeat("x", MaxNameBytes+1)
	for _, c := range []struct {
		name   string
		lines  []string
		code   Code
		detail string
	}{
		{"nothing", nil, CodeFrameInvalid, "Line 1"},
		{"no header", []string{changeLine(), end}, CodeFrameInvalid, "Line 2"},
		{"header no object", []string{`[]`}, CodeFrameInvalid, "not a JSON object"},
		{"header of wrong type", []string{`{"device":"` + secret + `"}`}, CodeFrameInvalid, "Line 1"},
		{"header of wrong number", []string{`{"clock":"` + secret + `"}`}, CodeFrameInvalid, `"clock" has a value of the wrong type`},
		{"too many held", []string{`{"held":[` + strings.Repeat("1,", MaxBatchChanges) + `1]}`}, CodeFrameInvalid, "at most"},
		{"long proof", []string{`{"proof":"` + strings.Repeat("x", MaxProofBytes+1) + `"}`}, CodeFrameInvalid, "a proof has at most"},
		{"page below 0", []string{`{"page":-1}`}, CodeFrameInvalid, "page"},
		{"no end", []string{header, changeLine()}, CodeFrameInvalid, "cut off"},
		{"wrong count", []string{header, changeLine(), `{"end":{"changes":2}}`}, CodeFrameInvalid, "announces 2 changes"},
		{"something behind", []string{header, changeLine(), end, end}, CodeFrameInvalid, "Line 4"},
		{"empty line", []string{header, "", changeLine(), end}, CodeFrameInvalid, "Line 2"},
		{"no JSON", []string{header, changeLine() + secret, end}, CodeFrameInvalid, "it is not JSON"},
		{"no UTF-8", []string{header, changeLine(secret, "\xff"), end}, CodeFrameInvalid, "UTF-8"},
		{"long line", []string{header, changeLine(secret, strings.Repeat(secret, MaxLineBytes/len(secret))), end}, CodeFrameInvalid, "longer than"},
		{"too many changes", []string{header, changeLine(), changeLine(`"rows":1`, `"rows":2000`), end}, CodeBatchTooLarge, "at most 2000"},
		{"no rows", []string{header, changeLine(`"rows":1`, `"rows":0`), end}, CodeFrameInvalid, "1 to 2000 rows"},
		{"rows below 0", []string{header, changeLine(`"rows":1`, `"rows":-1`), end}, CodeFrameInvalid, "1 to 2000 rows"},
		{"wrong rows", []string{header, changeLine(`"rows":1`, `"rows":2`), end}, CodeFrameInvalid, `column "n": it has 1 values for 2 rows`},
		{"rows of wrong type", []string{header, changeLine(`"rows":1`, `"rows":"`+secret+`"`), end}, CodeFrameInvalid, "wrong type"},
		{"long collection", []string{header, changeLine("households", long), end}, CodeFrameInvalid, "1 to 64 bytes"},
		{"no collection", []string{header, changeLine("households", ""), end}, CodeFrameInvalid, "1 to 64 bytes"},
		{"long field", []string{header, changeLine("head_name", long), end}, CodeFrameInvalid, "1 to 64 bytes"},
		{"NUL in a field's name", []string{header, changeLine("head_name", `a\u0000`), end}, CodeFrameInvalid, "control character"},
		{"name not in NFC", []string{header, changeLine("head_name", `e\u0301`), end}, CodeFrameInvalid, "NFC"},
		{"field twice", []string{header, changeLine(`"fields":{`, `"fields":{"head_name":[1],`), end}, CodeFrameInvalid, "member twice"},
		{"fields no object", []string{header, changeLine(`"fields":{"head_name":["`+secret+`"]}`, `"fields":["`+secret+`"]`), end}, CodeFrameInvalid, "object"},
		{"n below 1", []string{header, changeLine(`"n":[7]`, `"n":[0]`), end}, CodeFrameInvalid, "count from 1"},
		{"n no number", []string{header, changeLine(`"n":[7]`, `"n":["`+secret+`"]`), end}, CodeFrameInvalid, "whole numbers"},
		{"form below 1", []string{header, changeLine(`"after":[1]`, `"after":[7]`), end}, CodeFrameInvalid, "count from 1"},
		{"form behind", []string{header, changeLine(`"after":[1]`, `"after":[-1]`), end}, CodeFrameInvalid, "count from 1"},
		{"time missing", []string{header, changeLine(`"time":[5],`, ``), end}, CodeFrameInvalid, `column "time"`},
		{"author no UUID", []string{header, changeLine(`"author":["`+nobody, `"author":["`+secret), end}, CodeFrameInvalid, "UUIDs"},
		{"record in capitals", []string{header, changeLine(`"record":["`+nobody, `"record":["ABCDEF00-0000-0000-0000-000000000000`), end}, CodeFrameInvalid, "UUIDs"},
		{"device no UUID", []string{header, changeLine(`"devices":["`+nobody, `"devices":["`+secret), end}, CodeFrameInvalid, "UUIDs"},
		{"version of no device", []string{header, changeLine(`"device":[0]`, `"device":[1]`), end}, CodeFrameInvalid, "none of the block's devices"},
		{"version 0", []string{header, changeLine(`"n":[3]`, `"n":[0]`), end}, CodeFrameInvalid, "no number from 1"},
		{"versions below 0", []string{header, changeLine(`"device":[0]`, `"counts":[-1],"device":[0]`), end}, CodeFrameInvalid, "counts"},
		{"n again", []string{header, changeLine(), changeLine(), `{"end":{"changes":2}}`}, CodeFrameInvalid, "change 7 comes behind change 7"},
		{"gap", []string{header, changeLine(), changeLine(`"n":[7]`, `"n":[9]`), `{"end":{"changes":2}}`}, CodeFrameInvalid, "change 9 comes behind change 7"},
	} {
		_, err := ReadRequest(strings.NewReader(strings.Join(c.lines, "\n") + "\n"))
		checkProblem(t, c.name, err, c.code, c.detail)
	}
}

func checkProblem(t *testing.T, name string, err error, code Code, detail string) {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) || p.Code != code || !strings.Contains(p.Detail, detail) {
		t.Errorf("%s: %v, want %s with %q", name, err, code, detail)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("%s: the problem holds personal data: %v", name, err)
	}
}

// recordLine is a block of one record.
func recordLine(replace ...string) string {
	line := `{"records":{"collection":"households","rows":1,"devices":["` + nobody + `"],"area":["` + nobody + `"],"id":["` + nobody + `"],` +
		`"whole":[true],"fields":{"head_name":["` + secret + `"]},"main":{"device":[0],"n":[3],"time":[5]},` +
		`"over":{"head_name":{"device":[0],"n":[4],"time":[6]}}}}`
	return strings.NewReplacer(replace...).Replace(line)
}

func TestReplyInvalid(t *testing.T) {
	const receipt = `{"receipts":{"rows":1,"n":[1],"time":[1],"status":["applied"]}}`
	whole := "{}\n" + recordLine() + "\n" + receipt + "\n" + `{"end":{"records":1,"receipts":1}}`
	if _, err := ReadReply(strings.NewReader(whole), nil); err != nil {
		t.Fatalf("the reply that the others are made from: %v", err)
	}
	for _, c := range []struct{ name, line, detail string }{
		{"no version", recordLine(`"main":{"device":[0],"n":[3],"time":[5]},"over":{"head_name":{"device":[0],"n":[4],"time":[6]}}`, `"main":{}`), "no version"},
		{"two versions", recordLine(`"main":{"device":[0],"n":[3],"time":[5]}`, `"main":{"counts":[2],"device":[0,0],"n":[3,4],"time":[5,6]}`), "several versions"},
		{"version without time", recordLine(`,"time":[6]`, ``), `column "time"`},
		{"whole of wrong type", recordLine(`[true]`, `["`+secret+`"]`), "true and false"},
		{"too many records", strings.Replace(recordLine(), `"rows":1`, `"rows":2001`, 1), "at most 2000 records"},
		{"status of wrong type", `{"receipts":{"rows":1,"n":[1],"time":[1],"status":[["` + secret + `"]]}}`, "text"},
		{"conflicts of wrong type", `{"receipts":{"rows":1,"n":[1],"time":[1],"status":["held"],"conflicts":["` + secret + `"]}}`, "arrays of names"},
		{"receipt without rows", `{"receipts":{"n":[1],"time":[1],"status":["held"]}}`, "rows"},
		{"departure without id", `{"departures":{"rows":1,"area":["` + nobody + `"]}}`, `column "id"`},
	} {
		_, err := ReadReply(strings.NewReader("{}\n"+c.line+"\n"+`{"end":{}}`+"\n"), nil)
		checkProblem(t, c.name, err, CodeFrameInvalid, c.detail)
	}
}

// A writer refuses what no reader would take, before anything is on the way.
func TestWriteRefuses(t *testing.T) {
	for name, change := range map[string]Change{
		"n 0":            {N: 0, Form: 0, Fields: map[string]Value{"a": True}},
		"form missing":   {N: 1, Form: 0, Fields: map[string]Value{"a": True}},
		"no JSON":        {N: 1, Form: 1, Fields: map[string]Value{"a": "}{"}},
		"white space":    {N: 1, Form: 1, Fields: map[string]Value{"a": "[1, 2]"}},
		"a line in it":   {N: 1, Form: 1, Fields: map[string]Value{"a": "[\n]"}},
		"version 0":      {N: 1, Form: 1, Base: map[string][]Version{"a": {{}}}},
		"name too long":  {N: 1, Form: 1, Fields: map[string]Value{strings.Repeat("x", 65): True}},
		"no collection":  {N: 1, Form: 1, Fields: map[string]Value{"a": True}},
		"unseen in name": {N: 1, Form: 1, Base: map[string][]Version{"\u2028": {{N: 1}}}},
	} {
		if name != "no collection" {
			change.Collection = "households"
		}
		var out strings.Builder
		if err := WriteRequest(&out, Request{Changes: []Change{change}}); err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
	}
}
