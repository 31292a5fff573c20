package demo

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The institutions that the projects are monitored for.
const (
	commissariat = "Commissariat for Refugees and Migration"
	office       = "Office for Kosovo and Metohija"
)

// A project is a grant.
type project struct {
	code, title, institution, implementer string
	starts, ends                          string
}

func projects() []project {
	return []project{
		{"G01", "A home and a job in Kraljevo", commissariat, "Municipality of Kraljevo", "2018-08-01", "2020-07-31"},
		{"G02", "Housing and work for the displaced of Kruševac", commissariat, "Municipality of Kruševac", "2018-09-01", "2020-05-31"},
		{"G03", "From collective centre to own roof", commissariat, "Municipality of Niš", "2018-07-01", "2020-06-30"},
		{"G04", "Village houses around Leskovac", commissariat, "Municipality of Leskovac", "2018-10-01", "2020-05-31"},
		{"G05", "Better living conditions in the Pčinja district", commissariat, "Citizens' association Lipa", "2018-09-01", "2020-06-30"},
		{"G06", "Own start in Kragujevac", commissariat, "Municipality of Kragujevac", "2018-06-15", "2020-04-30"},
		{"G07", "Roof and trade in Smederevo", commissariat, "Municipality of Smederevo", "2018-11-01", "2020-06-30"},
		{"G08", "Work in the south-west", commissariat, "Citizens' association Breza", "2019-01-01", "2020-07-31"},
		{"G09", "Return to Gračanica and Novo Brdo", office, "Citizens' association Javor", "2018-06-15", "2020-05-31"},
		{"G10", "Staying in Štrpce and Gnjilane", office, "Citizens' association Jasen", "2018-08-15", "2020-04-30"},
		{"G11", "Return to Klina, Istok and Peć", office, "Citizens' association Bukva", "2018-06-01", "2020-07-31"},
		{"G12", "Skills and machines in the north", office, "Citizens' association Hrast", "2018-09-15", "2020-06-30"},
		{"G13", "Informed decision", office, "Citizens' association Kesten", "2018-09-01", "2020-05-31"},
	}
}

// An assistance is a kind of assistance.
type assistance struct {
	code, name, category, unit string
	limit                      int
	durable                    bool
}

func assistances() []assistance {
	return []assistance{
		{"PREFAB", "Prefabricated house", "housing", "house", 1, true},
		{"MATERIAL", "Building material package", "housing", "package", 1, true},
		{"VILLAGE", "Village house with garden", "housing", "house", 1, true},
		{"INCOME", "Income-generation grant", "income", "grant", 1, false},
		{"BUSINESS", "Grant for own business or agriculture", "income", "grant", 1, false},
		{"MACHINERY", "Income-generation grant: machinery and equipment", "income", "grant", 1, false},
		{"TRANSPORT", "Return transport", "transport", "family", 1, false},
		{"FURNITURE", "Furniture and white-goods package", "furniture", "package", 1, false},
	}
}

// A draft is a record that the office is about to make.
type draft struct {
	collection string
	id         uuid.UUID
	fields     map[string]any
}

// values gives the fields as they are kept, without the empty ones.
func (d draft) values() (map[string]syncproto.Value, error) {
	out := map[string]syncproto.Value{}
	for _, name := range slices.Sorted(maps.Keys(d.fields)) {
		if d.fields[name] == "" {
			continue
		}
		value, err := syncproto.ValueOf(d.fields[name])
		if err != nil {
			return nil, fmt.Errorf("field %s of %s: %w", name, d.collection, err)
		}
		out[name] = value
	}
	return out, nil
}

// A catalogue is what the office records before the first tablet is handed out.
type catalogue struct {
	drafts []draft
	// municipalities are the ids by name.
	municipalities map[string]uuid.UUID
}

func newCatalogue(shares []share) *catalogue {
	c := &catalogue{municipalities: map[string]uuid.UUID{}}
	for _, country := range countries() {
		root := c.area(country.name, country.code, "country", uuid.Nil)
		for _, district := range country.districts {
			node := c.area(district.name, district.code, "district", root)
			for _, m := range district.municipalities {
				c.municipalities[m.name] = c.area(m.name, "", "municipality", node)
				for _, settlement := range m.settlements {
					c.area(settlement, "", "settlement", c.municipalities[m.name])
				}
			}
		}
	}
	ids := map[string]uuid.UUID{}
	for _, p := range projects() {
		ids[p.code] = c.add("projects", map[string]any{
			"code": p.code, "title": p.title, "institution": p.institution, "implementer": p.implementer,
			"donor": "European Union", "starts_on": p.starts, "ends_on": p.ends,
		})
	}
	for _, a := range assistances() {
		c.add("assistance_types", map[string]any{
			"code": a.code, "name": a.name, "category": a.category, "unit": a.unit,
			"limit_per_household": a.limit, "durable_housing": a.durable,
		})
	}
	c.add("questionnaires", registration())
	c.addIndicators(shares, ids)
	return c
}

func (c *catalogue) add(collection string, fields map[string]any) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	c.drafts = append(c.drafts, draft{collection, id, fields})
	return id
}

func (c *catalogue) area(name, code, level string, parent uuid.UUID) uuid.UUID {
	fields := map[string]any{"name": name, "level": level, "official_code": code}
	if parent != uuid.Nil {
		fields["parent"] = parent
	}
	return c.add("areas", fields)
}

// registration is what is asked at the first visit, in every language of the field app.
func registration() map[string]any {
	label := func(en, sr, srCyrl, sq, ar string) map[string]any {
		return map[string]any{"en": en, "sr": sr, "sr-Cyrl": srCyrl, "sq": sq, "ar": ar}
	}
	return map[string]any{"code": "REG", "title": "Registration", "version": 1, "active": true, "questions": map[string]any{
		"living_in": map[string]any{
			"type": "choice", "required": true, "choices": []string{"collective centre", "own house", "rented", "with relatives"},
			"label": label("Where does the family live?", "Gde porodica živi?", "Где породица живи?", "Ku jeton familja?", "أين تسكن الأسرة؟"),
			"choice_labels": map[string]any{
				"collective centre": label("collective centre", "kolektivni centar", "колективни центар", "qendër kolektive", "مركز جماعي"),
				"own house":         label("own house", "sopstvena kuća", "сопствена кућа", "shtëpi e vet", "بيت ملك"),
				"rented":            label("rented", "pod kirijom", "под киријом", "me qira", "بالإيجار"),
				"with relatives":    label("with relatives", "kod rodbine", "код родбине", "te të afërmit", "عند الأقارب"),
			},
		},
		"wants_to_return": map[string]any{
			"type": "choice", "choices": []string{"no", "undecided", "yes"},
			"label": label("Do they want to return?", "Da li žele da se vrate?", "Да ли желе да се врате?", "A duan të kthehen?", "هل يريدون العودة؟"),
			"choice_labels": map[string]any{
				"no":        label("no", "ne", "не", "jo", "لا"),
				"undecided": label("undecided", "neodlučni su", "неодлучни су", "të pavendosur", "لم يقرروا بعد"),
				"yes":       label("yes", "da", "да", "po", "نعم"),
			},
		},
		"rooms": map[string]any{"type": "number", "label": label("How many rooms?", "Koliko soba?", "Колико соба?", "Sa dhoma?", "كم عدد الغرف؟")},
	}}
}
