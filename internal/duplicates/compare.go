package duplicates

import (
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/hbollon/go-edlib"
)

// outcomes are all that comparisons come out at, in the order in which they are told.
var outcomes = []string{
	"card number: same", "card number: almost the same", "card number: different",
	"document: same", "document: different",
	"phone: same", "phone: different",
	"head: same", "head: almost the same", "head: one name the same", "head: different",
	"members: two with their birth", "members: one with its birth", "members: names alone", "members: different",
	"village: same", "village: different",
	"origin: same", "origin: different",
	"distance: neighbours", "distance: one village", "distance: far",
}

// A Reason is one comparison, and what it adds to the score.
type Reason struct {
	// Outcome is what the comparison came out at, whatever that weighs: "card number: same".
	Outcome string `json:"outcome"`
	// Says is the reason in words: "the same card number".
	Says string `json:"says"`
	// Weight is in bits: above 0 if it speaks for one family, below if it speaks for two.
	Weight float64 `json:"weight"`
}

// A Pair is two households that may be one family.
type Pair struct {
	A, B uuid.UUID
	// Score is the sum of the reasons' weights, in bits.
	Score   float64
	Reasons []Reason
}

// Other gives the household of the pair that is not the given one.
func (p Pair) Other(id uuid.UUID) uuid.UUID {
	if p.A == id {
		return p.B
	}
	return p.A
}

// Compare compares two households, of which A is the one with the smaller id. What speaks most for or against comes first.
func (w Weights) Compare(a, b *Profile) Pair {
	if compareIDs(a.ID, b.ID) > 0 {
		a, b = b, a
	}
	out := Pair{A: a.ID, B: b.ID}
	for _, outcome := range []string{
		compareCards(a.card, b.card), compareDocuments(a, b), comparePhones(a.phone, b.phone), compareHeads(a.head, b.head),
		compareMembers(a.members, b.members), compareVillages(a.area, b.area), compareOrigins(a.origin, b.origin),
		comparePositions(a.position, b.position),
	} {
		if outcome == "" {
			continue // not known of one of them
		}
		level := w.levels[outcome]
		out.Score += level.weight()
		out.Reasons = append(out.Reasons, Reason{outcome, level.says, level.weight()})
	}
	slices.SortStableFunc(out.Reasons, func(x, y Reason) int {
		return int(math.Copysign(1, math.Abs(y.Weight)-math.Abs(x.Weight)))
	})
	return out
}

func compareCards(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case a == b:
		return "card number: same"
	case edlib.OSADamerauLevenshteinDistance(a, b) == 1:
		return "card number: almost the same"
	}
	return "card number: different"
}

func compareDocuments(a, b *Profile) string {
	known := 0
	for _, m := range a.members {
		for _, n := range b.members {
			switch {
			case m.document == "" || n.document == "":
			case m.document == n.document:
				return "document: same"
			default:
				known++
			}
		}
	}
	if known == 0 {
		return ""
	}
	return "document: different"
}

func comparePhones(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case a == b:
		return "phone: same"
	}
	return "phone: different"
}

func compareHeads(a, b []string) string {
	switch likeness := compareNames(a, b); {
	case len(a) == 0 || len(b) == 0:
		return ""
	case likeness == sameNames:
		return "head: same"
	case likeness == closeNames:
		return "head: almost the same"
	case likeness == oneName:
		return "head: one name the same"
	}
	return "head: different"
}

// A likeness is how much two people's names are alike.
type likeness int

const (
	otherNames likeness = iota
	oneName
	closeNames
	sameNames
)

// compareNames compares names in any order. Somebody may have more names than the other one knows.
func compareNames(a, b []string) likeness {
	switch {
	case slices.Equal(a, b):
		return sameNames
	case allClose(a, b):
		return closeNames
	case slices.ContainsFunc(a, func(name string) bool { return closeTo(b, name) >= 0 }):
		return oneName
	}
	return otherNames
}

// allClose reports whether each of the names of who has fewer, of two at the least, is close to another one of the
// other's. It is asked of all members of two households with each other, so it ends at the first that is not.
func allClose(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	left := slices.Clone(b)
	for _, name := range a {
		at := closeTo(left, name)
		if at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return len(a) > 1
}

// closeTo gives the place of the first name that is close to one, -1 if none is.
func closeTo(names []string, name string) int {
	return slices.IndexFunc(names, func(other string) bool { return closeName(name, other) })
}

// closeEnough is the similarity, by Jaro and Winkler, from which on two names may be one with a slip of the pen. It
// passes one slip in a name of five letters.
const closeEnough = 0.88

func closeName(a, b string) bool {
	return a == b || edlib.JaroWinklerSimilarity(a, b) >= closeEnough
}

func compareMembers(a, b []member) string {
	if len(a) == 0 || len(b) == 0 {
		return ""
	}
	names, births := 0, 0
	left := slices.Clone(b)
	for _, m := range a {
		at := slices.IndexFunc(left, m.maybe)
		if at < 0 {
			continue
		}
		names++
		if m.year != "" && left[at].year != "" {
			births++
		}
		left = slices.Delete(left, at, at+1)
	}
	switch {
	case births > 1:
		return "members: two with their birth"
	case births == 1:
		return "members: one with its birth"
	case names > 0:
		return "members: names alone"
	}
	return "members: different"
}

// maybe reports whether two members may be one person: their names are close, and their births do not differ by more
// than day and month swapped, or one slip.
func (m member) maybe(n member) bool {
	return (slices.Equal(m.name, n.name) || allClose(m.name, n.name)) && sameBirth(m, n)
}

func sameBirth(m, n member) bool {
	switch {
	case m.year == "" || n.year == "":
		return true
	case m.bornOn == "" || n.bornOn == "":
		return m.year == n.year
	}
	return m.bornOn == n.bornOn || swapped(m.bornOn) == n.bornOn || edlib.OSADamerauLevenshteinDistance(m.bornOn, n.bornOn) == 1
}

// swapped is a date with its day and month swapped.
func swapped(date string) string {
	parts := strings.Split(date, "-")
	if len(parts) != 3 {
		return ""
	}
	return parts[0] + "-" + parts[2] + "-" + parts[1]
}

func compareVillages(a, b uuid.UUID) string {
	switch {
	case a == uuid.Nil || b == uuid.Nil:
		return ""
	case a == b:
		return "village: same"
	}
	return "village: different"
}

func compareOrigins(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case closeName(a, b):
		return "origin: same"
	}
	return "origin: different"
}

// How near dwellings are, in metres: one yard with what a cheap tablet's position is off, and one village.
const (
	neighbours = 100
	oneVillage = 2000
)

func comparePositions(a, b *Point) string {
	if a == nil || b == nil {
		return ""
	}
	switch metres := distance(*a, *b); {
	case metres <= neighbours:
		return "distance: neighbours"
	case metres <= oneVillage:
		return "distance: one village"
	}
	return "distance: far"
}

// distance is that along the great circle, by the haversine formula, in metres.
func distance(a, b Point) float64 {
	const earth = 6_371_000 // its mean radius
	rad := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	sin2 := func(x float64) float64 { return math.Pow(math.Sin(x/2), 2) }
	h := sin2(rad(b.Latitude-a.Latitude)) + math.Cos(rad(a.Latitude))*math.Cos(rad(b.Latitude))*sin2(rad(b.Longitude-a.Longitude))
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
}
