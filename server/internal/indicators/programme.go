package indicators

import (
	"context"

	"satchel/server/internal/store"
)

// The institutions, as they stand in projects.
const (
	commissariat = "Commissariat for Refugees and Migration"
	office       = "Office for Kosovo and Metohija"
)

// An indicator is a line of the table and how its value is counted.
type indicator struct {
	institution, title, published string
	definition                    string
	count                         count
	estimate                      bool
}

// A count queries one value.
type count func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error)

// programme gives the indicators of the reference programme with the values that it published (KMOP,
// "Better life for internally displaced persons and returnees", 2020).
//
// The definitions say "delivered" for what deliveries record that are not cancelled. Families and
// people count once, however often they were recorded, as soon as the duplicates are merged.
func programme() []indicator {
	return []indicator{
		{
			institution: commissariat, title: "prefabricated houses delivered", published: "21",
			definition: "quantity delivered of the type PREFAB", count: quantity("PREFAB"),
		},
		{
			institution: commissariat, title: "building material packages provided", published: "134",
			definition: "quantity delivered of the type MATERIAL", count: quantity("MATERIAL"),
		},
		{
			institution: commissariat, title: "village houses provided", published: "29",
			definition: "quantity delivered of the type VILLAGE", count: quantity("VILLAGE"),
		},
		{
			institution: commissariat, title: "families with a durable housing solution", published: "184",
			definition: "households to which a type was delivered that counts as durable housing",
			count:      families(store.Assistance{Durable: true}),
		},
		{
			institution: commissariat, title: "income-generation grants distributed", published: "86",
			definition: "quantity delivered of the type INCOME", count: quantity("INCOME"),
		},
		{
			institution: commissariat, title: "people who started their own business", published: "86",
			definition: "people with a livelihood that started", count: starters,
		},
		{
			institution: commissariat, title: "people trained (VET, agriculture, safety at work)", published: "437",
			definition: "people who completed a training", count: completed("training"),
		},
		{
			institution: commissariat, title: "people reached by outreach (estimate)", published: "12,000+", estimate: true,
			definition: "estimated reach of outreach campaigns", count: reach("outreach_campaign"),
		},
		{
			institution: commissariat, title: "local action plans supported", published: "11",
			definition: "activities that are local action plans", count: activities("local_action_plan"),
		},
		{
			institution: office, title: "families enabled to return", published: "67",
			definition: "returnee households, back since a day of the period, to which return transport was delivered",
			count:      returned(store.Assistance{Category: "transport"}),
		},
		{
			institution: office, title: "grants for own business or agriculture", published: "57",
			definition: "quantity delivered of the type BUSINESS", count: quantity("BUSINESS"),
		},
		{
			institution: office, title: "participants of go-and-see visits", published: "97",
			definition: "people who came to a go-and-see visit", count: attended("go_and_see_visit"),
		},
		{
			institution: office, title: "families supported with return transport", published: "67",
			definition: "households to which a type of the category transport was delivered",
			count:      families(store.Assistance{Category: "transport"}),
		},
		{
			institution: office, title: "families with furniture and white-goods packages", published: "67",
			definition: "households to which a type of the category furniture was delivered",
			count:      families(store.Assistance{Category: "furniture"}),
		},
		{
			institution: office, title: "event participants (estimate)", published: "1,000+", estimate: true,
			definition: "estimated reach of public events", count: reach("public_event"),
		},
		{
			institution: office, title: "people reached by information campaigns (estimate)", published: "40,000+", estimate: true,
			definition: "estimated reach of outreach campaigns", count: reach("outreach_campaign"),
		},
		{
			institution: office, title: "people trained (VET, IT, bus and truck driving)", published: "415",
			definition: "people who completed a training", count: completed("training"),
		},
		{
			institution: office, title: "income-generation grants (machinery, equipment)", published: "69",
			definition: "quantity delivered of the type MACHINERY", count: quantity("MACHINERY"),
		},
	}
}

func quantity(code string) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.QuantityDelivered(ctx, f, store.Assistance{Code: code})
	}
}

func families(a store.Assistance) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.FamiliesReached(ctx, f, a)
	}
}

func returned(a store.Assistance) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.FamiliesReturned(ctx, f, a)
	}
}

func starters(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
	return tx.BusinessStarters(ctx, f)
}

func completed(kind string) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.PeopleCompleted(ctx, f, kind)
	}
}

func attended(kind string) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.PeopleAttended(ctx, f, kind)
	}
}

func reach(kind string) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.EstimatedReach(ctx, f, kind)
	}
}

func activities(kind string) count {
	return func(ctx context.Context, tx *store.Tx, f store.Frame) (float64, error) {
		return tx.ActivityCount(ctx, f, kind)
	}
}
