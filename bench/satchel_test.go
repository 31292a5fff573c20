package main

import (
	"context"
	"net/http/httptest"
	"testing"

	"satchel/server"
)

// benchmark has eight devices do something with a server in this process, where a profile shows what it takes:
//
//	go test ./bench -run '^$' -bench Push -cpuprofile cpu.out
func benchmark(b *testing.B, prepare func([]client) error, do func(client) error) {
	const records = 40_000
	ctx := b.Context()
	for b.Loop() {
		b.StopTimer()
		ls, dir := loads(1, records, 8), b.TempDir()
		pens, err := furnish(ctx, server.Config{Dir: dir}, ls)
		if err != nil {
			b.Fatal(err)
		}
		office, err := server.Open(ctx, server.Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		web := httptest.NewServer(office.Handler())
		clients := make([]client, len(pens))
		for i, p := range pens {
			p.address = web.URL
			if clients[i], err = p.client(ls[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := prepare(clients); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := together(clients, do); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		web.Close()
		if err := office.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func push(c client) error { return c.push(context.Background()) }

func BenchmarkPush(b *testing.B) {
	benchmark(b, func([]client) error { return nil }, push)
}

func BenchmarkEdit(b *testing.B) {
	benchmark(b, pushed, func(c client) error { return c.edit(context.Background()) })
}

func BenchmarkPull(b *testing.B) {
	benchmark(b, pushed, func(c client) error {
		_, err := c.pull(context.Background())
		return err
	})
}

// pushed has the records be there already.
func pushed(clients []client) error {
	_, err := together(clients, push)
	return err
}
