package laws_test

import (
	"testing"

	"satchel/internal/simtest/laws"
)

func TestMergeKeepsItsLaws(t *testing.T) {
	report, err := laws.Check(t.Context(), 1, 5000)
	if err != nil {
		t.Fatal(err)
	}
	if report.Conflicts < 500 || report.Contested < 100 {
		t.Errorf("%+v: too few conflicts to show anything", report)
	}
}

func BenchmarkHistory(b *testing.B) {
	if _, err := laws.Check(b.Context(), 1, b.N); err != nil {
		b.Fatal(err)
	}
}
