package syncproto

import (
	"testing"

	"github.com/google/uuid"
)

func TestAReceiptHasTheNumberThatTheFamilyWasTold(t *testing.T) {
	if got := ReceiptNumber(uuid.MustParse("019a5b1e-4c00-7abc-8def-0123456789ab")); got != "4D2P-F2DB" {
		t.Error(got)
	}
}
