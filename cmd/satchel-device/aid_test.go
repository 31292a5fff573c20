package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// saved reads the id of what a command saved.
func (w *worker) saved(args ...string) string {
	w.t.Helper()
	var out struct{ ID string }
	w.into(&out, args...)
	return out.ID
}

// told runs a command, and gives what it says beside its result.
func (w *worker) told(in string, args ...string) string {
	w.t.Helper()
	w.in = in
	_, _, errs := w.result(args...)
	return errs
}

func TestADeliveryIsConfirmedWithWhatTheFamilyGot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := enrolled(t, o)
	household := w.saved("household", "add", "Ana", "--area", "Kraljevo", "--card", "1")
	deliver := []string{"deliver", "1", "MATERIAL", "--project", "KV-2", "--quantity", "1.5"}
	w.in = "n\n"
	w.fails(1, "nothing was saved", deliver...)
	w.fails(1, "above 0", "deliver", "1", "MATERIAL", "--project", "KV-2", "--quantity=-1")
	has(t, w.told("y\n", append(deliver, "--proxy", "Mira, her sister: she is ill", "--note", "two trips")...),
		"as this device knew it on ", "less than a minute ago", "Building material: 0 received, limit 2; 2 still due.", "Deliver 1.5 × Building material? [y/N]")
	careful := w.told("n\n", deliver...)
	has(t, careful, "Building material: 1.5 received, limit 2; 0.5 still due.", " by Ana, project KV-2, to Ana, taken by proxy: Mira, her sister: she is ill (two trips); not sent yet [",
		"the family has already received 1.5 of 2: 1.5 on ", "With this delivery that is 1 too much", "all the same? [y/N]")
	var status clientlib.Status
	if w.into(&status, "status"); status.Unsent != 2 {
		t.Errorf("unsent %d, want the household and a delivery", status.Unsent)
	}
	if half := w.told("n\n", append(deliver, "--quantity", "0.5")...); strings.Contains(half, "CAREFUL") {
		t.Errorf("what is still due is warned of:\n%s", half)
	}
	w.run(append(deliver, "--yes")...)
	has(t, w.run("household", "show", household), "Building material: 3 received, limit 2; that is 1 too much.")
	has(t, w.told("n\n", "deliver", "1", "FOOD", "--project", "KV-2"), `called "FOOD"`)
}

func TestADeliveryIsCancelledWithAReason(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, two := enrolled(t, o), enrolled(t, o)
	household := one.saved("household", "add", "Ana", "--area", "Kraljevo", "--card", "1")
	delivery := one.saved("deliver", "1", "MATERIAL", "--project", "KV-2", "--quantity", "2", "--yes")
	one.run("sync")
	two.run("sync")
	has(t, two.run("household", "show", "1"), "Kraljevo (", "Building material (", time.Now().Local().Format("Mon 2006-01-02"), "2 received, limit 2; 0 still due.", "2 on ", " by Ana, ", "["+delivery+"]")
	has(t, two.told("n\n", "deliver", "1", "MATERIAL", "--project", "KV-2"), "already received 2 of 2: 2 on ", " by Ana.")
	two.fails(80, "--why", "cancel", delivery)
	two.fails(exitFailed, "say why", "cancel", delivery, "--why", "  ")
	two.fails(exitFailed, "no delivery of that id", "cancel", household, "--why", "x")
	two.fails(exitFailed, "no delivery of that id", "cancel", uuid.NewString(), "--why", "x")
	has(t, two.run("cancel", delivery, "--why", "it went to the neighbour"), "Saved on this device: cancelled delivery "+delivery)
	two.fails(exitFailed, "cancelled already: it went to the neighbour", "cancel", delivery, "--why", "x")
	two.run("sync")
	one.run("sync")
	for _, w := range []*worker{one, two} {
		has(t, w.run("household", "show", "1"), "0 received, limit 2; 2 still due.", "CANCELLED: it went to the neighbour")
	}
	if told := one.told("n\n", "deliver", "1", "MATERIAL", "--project", "KV-2"); strings.Contains(told, "CAREFUL") {
		t.Errorf("what is due again is warned of:\n%s", told)
	}
	has(t, one.told("n\n", "deliver", "1", "MATERIAL", "--project", "KV-2", "--quantity", "3"), "CAREFUL: this is more than is due.")
}

func TestAFamilyThatIsRegisteredTwiceIsCountedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := enrolled(t, o)
	kept := w.saved("household", "add", "Ana", "--area", "Kraljevo", "--card", "1")
	duplicate := w.saved("household", "add", "Ana A.", "--area", "Kraljevo", "--card", "1", "--yes")
	w.fails(exitFailed, "2 households on this device fit", "household", "show", "1")
	has(t, w.run("household", "show", kept), "less than a minute ago", "  nothing")
	w.run("deliver", duplicate, "MATERIAL", "--project", "KV-2", "--quantity", "2", "--yes")
	w.run("sync")
	if _, err := o.srv.Engine.Merge(t.Context(), o.admin, uuid.MustParse(duplicate), uuid.MustParse(kept), "one family"); err != nil {
		t.Fatal(err)
	}
	w.run("sync")
	has(t, w.told("n\n", "deliver", "1", "MATERIAL", "--project", "KV-2"),
		`registered 2 times, and counts as one: Ana (card "1"), Ana A. (card "1").`, "already received 2 of 2")
	var got shown
	if w.into(&got, "household", "show", "1"); len(got.Aid.Shares) != 1 || got.Aid.Shares[0].Delivered.String() != "2" || len(got.Records) != 1 {
		t.Errorf("as JSON it is %+v", got)
	}
	far := o.save("areas", map[string]syncproto.Value{"name": `"Vranje"`, "level": `"municipality"`})
	other := o.save("households", map[string]syncproto.Value{"head_name": `"A. Ana"`, "status": `"idp"`, "area": syncproto.Value(`"` + far.String() + `"`)})
	if _, err := o.srv.Engine.Merge(t.Context(), o.admin, uuid.MustParse(kept), other, "one family"); err != nil {
		t.Fatal(err)
	}
	w.run("sync")
	has(t, w.run("household", "show", kept), "Also registered in areas that this device does not have: 1 times.", "2 received, limit 2")
}

func TestADeviceThatNeverFetchedItsAreaSaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := enrolled(t, o)
	other := o.save("areas", map[string]syncproto.Value{"name": `"Vranje"`, "level": `"municipality"`})
	w.run("sync") // it knows of the area, and does not have it
	w.run("household", "add", "Ana", "--area", "Vranje", "--card", "1")
	has(t, w.run("household", "show", "1"), "which never fetched all of this area: there may be more", other.String())
}

func TestHowLongAgoIsToldInTheLargestUnit(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour: "less than a minute", 59 * time.Second: "less than a minute", time.Minute: "1 minute", 119 * time.Minute: "1 hour",
		47 * time.Hour: "1 day", 72 * time.Hour: "3 days", 23 * time.Hour: "23 hours",
	} {
		if got := inLargest(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
