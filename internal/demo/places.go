package demo

import "satchel/syncproto"

// A municipality is where a project works.
type municipality struct {
	name        string
	at          syncproto.Place
	settlements []string
}

// A district is what municipalities are grouped by.
type district struct {
	// code is that of ISO 3166-2, where the district has one.
	code, name     string
	municipalities []municipality
}

// A country is a root of the tree of areas.
type country struct {
	code, name string
	districts  []district
}

// countries gives the tree of areas. Positions are those of the towns, to about a kilometre.
//
// *This designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999
// and the ICJ Opinion on the Kosovo declaration of independence.
func countries() []country {
	return []country{{"RS", "Serbia", serbia()}, {"", "Kosovo*", kosovo()}}
}

func serbia() []district {
	return []district{
		{"RS-10", "Podunavlje", []municipality{
			{"Smederevo", town(44.664, 20.927), []string{"Radinac", "Vranovo", "Mihajlovac"}},
		}},
		{"RS-12", "Šumadija", []municipality{
			{"Kragujevac", town(44.014, 20.912), []string{"Grošnica", "Desimirovac", "Trmbas"}},
		}},
		{"RS-17", "Moravica", []municipality{
			{"Čačak", town(43.891, 20.349), []string{"Mrčajevci", "Preljina", "Trnava"}},
		}},
		{"RS-18", "Raška", []municipality{
			{"Kraljevo", town(43.724, 20.687), []string{"Konarevo", "Ribnica", "Mataruška Banja"}},
			{"Raška", town(43.285, 20.613), []string{"Baljevac", "Jošanička Banja", "Rudnica"}},
			{"Vrnjačka Banja", town(43.627, 20.896), []string{"Vraneši", "Novo Selo"}},
		}},
		{"RS-19", "Rasina", []municipality{
			{"Kruševac", town(43.580, 21.327), []string{"Makrešane", "Jasika", "Kapidžija"}},
		}},
		{"RS-20", "Nišava", []municipality{
			{"Niš", town(43.320, 21.896), []string{"Trupale", "Brzi Brod", "Medoševac"}},
		}},
		{"RS-21", "Toplica", []municipality{
			{"Prokuplje", town(43.234, 21.588), []string{"Beloljin", "Mala Plana"}},
			{"Kuršumlija", town(43.141, 21.267), []string{"Kuršumlijska Banja", "Lukovo"}},
		}},
		{"RS-23", "Jablanica", []municipality{
			{"Leskovac", town(42.998, 21.946), []string{"Vučje", "Grdelica", "Bobište"}},
		}},
		{"RS-24", "Pčinja", []municipality{
			{"Vranje", town(42.551, 21.900), []string{"Vranjska Banja", "Neradovac"}},
			{"Bujanovac", town(42.459, 21.767), []string{"Rakovac", "Levosoje", "Žbevac"}},
		}},
	}
}

func kosovo() []district {
	return []district{
		{"", "Mitrovica", []municipality{
			{"North Mitrovica", town(42.896, 20.866), []string{"Suvi Do"}},
			{"Zvečan", town(42.907, 20.840), []string{"Rudare", "Grabovac", "Banjska"}},
			{"Zubin Potok", town(42.914, 20.690), []string{"Zupče", "Brnjak", "Velji Breg"}},
			{"Leposavić", town(43.103, 20.803), []string{"Lešak", "Sočanica"}},
		}},
		{"", "Priština", []municipality{
			{"Gračanica", town(42.600, 21.195), []string{"Laplje Selo", "Čaglavica", "Preoce"}},
			{"Novo Brdo", town(42.616, 21.435), []string{"Prekovce", "Bostane", "Zebince"}},
		}},
		{"", "Peć", []municipality{
			{"Peć", town(42.660, 20.288), []string{"Goraždevac", "Belo Polje", "Ljevoša"}},
			{"Istok", town(42.781, 20.489), []string{"Osojane", "Crkolez", "Žač"}},
			{"Klina", town(42.621, 20.577), []string{"Vidanje", "Grabac", "Drsnik"}},
		}},
		{"", "Gnjilane", []municipality{
			{"Gnjilane", town(42.463, 21.469), []string{"Šilovo", "Gornje Kusce", "Koretište"}},
		}},
		{"", "Uroševac", []municipality{
			{"Štrpce", town(42.239, 21.027), []string{"Brezovica", "Gotovuša", "Drajkovce"}},
		}},
	}
}

func town(lat, lon float64) syncproto.Place {
	return syncproto.Place{Lat: lat, Lon: lon, Accuracy: 1000, Source: "map"}
}

// towns gives where each municipality is.
func towns() map[string]syncproto.Place {
	out := map[string]syncproto.Place{}
	for _, country := range countries() {
		for _, district := range country.districts {
			for _, m := range district.municipalities {
				out[m.name] = m.at
			}
		}
	}
	return out
}
