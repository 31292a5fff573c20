// Package bundle makes one file of JavaScript out of the field app's TypeScript, for browsers and for the tests that
// Node.js runs. Equal sources give equal bytes; it needs neither Node.js nor a network, and never writes into the sources.
package bundle

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Browser bundles one entry point for the oldest browser that the app supports, and gives its outputs by extension. root
// is the folder of the app, entry a path in it; define has texts of JavaScript for names.
func Browser(root, entry string, define map[string]string) (map[string][]byte, error) {
	options, err := common(root)
	if err != nil {
		return nil, err
	}
	options.EntryPoints = []string{entry}
	options.Define = define
	options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
	options.Engines = []api.Engine{{Name: api.EngineChrome, Version: "108"}}
	options.Outdir = "dist"
	result := api.Build(options)
	if err := failure(result); err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, file := range result.OutputFiles {
		out[filepath.Ext(file.Path)] = file.Contents
	}
	return out, nil
}

// Node bundles each file that a pattern finds in the app's folder by itself for Node.js, and writes it into dir as .mjs.
func Node(root, pattern, dir string) error {
	entries, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return fmt.Errorf("list what is to be bundled: %w", err)
	}
	options, err := common(root)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry, err = filepath.Abs(entry); err != nil {
			return fmt.Errorf("find what is to be bundled: %w", err)
		}
		options.EntryPoints = append(options.EntryPoints, entry)
	}
	if options.Outdir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("find the folder for what is bundled: %w", err)
	}
	options.OutExtension = map[string]string{".js": ".mjs"}
	options.Platform, options.Write = api.PlatformNode, true
	options.Engines = []api.Engine{{Name: api.EngineNode, Version: "18"}}
	options.Sourcemap = api.SourceMapInline
	options.Loader[".wasm"] = api.LoaderFile
	return failure(api.Build(options))
}

// common is how everything is bundled.
func common(root string) (api.BuildOptions, error) {
	at, err := filepath.Abs(root)
	if err != nil {
		return api.BuildOptions{}, fmt.Errorf("find the app's folder: %w", err)
	}
	return api.BuildOptions{
		AbsWorkingDir: at,
		Bundle:        true, Format: api.FormatESModule, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		JSX: api.JSXAutomatic, JSXImportSource: "preact", NodePaths: []string{filepath.Join(at, "vendored")},
		// Its package.json names a file that is not vendored.
		Alias: map[string]string{"hash-wasm": filepath.Join(at, "vendored", "hash-wasm", "dist", "index.esm.min.js")}, LogLevel: api.LogLevelSilent,
		Loader:  map[string]api.Loader{".csv": api.LoaderText},
		Plugins: []api.Plugin{lean()},
	}, nil
}

func failure(result api.BuildResult) error {
	var all []error
	for _, m := range result.Errors {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		all = append(all, errors.New(where+m.Text))
	}
	return errors.Join(all...)
}
