package truth

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
)

// columns are those of a table, named as the fields of households are; further ones are passed over.
var columns = []string{"truth", "card_number", "head_name", "phone", "place_of_origin", "area", "position_lat", "position_lon", "members"}

// Read reads a table of households: CSV, of which the column truth says which family each is, and of which every
// other column may be missing. The members of a household stand in one cell, with semicolons between them; a member is
// a name, and perhaps a date or year of birth and a document number, with bars between them:
//
//	Petar Petrović|1970-01-31|003456789; Ana Petrović|1974
func Read(from io.Reader) (Set, error) {
	rows := csv.NewReader(from)
	head, err := rows.Read()
	if err != nil {
		return Set{}, fmt.Errorf("read the households: %w", err)
	}
	if !slices.Contains(head, "truth") {
		return Set{}, errors.New("the table has no column truth, which says of each household which family it is")
	}
	var out Set
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return Set{}, fmt.Errorf("read the households: %w", err)
		}
		cells := map[string]string{}
		for i, name := range head {
			cells[name] = strings.TrimSpace(row[i])
		}
		h, err := household(cells)
		if err != nil {
			return Set{}, fmt.Errorf("line %d of the households: %w", line, err)
		}
		h.ID = idOf(fmt.Sprint("line ", line))
		out.add(h, cells["truth"])
	}
}

// idOf gives the same id for the same text.
func idOf(text string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(text)) }

func household(cells map[string]string) (h duplicates.Household, err error) {
	h = duplicates.Household{
		Card: cells["card_number"], Head: cells["head_name"], Phone: cells["phone"], Origin: cells["place_of_origin"],
	}
	if cells["area"] != "" {
		h.Area = idOf("area " + cells["area"])
	}
	if cells["position_lat"] != "" || cells["position_lon"] != "" {
		latitude, errLat := strconv.ParseFloat(cells["position_lat"], 64)
		longitude, errLon := strconv.ParseFloat(cells["position_lon"], 64)
		if errors.Join(errLat, errLon) != nil {
			return h, errors.New("position_lat and position_lon have to be degrees such as 43.32")
		}
		h.Position = &duplicates.Point{Latitude: latitude, Longitude: longitude}
	}
	for text := range strings.SplitSeq(cells["members"], ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		m, err := memberOf(text)
		if err != nil {
			return h, err
		}
		h.Members = append(h.Members, m)
	}
	return h, nil
}

func memberOf(text string) (m duplicates.Member, err error) {
	name, rest, _ := strings.Cut(text, "|")
	born, document, _ := strings.Cut(rest, "|")
	m.Name, m.Document = name, document
	if born == "" {
		return m, nil
	}
	if _, err := time.Parse(time.DateOnly, born); err == nil {
		m.BornOn = born
		return m, nil
	}
	if m.BirthYear, err = strconv.Atoi(born); err != nil {
		return m, fmt.Errorf("a member's birth is %q, and has to be a date such as 1970-01-31 or a year", born)
	}
	return m, nil
}

// Write writes a set as [Read] reads it.
func Write(to io.Writer, s Set) error {
	rows := csv.NewWriter(to)
	err := rows.Write(columns)
	for i, h := range s.Households {
		row := []string{s.Families[i], h.Card, h.Head, h.Phone, h.Origin, "", "", "", members(h.Members)}
		if h.Area != uuid.Nil {
			row[5] = h.Area.String()
		}
		if h.Position != nil {
			row[6], row[7] = degrees(h.Position.Latitude), degrees(h.Position.Longitude)
		}
		err = errors.Join(err, rows.Write(row))
	}
	rows.Flush()
	return errors.Join(err, rows.Error())
}

func degrees(of float64) string { return strconv.FormatFloat(of, 'f', 6, 64) }

func members(list []duplicates.Member) string {
	out := make([]string, len(list))
	for i, m := range list {
		born := m.BornOn
		if born == "" && m.BirthYear != 0 {
			born = strconv.Itoa(m.BirthYear)
		}
		out[i] = strings.TrimRight(m.Name+"|"+born+"|"+m.Document, "|")
	}
	return strings.Join(out, "; ")
}
