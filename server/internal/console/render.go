package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"satchel/internal/language"
	"satchel/syncproto"
)

//go:embed all:pages all:words
var files embed.FS

func words() fs.FS {
	below, err := fs.Sub(files, "words")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return below
}

// layout is the page around every page; parts are what several pages have in common.
const (
	layout = "pages/layout.html"
	parts  = "pages/parts/*.html"
)

// pages are the templates, by language and name. Each is read when it is first shown: all of them take a while, and most servers
// show few.
type pages map[string]map[string]func() *template.Template

// pagesOf finds every page in every language: a page is a file below pages that defines "title" and "main".
func (c *Console) pagesOf(with *shown) (pages, error) {
	out := pages{}
	for _, tag := range language.Tags() {
		base := sync.OnceValue(func() *template.Template {
			return template.Must(template.New("").Funcs(c.functions(with, tag)).ParseFS(files, layout, parts))
		})
		out[tag] = map[string]func() *template.Template{}
		err := fs.WalkDir(files, "pages", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || file == layout || path.Dir(file) == path.Dir(parts) {
				return err
			}
			name := strings.TrimSuffix(strings.TrimPrefix(file, "pages/"), ".html")
			out[tag][name] = sync.OnceValue(func() *template.Template {
				return template.Must(template.Must(base().Clone()).ParseFS(files, file))
			})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("find the pages: %w", err)
		}
	}
	return out, nil
}

// functions are what templates can call.
func (c *Console) functions(with *shown, tag string) template.FuncMap {
	w := with.catalogue.In(tag)
	zoned := func(ms int64) time.Time { return time.UnixMilli(ms).In(c.Zone) }
	return template.FuncMap{
		"t":      w.Text,
		"asset":  with.assetPath,
		"number": func(n any) (string, error) { return numberOf(w, n) },
		"bytes":  w.Bytes,
		"day":    func(ms int64) string { return w.Day(zoned(ms)) },
		"moment": func(ms int64) string { return w.Moment(zoned(ms)) },
		"ago":    func(ms int64) string { return w.Ago(c.Now().Sub(zoned(ms))) },
		"iso":    func(ms int64) string { return zoned(ms).Format(time.RFC3339) },
		"date":   func(day string) string { return dayOf(w, day) },
		"dict":   dict,
		"part":   part,
		"list":   func(items ...string) []string { return items },

		"collection": func(name string) string { return collectionName(w, name) },
		"one":        func(collection string) string { return oneOf(w, collection) },
		"device":     func(name string) string { return deviceWord(w, name) },
		"titled":     func(collection, name string) string { return titled(w, collection, name) },
		"field":      func(collection, name string) string { return fieldName(w, collection, name) },
		"help":       func(collection, name string) string { return wordOr(w, "help."+collection+"."+name, "") },
		"isNumber":   isNumber,
		"isTime":     isTime,
		"choice":     func(name string) string { return choiceName(w, name) },
	}
}

// dayOf says a day such as "2020-04-30" in words; what is none stays as it is.
func dayOf(w language.Words, day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return w.Day(at)
}

func numberOf(w language.Words, n any) (string, error) {
	switch n := n.(type) {
	case int:
		return w.Number(float64(n)), nil
	case int64:
		return w.Number(float64(n)), nil
	case float64:
		return w.Number(n), nil
	}
	return "", fmt.Errorf("%T is no number", n)
}

// dict makes one value of several, so that a part can be given them: dict "name" value ….
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok || i+1 == len(pairs) {
			return nil, errors.New("dict takes names and values in turn")
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// A view is what a page is made of: the visit, what the page shows, and what it says first.
type view struct {
	*Visit
	Data any
	// Said is the key of what was done just now, "" if nothing was.
	Said string
	// Problem is why what was asked for was not done, nil if it was.
	Problem *syncproto.Problem
}

// Path gives where this page is, if it can be opened again: one that answers a form cannot.
func (v view) Path() string { return v.Request.URL.RequestURI() }

// Section names the part of the console that the page belongs to: the first part of its path.
func (v view) Section() string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(v.Request.URL.Path, "/"), "/")
	switch collection, _, _ := strings.Cut(rest, "/"); first {
	case "records":
		return sectionOf(collection)
	case "lists":
		return "households"
	}
	return first
}

// sectionOf names the part of the console to which records of a collection belong.
func sectionOf(collection string) string {
	switch collection {
	case "areas", "projects", "assistance_types", "questionnaires":
		return "settings"
	case "indicators", "targets", "activities", "participations":
		return "programme"
	}
	return "households"
}

// Languages gives all of them.
func (v view) Languages() []string { return language.Tags() }

// Sections names the parts of the console that are for who is logged in.
func (v view) Sections() []string {
	if !v.IsAdministrator() {
		return []string{"tablets", "households", "programme"}
	}
	return []string{"tablets", "review", "households", "programme", "settings"}
}

// ProblemKey gives the key, in "problem", of what went wrong.
func (v view) ProblemKey() string {
	if code := string(v.Problem.Code); v.Words.Has("problem." + code) {
		return code
	}
	return "other"
}

// page answers with a page.
func (v *Visit) page(name string, data any) error {
	said := v.query("said")
	if !v.Words.Has("said." + said) {
		said = ""
	}
	return v.render(http.StatusOK, name, view{Visit: v, Data: data, Said: said})
}

// again answers with the page whose form could not be done, and why; the page shows again what the form held. What is no
// problem of the form's is given back.
func (v *Visit) again(err error, name string, data any) error {
	var p *syncproto.Problem
	if !errors.As(err, &p) || p.Status >= http.StatusInternalServerError {
		return err
	}
	return v.render(p.Status, name, view{Visit: v, Data: data, Problem: p})
}

// Problem answers with a page that says why what was asked for was not done. Whoever is not logged in, and has to be, is
// asked to, and keeps what they typed.
func (v *Visit) Problem(p *syncproto.Problem) error {
	if p.Code == syncproto.CodeUnauthorized && v.Request.Method == http.MethodGet {
		return v.goTo("/login?next="+template.URLQueryEscaper(v.Request.URL.RequestURI()), "")
	}
	if p.Code == syncproto.CodeUnauthorized || p.Code == syncproto.CodeCSRF {
		switch form := v.keep(); {
		case form.Typed == "":
		case v.LoggedIn():
			return v.offerResend(p.Status, form)
		default:
			return v.render(p.Status, "login", view{Visit: v, Data: loginForm{Next: "/", Kept: form}, Problem: p})
		}
	}
	return v.render(p.Status, "problem", view{Visit: v, Problem: p})
}

// render makes the whole page before it sends any of it, so that nobody gets half of one.
func (v *Visit) render(status int, name string, data view) error {
	page := v.console.shown().pages[v.Words.Tag()][name]
	if page == nil {
		return fmt.Errorf("there is no page %q", name)
	}
	var out bytes.Buffer
	if err := page().ExecuteTemplate(&out, "layout", data); err != nil {
		return fmt.Errorf("make the page %s: %w", name, err)
	}
	h := v.Response.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Words.Tag())
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	v.Response.WriteHeader(status)
	_, err := v.Response.Write(out.Bytes())
	return err
}

// pagePolicy lets a page load what this server embeds, and nothing else; no script or style stands in a page itself.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
