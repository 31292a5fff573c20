package language_test

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"satchel/internal/language"
)

// texts is a catalogue that Load takes, by file.
func texts(t *testing.T) map[string]map[string]any {
	t.Helper()
	own := map[string]any{"day": "{day} {month} {year}", "now": "now"}
	for _, unit := range []string{"minutes", "hours", "days", "years"} {
		own[unit+"_ago"] = map[string]string{"one": "{count} 1", "few": "{count} 2", "other": "{count} 5"}
	}
	for month := range 12 {
		own["month_"+strconv.Itoa(month+1)] = "month"
	}
	all := map[string]map[string]any{}
	for _, tag := range []string{language.English, language.SerbianLatin, language.Albanian} {
		all[tag+"/language.json"] = maps.Clone(own)
		all[tag+"/a.json"] = map[string]any{"hello": "Zdravo, {name}", "left": map[string]string{"one": "{count} one", "few": "{count} few", "other": "{count} other"}}
	}
	return all
}

func load(t *testing.T, all map[string]map[string]any) (*language.Catalogue, error) {
	t.Helper()
	files := fstest.MapFS{}
	for name, content := range all {
		raw, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: raw}
	}
	return language.Load(files)
}

func mustLoad(t *testing.T) *language.Catalogue {
	t.Helper()
	c, err := load(t, texts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatALanguageLacksIsNamed(t *testing.T) {
	for name, spoil := range map[string]func(all map[string]map[string]any){
		"sq: a.hello: is missing":  func(all map[string]map[string]any) { delete(all["sq/a.json"], "hello") },
		"sq: a.more: is not in en": func(all map[string]map[string]any) { all["sq/a.json"]["more"] = "x" },
		"sr-Latn: a.left: lacks the form few": func(all map[string]map[string]any) {
			all["sr-Latn/a.json"]["left"] = map[string]string{"one": "{count}", "other": "{count}"}
		},
		"sr-Latn: a.hello: takes other values": func(all map[string]map[string]any) { all["sr-Latn/a.json"]["hello"] = "Zdravo, {nome}" },
		"sq: a.left: one language counts":      func(all map[string]map[string]any) { all["sq/a.json"]["left"] = "{count}" },
		"sq: a.hello: says nothing":            func(all map[string]map[string]any) { all["sq/a.json"]["hello"] = " " },
		"en: language.now: is missing":         func(all map[string]map[string]any) { delete(all["en/language.json"], "now") },
	} {
		all := texts(t)
		spoil(all)
		if _, err := load(t, all); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Load gives %v, want %q", err, name)
		}
	}
}

func TestATextIsSaidInItsLanguage(t *testing.T) {
	c := mustLoad(t)
	for _, want := range []struct {
		tag, key string
		values   []any
		said     string
	}{
		{"sr-Latn", "a.hello", []any{"name", "Ljiljana {count}"}, "Zdravo, Ljiljana {count}"},
		{"sr-Cyrl", "a.hello", []any{"name", "Ljiljana"}, "Здраво, Ljiljana"},
		{"en", "a.left", []any{"count", 1}, "1 one"},
		{"en", "a.left", []any{"count", 12345}, "12,345 other"},
		{"sr-Latn", "a.left", []any{"count", 21}, "21 one"},
		{"sr-Latn", "a.left", []any{"count", 33}, "33 few"},
		{"sr-Latn", "a.left", []any{"count", 11}, "11 other"},
		{"sr-Latn", "a.left", []any{"count", int64(1012)}, "1.012 other"},
		{"sr-Latn", "a.left", []any{"count", int64(7_000_000_002)}, "7.000.000.002 few"},
		{"sq", "a.left", []any{"count", 1}, "1 one"},
	} {
		if said, err := c.In(want.tag).Text(want.key, want.values...); err != nil || said != want.said {
			t.Errorf("%s in %s with %v is %q, %v, want %q", want.key, want.tag, want.values, said, err, want.said)
		}
	}
	if _, err := c.In("en").Text("a.left"); err == nil {
		t.Error("a text that counts is said without a count")
	}
	if said, err := c.In("en").Text("a.none"); err == nil {
		t.Errorf("a text that there is not is %q", said)
	}
}

func TestWhoAsksGetsTheLanguageThatFits(t *testing.T) {
	c := mustLoad(t)
	for asked, want := range map[string]string{
		"": "en", "sr": "sr-Cyrl", "sr-Latn-RS,en;q=0.5": "sr-Latn", "bs": "sr-Latn", "hr-HR,hr": "sr-Latn", "sq-XK;q=0.9,de": "sq", "de": "en", "\x00;;": "en",
	} {
		if got := c.Match(asked).Tag(); got != want {
			t.Errorf("who asks for %q gets %s, want %s", asked, got, want)
		}
	}
}

func TestSerbianIsPutIntoCyrillicScript(t *testing.T) {
	for latin, want := range map[string]string{
		"Ljubav i NJEGOŠ, Džep u Nj.":  "Љубав и ЊЕГОШ, Џеп у Њ.",
		"Đorđe čuva žutu šljivu":       "Ђорђе чува жуту шљиву",
		"Uvoz iz CSV i Excel {name}":   "Увоз из CSV и Excel {name}",
		"PINovi":                       "ПИНови",
		"pod licencom Apache 2.0":      "под лиценцом Apache 2.0",
		`JSON, sa "of" ili "sum"`:      `JSON, са "of" или "sum"`,
		"Webhook, .csv u UTF-8, GPS-a": "Webhook, .csv у UTF-8, GPS-а",
		"vidi docs/indicators.md.":     "види docs/indicators.md.",
	} {
		if got := language.ToCyrillic(latin); got != want {
			t.Errorf("%q becomes %q, want %q", latin, got, want)
		}
	}
}

func TestNumbersAndMomentsAreWrittenAsTheLanguageDoes(t *testing.T) {
	c := mustLoad(t)
	at := time.Date(2026, 3, 9, 7, 5, 0, 0, time.UTC)
	if got := c.In("en").Moment(at); got != "9 month 2026, 07:05" {
		t.Errorf("the moment is %q", got)
	}
	for d, want := range map[time.Duration]string{
		-time.Hour: "now", 59 * time.Second: "now", time.Minute: "1 1", 119 * time.Minute: "1 1", 49 * time.Hour: "2 5", 800 * 24 * time.Hour: "2 5",
	} {
		if got := c.In("en").Ago(d); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[float64]string{1234.5: "1.234,5", 0: "0", -3: "-3", 2.0 / 3: "0,67"} {
		if got := c.In("sr-Latn").Number(n); strings.ReplaceAll(got, "−", "-") != want {
			t.Errorf("%v is %q, want %q", n, got, want)
		}
	}
	if got := c.In("sr-Latn").Exactly(1234567.0125); got != "1.234.567,0125" {
		t.Errorf("the number is %q with all its digits", got)
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1500: "1.5 kB", 12_345_678: "12 MB", 3_000_000_000_000: "3 TB"} {
		if got := c.In("en").Bytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
