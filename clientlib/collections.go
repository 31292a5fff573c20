package clientlib

import (
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The structs of the collections that a device works with; the fields are those of the registry in
// syncproto, where each is explained.

// An Area is a node of the administrative tree.
type Area struct {
	Meta         `satchel:"areas"`
	Name         string    `satchel:"name"`
	Parent       uuid.UUID `satchel:"parent"`
	Level        string    `satchel:"level"`
	OfficialCode string    `satchel:"official_code"`
}

// A Project is a grant.
type Project struct {
	Meta        `satchel:"projects"`
	Code        string `satchel:"code"`
	Title       string `satchel:"title"`
	Institution string `satchel:"institution"`
	Implementer string `satchel:"implementer"`
	Donor       string `satchel:"donor"`
	StartsOn    string `satchel:"starts_on"`
	EndsOn      string `satchel:"ends_on"`
}

// An AssistanceType is a kind of assistance that a household can be given.
type AssistanceType struct {
	Meta              `satchel:"assistance_types"`
	Code              string  `satchel:"code"`
	Name              string  `satchel:"name"`
	Category          string  `satchel:"category"`
	Unit              string  `satchel:"unit"`
	LimitPerHousehold float64 `satchel:"limit_per_household"`
	DurableHousing    *bool   `satchel:"durable_housing"`
	ProofRequired     *bool   `satchel:"proof_required"`
}

// A Questionnaire is what is asked at a visit.
type Questionnaire struct {
	Meta      `satchel:"questionnaires"`
	Code      string         `satchel:"code"`
	Title     string         `satchel:"title"`
	Version   int64          `satchel:"version"`
	Questions map[string]any `satchel:"questions"`
	Active    *bool          `satchel:"active"`
}

// A Household is a family that the programme knows.
type Household struct {
	Meta          `satchel:"households"`
	CardNumber    string           `satchel:"card_number"`
	HeadName      string           `satchel:"head_name"`
	Status        string           `satchel:"status"`
	Area          uuid.UUID        `satchel:"area"`
	Address       string           `satchel:"address"`
	PlaceOfOrigin string           `satchel:"place_of_origin"`
	Phone         string           `satchel:"phone"`
	Position      *syncproto.Place `satchel:"position"`
	DisplacedOn   string           `satchel:"displaced_on"`
	ReturnedOn    string           `satchel:"returned_on"`
	ConsentOn     string           `satchel:"consent_on"`
	Notes         string           `satchel:"notes"`
	MergedInto    uuid.UUID        `satchel:"merged_into"`
}

// A Person is a member of a household.
type Person struct {
	Meta           `satchel:"people"`
	Household      uuid.UUID `satchel:"household"`
	Name           string    `satchel:"name"`
	Sex            string    `satchel:"sex"`
	BornOn         string    `satchel:"born_on"`
	BirthYear      int64     `satchel:"birth_year"`
	Relation       string    `satchel:"relation"`
	DocumentNumber string    `satchel:"document_number"`
	Disability     string    `satchel:"disability"`
	Phone          string    `satchel:"phone"`
	MergedInto     uuid.UUID `satchel:"merged_into"`
}

// A Visit is a visit to a household.
type Visit struct {
	Meta          `satchel:"visits"`
	Household     uuid.UUID        `satchel:"household"`
	Project       uuid.UUID        `satchel:"project"`
	Purpose       string           `satchel:"purpose"`
	VisitedAt     time.Time        `satchel:"visited_at"`
	Worker        uuid.UUID        `satchel:"worker"`
	Position      *syncproto.Place `satchel:"position"`
	Findings      string           `satchel:"findings"`
	Questionnaire uuid.UUID        `satchel:"questionnaire"`
	Answers       map[string]any   `satchel:"answers"`
	NextVisitOn   string           `satchel:"next_visit_on"`
}

// An Entitlement is what a household or person is to be given.
type Entitlement struct {
	Meta           `satchel:"entitlements"`
	Household      uuid.UUID `satchel:"household"`
	Person         uuid.UUID `satchel:"person"`
	Project        uuid.UUID `satchel:"project"`
	AssistanceType uuid.UUID `satchel:"assistance_type"`
	Quantity       float64   `satchel:"quantity"`
	ApprovedOn     string    `satchel:"approved_on"`
	Status         string    `satchel:"status"`
}

// A Delivery is something that was handed over.
type Delivery struct {
	Meta           `satchel:"deliveries"`
	Household      uuid.UUID        `satchel:"household"`
	Person         uuid.UUID        `satchel:"person"`
	Project        uuid.UUID        `satchel:"project"`
	AssistanceType uuid.UUID        `satchel:"assistance_type"`
	Entitlement    uuid.UUID        `satchel:"entitlement"`
	Quantity       float64          `satchel:"quantity"`
	DeliveredAt    time.Time        `satchel:"delivered_at"`
	Recipient      string           `satchel:"recipient"`
	Proxy          string           `satchel:"proxy"`
	Position       *syncproto.Place `satchel:"position"`
	Proofs         map[string]any   `satchel:"proofs"`
	Note           string           `satchel:"note"`
	CancelledWhy   string           `satchel:"cancelled_why"`
	Worker         uuid.UUID        `satchel:"worker"`
}

// An Activity is something that people take part in.
type Activity struct {
	Meta           `satchel:"activities"`
	Project        uuid.UUID `satchel:"project"`
	Area           uuid.UUID `satchel:"area"`
	Kind           string    `satchel:"kind"`
	Topic          string    `satchel:"topic"`
	Title          string    `satchel:"title"`
	StartsOn       string    `satchel:"starts_on"`
	EndsOn         string    `satchel:"ends_on"`
	EstimatedReach int64     `satchel:"estimated_reach"`
}

// A Participation is a person's part in an activity.
type Participation struct {
	Meta      `satchel:"participations"`
	Activity  uuid.UUID `satchel:"activity"`
	Person    uuid.UUID `satchel:"person"`
	Attended  *bool     `satchel:"attended"`
	Completed *bool     `satchel:"completed"`
}

// A Livelihood is a business that a person started or expanded.
type Livelihood struct {
	Meta      `satchel:"livelihoods"`
	Person    uuid.UUID `satchel:"person"`
	Household uuid.UUID `satchel:"household"`
	Project   uuid.UUID `satchel:"project"`
	StartedOn string    `satchel:"started_on"`
	Business  string    `satchel:"business"`
}

// A Question is what the office asks the field about a record.
type Question struct {
	Meta            `satchel:"questions"`
	Household       uuid.UUID `satchel:"household"`
	Activity        uuid.UUID `satchel:"activity"`
	About           uuid.UUID `satchel:"about"`
	AboutCollection string    `satchel:"about_collection"`
	Field           string    `satchel:"field"`
	Text            string    `satchel:"text"`
	Answer          string    `satchel:"answer"`
	AnsweredAt      time.Time `satchel:"answered_at"`
	Closed          *bool     `satchel:"closed"`
}
