package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// An office is a database of Satchel's with an administrator, open in this process.
type office struct {
	*server.Server
	admin uuid.UUID
}

func openOffice(ctx context.Context, config server.Config) (*office, error) {
	srv, err := server.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	admin, err := srv.Accounts.AddUser(ctx, uuid.Nil, server.NewUser{Login: "ana", Name: "Ana Anić", Role: "administrator", Password: "a long password"})
	if err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	return &office{srv, admin.ID}, nil
}

// settle makes an area.
func (o *office) settle(ctx context.Context, area uuid.UUID, name string) error {
	_, err := o.Engine.Save(ctx, o.admin, []server.OfficeEdit{{Collection: "areas", Record: area, Fields: map[string]syncproto.Value{
		"name": syncproto.Value(fmt.Sprintf("%q", name)), "level": `"settlement"`,
	}}})
	return err
}

// employ adds a worker for an area.
func (o *office) employ(ctx context.Context, login string, area uuid.UUID) (uuid.UUID, error) {
	worker, err := o.Accounts.AddUser(ctx, o.admin, server.NewUser{Login: login, Name: "Mila Milić", Role: "worker", Areas: []uuid.UUID{area}})
	return worker.ID, err
}

// invite gives a code for a device of a worker's in an area.
func (o *office) invite(ctx context.Context, worker, area uuid.UUID) (string, error) {
	invited, err := o.Accounts.Invite(ctx, o.admin, worker, "Tablet", []uuid.UUID{area})
	return invited.Code, err
}

// pen enrols a device without a store.
func (o *office) pen(ctx context.Context, worker, area uuid.UUID, transport *http.Transport) (*pen, error) {
	code, err := o.invite(ctx, worker, area)
	if err != nil {
		return nil, err
	}
	enrolled, err := o.Accounts.Enrol(ctx, code, uuid.Nil, "")
	return &pen{
		device: enrolled.Device.ID, author: worker, access: enrolled.Tokens.Access,
		refresh: enrolled.Tokens.Refresh, renewAt: time.Now().Add(enrolled.Tokens.ExpiresIn / 2),
		http: &http.Client{Transport: transport}, made: map[uuid.UUID]creation{},
	}, err
}
