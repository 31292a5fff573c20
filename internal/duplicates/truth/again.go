package truth

import (
	"slices"
	"strings"
	"time"

	"satchel/internal/duplicates"
	"satchel/internal/names"
)

// retyped is a household as another worker writes it down some months later.
func (m *maker) retyped(h duplicates.Household) duplicates.Household {
	h.Members = slices.Clone(h.Members)
	if m.happens(0.15) && len(h.Members) > 1 {
		h.Head = h.Members[1].Name // another member speaks for the family
	}
	h.Members = slices.DeleteFunc(h.Members, func(duplicates.Member) bool { return m.happens(0.1) })
	if m.happens(0.1) {
		h.Card = m.slip(h.Card)
	}
	if m.happens(0.3) {
		h.Phone = m.phone()
	}
	if m.happens(0.15) {
		home := m.villages[m.IntN(len(m.villages))]
		at := m.near(home.at, 0.01)
		h.Area, h.Position = home.id, &at
	}
	again := m.near(*h.Position, 0.0003) // as far as a cheap tablet's position is off
	h.Position = &again
	hand := m.hand()
	h.Head, h.Origin = hand(h.Head), hand(h.Origin)
	for i := range h.Members {
		h.Members[i].Name = hand(h.Members[i].Name)
		h.Members[i].BornOn = m.retypedDate(h.Members[i].BornOn)
	}
	return h
}

// hand gives how a worker writes names.
func (m *maker) hand() func(string) string {
	write := func(text string) string { return text }
	switch m.IntN(4) {
	case 0:
		write = names.InCyrillic
	case 1:
		write = strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "dj", "Č", "C", "Ć", "C", "Š", "S", "Ž", "Z", "Đ", "Dj").Replace
	case 2:
		write = strings.NewReplacer("š", "sh", "č", "ch", "ž", "zh", "dž", "xh", "Š", "Sh", "Č", "Ch", "Ž", "Zh").Replace
	}
	surnameFirst := m.happens(0.2)
	return func(text string) string {
		words := strings.Fields(text)
		if surnameFirst {
			slices.Reverse(words)
		}
		if m.happens(0.2) {
			at := m.IntN(len(words))
			words[at] = m.slip(words[at])
		}
		return write(strings.Join(words, " "))
	}
}

// slip leaves out a letter, writes one twice, another one, or two the other way round.
func (m *maker) slip(word string) string {
	letters := []rune(word)
	if len(letters) < 4 {
		return word
	}
	at := 1 + m.IntN(len(letters)-2)
	switch m.IntN(4) {
	case 0:
		letters = slices.Delete(letters, at, at+1)
	case 1:
		letters = slices.Insert(letters, at, letters[at])
	case 2:
		letters[at] = []rune("aeionrst123")[m.IntN(11)]
	case 3:
		letters[at], letters[at+1] = letters[at+1], letters[at]
	}
	return string(letters)
}

// retypedDate is a date as it is written down again: now and then a day off, or with day and month the other way round.
func (m *maker) retypedDate(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil:
		return date
	case m.happens(0.05) && day.Day() <= 12:
		return time.Date(day.Year(), time.Month(day.Day()), int(day.Month()), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case m.happens(0.05):
		return day.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	return date
}
