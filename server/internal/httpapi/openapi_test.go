package httpapi_test

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// described gives the document of the interface. Objects take no members that it does not name, so that whoever adds one
// says so.
var described = sync.OnceValues(func() (*openapi3.T, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	var raw any
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	closeObjects(raw)
	if text, err = json.Marshal(raw); err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(text)
})

func closeObjects(x any) {
	switch x := x.(type) {
	case map[string]any:
		if _, named := x["properties"].(map[string]any); named && x["type"] == "object" {
			x["additionalProperties"] = false
		}
		for _, member := range x {
			closeObjects(member)
		}
	case []any:
		for _, item := range x {
			closeObjects(item)
		}
	}
}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var pathParameter = regexp.MustCompile(`:(\w+)`)

// documented gives the path of a route as the document has it.
func documented(path string) string { return pathParameter.ReplaceAllString(path, "{$1}") }

func TestTheDocumentIsOne(t *testing.T) {
	o := newOffice(t)
	got := o.do(call{"GET", "/api/v1/openapi.json", nil, nil})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v, %s", err, got.header.Get("Content-Type"))
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// The document has every route and no other, with its parameters and who may use it.
func TestTheDocumentHasEveryRoute(t *testing.T) {
	doc, rules, ids := document(t), rules(), map[string]bool{}
	known := map[string]bool{}
	for _, route := range newOffice(t).handler.(*echo.Echo).Routes() { //nolint:forcetypeassert // as in access_test.go
		name := route.Method + " " + route.Path
		if _, page := pageRules()[name]; page {
			continue // it is for people, and not for programs
		}
		item := doc.Paths.Value(documented(route.Path))
		if item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s is not in openapi.json", name)
			continue
		}
		op := item.GetOperation(route.Method)
		known[route.Method+" "+documented(route.Path)] = true
		if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
			t.Errorf("%s has no id of its own, or no summary", name)
		}
		ids[op.OperationID] = true
		var said, are []string
		for _, p := range op.Parameters {
			if p.Value.In == "path" {
				said = append(said, p.Value.Name)
			}
		}
		for _, found := range pathParameter.FindAllStringSubmatch(route.Path, -1) {
			are = append(are, found[1])
		}
		if !slices.Equal(said, are) {
			t.Errorf("%s has the parameters %v, and openapi.json says %v", name, are, said)
		}
		if got, want := security(op), wanted(route.Method, rules[name].may); got != want {
			t.Errorf("%s is for %q, and openapi.json says %q", name, want, got)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !known[method+" "+path] {
				t.Errorf("openapi.json has %s %s, which is no route", method, path)
			}
		}
	}
}

// security writes what an operation says of who may use it.
func security(op *openapi3.Operation) string {
	var out []string
	if op.Security == nil {
		return "unsaid"
	}
	for _, either := range *op.Security {
		var all []string
		for _, scheme := range slices.Sorted(maps.Keys(either)) {
			all = append(all, strings.TrimSpace(scheme+" "+strings.Join(either[scheme], " ")))
		}
		out = append(out, strings.Join(all, " + "))
	}
	return strings.Join(out, ", ")
}

// wanted is the same by the rules of access.
func wanted(method string, may map[string]int) string {
	_, everybody := may[nobody]
	_, devices := may[tabletA]
	_, readers := may[readerA]
	_, coordinators := may[coordinatorA]
	role := map[bool]string{true: "coordinator", false: "administrator"}[coordinators]
	switch {
	case everybody:
		return ""
	case devices:
		return "device"
	case readers:
		return "feedPassword, feedToken"
	case method == http.MethodGet:
		return "session " + role
	}
	return "csrf + session " + role
}

// conforms checks an answer, and of a request that is answered well its body, against what the document says of the route.
func conforms(t *testing.T, method, path, sent string, got answer) {
	t.Helper()
	item := document(t).Paths.Value(documented(path))
	if item == nil || item.GetOperation(method) == nil {
		return // it is a page, or TestTheDocumentHasEveryRoute says so
	}
	op, what := item.GetOperation(method), method+" "+path
	response := op.Responses.Status(got.status)
	if response == nil && got.status >= 400 {
		response = op.Responses.Default()
	}
	if response == nil {
		t.Errorf("%s is answered %d, of which openapi.json says nothing", what, got.status)
		return
	}
	visit(t, what+" answers", response.Value.Content, got.header.Get("Content-Type"), got.body)
	if got.status < 400 && op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] != nil && !strings.HasSuffix(path, "/sync") {
		visit(t, what+" takes", op.RequestBody.Value.Content, "application/json", sent)
	}
}

// visit checks a body against what the document says for its media type.
func visit(t *testing.T, what string, content openapi3.Content, mediaType, body string) {
	t.Helper()
	if mediaType == "" && body == "" && len(content) == 0 {
		return
	}
	base, _, err := mime.ParseMediaType(mediaType)
	entry := content[mediaType]
	if entry == nil {
		entry = content[base]
	}
	if err != nil || entry == nil {
		t.Errorf("%s %q, which openapi.json does not name", what, mediaType)
		return
	}
	var value any = body
	if strings.HasSuffix(base, "json") {
		if err := json.Unmarshal([]byte(body), &value); err != nil {
			t.Errorf("%s no JSON: %v", what, err)
		}
	}
	if err := entry.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s %.400s, and openapi.json says otherwise: %v", what, body, err)
	}
}
