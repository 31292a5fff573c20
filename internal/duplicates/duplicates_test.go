package duplicates_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/internal/duplicates/truth"
	"satchel/syncproto"
)

func compare(a, b duplicates.Household) duplicates.Pair {
	a.ID, b.ID = uuid.UUID{1}, uuid.UUID{2}
	return duplicates.DefaultWeights().Compare(duplicates.ProfileOf(a), duplicates.ProfileOf(b))
}

// says gives the reasons of a pair, with + in front of what speaks for one family.
func says(p duplicates.Pair) (out []string) {
	for _, r := range p.Reasons {
		sign := "-"
		if r.Weight > 0 {
			sign = "+"
		}
		out = append(out, sign+r.Says)
	}
	return out
}

func TestAFamilyThatIsRegisteredTwiceIsFoundAndExplained(t *testing.T) {
	village := uuid.UUID{9}
	got := compare(
		duplicates.Household{
			Card: "RL-012345", Head: "Ђорђе Петровић", Phone: "+381 63 123-456", Origin: "Призрен", Area: village,
			Position: &duplicates.Point{Latitude: 43.7, Longitude: 20.7},
			Members:  []duplicates.Member{{Name: "Ђорђе Петровић", BornOn: "1970-01-31", Document: "003456789"}},
		},
		duplicates.Household{
			Card: "rl 012354", Head: "Petrovic Djorje", Phone: "063123456", Origin: "Prizrren", Area: village,
			Position: &duplicates.Point{Latitude: 43.7005, Longitude: 20.7005},
			Members:  []duplicates.Member{{Name: "Petrovic Djordje", BornOn: "1970-01-13", Document: "3456789"}},
		})
	want := []string{
		"+a member with the same document number", "+the same phone number", "+a member with the same name and birth", "+dwellings within 100 m",
		"+card numbers that differ in one character or two swapped ones", "+the same village",
		"+almost the same name of its head", "+the same place of origin",
	}
	if !reflect.DeepEqual(says(got), want) || got.Score < duplicates.Threshold {
		t.Errorf("%.1f bits: %q, want %q", got.Score, says(got), want)
	}
}

func TestWhatIsNotKnownSaysNothing(t *testing.T) {
	all := duplicates.Household{
		Card: "1", Head: "Ana Anić", Phone: "063123456", Origin: "Peć", Area: uuid.UUID{9}, Position: &duplicates.Point{},
		Members: []duplicates.Member{{Name: "Ana Anić", Document: "5"}},
	}
	if got := compare(all, duplicates.Household{Phone: "123", Card: "0"}); len(got.Reasons) != 0 || got.Score != 0 {
		t.Errorf("%.1f bits, %q", got.Score, says(got))
	}
	if got := compare(all, all); len(got.Reasons) != 8 {
		t.Errorf("with everything known there are %d reasons: %q", len(got.Reasons), says(got))
	}
}

func TestNamesInAllTheirSpellingsAreTheSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{
		{"Živko Đorđević", "ЖИВКО ЂОРЂЕВИЋ", "+the same name of its head"},
		{"Živko Đorđević", "Djordjevic Zhivko", "+the same name of its head"},
		{"Beriša Škeljzen", "Berisha Shkelzen", "+almost the same name of its head"},
		{"Hodža Džavit", "Xhavit Hoxha", "+the same name of its head"},
		{"Rrahman Gashi", "Rahman Gaši", "+the same name of its head"},
		{"Ana Marija Kovač", "Ana Kovač", "+almost the same name of its head"},
		{"Milan Petrović", "Milna Petrović", "+almost the same name of its head"},
		{"Milan Petrović", "Jovana Petrović", "+one of the names of its head the same"},
		{"Milan Petrović", "Agim Krasniqi", "-different names of its head"},
	} {
		if got := says(compare(duplicates.Household{Head: c.a}, duplicates.Household{Head: c.b})); !reflect.DeepEqual(got, []string{c.want}) {
			t.Errorf("%s and %s: %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

func TestMembersAreComparedOneToOne(t *testing.T) {
	list := func(members ...duplicates.Member) duplicates.Household { return duplicates.Household{Members: members} }
	ana, born := duplicates.Member{Name: "Ana Ilić"}, duplicates.Member{Name: "Ana Ilić", BornOn: "1980-05-02"}
	for _, c := range []struct {
		a, b duplicates.Household
		want string
	}{
		{list(ana, ana), list(ana), "+members with the same names"},
		{list(born, born), list(born), "+a member with the same name and birth"},
		{list(born, born), list(born, born), "+two or more members with the same names and births"},
		{list(born), list(duplicates.Member{Name: "Ana Ilic", BornOn: "1980-02-05"}), "+a member with the same name and birth"},
		{list(born), list(duplicates.Member{Name: "Ana Ilic", BirthYear: 1980}), "+a member with the same name and birth"},
		{list(born), list(duplicates.Member{Name: "Ana Ilic", BirthYear: 1981}), "-no member in common"},
		{list(born), list(duplicates.Member{Name: "Ana Ilic", BornOn: "1980-11-12"}), "-no member in common"},
	} {
		if got := says(compare(c.a, c.b)); !reflect.DeepEqual(got, []string{c.want}) {
			t.Errorf("%v and %v: %q, want %q", c.a.Members, c.b.Members, got, c.want)
		}
	}
}

func TestAScoreAddsUpAndDoesNotDependOnTheOrder(t *testing.T) {
	w, households := duplicates.DefaultWeights(), truth.MakeUp(3, 90).Households
	for _, a := range households {
		for _, b := range households {
			p, q := duplicates.ProfileOf(a), duplicates.ProfileOf(b)
			pair := w.Compare(p, q)
			sum := 0.0
			for _, r := range pair.Reasons {
				sum += r.Weight
			}
			if other := w.Compare(q, p); !reflect.DeepEqual(pair, other) || math.Abs(sum-pair.Score) > 1e-9 {
				t.Fatalf("%v\n%v\nthe reasons come to %v", pair, other, sum)
			}
		}
	}
}

// TestAnIndexFollowsWhatChanges compares an index in which households changed and went with a fresh one.
func TestAnIndexFollowsWhatChanges(t *testing.T) {
	w, now := duplicates.DefaultWeights(), truth.MakeUp(4, 600).Households
	before := truth.MakeUp(5, 600).Households
	changed, fresh := duplicates.NewIndex(), duplicates.NewIndex()
	for i, h := range now {
		other := before[i]
		other.ID = h.ID
		changed.Put(duplicates.ProfileOf(other))
	}
	for i, h := range now {
		changed.Put(duplicates.ProfileOf(h))
		if i%3 == 0 {
			changed.Remove(h.ID)
		} else {
			fresh.Put(duplicates.ProfileOf(h))
		}
	}
	found := 0
	for _, h := range now {
		p := duplicates.ProfileOf(h)
		got, want := changed.Similar(w, p, 5), fresh.Similar(w, p, 5)
		if found += len(want); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	if found == 0 {
		t.Error("there was nothing to find")
	}
}

// TestTheWeightsAreProbabilities adds up what a comparison may come out at.
func TestTheWeightsAreProbabilities(t *testing.T) {
	sums := map[string][2]float64{}
	for line := range strings.Lines(string(duplicates.DefaultWeights().CSV())) {
		cells := strings.Split(line, ",")
		m, errM := strconv.ParseFloat(cells[2], 64)
		u, errU := strconv.ParseFloat(cells[3], 64)
		if errM != nil || errU != nil {
			continue // the names of the columns
		}
		sum := sums[cells[0]]
		sums[cells[0]] = [2]float64{sum[0] + m, sum[1] + u}
	}
	if len(sums) != 8 {
		t.Errorf("there are %d comparisons", len(sums))
	}
	for comparison, sum := range sums {
		if math.Abs(sum[0]-1) > 1e-6 || math.Abs(sum[1]-1) > 1e-6 {
			t.Errorf("the outcomes of %s come to %v", comparison, sum)
		}
	}
}

func TestWeightsThatCannotBeUsedAreRefused(t *testing.T) {
	own := string(duplicates.DefaultWeights().CSV())
	for name, text := range map[string]string{
		"nothing":            "",
		"other columns":      strings.Replace(own, "level", "rank", 1),
		"a level short":      own[:strings.LastIndex(strings.TrimSpace(own), "\n")+1],
		"a level more":       own + "shoes,same,0.5,0.1,the same shoes\n",
		"another level":      strings.Replace(own, "phone,same", "phone,equal", 1),
		"no probability":     strings.Replace(own, "0.85", "1.5", 1),
		"certainty":          strings.Replace(own, "0.85", "1", 1),
		"not a number":       strings.Replace(own, "0.85", "NaN", 1),
		"something in front": "x" + own,
	} {
		if _, err := duplicates.ReadWeights(strings.NewReader(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	again, err := duplicates.ReadWeights(bytes.NewReader([]byte(own)))
	if err != nil || string(again.CSV()) != own {
		t.Errorf("the program's own weights are not read again: %v", err)
	}
}

func TestKeysAreOfWhatMayBeInCommon(t *testing.T) {
	village := uuid.UUID{9}
	all := duplicates.Household{
		Card: "RL-1", Phone: "+381 63 123-456", Head: "Ђорђе Петровић", Origin: "Peć", Area: village,
		Members: []duplicates.Member{{Name: "Ana Petrović", BornOn: "1980-05-02", Document: "77"}},
	}
	keys := func(h duplicates.Household) []int64 { return duplicates.ProfileOf(h).Keys() }
	common := func(other duplicates.Household) (n int) {
		for _, key := range keys(other) {
			if slices.Contains(keys(all), key) {
				n++
			}
		}
		return n
	}
	if got := keys(all); len(got) != 7 || !slices.IsSorted(got) {
		t.Errorf("there are %d keys: %v, want 7 in order", len(got), got)
	}
	for what, c := range map[string]struct {
		other duplicates.Household
		want  int
	}{
		"nothing":                       {duplicates.Household{}, 0},
		"a card":                        {duplicates.Household{Card: "rl 01"}, 0},
		"the same card":                 {duplicates.Household{Card: "rl 1"}, 1},
		"a card number as phone":        {duplicates.Household{Phone: "RL-1"}, 0},
		"the same phone":                {duplicates.Household{Phone: "063123456"}, 1},
		"the name alone":                {duplicates.Household{Head: "Djordje Petrovic"}, 0},
		"the name and the origin":       {duplicates.Household{Head: "Petrovic Djordje", Origin: "Пећ"}, 1},
		"the village alone":             {duplicates.Household{Area: village}, 0},
		"one name in the village":       {duplicates.Household{Head: "Marko Petrović", Area: village}, 1},
		"both names in the village":     {duplicates.Household{Head: "Djordje Petrović", Area: village}, 2},
		"both names in another village": {duplicates.Household{Head: "Djordje Petrović", Area: uuid.UUID{8}}, 0},
		"a birth and a name with slips": {duplicates.Household{Members: []duplicates.Member{{Name: "Pterović Anna", BornOn: "1980-05-02"}}}, 1},
		"a birth and another name":      {duplicates.Household{Members: []duplicates.Member{{Name: "Mira Petrović", BornOn: "1980-05-02"}}}, 0},
		"a year and the name":           {duplicates.Household{Members: []duplicates.Member{{Name: "Ana Petrović", BirthYear: 1980}}}, 0},
		"the same document":             {duplicates.Household{Members: []duplicates.Member{{Document: "0077"}}}, 1},
	} {
		if got := common(c.other); got != c.want {
			t.Errorf("with %s there are %d keys in common, want %d", what, got, c.want)
		}
	}
}

// A table in which keys are ordered has those of a village side by side.
func TestKeysOfAVillageAreNearEachOther(t *testing.T) {
	halves := map[int64]bool{}
	for i := range 100 {
		for _, key := range duplicates.ProfileOf(duplicates.Household{Head: strconv.Itoa(i), Area: uuid.UUID{9}}).Keys() {
			halves[key>>32] = true
		}
	}
	if len(halves) != 1 {
		t.Errorf("the keys of one village begin in %d ways", len(halves))
	}
}

func TestAKeyThatTooManyHaveIsNotLookedAt(t *testing.T) {
	x := duplicates.NewIndex()
	household := func(i int) *duplicates.Profile {
		return duplicates.ProfileOf(duplicates.Household{ID: uuid.UUID{byte(i + 1)}, Phone: "063 123 456"})
	}
	for i := range duplicates.Commonest {
		x.Put(household(i))
	}
	if got := len(x.Candidates(household(0))); got != duplicates.Commonest-1 {
		t.Errorf("there are %d candidates, want %d", got, duplicates.Commonest-1)
	}
	x.Put(household(duplicates.Commonest))
	if got := len(x.Candidates(household(0))); got != 0 {
		t.Errorf("with one more there are %d candidates, want none", got)
	}
}

// What anybody may send is compared in no time.
func TestWhatIsLongerThanAFamilysIsCut(t *testing.T) {
	long := duplicates.Household{Card: strings.Repeat("7", 30_000), Head: strings.Repeat("Ж ", 15_000), Origin: strings.Repeat("x", 30_000)}
	for range 3000 {
		long.Members = append(long.Members, duplicates.Member{Name: strings.Repeat("a", 30_000), Document: strings.Repeat("9", 30_000), BornOn: strings.Repeat("1", 30_000)})
	}
	other := long
	other.Card = "1" + long.Card
	began := time.Now()
	got := compare(long, other)
	if took := time.Since(began); took > 5*time.Second || len(got.Reasons) == 0 {
		t.Errorf("it took %v and gave %q", took, says(got))
	}
	many := duplicates.Household{Area: uuid.UUID{9}}
	for i := range 500 {
		many.Members = append(many.Members, duplicates.Member{Document: strconv.Itoa(i + 1)})
		many.Head += " " + strconv.Itoa(i)
	}
	if n := len(duplicates.ProfileOf(many).Keys()); n > 50 {
		t.Errorf("one household has %d keys", n)
	}
}

// What counts as one person is taken for one without anybody looking: whoever may be somebody else is left.
func TestTheSamePeopleHaveTheSameNameBirthAndSex(t *testing.T) {
	type people = []duplicates.Member
	ana := duplicates.Member{Name: "Ana Ilić", BornOn: "1980-05-02", Sex: "female"}
	jovan := duplicates.Member{Name: "Jovan Petrović", BornOn: "2001-05-03"}
	unborn, year, other := duplicates.Member{Name: "Ana Ilić"}, duplicates.Member{Name: "Ana Ilić", BirthYear: 1980}, ana
	other.Sex = "male"
	for what, c := range map[string]struct {
		a, b people
		want [][2]int
	}{
		"another order and script": {people{ana}, people{{Name: "ИЛИЋ Ана", BornOn: "1980-05-02"}}, [][2]int{{0, 0}}},
		"another sex":              {people{ana}, people{other}, nil},
		"almost the same name":     {people{jovan}, people{{Name: "Jovana Petrović", BornOn: "2001-05-03"}}, nil},
		"fewer names":              {people{jovan}, people{{Name: "Jovan", BornOn: "2001-05-03"}}, nil},
		"a birth with a slip":      {people{jovan}, people{{Name: "Jovan Petrović", BornOn: "2003-05-03"}}, nil},
		"day and month swapped":    {people{jovan}, people{{Name: "Jovan Petrović", BornOn: "2001-03-05"}}, nil},
		"a birth that is unknown":  {people{unborn, ana}, people{unborn}, nil},
		"the year alone":           {people{year}, people{ana}, [][2]int{{0, 0}}},
		"another year":             {people{{Name: "Ana Ilić", BirthYear: 1981}}, people{ana}, nil},
		"no name":                  {people{{BornOn: "1980-05-02"}}, people{{BornOn: "1980-05-02"}}, nil},
		"nobody twice":             {people{ana, ana}, people{ana}, [][2]int{{0, 0}}},
		"the day before the year":  {people{year, ana}, people{ana, year}, [][2]int{{1, 0}, {0, 1}}},
		"two children": {
			people{jovan, {Name: "Jovana Petrović", BornOn: "2003-05-03"}}, people{{Name: "Jovana Petrović", BornOn: "2003-05-03"}, jovan}, [][2]int{{0, 1}, {1, 0}},
		},
	} {
		if got := duplicates.SamePeople(c.a, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s: the same are %v, want %v", what, got, c.want)
		}
	}
}

// Two names are compared in memory of their own: how much that is tells how many are.
func TestManyNamesAreComparedLittleMoreThanTwo(t *testing.T) {
	w := duplicates.DefaultWeights()
	work := func(namesOfEach int) float64 {
		var profiles []*duplicates.Profile
		for side := range 2 {
			h := duplicates.Household{ID: uuid.UUID{byte(side)}}
			for range 20 {
				// no letter of the one is in the other
				h.Members = append(h.Members, duplicates.Member{Name: strings.Repeat([]string{"ababab ", "oeoeoe "}[side], namesOfEach)})
			}
			profiles = append(profiles, duplicates.ProfileOf(h))
		}
		return testing.AllocsPerRun(1, func() { w.Compare(profiles[0], profiles[1]) })
	}
	two, many := work(2), work(11)
	if two < 20*20 || many > 3*two {
		t.Errorf("to compare households whose members have eleven names each takes %v, with two names each %v", many, two)
	}
}

// TestTheFieldsAreThoseThatAreRead has a household and a person be read, and notes of which fields.
func TestTheFieldsAreThoseThatAreRead(t *testing.T) {
	read := func(of func(value func(string) syncproto.Value)) (fields []string) {
		of(func(field string) syncproto.Value {
			if !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
			return ""
		})
		slices.Sort(fields)
		return fields
	}
	sorted := func(list []string) []string { slices.Sort(list); return list }
	if got, want := read(func(v func(string) syncproto.Value) { duplicates.HouseholdOf(uuid.Nil, v) }), sorted(duplicates.HouseholdFields()); !slices.Equal(got, want) {
		t.Errorf("of households %q are read, want %q", got, want)
	}
	if got, want := read(func(v func(string) syncproto.Value) { duplicates.MemberOf(v) }), sorted(duplicates.MemberFields()); !slices.Equal(got, want) {
		t.Errorf("of people %q are read, want %q", got, want)
	}
}

// What a household is made of are parts of records, which are much larger.
func TestAProfileHoldsNothingOfTheTextsItWasMadeOf(t *testing.T) {
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := inUse()
	var kept []*duplicates.Profile
	for i := range 64 {
		record := fmt.Sprintf("%08dabcd1980-01-31%s", i, strings.Repeat("x", 1<<20))
		kept = append(kept, duplicates.ProfileOf(duplicates.Household{
			Card: record[:8], Head: record[8:12], Phone: record[:8], Origin: record[8:12],
			Members: []duplicates.Member{{Name: record[8:12], Document: record[:8], BornOn: record[12:22]}},
		}))
	}
	if grown := inUse() - before; grown > 8<<20 {
		t.Errorf("%d profiles hold %d MiB", len(kept), grown>>20)
	}
	runtime.KeepAlive(kept)
}
