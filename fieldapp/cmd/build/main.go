// Command build makes dist out of src: what a browser gets of the field app. It is what `go generate ./fieldapp` runs,
// and needs neither Node.js nor a network: what the app is made with lies in vendored, as package-lock.json pins it.
//
//	go run ./cmd/build            in fieldapp: writes the generated sources and dist
//	go run ./cmd/build -vendor    copies the packages out of node_modules, after `npm ci`
//	go run ./cmd/build -tests DIR bundles the tests in test/*.test.ts for `node --test DIR`
//
// Equal sources give equal bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"satchel/fieldapp/bundle"
)

func main() {
	vendor := flag.Bool("vendor", false, "copy the packages that the app is made with out of node_modules")
	tests := flag.String("tests", "", "bundle the tests into this `directory`, and nothing else")
	flag.Parse()
	var err error
	switch {
	case *vendor:
		err = copyPackages()
	case *tests != "":
		err = bundle.Node(".", "test/*.test.ts", *tests)
	default:
		err = errors.Join(writeContract(), buildApp())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the field app; dist may be half written, build it again:", err)
		os.Exit(1)
	}
}
