package fleet

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// A Plan is everything that a history is made of. It is a function of the seed; a failing one is
// shortened by leaving steps out.
type Plan struct {
	Seed    uint64
	Tablets int
	// Narrow is set if few people work on one household in all areas, and on little else.
	Narrow bool `json:",omitempty"`
	// Span is how long it takes, if nothing is slow.
	Span  time.Duration
	Steps []Step
}

// A Step is one thing that somebody does.
type Step struct {
	// Index is the step's place in the plan of the seed.
	Index int
	// At is when, from the beginning.
	At time.Duration
	// Actor is who: 0 is the office, then come the tablets, and behind them those that are copied.
	Actor int
	Kind  Kind
	// Roll decides everything that the kind leaves open.
	Roll uint64
}

// A Kind is what somebody does.
type Kind string

// What workers do on their tablets, and what becomes of the tablets.
const (
	registers Kind = "registers"
	edits     Kind = "edits"
	lends     Kind = "has somebody else edit"
	opens     Kind = "opens a form"
	fills     Kind = "saves the form"
	deletes   Kind = "deletes"
	takesBack Kind = "takes a deletion back"
	delivers  Kind = "delivers"
	proves    Kind = "proves a delivery"
	moves     Kind = "moves"
	syncs     Kind = "syncs"
	restarts  Kind = "restarts"
	setsClock Kind = "sets the clock"
	isCopied  Kind = "is copied"
	isTripled Kind = "is copied twice"
	keepsCopy Kind = "is kept a copy of"
	goesBack  Kind = "is put back to the copy"
	isSpoilt  Kind = "has a record taken out of its file"
	fillsUp   Kind = "has a full disk"
	freesUp   Kind = "has room again"
	rescues   Kind = "hands in a rescue file"
)

// What people do at the office, and what becomes of its machine.
const (
	settles    Kind = "settles"
	undoes     Kind = "undoes a settlement"
	corrects   Kind = "corrects"
	strikesOff Kind = "strikes off"
	decides    Kind = "decides about a held change"
	rescopes   Kind = "changes areas"
	revokes    Kind = "revokes"
	backsUp    Kind = "backs up"
	restores   Kind = "restores the backup"
	losesTail  Kind = "finds an older copy of its disk"
	forgets    Kind = "restores its first backup"
	losesDisk  Kind = "restores the backup on a new disk"
	findsDecay Kind = "finds photos damaged"
)

// weights say how often each kind comes.
type weights []struct {
	kind   Kind
	weight int
}

func (w weights) draw(r *rand.Rand) Kind {
	all := 0
	for _, each := range w {
		all += each.weight
	}
	at := r.IntN(all)
	for _, each := range w {
		if at -= each.weight; at < 0 {
			return each.kind
		}
	}
	return w[0].kind
}

func ofTablets() weights {
	return weights{
		{registers, 8},
		{edits, 24},
		{lends, 2},
		{opens, 6},
		{fills, 6},
		{deletes, 5},
		{takesBack, 6},
		{delivers, 4},
		{proves, 8},
		{moves, 8},
		{syncs, 36},
		{restarts, 2},
		{setsClock, 3},
		{isCopied, 3},
		{isTripled, 2},
		{keepsCopy, 3},
		{goesBack, 4},
		{isSpoilt, 3},
		{fillsUp, 1},
		{freesUp, 2},
		{rescues, 1},
	}
}

func ofOffice() weights {
	return weights{
		{settles, 20},
		{undoes, 10},
		{corrects, 8},
		{strikesOff, 2},
		{decides, 10},
		{rescopes, 10},
		{revokes, 4},
		{backsUp, 5},
		{restores, 5},
		{forgets, 3},
		{losesDisk, 5},
		{findsDecay, 4},
		{losesTail, 2},
		{restarts, 2},
		{setsClock, 1},
		{fillsUp, 2},
		{freesUp, 3},
	}
}

// ofDesk is what people do at the office in a narrow plan, where there is more to decide.
func ofDesk() weights {
	return weights{
		{settles, 28},
		{undoes, 20},
		{corrects, 10},
		{strikesOff, 4},
		{decides, 4},
		{revokes, 4},
		{backsUp, 3},
		{restores, 3},
		{forgets, 2},
		{losesDisk, 3},
		{findsDecay, 2},
		{losesTail, 1},
		{restarts, 2},
		{fillsUp, 1},
		{freesUp, 2},
	}
}

// maxCopies is how many tablets may come to be by copying.
const maxCopies = 2

// NewPlan makes the plan of a seed: 5 to 10 tablets, and some weeks or one busy hour. One in three is narrow: what
// goes wrong among people who meet over the same field again and again would hardly ever happen to many.
func NewPlan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it makes up a story, and no secret
	p := Plan{Seed: seed, Tablets: 5 + r.IntN(6), Narrow: r.IntN(3) == 0}
	office, every := ofOffice(), 6
	if p.Narrow {
		p.Tablets = 5 - maxCopies
		office, every = ofDesk(), 4
	}
	p.Span = time.Duration(2+r.IntN(40)) * 24 * time.Hour
	if r.IntN(2) == 0 { // within the life of an access token, a copied tablet is found out by its history alone
		p.Span = time.Duration(10+r.IntN(60)) * time.Minute
	}
	for range 60 + r.IntN(120) {
		s := Step{At: time.Duration(r.Int64N(int64(p.Span))), Roll: r.Uint64()}
		if r.IntN(every) > 0 {
			s.Actor = 1 + r.IntN(p.Tablets+maxCopies)
			s.Kind = ofTablets().draw(r)
		} else {
			s.Kind = office.draw(r)
		}
		p.Steps = append(p.Steps, s)
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	for i := range p.Steps {
		p.Steps[i].Index = i
		// No two steps share a moment: what comes first does not depend on the scheduler.
		p.Steps[i].At = p.Steps[i].At.Truncate(time.Millisecond) + time.Duration(i)*time.Microsecond
	}
	return p
}

// Only gives the plan with nothing but some of its steps.
func (p Plan) Only(indexes []int) Plan {
	p.Steps = slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return !slices.Contains(indexes, s.Index) })
	return p
}

// of gives the steps of one actor.
func (p Plan) of(actor int) []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Actor != actor })
}
