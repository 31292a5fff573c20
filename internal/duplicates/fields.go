package duplicates

import (
	"encoding/json"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// HouseholdFields and MemberFields name the fields that [HouseholdOf] and [MemberOf] read.
func HouseholdFields() []string {
	return []string{"card_number", "head_name", "phone", "place_of_origin", "area", "position"}
}

// MemberFields is described at [HouseholdFields].
func MemberFields() []string {
	return []string{"name", "document_number", "sex", "born_on", "birth_year"}
}

// HouseholdOf gives what a record of households says, without its members. value gives the value of a field, "" if
// there is none.
func HouseholdOf(id uuid.UUID, value func(field string) syncproto.Value) Household {
	h := Household{
		ID: id, Card: value("card_number").Text(), Head: value("head_name").Text(), Phone: value("phone").Text(),
		Origin: value("place_of_origin").Text(), Area: value("area").ID(),
	}
	var at syncproto.Place
	if v := value("position"); !v.IsNull() && json.Unmarshal([]byte(v), &at) == nil {
		h.Position = &Point{Latitude: at.Lat, Longitude: at.Lon}
	}
	return h
}

// MemberOf gives what a record of people says.
func MemberOf(value func(field string) syncproto.Value) Member {
	m := Member{
		Name: value("name").Text(), Document: value("document_number").Text(), Sex: value("sex").Text(), BornOn: value("born_on").Text(),
	}
	if v := value("birth_year"); !v.IsNull() && json.Unmarshal([]byte(v), &m.BirthYear) != nil {
		m.BirthYear = 0 // a newer program wrote something else
	}
	return m
}
