package oracle

// judgeClaims looks at whether a change of a tablet came to claim a later time than when it was saved: one
// that is sent again goes on saying what it said. Changes that say the same cannot be told apart, and where a name
// was that of two changes of a record, who saw one may have been taken to come after the other.
func (e Evidence) judgeClaims(matches []Match) (broken []Violation) {
	alike := map[string]int{}
	for _, c := range e.Changes {
		alike[c.key()]++
	}
	mistaken := mistakenIn(e.Changes, matches)
	for _, m := range matches {
		if m.By != Office && alike[m.key()] == 1 && !mistaken[m.Change.Record] && m.Entry.Claimed > m.Change.Claimed {
			broken = append(broken, violation("a claim stays what it was", "change %d of %s claimed %d, and has come to claim %d", m.ID, m.By, m.Change.Claimed, m.Entry.Claimed))
		}
	}
	return broken
}

// mistakenIn gives the records of which two changes had one name, one after the other.
func mistakenIn(changes []Change, matches []Match) map[string]bool {
	out := map[string]bool{}
	by := map[Version]Change{}
	note := func(name Version, c Change) {
		if other, had := by[name]; had && other.ID != c.ID && other.Record == c.Record {
			out[c.Record] = true
		}
		by[name] = c
	}
	for _, c := range changes {
		for _, name := range c.Names {
			note(name, c)
		}
	}
	for _, m := range matches {
		note(Version{m.Device, m.N}, m.Change)
	}
	return out
}
