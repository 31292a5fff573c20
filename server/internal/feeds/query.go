package feeds

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Query is what a request asks for of a view.
type Query struct {
	View    View
	Columns []Column
	Test    store.Test
	// After is the id behind which to begin, "" for the first.
	After string
	// Skip is how many rows to leave out there; Top the most to give, -1 for all.
	Skip, Top int
	// Counted says that the number of all rows is wanted too.
	Counted bool
	// said holds the options that a link to the next page repeats.
	said url.Values
}

// The options of OData that are served, and others that it has.
var (
	served   = []string{"$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format"}
	unserved = []string{"$expand", "$search", "$apply", "$compute", "$levels", "$index", "$schemaversion", "$deltatoken", "$id"}
)

// Parse reads the options of a request. It fails with bad_request on those that cannot be understood, and with
// unsupported on what OData has and this service has not. An option that does not begin with $ is none of OData's, and
// asks for nothing.
func Parse(v View, options url.Values) (Query, error) {
	q := Query{View: v, Columns: v.Columns, Top: -1, said: url.Values{}}
	if err := checkOptions(options); err != nil {
		return q, err
	}
	for _, repeated := range []string{"$select", "$filter"} {
		if text := options.Get(repeated); text != "" {
			q.said.Set(repeated, text)
		}
	}
	var err error
	if text := options.Get("$select"); text != "" {
		if q.Columns, err = v.selected(text); err != nil {
			return q, err
		}
	}
	if text := options.Get("$filter"); text != "" {
		if q.Test, err = parseFilter(v, text); err != nil {
			return q, err
		}
	}
	return q, q.parsePlace(options)
}

// checkOptions refuses what is not served before anything is read.
func checkOptions(options url.Values) error {
	for name, values := range options {
		switch {
		case !strings.HasPrefix(name, "$"):
		case slices.Contains(unserved, name):
			return unsupported(name)
		case !slices.Contains(served, name):
			return refuse("OData has no option %q.", name)
		case len(values) > 1:
			return refuse("The option %s is given twice.", name)
		}
	}
	if format := options.Get("$format"); format != "" && !acceptsJSON(format) {
		return syncproto.Refuse(syncproto.CodeMediaType, "Rows come as JSON: ask for $format=json, or leave it out.")
	}
	return nil
}

// acceptsJSON reports whether a media type, or the word for it, is the one that rows come in.
func acceptsJSON(format string) bool {
	kind, parameters, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(format), " ", ""), ";")
	if kind != "json" && kind != "application/json" {
		return false
	}
	for parameter := range strings.SplitSeq(parameters, ";") {
		if !slices.Contains([]string{"", "odata.metadata=minimal", "odata.streaming=true", "odata.streaming=false", "ieee754compatible=false"}, parameter) {
			return false
		}
	}
	return true
}

// selected gives the columns that $select names.
func (v View) selected(text string) ([]Column, error) {
	var out []Column
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "*" {
			return v.Columns, nil
		}
		c, known := v.column(name)
		if !known {
			return nil, v.unknown(name)
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (v View) unknown(name string) error {
	return refuse("%s has no property %.40q. It has %s.", v.Collection.Name, name, strings.Join(names(v.Columns), ", "))
}

// parsePlace reads the options that say which of the rows are wanted.
func (q *Query) parsePlace(options url.Values) (err error) {
	if order := strings.Fields(options.Get("$orderby")); len(order) > 0 {
		if order[0] != keyColumn || len(order) > 2 || len(order) == 2 && order[1] != "asc" {
			return unsupported("another order than that of " + keyColumn)
		}
	}
	if q.Top, err = wholeNumber(options, "$top", -1); err != nil {
		return err
	}
	if q.Skip, err = wholeNumber(options, "$skip", 0); err != nil {
		return err
	}
	switch count := options.Get("$count"); count {
	case "", "false":
	case "true":
		q.Counted = true
	default:
		return refuse("$count is true or false.")
	}
	if token := options.Get("$skiptoken"); token != "" {
		if _, err := syncproto.ParseID(token); err != nil {
			return refuse("The $skiptoken is not one that this service gave.")
		}
		q.After = token
	}
	return nil
}

// wholeNumber reads a number of rows. More than there can be are as many as there are.
func wholeNumber(options url.Values, name string, without int) (int, error) {
	text := options.Get(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, refuse("%s is a whole number, 0 or more.", name)
	}
	return int(n), nil
}

// next gives the options of the link to the next page, behind so many rows.
func (q Query) next(after string, given int) url.Values {
	out := url.Values{"$skiptoken": {after}}
	for name, values := range q.said {
		out[name] = values
	}
	if q.Top >= 0 {
		out.Set("$top", strconv.Itoa(q.Top-given))
	}
	return out
}
