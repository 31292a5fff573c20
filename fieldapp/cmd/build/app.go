package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"

	"satchel/fieldapp/bundle"
)

// wasm is SQLite, as the vendored package brings it.
const wasm = "vendored/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm"

// An app is what is built: files by their paths in dist.
type app map[string][]byte

// buildApp builds everything, and writes it only when all of it is there.
func buildApp() error {
	a := app{}
	database, err := os.ReadFile(wasm)
	if err != nil {
		return fmt.Errorf("read SQLite: %w", err)
	}
	words, err := a.words()
	if err != nil {
		return err
	}
	define := map[string]string{"SQLITE_WASM": quote(a.asset("sqlite3.wasm", database)), "WORDS": quote(words)}
	worker, err := bundle.Browser(".", "src/worker/worker.ts", define)
	if err != nil {
		return err
	}
	define["WORKER"] = quote(a.asset("worker.js", worker[".js"]))
	page, err := bundle.Browser(".", "src/ui/main.tsx", define)
	if err != nil {
		return err
	}
	names := map[string]string{"APP_SCRIPT": a.asset("app.js", page[".js"]), "APP_STYLE": a.asset("app.css", page[".css"])}
	if err := a.statics(names); err != nil {
		return err
	}
	define["FILES"], define["RELEASE"] = quote(a.integrity()), quote(a.release())
	service, err := bundle.Browser(".", "src/sw.ts", define)
	if err != nil {
		return err
	}
	a["sw.js"] = service[".js"]
	return a.write()
}

// statics adds what is not bundled, with the names of what is put in its place.
func (a app) statics(names map[string]string) error {
	files, err := filepath.Glob("static/*")
	if err != nil {
		return fmt.Errorf("list the static files: %w", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read a static file: %w", err)
		}
		for name, is := range names {
			content = bytes.ReplaceAll(content, []byte(name), []byte(is))
		}
		a[filepath.Base(file)] = content
	}
	return nil
}

// asset adds a file that is named after its content, and gives its path below /app/.
func (a app) asset(name string, content []byte) string {
	sum := sha256.Sum256(content)
	base, ext, _ := strings.Cut(name, ".")
	named := path.Join("assets", base+"-"+base64.RawURLEncoding.EncodeToString(sum[:6])+"."+ext)
	a[named] = content
	return named
}

// paths lists all files, in order.
func (a app) paths() []string {
	var out []string
	for name := range a {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// integrity gives what the content of each file has to be, as `integrity` of a fetch says that.
func (a app) integrity() map[string]string {
	out := map[string]string{}
	for name, content := range a {
		sum := sha256.Sum256(content)
		out[name] = "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	return out
}

// release names all of the app's content.
func (a app) release() string {
	hash := sha256.New()
	for _, name := range a.paths() {
		fmt.Fprintf(hash, "%s %x\n", name, sha256.Sum256(a[name]))
	}
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:6])
}

// write puts everything into dist, and takes out what was there.
func (a app) write() error {
	if err := os.RemoveAll("dist"); err != nil {
		return fmt.Errorf("clear dist: %w", err)
	}
	for name, content := range a {
		if err := write(filepath.Join("dist", name), content); err != nil {
			return err
		}
		var packed bytes.Buffer
		w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
		if _, err := w.Write(content); err != nil {
			return fmt.Errorf("compress %s: %w", name, err)
		}
		if err := w.Close(); err != nil {
			return fmt.Errorf("compress %s: %w", name, err)
		}
		if packed.Len() < len(content)*9/10 {
			if err := write(filepath.Join("dist", name+".br"), packed.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// quote writes texts as JavaScript has them.
func quote(texts any) string {
	out, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts always are JSON
	}
	return string(out)
}
