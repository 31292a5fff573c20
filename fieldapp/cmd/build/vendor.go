package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// packages lists what the app needs of each package: its licence, and the files that esbuild follows.
var packages = map[string][]string{
	"preact":                  {"package.json", "LICENSE", "dist/preact.mjs", "hooks/dist/hooks.mjs", "jsx-runtime/dist/jsxRuntime.mjs"},
	"@preact/signals":         {"package.json", "LICENSE", "dist/signals.module.js"},
	"@preact/signals-core":    {"package.json", "LICENSE", "dist/signals-core.module.js"},
	"@sqlite.org/sqlite-wasm": {"package.json", "LICENSE", "dist/index.mjs", "dist/node.mjs", "dist/sqlite3.wasm"},
	"hash-wasm":               {"package.json", "LICENSE", "dist/index.esm.min.js"},
}

// copyPackages copies out of node_modules what packages lists.
func copyPackages() error {
	if err := os.RemoveAll("vendored"); err != nil {
		return fmt.Errorf("clear what was vendored: %w", err)
	}
	for name, files := range packages {
		for _, file := range files {
			content, err := os.ReadFile(filepath.Join("node_modules", name, file))
			if os.IsNotExist(err) && file == "LICENSE" { // some say it in package.json alone
				continue
			}
			if err != nil {
				return fmt.Errorf("read a package; run npm ci first: %w", err)
			}
			if err := write(filepath.Join("vendored", name, file), content); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a file, and makes the folders above it.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil { //nolint:gosec // the paths are those of our own tree
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
