package main

import (
	"fmt"
	"runtime/debug"

	"satchel/syncproto"
)

// versionCmd prints what this program is.
type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				version += " " + setting.Value
			}
		}
	}
	fmt.Printf("satchel %s, protocol %s\n", version, syncproto.CurrentProtocol)
	return nil
}
