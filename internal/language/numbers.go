package language

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// own gives the keys of the texts that this package needs itself.
func own() []string {
	keys := []string{"language.day", "language.now", "language.minutes_ago", "language.hours_ago", "language.days_ago", "language.years_ago"}
	for month := time.January; month <= time.December; month++ {
		keys = append(keys, monthKey(month))
	}
	return keys
}

func monthKey(month time.Month) string { return "language.month_" + strconv.Itoa(int(month)) }

// Number writes a number with at most two decimals as the language does.
func (w Words) Number(n float64) string {
	return message.NewPrinter(language.MustParse(w.tag)).Sprint(number.Decimal(n, number.MaxFractionDigits(2)))
}

// Exactly writes a number of at most 15 digits with all of them, as the language does.
func (w Words) Exactly(n float64) string {
	_, fraction, _ := strings.Cut(strconv.FormatFloat(n, 'f', -1, 64), ".")
	return message.NewPrinter(language.MustParse(w.tag)).Sprint(number.Decimal(n, number.MaxFractionDigits(len(fraction))))
}

// Bytes writes an amount of memory in the unit that fits, to two digits.
func (w Words) Bytes(n int64) string {
	amount, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if amount < 1000 {
			break
		}
		amount, unit = amount/1000, next
	}
	if amount >= 10 {
		amount = float64(int64(amount + 0.5))
	}
	return message.NewPrinter(language.MustParse(w.tag)).Sprint(number.Decimal(amount, number.MaxFractionDigits(1))) + " " + unit
}

// Day writes the day of a moment: "29 November 2026".
func (w Words) Day(t time.Time) string {
	return strings.NewReplacer(
		"{day}", strconv.Itoa(t.Day()), "{month}", w.must(monthKey(t.Month())), "{year}", strconv.Itoa(t.Year()),
	).Replace(w.must("language.day"))
}

// Moment writes a moment to the minute: "29 November 2026, 14:05".
func (w Words) Moment(t time.Time) string { return w.Day(t) + ", " + t.Format("15:04") }

// Ago writes how long ago something was, in the largest unit that fits: "3 days ago". What is less than a minute ago, or yet to come,
// is now.
func (w Words) Ago(d time.Duration) string {
	units := []struct {
		key  string
		unit time.Duration
	}{{"language.years_ago", 365 * 24 * time.Hour}, {"language.days_ago", 24 * time.Hour}, {"language.hours_ago", time.Hour}, {"language.minutes_ago", time.Minute}}
	for _, u := range units {
		if d >= u.unit {
			return w.must(u.key, "count", int64(d/u.unit))
		}
	}
	return w.must("language.now")
}

// must gives one of this package's own texts. [Load] has seen that it is there.
func (w Words) must(key string, values ...any) string {
	text, err := w.Text(key, values...)
	if err != nil {
		return key
	}
	return text
}
