package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// proofFlags say what proves a delivery.
type proofFlags struct {
	Photo     []string `help:"Photo of the delivery, JPEG, PNG or WebP; may be repeated." type:"existingfile" placeholder:"FILE"`
	Signature string   `help:"Picture of the recipient's signature." type:"existingfile" placeholder:"FILE"`
}

// add puts the files into a store, and gives them as the proofs of a delivery that has some already.
func (p proofFlags) add(ctx context.Context, s *clientlib.Store, had syncproto.Value) (map[string]any, error) {
	proofs := map[string]json.RawMessage{}
	if !had.IsNull() {
		if err := json.Unmarshal([]byte(had), &proofs); err != nil {
			return nil, fmt.Errorf("read the proofs that there are: %w", err)
		}
	}
	out := map[string]any{}
	for name, value := range proofs {
		out[name] = value
	}
	if len(p.Photo) > 0 {
		var photos []any
		if err := json.Unmarshal(orEmptyList(proofs["photos"]), &photos); err != nil {
			return nil, fmt.Errorf("read the photos that there are: %w", err)
		}
		for _, file := range p.Photo {
			photo, err := addFile(ctx, s, file)
			if err != nil {
				return nil, err
			}
			photos = append(photos, photo)
		}
		out["photos"] = photos
	}
	if p.Signature != "" {
		signature, err := addFile(ctx, s, p.Signature)
		if err != nil {
			return nil, err
		}
		out["signature"] = signature
	}
	return out, nil
}

func orEmptyList(text json.RawMessage) json.RawMessage {
	if text == nil {
		return json.RawMessage("[]")
	}
	return text
}

// addFile puts a picture into a store. When it was taken is when the file was last written.
func addFile(ctx context.Context, s *clientlib.Store, file string) (clientlib.Proof, error) {
	content, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return clientlib.Proof{}, fmt.Errorf("read the picture; nothing was saved: %w", err)
	}
	taken := time.Now()
	if info, err := os.Stat(file); err == nil {
		taken = info.ModTime()
	}
	blob, err := s.AddBlob(ctx, content)
	if err != nil {
		return clientlib.Proof{}, fmt.Errorf("%s: %w", file, err)
	}
	return clientlib.Proof{Blob: blob, At: taken.UnixMilli()}, nil
}

// proveCmd adds proofs to a delivery.
type proveCmd struct {
	Delivery uuid.UUID `arg:"" help:"Id of the delivery, as household show prints it."`
	proofFlags
	Why string `help:"Why there is no proof, where there is none." placeholder:"REASON"`
}

// Help is shown by --help.
func (proveCmd) Help() string {
	return `The photos are added to those that the delivery has; a signature takes the place of another one. They are encrypted
on this device like everything else, and sent with the next sync, behind what was recorded. A file is kept as it is, with
what a camera wrote into it: make it small (1280 pixels are enough) and take out what is nobody's business before.

Examples:
  satchel-device prove 0198f0a2-7b1c-7000-8000-000000000001 --photo kitchen.jpg --photo stove.jpg
  satchel-device prove 0198f0a2-7b1c-7000-8000-000000000001 --why "it was dark, and the phone has no light"`
}

// Run adds the proofs.
func (p proveCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		r, err := s.Get(ctx, p.Delivery)
		switch {
		case errors.Is(err, clientlib.ErrNotFound), err == nil && r.Collection != "deliveries":
			return errors.New("there is no delivery of that id on this device; household show prints the ids; nothing was saved")
		case err != nil:
			return err
		case len(p.Photo) == 0 && p.Signature == "" && p.Why == "":
			return errors.New("name a --photo, a --signature, or say with --why that there is none; nothing was saved")
		}
		proofs, err := p.add(ctx, s, r.Value("proofs"))
		if err != nil {
			return err
		}
		maps.DeleteFunc(proofs, func(name string, _ any) bool { return name == "none" })
		if p.Why != "" {
			proofs["none"] = p.Why
		}
		var form clientlib.Form
		form.Edit(r, map[string]any{"proofs": proofs})
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("proofs of delivery", r.ID)
	})
}
