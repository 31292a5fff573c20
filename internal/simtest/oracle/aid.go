package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Review is an item that the office lists as open.
type Review struct {
	Kind string
	// Record is what it is about, and Subject the assistance type, or "".
	Record, Subject string
	// Delivered is what the family was given, "" where the item is about something else.
	Delivered string
}

// An Aid is what the office makes of what was handed over.
type Aid struct {
	Reviews []Review
	// Limits hold, by assistance type, what one family may be given.
	Limits map[string]int
	// Quantity is the sum of what was delivered, and Families the number of those that something was delivered to.
	Quantity, Families float64
}

// judgeAid compares what the office makes of the deliveries with what its records say.
func (e Evidence) judgeAid() (broken []Violation) {
	if e.Aid == nil {
		return nil
	}
	families := e.families()
	want := e.orphans()
	quantity, reached := 0, map[string]bool{}
	for _, family := range families {
		lives := slices.ContainsFunc(family.members, func(id string) bool { r, is := e.Records[id]; return is && !r.Deleted })
		for kind, given := range e.given(family) {
			quantity += given
			reached[family.root] = reached[family.root] || lives
			if given > e.Aid.Limits[kind] && lives {
				want = append(want, Review{"over_delivery", family.root, kind, strconv.Itoa(given)})
			}
		}
	}
	broken = append(broken, differing(e.Aid.Reviews, want)...)
	maps.DeleteFunc(reached, func(_ string, lives bool) bool { return !lives })
	if e.Aid.Quantity != float64(quantity) || e.Aid.Families != float64(len(reached)) {
		broken = append(broken, violation("a report counts what there is", "it says %v delivered to %v families, and there are %d to %d",
			e.Aid.Quantity, e.Aid.Families, quantity, len(reached)))
	}
	return broken
}

// differing compares what is in review with what should be.
func differing(got, want []Review) (broken []Violation) {
	for _, r := range want {
		if !slices.Contains(got, r) {
			broken = append(broken, violation("what is wrong with the aid is in review", "%+v is not", r))
		}
	}
	for i, r := range got {
		if !slices.Contains(want, r) {
			broken = append(broken, violation("what is right is in no review", "%+v is", r))
		}
		if slices.Contains(got[:i], r) {
			broken = append(broken, violation("no review is opened twice", "%+v is", r))
		}
	}
	return broken
}

// A family is the households that were merged into one another.
type family struct {
	root    string
	members []string
}

// families gives all of them, by the root to which the pointers of their households lead.
func (e Evidence) families() []family {
	byRoot := map[string][]string{}
	for id, r := range e.Records {
		if r.Collection == "households" {
			root := e.rootOf(id)
			byRoot[root] = append(byRoot[root], id)
		}
	}
	var out []family
	for _, root := range slices.Sorted(maps.Keys(byRoot)) {
		out = append(out, family{root, byRoot[root]})
	}
	return out
}

// rootOf follows the pointers of mergers from a household; of a ring, the household with the smallest id is the root.
func (e Evidence) rootOf(id string) string {
	var way []string
	for !slices.Contains(way, id) {
		way = append(way, id)
		into := text(e.Records[id].Values["merged_into"])
		if into == "" {
			return id
		}
		id = into
	}
	return slices.Min(way[slices.Index(way, id):])
}

// given sums what a family was given, by assistance type.
func (e Evidence) given(f family) map[string]int {
	out := map[string]int{}
	for _, r := range e.Records {
		counts := r.Collection == "deliveries" && !r.Deleted && text(r.Values["cancelled_why"]) == ""
		if counts && slices.Contains(f.members, text(r.Values["household"])) {
			quantity, err := strconv.Atoi(r.Values["quantity"])
			if err != nil {
				panic(fmt.Sprintf("the fleets deliver whole numbers, and not %s", r.Values["quantity"]))
			}
			out[text(r.Values["assistance_type"])] += quantity
		}
	}
	return out
}

// orphans gives the deleted households to which something belongs that is not deleted.
func (e Evidence) orphans() []Review {
	var out []Review
	for id, r := range e.Records {
		left := func(other string) bool { return other != id && e.Homes[other] == id && !e.Records[other].Deleted }
		if r.Collection == "households" && r.Deleted && slices.ContainsFunc(slices.Collect(maps.Keys(e.Records)), left) {
			out = append(out, Review{Kind: "orphan", Record: id})
		}
	}
	return out
}

// text gives what a JSON string without escapes holds, "" of anything else.
func text(value string) string {
	if strings.HasPrefix(value, `"`) {
		return strings.Trim(value, `"`)
	}
	return ""
}
