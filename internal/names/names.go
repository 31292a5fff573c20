// Package names makes up people as they live in the region: Serbs, of whom some are written in Cyrillic, Roma and
// Albanians.
//
// It promises that one seed gives the same people for ever, and phone numbers that nobody can have.
package names

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A people is a community's given names and surnames.
type people struct {
	women, men, surnames []string
	// cyrillic says that some workers write these names in Cyrillic.
	cyrillic bool
}

func serbs() people {
	return people{
		women: []string{
			"Milica", "Jelena", "Dragana", "Snežana", "Ljiljana", "Gordana", "Vesna", "Biljana", "Slavica", "Jovana",
			"Marija", "Ana", "Ivana", "Tamara", "Zorica", "Ružica", "Nada", "Radmila", "Danica", "Sanja",
		},
		men: []string{
			"Dragan", "Zoran", "Goran", "Milan", "Nenad", "Dejan", "Slaviša", "Bojan", "Vladimir", "Nikola",
			"Stefan", "Marko", "Aleksandar", "Miroslav", "Radovan", "Živorad", "Siniša", "Ljubiša", "Predrag", "Uroš",
		},
		surnames: []string{
			"Jovanović", "Petrović", "Nikolić", "Marković", "Đorđević", "Stojanović", "Ilić", "Stanković", "Pavlović",
			"Milošević", "Todorović", "Ristić", "Kostić", "Mladenović", "Živković", "Radovanović", "Maksimović",
			"Vasić", "Trajković", "Denić", "Simić", "Lazić", "Perić", "Filipović", "Antić", "Savić", "Šmigić", "Vuksanović",
		},
		cyrillic: true,
	}
}

func roma() people {
	return people{
		women:    []string{"Sevdija", "Ajša", "Fatima", "Sabina", "Vera", "Elvira", "Hatidža", "Zejna", "Nadira", "Romina"},
		men:      []string{"Bajram", "Ferdi", "Ramiz", "Enver", "Sadik", "Dževad", "Muharem", "Orhan", "Kenan", "Saša"},
		surnames: []string{"Demirović", "Kurtišević", "Saitović", "Osmanović", "Beriša", "Ametović", "Asanović", "Ibrić", "Jašarević", "Destanović"},
	}
}

func albanians() people {
	return people{
		women:    []string{"Arta", "Besa", "Drita", "Flutura", "Luljeta", "Teuta", "Valbona", "Shpresa", "Mimoza", "Vjosa"},
		men:      []string{"Agim", "Besnik", "Driton", "Fatmir", "Ilir", "Luan", "Naim", "Skender", "Valon", "Burim"},
		surnames: []string{"Krasniqi", "Gashi", "Berisha", "Hoxha", "Shala", "Bytyqi", "Kelmendi", "Morina", "Zeqiri", "Halimi"},
	}
}

// A Namer makes up people, always the same ones from the same seed.
type Namer struct {
	rng *rand.Rand
	// peoples are those that live where the namer works, as often as they do.
	peoples []people
}

// New gives a namer.
func New(rng *rand.Rand) Namer {
	s, r, a := serbs(), roma(), albanians()
	return Namer{rng: rng, peoples: []people{s, s, s, s, s, s, r, r, a}}
}

// NewWide gives a namer with the surnames of a whole country: several hundred.
func NewWide(rng *rand.Rand) Namer {
	n := New(rng)
	n.peoples = slices.Clone(n.peoples)
	for i := range n.peoples {
		n.peoples[i].surnames = slices.Concat(n.peoples[i].surnames, n.peoples[i].derived())
	}
	return n
}

// derived gives surnames such as come from the names of forefathers and from their trades.
func (p people) derived() (out []string) {
	trades := []string{
		"Kovač", "Lončar", "Mlinar", "Ribar", "Kolar", "Tesar", "Zidar", "Sarač", "Kazandž", "Terz", "Bojadž", "Pekar",
		"Vodenič", "Stolar", "Samardž", "Tufegdž", "Abadž", "Ćurč", "Kujundž", "Bakal", "Mutavdž", "Nalbant", "Barjaktar", "Starč",
	}
	ends := []string{"ević", "ić", "ski"}
	if !p.cyrillic {
		trades, ends = nil, []string{"i", "aj", "ović"}
	}
	for _, root := range slices.Concat(p.men, trades) {
		for _, end := range ends {
			out = append(out, strings.TrimRight(root, "aeiou")+end)
		}
	}
	return out
}

// A Kin is what the members of a family have in common.
type Kin struct {
	people
	surname string
	// script writes a name as the worker who recorded it does.
	script func(string) string
}

// Kin makes up a family. One Serbian family in five was recorded in Cyrillic.
func (n Namer) Kin() Kin {
	k := Kin{people: pick(n.rng, n.peoples), script: func(name string) string { return name }}
	k.surname = pick(n.rng, k.surnames)
	if k.cyrillic && n.rng.IntN(5) == 0 {
		k.script = InCyrillic
	}
	return k
}

// Name makes up a member.
func (n Namer) Name(k Kin, woman bool) string {
	given := k.men
	if woman {
		given = k.women
	}
	return k.script(pick(n.rng, given) + " " + k.surname)
}

// Phone makes up a number that nobody can have: no subscriber's begins with 000.
func (n Namer) Phone() string { return fmt.Sprintf("+381 60 000 %04d", n.rng.IntN(10_000)) }

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// InCyrillic writes Serbian in its other script.
func InCyrillic(text string) string {
	return strings.NewReplacer(
		"Lj", "Љ", "lj", "љ", "Nj", "Њ", "nj", "њ", "Dž", "Џ", "dž", "џ",
		"A", "А", "a", "а", "B", "Б", "b", "б", "V", "В", "v", "в", "G", "Г", "g", "г", "D", "Д", "d", "д",
		"Đ", "Ђ", "đ", "ђ", "E", "Е", "e", "е", "Ž", "Ж", "ž", "ж", "Z", "З", "z", "з", "I", "И", "i", "и",
		"J", "Ј", "j", "ј", "K", "К", "k", "к", "L", "Л", "l", "л", "M", "М", "m", "м", "N", "Н", "n", "н",
		"O", "О", "o", "о", "P", "П", "p", "п", "R", "Р", "r", "р", "S", "С", "s", "с", "T", "Т", "t", "т",
		"Ć", "Ћ", "ć", "ћ", "U", "У", "u", "у", "F", "Ф", "f", "ф", "H", "Х", "h", "х", "C", "Ц", "c", "ц",
		"Č", "Ч", "č", "ч", "Š", "Ш", "š", "ш",
	).Replace(text)
}
