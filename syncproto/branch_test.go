package syncproto_test

import (
	"testing"

	"github.com/google/uuid"

	"satchel/syncproto"
)

func TestABranchHasTheIdentityThatFollowsFromWhereItParts(t *testing.T) {
	b := syncproto.Branch{Of: uuid.MustParse("01940000-0000-7000-8000-000000000001")}
	for i := range b.First {
		b.First[i] = byte(i)
	}
	if got, want := b.Device().String(), "d8acb682-1f4b-8bb2-a675-e389a1ffff84"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	other := b
	other.First[31]++
	if other.Device() == b.Device() {
		t.Error("two branches have one identity")
	}
}
