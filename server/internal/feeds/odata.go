package feeds

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"

	"satchel/server/internal/store"
)

// Namespace is that of the entity types in the metadata.
const Namespace = "Satchel"

// PageRows is the most rows of one answer: more follow behind a link.
const PageRows = 10_000

// ServiceDocument names the sets that a token may read. root is the address of the service, with a slash at its end.
func ServiceDocument(token store.FeedToken, root string) any {
	type set struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
		URL  string `json:"url"`
	}
	sets := []set{}
	for _, v := range Views(token) {
		sets = append(sets, set{v.Collection.Name, "EntitySet", v.Collection.Name})
	}
	return map[string]any{"@odata.context": root + "$metadata", "value": sets}
}

// Metadata describes what a token may read, as an EDMX document. A set says of itself that it can be filtered with no
// function, put in no other order and expanded by nothing, so that programs do that themselves.
func Metadata(token store.FeedToken) string {
	var types, sets strings.Builder
	for _, v := range Views(token) {
		fmt.Fprintf(&types, "   <EntityType Name=\"%s\">\n    <Key><PropertyRef Name=\"%s\"/></Key>\n", v.Collection.Name, keyColumn)
		for _, c := range v.Columns {
			nullable := ""
			if c.Name == keyColumn {
				nullable = ` Nullable="false"`
			}
			fmt.Fprintf(&types, "    <Property Name=\"%s\" Type=\"%s\"%s%s>%s</Property>\n", c.Name, c.edmType(), nullable, precision[c.edmType()], described(c.Doc))
		}
		types.WriteString("   </EntityType>\n")
		fmt.Fprintf(&sets, "    <EntitySet Name=\"%[1]s\" EntityType=\"%[2]s.%[1]s\">%[3]s%[4]s</EntitySet>\n", v.Collection.Name, Namespace, described(v.Collection.Doc), v.restrictions())
	}
	return `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
 <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml"><edmx:Include Namespace="Org.OData.Core.V1"/></edmx:Reference>
 <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml"><edmx:Include Namespace="Org.OData.Capabilities.V1"/></edmx:Reference>
 <edmx:DataServices>
  <Schema Namespace="` + Namespace + `" xmlns="http://docs.oasis-open.org/odata/ns/edm">
` + types.String() + `   <EntityContainer Name="Feeds">
    <Annotation Term="Org.OData.Capabilities.V1.FilterFunctions"><Collection/></Annotation>
` + sets.String() + `   </EntityContainer>
  </Schema>
 </edmx:DataServices>
</edmx:Edmx>
`
}

// precision says how finely a time is written.
var precision = map[string]string{"Edm.DateTimeOffset": ` Precision="0"`}

// described writes a sentence beside what it is about.
func described(doc string) string {
	var text strings.Builder
	_ = xml.EscapeText(&text, []byte(doc)) // in memory, where nothing fails
	return `<Annotation Term="Org.OData.Core.V1.Description" String="` + text.String() + `"/>`
}

// restrictions says what cannot be done with a set.
func (v View) restrictions() string {
	var fixed strings.Builder
	for _, c := range v.Columns {
		if c.Name != keyColumn {
			fixed.WriteString("<PropertyPath>" + c.Name + "</PropertyPath>")
		}
	}
	return `<Annotation Term="Org.OData.Capabilities.V1.SortRestrictions"><Record>` +
		`<PropertyValue Property="NonSortableProperties"><Collection>` + fixed.String() + `</Collection></PropertyValue></Record></Annotation>` +
		`<Annotation Term="Org.OData.Capabilities.V1.ExpandRestrictions"><Record><PropertyValue Property="Expandable" Bool="false"/></Record></Annotation>` +
		`<Annotation Term="Org.OData.Capabilities.V1.SearchRestrictions"><Record><PropertyValue Property="Searchable" Bool="false"/></Record></Annotation>`
}

// WriteSet answers a query with a page of a set, and a link to the next one if there are more. root is the address of the
// service, with a slash at its end.
func WriteSet(ctx context.Context, s *store.Store, q Query, root string, w io.Writer) error {
	head := map[string]any{"@odata.context": q.context(root)}
	if q.Counted {
		n, err := q.Count(ctx, s)
		if err != nil {
			return err
		}
		head["@odata.count"] = n
	}
	text, err := plainJSON(head)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, strings.TrimSuffix(text, "}")+`,"value":[`); err != nil {
		return fmt.Errorf("write a feed: %w", err)
	}
	most := PageRows
	if q.Top >= 0 {
		most = min(most, q.Top)
	}
	more, err := q.stream(ctx, s, most, asJSON{columns: q.Columns}, w)
	if err != nil {
		return err
	}
	end := "\n]}\n"
	if more != "" && q.Top != most {
		link, err := plainJSON(root + q.View.Collection.Name + "?" + query(q.next(more, most)))
		if err != nil {
			return err
		}
		end = "\n],\"@odata.nextLink\":" + link + "}\n"
	}
	_, err = io.WriteString(w, end)
	return err
}

// query writes options with their $ as it is, and a space as clients of OData write it.
func query(options url.Values) string {
	return strings.ReplaceAll(strings.ReplaceAll(options.Encode(), "%24", "$"), "+", "%20")
}

// context names what an answer holds.
func (q Query) context(root string) string {
	selected := ""
	if len(q.Columns) < len(q.View.Columns) {
		selected = "(" + strings.Join(names(q.Columns), ",") + ")"
	}
	return root + "$metadata#" + q.View.Collection.Name + selected
}

// plainJSON writes a value on one line, without escapes that only web pages need.
func plainJSON(x any) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(x)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// Accepts reports whether an Accept header allows what an address gives, of a media type; of JSON, as this service writes it.
func Accepts(accept, mediaType string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	for offer := range strings.SplitSeq(accept, ",") {
		offer, quality, weighed := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";q=")
		if refused := weighed && strings.Trim(quality, "0.") == ""; !refused && covers(offer, mediaType) {
			return true
		}
	}
	return false
}

// covers reports whether a part of an Accept header means a media type.
func covers(offer, mediaType string) bool {
	kind, _, _ := strings.Cut(offer, ";")
	family, _, _ := strings.Cut(mediaType, "/")
	switch kind {
	case "*/*", family + "/*":
		return true
	case mediaType:
		return mediaType != "application/json" || acceptsJSON(offer)
	}
	return false
}
