package duplicates

// SamePeople says which members of one family are probably which of another, as pairs of their places in the lists:
// their names are the same or almost so, and their births are known and do not differ. Each of them is in one pair at
// the most.
func SamePeople(a, b []Member) (pairs [][2]int) {
	taken := make([]bool, len(b))
	for i, one := range a {
		m := memberOf(one)
		for j, other := range b {
			n := memberOf(other)
			if !taken[j] && m.year != "" && n.year != "" && m.maybe(n) {
				taken[j] = true
				pairs = append(pairs, [2]int{i, j})
				break
			}
		}
	}
	return pairs
}
