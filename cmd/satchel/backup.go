package main

import (
	"context"
	"errors"
	"fmt"

	"satchel/server"
)

// backupCmd copies the database.
type backupCmd struct {
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
}

// Help is shown by --help.
func (backupCmd) Help() string {
	return `The copy is of one moment, checked after writing, and holds everything but photos and signatures: keep it as safe as
the server. These are added to the folder satchel-blobs beside it, which all backups there share; restore looks for them
there. What is kept in a bucket stays there.

Example:
  satchel backup /mnt/usb/satchel-$(date +%F).db`
}

// Run writes the backup.
func (b backupCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		added, err := srv.Backup(ctx, b.File)
		if err != nil {
			return err
		}
		fmt.Printf("Wrote and checked %s.\n", b.File)
		if added > 0 {
			fmt.Printf("Added %d photos and signatures to %s beside it.\n", added, server.BackupBlobsDir)
		}
		return nil
	})
}

// restoreCmd puts a backup in the place of the database.
type restoreCmd struct {
	File string `arg:"" optional:"" help:"Backup to restore; none where the database is PostgreSQL's." type:"existingfile"`
}

// Help is shown by --help.
func (restoreCmd) Help() string {
	return `Stop the server first. The present database is kept beside the restored one under a dated name. At their
next sync all devices send again what the backup has not got; one that was enrolled after the backup
is enrolled again with a new code, and loses nothing.

A PostgreSQL database is put back with PostgreSQL's own tools. Run this without a file then, before the server
starts: otherwise devices take it for the database that they know, and miss what differs.

Examples:
  satchel restore /mnt/usb/satchel-2020-04-30.db
  satchel --database postgres://satchel@db.example.org/satchel restore`
}

// Run restores the backup.
func (r restoreCmd) Run(ctx context.Context, c *cli) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	switch {
	case c.Database == "" && r.File == "":
		return errors.New("name the backup to restore; nothing was changed")
	case c.Database == "":
		if err := server.RestoreTo(ctx, config, r.File); err != nil {
			return err
		}
		fmt.Printf("Restored %s into %s. What was there is kept beside it, as %s.before-… with the date.\n", r.File, c.Data, server.DatabaseFile)
	case r.File != "":
		return errors.New("the database is PostgreSQL's: put the backup in place with its own tools, and then run satchel restore without a file; nothing was changed")
	default:
		if err := c.office(ctx, func(srv *server.Server) error { return srv.Restored(ctx) }); err != nil {
			return err
		}
		fmt.Println("Noted that the database was put back to an older one.")
	}
	fmt.Println("Start the server again, and have every tablet sync.")
	return nil
}
