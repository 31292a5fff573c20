// Command pocketbase serves PocketBase with one collection, records, that anybody may read and write: what Satchel's
// benchmark measures it with. It is a module of its own, so that Satchel has none of its dependencies.
//
//	pocketbase DIR
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // its own tables
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		log.Fatal("usage: pocketbase DIR")
	}
	if err := serve(ctx, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// serve serves from an empty directory until the context ends.
func serve(ctx context.Context, dir string) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir})
	if err := app.Bootstrap(); err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	if err := app.RunAllMigrations(); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	if err := furnish(app); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Listener = listener
		e.InstallerFunc = nil // it would open a browser, for somebody to make an account
		return e.Next()
	})
	go func() {
		<-ctx.Done()
		_ = app.OnTerminate().Trigger(&core.TerminateEvent{App: app})
	}()
	fmt.Printf("PocketBase %s listens on %s\n", version(), listener.Addr())
	err = apis.Serve(app, apis.ServeConfig{HttpAddr: listener.Addr().String()})
	return errors.Join(err, app.ResetBootstrapState())
}

// furnish makes the collection, and sets PocketBase up to be fast: no log of requests, and batches as large as they
// come. A record is one column of JSON, which PocketBase checks less of than a column for each field.
func furnish(app core.App) error {
	settings := app.Settings()
	settings.Logs.MaxDays = 0
	settings.Batch.Enabled, settings.Batch.MaxRequests, settings.Batch.Timeout = true, 1000, 600
	if err := app.Save(settings); err != nil {
		return fmt.Errorf("save the settings: %w", err)
	}
	records := core.NewBaseCollection("records")
	open := ""
	records.ListRule, records.ViewRule, records.CreateRule, records.UpdateRule = &open, &open, &open, &open
	// An id is a UUID without its hyphens: for any other pattern than its own PocketBase reads the whole table at every
	// new record, in search of the same id in other letters.
	id := records.Fields.GetByName("id").(*core.TextField)
	id.Min, id.Max, id.AutogeneratePattern = 32, 32, "[0-9a-f]{32}"
	records.Fields.Add(
		&core.TextField{Name: "area", Required: true},
		&core.JSONField{Name: "doc", Required: true},
	)
	records.AddIndex("records_area", true, "area, id", "") // what a device pulls, in the order that it does
	if err := app.Save(records); err != nil {
		return fmt.Errorf("make the collection: %w", err)
	}
	return nil
}

// version gives PocketBase's.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == "github.com/pocketbase/pocketbase" {
			return m.Version
		}
	}
	return ""
}
