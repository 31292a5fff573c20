package bundle

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// lean leaves out of what is bundled what the app never runs: comments of SQL, and the parts of SQLite's JavaScript that
// offer other ways of keeping a database in a browser. Each of those begins by looking whether it is wanted, so that the
// rest does without.
func lean() api.Plugin {
	return api.Plugin{Name: "lean", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `\.sql$`}, leave(api.LoaderText, func(sql string) string {
			return comment.ReplaceAllString(sql, "")
		}))
		build.OnLoad(api.OnLoadOptions{Filter: `sqlite-wasm[/\\]dist[/\\]index\.mjs$`}, leave(api.LoaderJS, func(code string) string {
			return part.ReplaceAllStringFunc(code, func(part string) string {
				if unwanted.MatchString(part) {
					return ""
				}
				return part
			})
		}))
	}}
}

var (
	// comment is a comment of SQL that takes lines of its own; no text of the schema has a line that begins like one.
	comment = regexp.MustCompile(`(?m)^\s*--.*\n`)
	// part is one part of SQLite's JavaScript that adds something to it.
	part = regexp.MustCompile(`(?ms)^\t\tglobalThis\.sqlite3ApiBootstrap\.initializers\.push\(function\(sqlite3\) \{$.*?^\t\t\}\);$`)
	// unwanted are the storage of localStorage, those of OPFS that need special headers, and SQLite's own worker.
	unwanted = regexp.MustCompile(`sqlite3\.kvvfs\.clear = |vfs\["opfs-vfs"\]\) return|installOpfsVfs = |disable\?\.vfs\?\.opfs\) return|\["opfs-wl"\]\) return|sqlite3\.initWorker1API = `)
)

// leave reads a file and gives what a function leaves of it.
func leave(loader api.Loader, of func(string) string) func(api.OnLoadArgs) (api.OnLoadResult, error) {
	return func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text, err := os.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, fmt.Errorf("read what is bundled: %w", err)
		}
		left := of(strings.ReplaceAll(string(text), "\r\n", "\n"))
		return api.OnLoadResult{Contents: &left, Loader: loader}, nil
	}
}
