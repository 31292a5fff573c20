package main

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// clash has two tablets write one field of a household without knowing of each other, and gives the
// household and what each wrote. The second shows: its time is the later.
func clash(d *desk, field, before, first, second string) (household string, one, two syncproto.Version) {
	d.t.Helper()
	a, b := d.tablet("Tablet-1", "Kraljevo"), d.tablet("Tablet-2", "Vranje")
	d.run("device", "scope", "Tablet-2", "--area", "Srbija")
	d.run("device", "scope", "Tablet-1", "--area", "Srbija")
	household = uuid.Must(uuid.NewV7()).String()
	made := a.hand("households", household, syncproto.Version{}, map[string]any{
		"head_name": "Petar Petrović", "status": "idp", "area": d.ids("areas", "name")["Kraljevo"], "phone": "060 111", field: before,
	})
	one = a.hand("households", household, made, map[string]any{field: first})
	return household, one, b.hand("households", household, made, map[string]any{field: second})
}

func TestAConflictIsShownSettledAndUndone(t *testing.T) {
	d := newDesk(t)
	household, one, two := clash(d, "phone", "060 111", "060 222", "060 333")
	d.says(d.run("conflict", "list"), household, "phone", "060 222", "060 333")
	d.says(d.run("conflict", "show", household, "phone"), "Shown now:", "phone = 060 333", "Also written:", "phone = 060 222",
		"before:", "060 111", "Worker of Tablet-1 on Tablet-1", "device time:", "server time:", one.String(), two.String())

	settled := decode[struct{ Version string }](d, "conflict", "settle", household, "phone", "--take", one.String(), "--reason", "called them")
	d.says(d.run("conflict", "list"), "No conflict is open.")
	d.says(d.run("export", "households"), "060 222")
	d.says(d.run("history", household), "settles a conflict", "060 222", "Ana Anić on office")

	d.run("conflict", "undo", settled.Version)
	d.says(d.run("conflict", "show", household, "phone"), "phone = 060 222", "phone = 060 333")
	d.says(d.run("export", "households"), "060 333")

	out := d.run("conflict", "settle", household, "phone", "--value", "064 \"new\"; 1")
	d.says(out, `Settled: phone is 064 "new"; 1 now.`, "In the history: phone = 060 222, by Worker of Tablet-1 on Tablet-1.", "satchel conflict undo ")
	d.refused("no open conflict", "conflict", "settle", household, "phone", "--value", "x")
	d.says(d.run("audit", "verify"), "Rows that hold:")
}

func TestAnAreaInConflictIsReadAndSettledByItsName(t *testing.T) {
	d := newDesk(t)
	areas := d.ids("areas", "name")
	household, _, _ := clash(d, "area", areas["Kraljevo"], areas["Vranje"], areas["Srbija"])
	d.says(d.run("conflict", "show", household, "area"), "area = Vranje ("+areas["Vranje"]+")", "area = Srbija (")
	d.refused("expected the official_code or name or id of a record of areas; nothing was changed", "conflict", "settle", household, "area", "--value", "Atlantis")
	d.says(d.run("conflict", "settle", household, "area", "--value", "70432"), "Settled: area is Vranje (")
	d.refused("no side of the conflict", "conflict", "settle", second(d), "notes", "--take", "0198f0a2-7b1c-7000-8000-000000000001:1")
}

// second makes another conflict, by two edits at the office that know nothing of each other.
func second(d *desk) string {
	d.t.Helper()
	d.load("households", "card_number,head_name,status,area,notes\nKV-2,Jelena,host,Vranje,old\n")
	household := d.ids("households", "card_number")["KV-2"]
	d.open(func(srv *server.Server) {
		for _, notes := range []syncproto.Value{`"new"`, `"newer"`} {
			_, err := srv.Engine.Save(d.t.Context(), uuid.Nil, []server.OfficeEdit{{
				Collection: "households", Record: uuid.MustParse(household), Base: map[string][]syncproto.Version{},
				Fields: map[string]syncproto.Value{"notes": notes},
			}})
			if err != nil {
				d.t.Fatal(err)
			}
		}
	})
	return household
}

func TestAContestedDeletionIsSettledByTakingTheEdit(t *testing.T) {
	d := newDesk(t)
	a, b := d.tablet("Tablet-1", "Kraljevo"), d.tablet("Tablet-2", "Kraljevo")
	household := uuid.Must(uuid.NewV7()).String()
	made := a.hand("households", household, syncproto.Version{}, map[string]any{
		"head_name": "Petar", "status": "idp", "area": d.ids("areas", "name")["Kraljevo"], "phone": "060 111",
	})
	edit := a.hand("households", household, made, map[string]any{"phone": "060 222"})
	b.hand("households", household, syncproto.Version{}, map[string]any{"deleted": true})
	d.says(d.run("conflict", "list"), "deleted", "yes", "phone = 060 222")
	d.says(d.run("conflict", "settle", household, "deleted", "--take", edit.String()), "Settled: deleted is no now.")
	d.says(d.run("export", "households"), "060 222")
}

func TestAHeldChangeIsCorrectedAndAppliedOrDiscarded(t *testing.T) {
	d := newDesk(t)
	a := d.tablet("Tablet-1", "Kraljevo")
	areas := d.ids("areas", "name")
	household, other := uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String()
	wrong := a.hand("households", household, syncproto.Version{}, map[string]any{"head_name": "Petar", "status": "idp", "area": areas["Vranje"], "notes": "x"})
	twice := a.hand("households", other, syncproto.Version{}, map[string]any{"head_name": "Petar", "status": "rich", "area": areas["Kraljevo"]})
	d.says(d.run("held", "list"), wrong.String(), "out_of_scope", "Worker of Tablet-1 on Tablet-1", "head_name:", "Petar", "area:", "Vranje (", twice.String())

	d.refused("still cannot be applied", "held", "apply", twice.String())
	d.refused("status: the value has to be one of", "held", "apply", twice.String(), "--set", "status=poor")
	d.refused("no change of that version is held", "held", "apply", "0198f0a2-7b1c-7000-8000-000000000001:1", "--set", "status=idp")
	d.run("held", "apply", wrong.String(), "--set", "area=Kraljevo", "--set", "displaced_on=15.6.1999.", "--set", "notes=a; b=c, d")
	d.says(d.run("export", "households"), household, areas["Kraljevo"], "1999-06-15", "\"a; b=c, d\"")
	d.says(d.run("held", "discard", twice.String(), "--reason", "entered twice"), "Discarded")
	d.says(d.run("held", "list"), "Nothing is held.")
	d.says(d.run("history", other), "discarded: entered twice")
	if list := decode[[]server.HeldChange](d, "held", "list"); len(list) != 0 {
		t.Errorf("held: %+v", list)
	}
}

func TestOnlyAnAdministratorDecides(t *testing.T) {
	d := newDesk(t)
	household, one, _ := clash(d, "phone", "1", "2", "3")
	settle := []string{"conflict", "settle", household, "phone", "--take", one.String()}
	d.refused(`no active administrator with the login "tablet-1"`, append([]string{"--as", "tablet-1"}, settle...)...)
	d.run("user", "add", "bojan", "--name", "Bojan", "--role", "administrator")
	d.refused("say with --as LOGIN in whose name; nothing was changed", settle...)
	d.refused("say with --as LOGIN in whose name", "user", "add", "eva", "--name", "Eva", "--role", "administrator")
	d.run("user", "set", "bojan", "--no-active", "--as", "ana")
	d.refused("no active administrator", append([]string{"--as", "bojan"}, settle...)...)
	d.run(settle...)
	d.refused("no administrator", "user", "set", "ana", "--no-active")
	if strings.Contains(d.run("user", "list"), "eva") {
		t.Error("eva was added in nobody's name")
	}
}
