package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"satchel/server/internal/store/storetest"
)

func TestAPanicEndsItsJobAlone(t *testing.T) {
	ctx := t.Context()
	e, err := New(ctx, storetest.Open(t), time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		if err := w.tx.SetProperty(ctx, "half", "done"); err != nil {
			return err
		}
		panic("on purpose")
	})
	if err == nil || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("a job that panics: %v, want an error that says so", err)
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		if _, err := w.tx.Property(ctx, "half"); err == nil {
			t.Error("what the job did before it panicked was kept")
		}
		return nil
	})
	if err != nil {
		t.Errorf("the next job: %v", err)
	}
}
