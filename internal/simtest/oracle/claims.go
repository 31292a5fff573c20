package oracle

import "slices"

// judgeClaims looks at whether a change of a tablet came to claim a later time than when it was saved: one that is sent again
// goes on saying what it said, or what the office came to. That puts it behind what its author saw, which the office may have
// given a later time when that came again from a clock that was ahead. Changes that say the same cannot be told apart.
func (e Evidence) judgeClaims(matches []Match) (broken []Violation) {
	alike := map[string]int{}
	for _, c := range e.Changes {
		alike[c.key()]++
	}
	for _, m := range matches {
		rose := m.By != Office && alike[m.key()] == 1 && m.Entry.Claimed > m.Change.Claimed
		behind := func(other Match) bool { return m.saw(other.Change) && other.Time >= m.Change.Claimed }
		if rose && !slices.ContainsFunc(matches, behind) {
			broken = append(broken, violation("a claim stays what it was", "change %d of %s claimed %d, and has come to claim %d", m.ID, m.By, m.Change.Claimed, m.Entry.Claimed))
		}
	}
	return broken
}

// saw reports whether its author was looking at what another change wrote.
func (c Change) saw(other Change) bool {
	for field, sights := range c.Saw {
		value, wrote := other.Writes[field]
		if wrote && other.Record == c.Record && slices.ContainsFunc(sights, func(s Sight) bool { return s.Value == value }) {
			return true
		}
	}
	return false
}
