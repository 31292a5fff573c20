package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"satchel/server"
)

// blobFlags say where photos and signatures are kept.
type blobFlags struct {
	Blobs string `help:"Bucket for photos and signatures, s3://HOST/BUCKET, of a service that speaks S3; by itself, they are files in the data directory." env:"SATCHEL_BLOBS" placeholder:"URL"`
	// No flag takes the secret: other users of the machine could see it.
	BlobsKeyFile string `help:"File with the bucket's access key on its first line and the secret on its second; otherwise SATCHEL_BLOBS_ACCESS and SATCHEL_BLOBS_SECRET hold them." env:"SATCHEL_BLOBS_KEY_FILE" placeholder:"FILE"`
}

// keys gives what the bucket's service knows the server by.
func (f blobFlags) keys() (server.BlobKeys, error) {
	if f.Blobs == "" {
		return server.BlobKeys{}, nil
	}
	keys := server.BlobKeys{Access: os.Getenv("SATCHEL_BLOBS_ACCESS"), Secret: os.Getenv("SATCHEL_BLOBS_SECRET")}
	if f.BlobsKeyFile != "" {
		text, err := os.ReadFile(filepath.Clean(f.BlobsKeyFile))
		if err != nil {
			return keys, fmt.Errorf("read the keys of the bucket: %w", err)
		}
		access, secret, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		keys = server.BlobKeys{Access: strings.TrimSpace(access), Secret: strings.TrimSpace(secret)}
	}
	if keys.Access == "" || keys.Secret == "" {
		return keys, errors.New("the bucket for photos and signatures needs keys: give them with --blobs-key-file, or as SATCHEL_BLOBS_ACCESS and SATCHEL_BLOBS_SECRET; nothing was changed")
	}
	return keys, nil
}

// config gives which server the command line means.
func (c *cli) config() (server.Config, error) {
	keys, err := c.Blobs.keys()
	return server.Config{Dir: c.Data, Database: c.Database, Blobs: c.Blobs.Blobs, BlobKeys: keys}, err
}

// proofsCmd is about photos and signatures.
type proofsCmd struct {
	Check checkProofsCmd `cmd:"" help:"Read all of them, and compare them with their names."`
}

// checkProofsCmd looks at all of them.
type checkProofsCmd struct {
	Repair bool `help:"Have devices send again what is lost, as far as they still have it, and take up what is found."`
}

// Help is shown by --help.
func (checkProofsCmd) Help() string {
	return `Each photo and signature is named by the SHA-256 of its content. "Lost" are those that should be there and are not, or
are damaged; "found" those that are there, such as after they were copied back, and that the database does not know of;
"unnamed" those that no record names. Nothing is removed. The server may run meanwhile. The exit status is 1 if any is lost.

Examples:
  satchel proofs check
  satchel proofs check --repair`
}

// Run looks at them.
func (p checkProofsCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		report, err := srv.CheckBlobs(ctx, p.Repair)
		if err != nil {
			return err
		}
		err = c.show(report, func(w *tabwriter.Writer) {
			row(w, "WHOLE", "LOST", "FOUND", "UNNAMED")
			row(w, report.Whole, len(report.Lost), len(report.Found), report.Unnamed)
			for _, name := range report.Lost {
				row(w, "lost", name)
			}
		})
		if err == nil && len(report.Lost) > 0 && !p.Repair {
			err = errors.New("some photos or signatures are lost; with --repair, devices that still have them send them again")
		}
		return err
	})
}
