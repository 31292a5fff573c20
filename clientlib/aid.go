package clientlib

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/internal/aid"
)

// Aid is what a family is due and what it was given, as far as this device knows: what was last pulled, and what was
// recorded here since. A family is a household with those that were merged into it or it into them.
type Aid struct {
	// Households are those of the family that this device holds, the one that was kept first, deleted ones among them.
	Households []*Record `json:"households"`
	// Elsewhere is how many more there are, in areas that the device does not have: what they were given is not known here.
	Elsewhere int `json:"elsewhere"`
	// Known is when the areas of the households were last pulled to their end, by the server's clock; the zero time is
	// never. Age is how long ago that was, in ns where it is a number.
	Known time.Time     `json:"known,omitzero"`
	Age   time.Duration `json:"age"`
	// Shares are one for each assistance type of which the family is entitled to something or was given something.
	Shares []*Share `json:"shares"`
}

// A Share is what a family may have of an assistance type, and what it was given of it.
type Share struct {
	*aid.Share
	// Type is the assistance type, nil if the device does not hold it.
	Type *Record `json:"type"`
	// Deliveries are those to the family, cancelled ones among them, in the order in which they took place.
	Deliveries []Delivered `json:"deliveries"`
}

// Delivered is a delivery, and what the device knows about it beyond its fields.
type Delivered struct {
	*Record
	// Worker is the name of who delivered, "" if it is not known.
	Worker string `json:"worker"`
	// Unsent is set while the office has not acknowledged all that was recorded of it here.
	Unsent bool `json:"unsent"`
}

// Beyond says by how much a further delivery would go beyond what is still due, "" if it would not.
func (s *Share) Beyond(quantity float64) string {
	return s.Share.Beyond(aid.DecimalOf(strconv.FormatFloat(quantity, 'f', -1, 64))).String()
}

// Of gives the share of an assistance type: one in which nothing was delivered yet if there is none.
func (a Aid) Of(kind *Record) *Share {
	at := slices.IndexFunc(a.Shares, func(s *Share) bool { return s.Kind == kind.ID })
	if at >= 0 {
		return a.Shares[at]
	}
	none := aid.Share{Kind: kind.ID, Delivered: aid.DecimalOf("0")}
	none.Bound(aidOf(kind).LimitPerHousehold())
	return &Share{Share: &none, Type: kind, Deliveries: []Delivered{}}
}

// Aid gives what the family of a household is due and what it was given. It fails with [ErrNotFound].
func (s *Store) Aid(ctx context.Context, household uuid.UUID) (Aid, error) {
	var out Aid
	err := s.read(ctx, func(t *tx) error {
		r, err := t.record(ctx, household)
		if err == nil && r.Collection != "households" {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		mergers := func(households []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) { return t.mergers(ctx, households) }
		families, err := aid.Families([]uuid.UUID{household}, mergers)
		if err != nil {
			return err
		}
		if err := t.households(ctx, families[0], &out); err != nil {
			return err
		}
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		if !out.Known.IsZero() {
			out.Age = time.Duration(s.now(x)-out.Known.UnixMilli()) * time.Millisecond
		}
		return t.addUp(ctx, &out)
	})
	return out, err
}

// mergers gives, by duplicate, what it was merged into, of all mergers of which any of the households is a part.
func (t *tx) mergers(ctx context.Context, households []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	out := map[uuid.UUID]uuid.UUID{}
	for _, id := range households {
		query := "SELECT id, kept FROM records WHERE id = ? AND kept <> '' UNION SELECT id, kept FROM records WHERE kept = ? AND kept <> ''"
		err := t.each(ctx, query, []any{id, id}, func(scan func(...any) error) error {
			var duplicate, kept uuid.UUID
			err := scan(&duplicate, &kept)
			out[duplicate] = kept
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// households reads those of a family that the device holds, and how old its knowledge of them is.
func (t *tx) households(ctx context.Context, f aid.Family, out *Aid) error {
	oldest := int64(math.MaxInt64)
	for _, id := range f.Members {
		r, err := t.record(ctx, id)
		if errors.Is(err, ErrNotFound) {
			out.Elsewhere++
			continue
		}
		if err != nil {
			return err
		}
		at := len(out.Households)
		if id == f.Root {
			at = 0
		}
		out.Households = slices.Insert(out.Households, at, r)
		pulled, err := t.pulledAt(ctx, cmp.Or(r.Area, r.Reference("area")))
		if err != nil {
			return err
		}
		oldest = min(oldest, pulled)
	}
	out.Known = moment(oldest)
	return nil
}

// pulledAt gives when an area was last pulled to its end, 0 for never.
func (t *tx) pulledAt(ctx context.Context, area uuid.UUID) (at int64, err error) {
	err = t.QueryRowContext(ctx, "SELECT coalesce(max(pulled), 0) FROM cursors WHERE area = ?", area).Scan(&at)
	return at, err
}

// addUp says what a family is due and what it was given.
func (t *tx) addUp(ctx context.Context, out *Aid) error {
	records, err := t.belongings(ctx, out.Households)
	if err != nil {
		return err
	}
	byID, counted := map[uuid.UUID]*Record{}, []aid.Record(nil)
	for _, r := range records {
		byID[r.ID] = r
		counted = append(counted, aidOf(r))
	}
	out.Shares = []*Share{}
	for _, s := range aid.Shares(counted) {
		share := &Share{Share: s, Deliveries: []Delivered{}}
		limit := aid.Decimal{}
		if share.Type, err = t.record(ctx, s.Kind); err == nil {
			limit = aidOf(share.Type).LimitPerHousehold()
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		s.Bound(limit)
		for _, d := range s.Deliveries {
			delivered, err := t.delivered(ctx, byID[d.ID])
			if err != nil {
				return err
			}
			share.Deliveries = append(share.Deliveries, delivered)
		}
		slices.SortStableFunc(share.Deliveries, func(a, b Delivered) int { return a.When("delivered_at").Compare(b.When("delivered_at")) })
		out.Shares = append(out.Shares, share)
	}
	return nil
}

// belongings gives what belongs to households, and to the people of these.
func (t *tx) belongings(ctx context.Context, households []*Record) (out []*Record, err error) {
	for _, h := range households {
		own, err := t.children(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, own...)
		for _, r := range own {
			if r.Collection != "people" {
				continue
			}
			theirs, err := t.children(ctx, r.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, theirs...)
		}
	}
	return out, nil
}

// children gives what belongs to a household or a person and matters here, as shown, deleted records among it.
func (t *tx) children(ctx context.Context, parent uuid.UUID) ([]*Record, error) {
	var rows []row
	query := "SELECT " + rowColumns + " FROM records WHERE parent = ? AND collection IN ('people', 'entitlements', 'deliveries')"
	err := t.each(ctx, query, []any{parent}, func(scan func(...any) error) error {
		r, err := t.scanRow(scan)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]*Record, len(rows))
	for i, r := range rows {
		laid, err := t.laidOver(ctx, r.collection, r.id)
		if err != nil {
			return nil, err
		}
		out[i] = r.shown(laid)
	}
	return out, nil
}

// delivered adds to a delivery what its fields do not say.
func (t *tx) delivered(ctx context.Context, r *Record) (Delivered, error) {
	worker, err := t.worker(ctx, r.Reference("worker"))
	if err != nil {
		return Delivered{}, err
	}
	unsent, err := t.count(ctx, "SELECT count(*) FROM changes WHERE record = ? AND status = ''", r.ID)
	return Delivered{Record: r, Worker: worker, Unsent: unsent > 0}, err
}

// worker gives the name of somebody who may work on the device, "" for others.
func (t *tx) worker(ctx context.Context, id uuid.UUID) (name string, err error) {
	err = t.each(ctx, selectWorkers+" WHERE id = ?", []any{id}, func(scan func(...any) error) error {
		w, err := t.scanWorker(scan)
		name = w.Name
		return err
	})
	return name, err
}

// aidOf gives what counts of a record.
func aidOf(r *Record) aid.Record {
	out := aid.RecordOf(r.ID, r.Collection, r.Value)
	out.Deleted = r.Deleted
	return out
}
