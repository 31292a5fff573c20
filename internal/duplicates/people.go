package duplicates

import "slices"

// SamePeople says which members of one family are which of another, as pairs of their places in the lists: those who have
// the same names, in whatever order, script and spelling, and the same birth, and are not known to be of different sex.
// Where only the year is known of one of two, that is the birth. Each of them is in one pair at the most, with somebody
// of the same day rather than of the same year.
func SamePeople(a, b []Member) (pairs [][2]int) {
	ones, others := membersOf(a), membersOf(b)
	paired, taken := make([]bool, len(a)), make([]bool, len(b))
	for _, born := range []func(m, n member) bool{sameDay, sameYear} {
		for i, m := range ones {
			for j, n := range others {
				if !paired[i] && !taken[j] && born(m, n) && m.is(n) {
					paired[i], taken[j] = true, true
					pairs = append(pairs, [2]int{i, j})
				}
			}
		}
	}
	return pairs
}

// is reports whether two members of the same birth are one person.
func (m member) is(n member) bool {
	otherSex := m.sex != "" && n.sex != "" && m.sex != n.sex
	return len(m.name) > 0 && slices.Equal(m.name, n.name) && !otherSex
}

func sameDay(m, n member) bool { return m.bornOn != "" && m.bornOn == n.bornOn }

func sameYear(m, n member) bool {
	return (m.bornOn == "" || n.bornOn == "") && m.year != "" && m.year == n.year
}
