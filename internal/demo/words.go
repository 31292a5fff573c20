package demo

// The words that fill the forms.

func streets() []string {
	return []string{
		"Kosovska", "Karađorđeva", "Svetog Save", "Dositejeva", "Cara Lazara", "Njegoševa", "Vuka Karadžića", "Zelena",
		"Kralja Petra", "Hajduk Veljkova", "Nemanjina", "Vojvode Mišića", "Školska", "Omladinska",
	}
}

// origins are where the families were displaced from.
func origins() []string {
	return []string{"Peć", "Istok", "Klina", "Đakovica", "Prizren", "Priština", "Uroševac", "Gnjilane", "Lipljan", "Obilić", "Vučitrn", "Vitina", "Suva Reka", "Orahovac"}
}

func dwellings() []string {
	return []string{"collective centre", "own house", "rented", "with relatives"}
}

// pursuits are what grants start, by type of assistance.
func pursuits() map[string][]string {
	return map[string][]string{
		"INCOME":   {"tailoring", "car repair", "greenhouse vegetables", "hairdressing", "beekeeping", "carpentry", "catering", "sheep farming"},
		"BUSINESS": {"raspberries", "dairy", "bakery", "chicken farm", "plumbing", "mushroom growing"},
	}
}

// subjects are what activities are about, by kind and institution.
func subjects(kind, institution string) []string {
	switch {
	case kind == "training" && institution == commissariat:
		return []string{"Vocational training: tailoring", "Agriculture: greenhouse vegetables", "Safety at work", "Vocational training: welding"}
	case kind == "training":
		return []string{"Vocational training: cookery", "Information technology basics", "Bus and truck driving"}
	case kind == "go_and_see_visit":
		return []string{"Look at the house and talk to the neighbours"}
	case kind == "public_event":
		return []string{"Open day of the municipality", "Round table on return"}
	case kind == "local_action_plan":
		return []string{"Local action plan for refugees and the displaced"}
	}
	return []string{"Radio and leaflets", "Information by telephone and at the door"}
}
