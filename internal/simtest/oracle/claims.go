package oracle

// judgeClaims looks at whether a change of a tablet came to claim a later time than when it was saved: one
// that is sent again goes on saying what it said. Changes that say the same cannot be told apart.
func (e Evidence) judgeClaims(matches []Match) (broken []Violation) {
	alike := map[string]int{}
	for _, c := range e.Changes {
		alike[c.key()]++
	}
	for _, m := range matches {
		if m.By != Office && alike[m.key()] == 1 && m.Entry.Claimed > m.Change.Claimed {
			broken = append(broken, violation("a claim stays what it was", "change %d of %s claimed %d, and has come to claim %d", m.ID, m.By, m.Change.Claimed, m.Entry.Claimed))
		}
	}
	return broken
}
