// Package satchel_test holds the whole tree to its layout: which room may import what, how large a
// file and a function may grow, and what has to be documented.
//
// It reads the source and nothing else, so it needs no build and costs no time. Each rule says why it
// is there, and is shown a small tree that breaks it, so that none can fall silent. It never looks
// into testdata, hidden folders, or modules of their own such as tools.
package satchel_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The budgets. In the code that we learn from, 90 % of the functions have under 50 lines.
const (
	maxFileLines     = 600
	maxFunctionLines = 90
	maxMainLines     = 60 // of a program's main.go
)

// A rule finds what breaks it in a tree. Why is printed with every finding.
type rule struct {
	name  string
	why   string
	check func(tree []source) []finding
}

// A finding is one place that breaks a rule.
type finding struct {
	file string // its path from the top
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.what) }

// A source is one Go file of the tree that a person wrote: generated ones are left out.
type source struct {
	path  string // from the top, with slashes
	dir   string
	test  bool
	lines int
	set   *token.FileSet
	ast   *ast.File
}

func (s source) at(node ast.Node, format string, args ...any) finding {
	return finding{s.path, s.set.Position(node.Pos()).Line, fmt.Sprintf(format, args...)}
}

func rules() []rule {
	return slices.Concat(roomRules(), moduleRules(), []rule{
		{"pure calls", "syncproto has no clock: equal inputs give equal results, everywhere and for ever", clockCalls},
		{"file size", "a file that nobody reads to its end is a file that nobody knows; split it by what it is about", fileSizes},
		{"function size", "one idea a function; what is over the budget has at least two, and the second wants a name", functionSizes},
		{"main size", "a program's main.go only says which commands there are; what they do is testable elsewhere", mainSizes},
		{"package comments", "a stranger has to learn from the first line what the room is, promises, and never does", packageComments},
		{"exported comments", "who calls a name needs its units, shapes and errors without reading the body", exportedComments},
		{"folder names", "a room is named for what it knows; a room for everything ends up knowing everything", folderNames},
		{"no init", "importing a package does nothing; what has to happen is called, where it can be seen and can fail", initFunctions},
		{"no sleep in tests", "a test that sleeps is slow when it is right and flaky when it is wrong; wait for the event", sleepingTests},
	})
}

func TestLayout(t *testing.T) {
	tree := readTree(t, os.DirFS("."))
	if !slices.ContainsFunc(tree, func(s source) bool { return s.path == "syncproto/doc.go" }) {
		t.Fatal("syncproto/doc.go is not among the files that were read: the rules would pass whatever is written")
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.check(tree) {
				t.Errorf("%s\n\twhy this is a rule: %s", f, r.why)
			}
		})
	}
}

// A room is a folder and everything below it, which may import the rooms named and its own folders.
type room struct {
	dir  string
	from []string
	why  string
}

// roomRules are the arrows cmd → server, clientlib → syncproto. Tests are free of them: a test is
// where a real device meets a real server.
func roomRules() []rule {
	rooms := []room{
		{"syncproto", nil, "syncproto is the contract; it knows none of the programs that keep it"},
		{"clientlib", []string{"syncproto", "internal/aid", "internal/duplicates", "internal/statements"}, "a device never has the server's code: whoever builds an app on clientlib gets neither its SQL nor its secrets"},
		{"fieldapp", []string{"syncproto", "internal/language", "internal/names"}, "the app is a device like any other: it knows the contract, and nothing of the server that hands it out"},
		{"migrations", []string{"syncproto"}, "the schema follows the contract; it knows nothing of who uses it"},
		{"server", []string{"syncproto", "migrations", "internal/aid", "internal/duplicates", "internal/language", "internal/statements", "internal/pgtest", "fieldapp"}, "the server answers any implementation of the contract; it never leans on ours of the device, nor on the command line"},
		{"internal/pgtest", nil, "pgtest gives tests a database, and knows nothing of what they keep in it"},
		{"internal/village", nil, "village makes the records that everybody is measured with, whatever they are written in"},
		{"internal/names", nil, "names makes up people for whoever needs some, and knows nothing of what is kept of them"},
		{"internal/duplicates", []string{"syncproto", "internal/names"}, "duplicates are searched on devices and on the server: it can lean on neither"},
		{"internal/aid", []string{"syncproto"}, "aid is counted on devices and on the server: it can lean on neither"},
		{"internal/statements", nil, "statements is about SQLite, and knows nothing of what is kept in it"},
		{"internal/contrast", nil, "contrast is about colours, whoever shows them"},
		{"internal/language", nil, "language says what it is given to say, whatever it is about"},
		{"internal/terminal", nil, "terminal asks people, whatever it is about"},
		{"cmd/satchel-device", []string{"syncproto", "clientlib", "internal/terminal"}, "the device program shows that clientlib alone is enough to build one"},
	}
	var all []rule
	for _, r := range rooms {
		all = append(all, rule{"imports of " + r.dir, r.why, func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				other, ours := strings.CutPrefix(imported, "satchel/")
				return ours && !s.test && within(s.dir, r.dir) && !withinAny(other, append(r.from, r.dir))
			})
		}})
	}
	return all
}

// moduleRules are the arrows to the outside.
func moduleRules() []rule {
	impure := []string{"crypto/rand", "database", "io/ioutil", "log", "math/rand", "net", "os", "syscall"}
	sql := []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx"}
	stores := []string{"server/internal/store", "clientlib", "migrations", "internal/statements", "internal/pgtest", "internal/simtest", "bench"} // the last two break the disk under the others, and measure without them
	return []rule{
		{"pure imports", "syncproto does no I/O: it has to be the same in every program and every language", func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				return !s.test && within(s.dir, "syncproto") && withinAny(imported, impure)
			})
		}},
		{"echo in one room", "echo v4 ends its support on 2026-12-31; moving on has to be a day's work in server/internal/httpapi", func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				return within(imported, "github.com/labstack/echo") && !within(s.dir, "server/internal/httpapi")
			})
		}},
		{"excelize in one room", "what a workbook is made with is server/internal/workbook's to know, so that it can be made with something else", func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				return !s.test && within(imported, "github.com/xuri/excelize") && !within(s.dir, "server/internal/workbook")
			})
		}},
		{"minio in one room", "how a bucket is spoken to is server/internal/blobs's to know, so that it can be spoken to in another way", func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				return !s.test && within(imported, "github.com/minio") && !within(s.dir, "server/internal/blobs")
			})
		}},
		{"SQL in the stores", "server/internal/store has all of the server's SQL, so that another database is a twin of one room", func(tree []source) []finding {
			return forbidImports(tree, func(s source, imported string) bool {
				return !s.test && withinAny(imported, sql) && !withinAny(s.dir, stores)
			})
		}},
	}
}

func forbidImports(tree []source, forbidden func(s source, imported string) bool) []finding {
	var found []finding
	for _, s := range tree {
		for _, spec := range s.ast.Imports {
			if imported := importPath(spec); forbidden(s, imported) {
				found = append(found, s.at(spec, "%s imports %q", s.dir, imported))
			}
		}
	}
	return found
}

func clockCalls(tree []source) []finding {
	clock := []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
	var found []finding
	for _, s := range tree {
		if within(s.dir, "syncproto") && !s.test {
			found = append(found, uses(s, "time", clock)...)
		}
	}
	return found
}

func sleepingTests(tree []source) []finding {
	var found []finding
	for _, s := range tree {
		if s.test {
			found = append(found, uses(s, "time", []string{"Sleep"})...)
		}
	}
	return found
}

// uses finds where a file names one of a standard package's functions, called or not.
func uses(s source, pkg string, names []string) []finding {
	local := ""
	for _, spec := range s.ast.Imports {
		if importPath(spec) == pkg {
			local = path.Base(pkg)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	var found []finding
	ast.Inspect(s.ast, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && local != "" && x.Name == local && slices.Contains(names, selector.Sel.Name) {
			found = append(found, s.at(node, "uses %s.%s", pkg, selector.Sel.Name))
		}
		return true
	})
	return found
}

func fileSizes(tree []source) []finding {
	var found []finding
	for _, s := range tree {
		if s.lines > maxFileLines {
			found = append(found, finding{s.path, s.lines, fmt.Sprintf("%d lines; the budget is %d", s.lines, maxFileLines)})
		}
	}
	return found
}

func mainSizes(tree []source) []finding {
	var found []finding
	for _, s := range tree {
		if within(s.dir, "cmd") && path.Base(s.path) == "main.go" && s.lines > maxMainLines {
			found = append(found, finding{s.path, s.lines, fmt.Sprintf("%d lines; the budget of a main.go is %d", s.lines, maxMainLines)})
		}
	}
	return found
}

func functionSizes(tree []source) []finding {
	return eachFunction(tree, func(s source, f *ast.FuncDecl) string {
		lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
		if lines <= maxFunctionLines {
			return ""
		}
		return fmt.Sprintf("%s has %d lines; the budget is %d", f.Name.Name, lines, maxFunctionLines)
	})
}

func initFunctions(tree []source) []finding {
	return eachFunction(tree, func(_ source, f *ast.FuncDecl) string {
		if f.Recv != nil || f.Name.Name != "init" {
			return ""
		}
		return "declares func init"
	})
}

// eachFunction asks about every function and method; an empty answer finds nothing.
func eachFunction(tree []source, ask func(s source, f *ast.FuncDecl) string) []finding {
	var found []finding
	for _, s := range tree {
		for _, decl := range s.ast.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if what := ask(s, f); what != "" {
				found = append(found, s.at(f, "%s", what))
			}
		}
	}
	return found
}

func packageComments(tree []source) []finding {
	documented := map[string]bool{}
	for _, s := range tree {
		documented[s.dir] = documented[s.dir] || s.ast.Doc != nil
	}
	var found []finding
	for _, s := range tree {
		if !documented[s.dir] {
			found = append(found, s.at(s.ast.Name, "package %s has no package comment", s.ast.Name.Name))
			documented[s.dir] = true // once a package
		}
	}
	return found
}

func exportedComments(tree []source) []finding {
	var found []finding
	for _, s := range tree {
		if s.test {
			continue
		}
		for _, decl := range s.ast.Decls {
			for _, name := range undocumented(decl) {
				found = append(found, s.at(name, "%s has no comment", name.Name))
			}
		}
	}
	return found
}

// undocumented lists the exported names of a declaration that no comment explains. A comment on a
// group, or at the end of a line, explains as well as one above.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && receiverIsExported(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			if d.Doc == nil {
				names = append(names, undocumentedSpec(spec)...)
			}
		}
		return names
	}
	return nil
}

func undocumentedSpec(spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil {
			names = []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if s.Doc == nil && s.Comment == nil {
			names = s.Names
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name *ast.Ident) bool { return !name.IsExported() })
}

// receiverIsExported reports whether a method can be reached from outside; a function always can.
func receiverIsExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	receiver := f.Recv.List[0].Type
	for {
		switch r := receiver.(type) {
		case *ast.StarExpr:
			receiver = r.X
		case *ast.IndexExpr:
			receiver = r.X
		case *ast.IndexListExpr:
			receiver = r.X
		case *ast.Ident:
			return r.IsExported()
		default:
			return true
		}
	}
}

func folderNames(tree []source) []finding {
	refused := []string{"common", "helper", "helpers", "misc", "pkg", "shared", "util", "utils"}
	var found []finding
	for _, s := range tree {
		for part := range strings.SplitSeq(s.dir, "/") {
			if slices.Contains(refused, part) {
				found = append(found, finding{s.path, 1, fmt.Sprintf("is in a folder named %q", part)})
			}
		}
	}
	return found
}

func readTree(t *testing.T, files fs.FS) []source {
	t.Helper()
	var tree []source
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(files, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		s, err := readSource(files, name)
		if err == nil && !ast.IsGenerated(s.ast) {
			tree = append(tree, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// skipFolder returns fs.SkipDir for what is not ours, or not Go of this module.
func skipFolder(files fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "node_modules", "vendor"}, base) {
		return fs.SkipDir
	}
	if _, err := fs.Stat(files, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func readSource(files fs.FS, name string) (source, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return source{}, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	lines := bytes.Count(text, []byte("\n"))
	return source{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), lines, set, parsed}, nil
}

func importPath(spec *ast.ImportSpec) string {
	unquoted, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser lets nothing else through
	}
	return unquoted
}

// within reports whether a slash path is dir or below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}

func withinAny(name string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return within(name, dir) })
}

// A breach is a file that breaks the rule of that name and no other, and what the rule says of it.
type breach struct{ rule, file, text, want string }

func breaches() []breach {
	const begin = "// Package x.\npackage x\n"
	long := func(lines int) string { return strings.Repeat("\n", lines) }
	return []breach{
		{"imports of syncproto", "syncproto/x.go", begin + "import _ \"satchel/clientlib\"\n", `syncproto/x.go:3: syncproto imports "satchel/clientlib"`},
		{"imports of clientlib", "clientlib/inner/x.go", begin + "import _ \"satchel/server\"\n", `clientlib/inner/x.go:3: clientlib/inner imports "satchel/server"`},
		{"imports of clientlib", "clientlib/x.go", begin + "import _ \"satchel/migrations\"\n", `clientlib/x.go:3: clientlib imports "satchel/migrations"`},
		{"imports of clientlib", "clientlib/x.go", begin + "import _ \"satchel/internal/both\"\n", `clientlib/x.go:3: clientlib imports "satchel/internal/both"`},
		{"imports of fieldapp", "fieldapp/x.go", begin + "import _ \"satchel/server\"\n", `fieldapp/x.go:3: fieldapp imports "satchel/server"`},
		{"imports of migrations", "migrations/x.go", begin + "import _ \"satchel/server\"\n", `migrations/x.go:3: migrations imports "satchel/server"`},
		{"imports of server", "server/internal/engine/x.go", begin + "import _ \"satchel/clientlib\"\n", `server/internal/engine/x.go:3: server/internal/engine imports "satchel/clientlib"`},
		{"imports of internal/pgtest", "internal/pgtest/x.go", begin + "import _ \"satchel/server\"\n", `internal/pgtest/x.go:3: internal/pgtest imports "satchel/server"`},
		{"imports of internal/village", "internal/village/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/village/x.go:3: internal/village imports "satchel/syncproto"`},
		{"imports of internal/names", "internal/names/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/names/x.go:3: internal/names imports "satchel/syncproto"`},
		{"imports of internal/duplicates", "internal/duplicates/x.go", begin + "import _ \"satchel/server\"\n", `internal/duplicates/x.go:3: internal/duplicates imports "satchel/server"`},
		{"imports of internal/aid", "internal/aid/x.go", begin + "import _ \"satchel/server\"\n", `internal/aid/x.go:3: internal/aid imports "satchel/server"`},
		{"imports of internal/statements", "internal/statements/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/statements/x.go:3: internal/statements imports "satchel/syncproto"`},
		{"imports of internal/contrast", "internal/contrast/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/contrast/x.go:3: internal/contrast imports "satchel/syncproto"`},
		{"imports of internal/language", "internal/language/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/language/x.go:3: internal/language imports "satchel/syncproto"`},
		{"imports of internal/terminal", "internal/terminal/x.go", begin + "import _ \"satchel/syncproto\"\n", `internal/terminal/x.go:3: internal/terminal imports "satchel/syncproto"`},
		{"imports of cmd/satchel-device", "cmd/satchel-device/x.go", begin + "import _ \"satchel/server\"\n", `cmd/satchel-device/x.go:3: cmd/satchel-device imports "satchel/server"`},
		{"pure imports", "syncproto/x.go", begin + "import _ \"os/exec\"\n", `syncproto/x.go:3: syncproto imports "os/exec"`},
		{"echo in one room", "server/x_test.go", begin + "import _ \"github.com/labstack/echo/v4\"\n", `server/x_test.go:3: server imports "github.com/labstack/echo/v4"`},
		{"excelize in one room", "server/internal/tables/x.go", begin + "import _ \"github.com/xuri/excelize/v2\"\n", `server/internal/tables/x.go:3: server/internal/tables imports "github.com/xuri/excelize/v2"`},
		{"minio in one room", "server/internal/tables/x.go", begin + "import _ \"github.com/minio/minio-go/v7\"\n", `server/internal/tables/x.go:3: server/internal/tables imports "github.com/minio/minio-go/v7"`},
		{"SQL in the stores", "server/internal/engine/x.go", begin + "import _ \"database/sql\"\n", `server/internal/engine/x.go:3: server/internal/engine imports "database/sql"`},
		{"pure calls", "syncproto/x.go", begin + "import clock \"time\"\nvar _ = clock.Now\n", "syncproto/x.go:4: uses time.Now"},
		{"file size", "x/x.go", begin + long(599), "x/x.go:601: 601 lines; the budget is 600"},
		{"function size", "x/x.go", begin + "func f() {" + long(90) + "}\n", "x/x.go:3: f has 91 lines; the budget is 90"},
		{"main size", "cmd/x/main.go", "// Package x.\npackage main\n" + long(59), "cmd/x/main.go:61: 61 lines; the budget of a main.go is 60"},
		{"package comments", "x/x.go", "package x\n", "x/x.go:1: package x has no package comment"},
		{"exported comments", "x/x.go", begin + "func (t *T[K]) F() {}\n", "x/x.go:3: F has no comment"},
		{"exported comments", "x/x.go", begin + "const (\n\tA = 1 // one\n\tB = 2\n)\n", "x/x.go:5: B has no comment"},
		{"exported comments", "x/x.go", begin + "type T int\n", "x/x.go:3: T has no comment"},
		{"folder names", "x/util/y/x.go", begin, `x/util/y/x.go:1: is in a folder named "util"`},
		{"no init", "x/x.go", begin + "func init() {}\n", "x/x.go:3: declares func init"},
		{"no sleep in tests", "x/x_test.go", begin + "import \"time\"\nfunc f() { time.Sleep(1) }\n", "x/x_test.go:4: uses time.Sleep"},
	}
}

func TestEveryRuleCanFail(t *testing.T) {
	untried := map[string]bool{}
	for _, r := range rules() {
		untried[r.name] = true
	}
	for _, b := range breaches() {
		tree := readTree(t, fstest.MapFS{b.file: {Data: []byte(b.text)}})
		var got []string
		for _, r := range rules() {
			for _, f := range r.check(tree) {
				got = append(got, r.name+": "+f.String())
			}
		}
		if want := []string{b.rule + ": " + b.want}; !slices.Equal(got, want) {
			t.Errorf("for a file that breaks %q the rules found %q, not %q", b.rule, got, want)
		}
		delete(untried, b.rule)
	}
	for name := range untried {
		t.Errorf("the rule %q was shown nothing that breaks it", name)
	}
}

func TestRulesLetTheHonestPass(t *testing.T) {
	tree := readTree(t, fstest.MapFS{
		"syncproto/x.go":                   {Data: []byte("// Package x.\npackage x\nimport \"time\"\n// F reads a date.\nfunc F() { time.Parse(\"\", \"\") }\n" + strings.Repeat("\n", 595))},
		"syncproto/x_test.go":              {Data: []byte("package x\nimport _ \"os\"\nfunc TestF() {}\n")},
		"clientlib/x.go":                   {Data: []byte("// Package x.\npackage x\nimport (\n_ \"database/sql\"\n_ \"satchel/syncproto\"\n_ \"satchel/clientlib/inner\"\n)\ntype t int\nfunc (t) F() {}\n")},
		"clientlib/x_test.go":              {Data: []byte("package x\nimport _ \"satchel/server\"\n")},
		"server/internal/httpapi/x.go":     {Data: []byte("// Package x.\npackage x\nimport _ \"github.com/labstack/echo/v4\"\n// Known names.\nconst (\nA = 1\nB = 2\n)\nfunc f() {" + strings.Repeat("\n", 89) + "}\n")},
		"server/internal/store/x.go":       {Data: []byte("// Package x.\npackage x\nimport _ \"database/sql\"\nfunc (t T) init() {}\n")},
		"cmd/satchel/demo.go":              {Data: []byte("// Command x.\npackage main\nimport (\n_ \"satchel/clientlib\"\n_ \"satchel/server\"\n)\n")},
		"x/made.go":                        {Data: []byte("// Code generated by x. DO NOT EDIT.\n\npackage x\nfunc init() {}\n")},
		"x/testdata/util/x.go":             {Data: []byte("package x\nfunc init() {}\n")},
		"tools/go.mod":                     {Data: []byte("module x\n")},
		"tools/x.go":                       {Data: []byte("package x\nfunc init() {}\n")},
		"fieldapp/node_modules/thing/x.go": {Data: []byte("package x\nfunc init() {}\n")},
	})
	for _, r := range rules() {
		for _, f := range r.check(tree) {
			t.Errorf("%s: %s", r.name, f)
		}
	}
}
