package server

import (
	"context"
	"errors"

	"satchel/server/internal/console"
	"satchel/server/internal/store"
)

// propertyURL is the property that holds where devices reach the server.
const propertyURL = "url"

// NoteURL keeps where devices reach the server, for programs that make invitations beside it. A URL
// that is "" leaves what was noted before.
func (s *Server) NoteURL(ctx context.Context, url string) error {
	if url == "" {
		return nil
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetProperty(ctx, propertyURL, url) })
}

// URL gives what was last noted, "" if nothing was.
func (s *Server) URL(ctx context.Context) (url string, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		url, err = tx.Property(ctx, propertyURL)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return url, err
}

// EnrolLink is where the invitation with a code leads, at a server of some URL.
func EnrolLink(url, code string) string { return console.EnrolLink(url, code) }
