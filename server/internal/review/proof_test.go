package review_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/syncproto"
)

// picture names the content whose SHA-256 is that digit 64 times.
func picture(digit string) syncproto.Blob {
	return syncproto.Blob{SHA256: strings.Repeat(digit, 64), Type: "image/jpeg", Bytes: 5}
}

// proven is a delivery with proofs.
func (o *office) proven(name string, proofs any) engine.OfficeEdit {
	e := o.delivery(name, "Mira", 1)
	e.Fields["proofs"] = edit("", uuid.Nil, "proofs", proofs).Fields["proofs"]
	return e
}

// missing gives the names of the deliveries about which it is open that a proof is missing, and of how many pictures.
func (o *office) missing(names ...string) map[string]int {
	o.t.Helper()
	if err := o.queue.Settle(o.t.Context(), nil); err != nil {
		o.t.Fatal(err)
	}
	out := map[string]int{}
	for _, item := range o.list(review.Open) {
		for _, name := range names {
			if item.Kind == review.ProofMissing && item.Record == named(name) {
				out[name] = len(item.Facts.Blobs)
			}
		}
	}
	return out
}

func (o *office) wantMissing(when string, want map[string]int) {
	o.t.Helper()
	got := o.missing("one", "two", "three", "four")
	if len(got) != len(want) {
		o.t.Errorf("%s: %v is missing, want %v", when, got, want)
	}
	for name, n := range want {
		if had, open := got[name]; !open || had != n {
			o.t.Errorf("%s: %v is missing, want %v", when, got, want)
		}
	}
}

func (o *office) arrive(b syncproto.Blob) {
	o.t.Helper()
	if err := o.engine.BlobArrived(o.t.Context(), b); err != nil {
		o.t.Fatal(err)
	}
}

// A photo that does not come for three days is asked after, and no more once it is here.
func TestAPhotoThatDoesNotComeIsInReview(t *testing.T) {
	o := newOffice(t)
	a, b, c := picture("a"), picture("b"), picture("c")
	o.save(o.household("Mira"))
	o.save(o.proven("one", map[string]any{"photos": []syncproto.Blob{a, b}}), o.proven("two", map[string]any{"signature": c}))
	o.arrive(c)
	o.now = o.now.Add(72*time.Hour - time.Millisecond)
	o.wantMissing("just before", nil)
	o.now = o.now.Add(time.Millisecond)
	o.wantMissing("after three days", map[string]int{"one": 2})
	o.arrive(a)
	o.wantMissing("when one of two has come", map[string]int{"one": 1})
	o.arrive(b)
	o.wantMissing("when both have", nil)
	if err := o.engine.BlobsLost(t.Context(), []string{c.SHA256}); err != nil {
		t.Fatal(err)
	}
	o.wantMissing("when one was lost", map[string]int{"two": 1})
	o.save(edit("deliveries", named("two"), "cancelled_why", "a mistake"))
	o.wantMissing("when the delivery does not count", nil)
}

// Where a type of assistance asks for a proof, a delivery has one or says why not.
func TestADeliveryWithoutAProofIsInReview(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("Mira"))
	o.save(o.delivery("four", "Mira", 1))
	o.wantMissing("while nobody asks", nil)
	o.save(edit("assistance_types", o.kind, "proof_required", true))
	o.save(o.delivery("one", "Mira", 1), o.proven("two", map[string]any{"none": "it was dark"}), o.proven("three", map[string]any{"photos": []syncproto.Blob{picture("a")}}))
	o.wantMissing("at once", map[string]int{"one": 0})
	o.save(edit("deliveries", named("two"), "proofs", map[string]any{"none": " "}))
	o.wantMissing("when the reason is taken away", map[string]int{"one": 0, "two": 0})
	o.save(edit("deliveries", named("one"), "proofs", map[string]any{"signature": picture("b")}))
	o.save(edit("deliveries", named("two"), "proofs", map[string]any{"signature": "as it was written before"}))
	o.wantMissing("when they are there", nil)
}
