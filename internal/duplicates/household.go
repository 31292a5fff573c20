package duplicates

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Household is what is known of a family, as it was typed; what is not known is left empty.
type Household struct {
	ID       uuid.UUID
	Card     string
	Head     string
	Phone    string
	Origin   string
	Area     uuid.UUID
	Position *Point
	Members  []Member
}

// A Point is a place on the earth, in degrees.
type Point struct{ Latitude, Longitude float64 }

// A Member is a person of a family.
type Member struct {
	Name, Document, Sex string
	// BornOn is a date such as "1970-01-31"; where it is not known, BirthYear may be.
	BornOn    string
	BirthYear int
}

// A Profile is a household made ready to be compared.
type Profile struct {
	ID       uuid.UUID
	card     string
	phone    string
	head     []string // the names, sorted
	origin   string
	area     uuid.UUID
	position *Point
	members  []member
}

type member struct {
	name     []string
	document string
	sex      string
	bornOn   string
	year     string
}

// To compare two texts takes the product of their lengths, and two people that of how many names they have; and anybody
// may send anything: what is longer than one family needs does not count.
const (
	maxText    = 80 // characters of a name, a number or a place
	maxNames   = 6  // of somebody, or words of a place
	maxMembers = 20
)

// ProfileOf makes a household ready to be compared. It holds none of the household's texts: they may be parts of records,
// which would be kept with them.
func ProfileOf(h Household) *Profile {
	p := &Profile{
		ID: h.ID, card: numberKey(h.Card), phone: phoneKey(h.Phone), head: nameKeys(h.Head),
		origin: strings.Join(nameKeys(h.Origin), " "), area: h.Area, position: h.Position,
	}
	p.members = membersOf(h.Members[:min(len(h.Members), maxMembers)])
	return p
}

func membersOf(list []Member) []member {
	out := make([]member, len(list))
	for i, m := range list {
		out[i] = memberOf(m)
	}
	return out
}

func memberOf(m Member) member {
	out := member{name: nameKeys(m.Name), document: numberKey(m.Document), sex: strings.Clone(m.Sex), bornOn: strings.Clone(short(m.BornOn))}
	if len(out.bornOn) >= 4 {
		out.year = out.bornOn[:4]
	} else if m.BirthYear != 0 {
		out.year = strconv.Itoa(m.BirthYear)
	}
	return out
}

// numberKey is a number of a card or document without what punctuates it and without leading zeros.
func numberKey(text string) string {
	return strings.TrimLeft(strings.ReplaceAll(syncproto.Fold(short(text)), " ", ""), "0")
}

// short gives as much of a text as counts.
func short(text string) string {
	characters := 0
	for at := range text {
		if characters++; characters > maxText {
			return text[:at]
		}
	}
	return text
}

// phoneDigits is how many of a phone number's last digits tell who is called: whoever types the country's prefix
// leaves out the zero before the network's.
const phoneDigits = 8

// phoneKey is the end of a phone number, "" if it is too short to be one.
func phoneKey(text string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	if len(digits) < phoneDigits {
		return ""
	}
	return strings.Clone(digits[len(digits)-phoneDigits:])
}

// nameKeys gives the names in a text, sorted, in one spelling for all in which they are usually written: those of
// [syncproto.Fold], and further Albanian, English and German ones of the same sounds. Of more than count, the same ones
// are left in whatever order they were written.
func nameKeys(text string) []string {
	names := strings.Fields(sounds.Replace(syncproto.Fold(short(text))))
	for i, name := range names {
		names[i] = withoutDoubles(name)
	}
	slices.Sort(names)
	return names[:min(len(names), maxNames)]
}

// sounds are spellings of one sound. What they become is what Fold makes of the Serbian letter.
var sounds = strings.NewReplacer(
	"sch", "s", "tsch", "c", "sh", "s", "ch", "c", "zh", "z", "xh", "dz", "gj", "d", "q", "c",
	"ije", "e", "x", "ks", "w", "v", "y", "j", "ph", "f", "th", "t", "kh", "h",
)

// withoutDoubles writes letters once that stand twice, as in Albanian ll and rr.
func withoutDoubles(name string) string {
	return string(slices.Compact([]rune(name)))
}
