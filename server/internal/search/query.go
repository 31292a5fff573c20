package search

import (
	"cmp"
	"slices"
	"strings"

	"satchel/syncproto"
)

// mostWords is how many words of a query count.
const mostWords = 12

// phoneDigits is how many digits at the end of a phone number are the same whether a country, a zero or nothing stands
// before them.
const phoneDigits = 8

// A query is a text in the form in which it is compared.
type query struct {
	// readings are the ways to read it, each as words of which all have to be found, the longest first.
	readings [][]word
	// number is the text as a whole number with the marks around it, "" if it has no digit.
	number string
}

// A word is a word that is looked for, as it stands at the beginning of one, with its pairs and its first letter.
type word struct {
	text, begins string
	pairs        pairs
	first        firsts
}

func wordOf(text string) word { return word{text, " " + text, pairsOf(text), firstOf(text[0])} }

// readQuery reads a text; nothing is asked for if it has no reading.
func readQuery(text string) query {
	words := strings.Fields(syncproto.Fold(cut(text)))
	words = words[:min(len(words), mostWords)]
	if len(words) == 0 {
		return query{}
	}
	whole := strings.Join(words, "")
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	reading := make([]word, len(words))
	for i, text := range words {
		reading[i] = wordOf(text)
	}
	out := query{readings: [][]word{reading}}
	digits := strings.Trim(whole, "0123456789") == ""
	if digits && len(whole) >= phoneDigits {
		out.readings = append(out.readings, []word{wordOf(whole[len(whole)-phoneDigits:])})
	}
	if strings.ContainsAny(whole, "0123456789") {
		out.number = marked(" " + whole)
	}
	return out
}

// exact reports whether a text has exactly the number that is looked for.
func (q query) exact(text string) bool { return q.number != "" && strings.Contains(text, q.number) }

// How well a word is found in a text.
const (
	notThere = iota
	withinWord
	atBeginning
)

// level says how well a word is found in a text.
func (w *word) level(text string) int {
	switch {
	case !strings.Contains(text, w.text):
		return notThere
	case strings.Contains(text, w.begins):
		return atBeginning
	}
	return withinWord
}

// in says how well a word is found in a household, and reads no more of it than it has to.
func (w *word) in(h *household) int {
	switch begins := h.firsts&w.first != 0; {
	case begins && len(w.text) == 1:
		return atBeginning
	case begins:
		return w.level(h.text)
	case strings.Contains(h.text, w.text):
		return withinWord
	}
	return notThere
}

// The ranks of a hit, the best first. A village's name comes behind people's: many live in one.
const (
	exactNumber = iota
	ownBeginnings
	beginnings
	inside
	ranks
	noHit = ranks
)

// A finder looks for a query in the households of a register.
type finder struct {
	query
	// villages says of each area, for each reading, how well each word is found in its name.
	villages [][][]int
}

func newFinder(q query, areas []area) *finder {
	f := &finder{query: q, villages: make([][][]int, len(areas))}
	for i, a := range areas {
		f.villages[i] = make([][]int, len(q.readings))
		for j, words := range q.readings {
			for k := range words {
				f.villages[i][j] = append(f.villages[i][j], words[k].level(a.name))
			}
		}
	}
	return f
}

// household says how well the query is found in a household with its members and its village.
func (f *finder) household(h *household) int {
	best := noHit
	for i, words := range f.readings {
		village := f.villages[h.area][i]
		if mayHave(h, words, village) {
			out, _ := rank(words, func(w *word) int { return w.in(h) }, "", village)
			best = min(best, out)
		}
	}
	if best < noHit && f.exact(h.text) {
		return exactNumber
	}
	return best
}

// mayHave reports whether a household has the pairs of all words that its village has not.
func mayHave(h *household, words []word, village []int) bool {
	for i := range words {
		if village[i] == notThere && !h.pairs.has(&words[i].pairs) {
			return false
		}
	}
	return true
}

// section says how well the query is found in what one of a household is found by and, beside that, in the rest and the
// village. What is found beside it alone is no hit.
func (f *finder) section(text, rest string, villages [][]int) int {
	best := noHit
	for i, words := range f.readings {
		if out, own := rank(words, func(w *word) int { return w.level(text) }, rest, villages[i]); own > 0 {
			best = min(best, out)
		}
	}
	if best < noHit && f.exact(text) {
		return exactNumber
	}
	return best
}

// rank says how well words are found in something and, beside that, in the rest and the village; and how many in the
// first. level says how well one is found in that.
func rank(words []word, level func(*word) int, rest string, village []int) (out, own int) {
	out = ownBeginnings
	for i := range words {
		here := level(&words[i])
		if here > notThere {
			own++
		}
		if here == atBeginning {
			continue
		}
		switch beside := max(village[i], words[i].level(rest)); {
		case beside == atBeginning:
			out = max(out, beginnings)
		case here == withinWord || beside == withinWord:
			out = inside
		default:
			return noHit, own
		}
	}
	return out, own
}

// member gives the place of the member by whom a household was found, -1 if it was by itself: the first who has exactly
// the number or, of those in whom most words are found that are not found in the household and its village, the first.
func (f *finder) member(h *household) int {
	sections := strings.Split(h.text, memberMark)
	if f.exact(h.text) {
		return slices.IndexFunc(sections, f.exact) - 1
	}
	out, most := -1, 0
	for i, words := range f.readings {
		lacking := f.lacking(words, sections[0], f.villages[h.area][i])
		if len(lacking) == 0 {
			return -1
		}
		for j, section := range sections[1:] {
			if n := len(lacking) - len(f.lacking(lacking, section, nil)); n > most {
				out, most = j, n
			}
		}
	}
	return out
}

// lacking gives the words that are found neither in a text nor in the village.
func (f *finder) lacking(words []word, text string, village []int) (out []word) {
	for i := range words {
		if words[i].level(text) == notThere && (village == nil || village[i] == notThere) {
			out = append(out, words[i])
		}
	}
	return out
}
