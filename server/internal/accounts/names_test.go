package accounts_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/syncproto"
)

func TestANameIsTextOnOneLine(t *testing.T) {
	p := newProgramme(t)
	device := p.enrol().Device
	// A database does not take these, or they do something to the screen of who reads a list.
	strange := map[string]string{
		"a NUL":                 "a\x00b",
		"half a character":      "a\xffb",
		"a terminal's command":  "a\x1b[2Jb",
		"another line":          "a\nb",
		"more than anyone says": strings.Repeat("ж", 101),
	}
	for what, name := range strange {
		_, err := p.accounts.AddUser(t.Context(), p.admin, accounts.NewUser{Login: name, Name: "Mira", Role: accounts.RoleWorker})
		refused(t, "a login with "+what, err, syncproto.CodeInvalid)
		_, err = p.accounts.AddUser(t.Context(), p.admin, accounts.NewUser{Login: "mira", Name: name, Role: accounts.RoleWorker})
		refused(t, "a person's name with "+what, err, syncproto.CodeInvalid)
		err = p.accounts.ChangeUser(t.Context(), p.admin, p.worker, accounts.UserChange{Name: &name})
		refused(t, "a person's new name with "+what, err, syncproto.CodeInvalid)
		_, err = p.accounts.Invite(t.Context(), p.admin, p.worker, name, []uuid.UUID{p.village})
		refused(t, "an invitation's name with "+what, err, syncproto.CodeInvalid)
		err = p.accounts.RenameDevice(t.Context(), p.admin, device.ID, name)
		refused(t, "a device's new name with "+what, err, syncproto.CodeInvalid)
	}
	code := p.code()
	for what, name := range strange {
		_, err := p.accounts.Enrol(t.Context(), code, uuid.Nil, name)
		refused(t, "a device's name with "+what, err, syncproto.CodeInvalid)
	}
	e, err := p.accounts.Enrol(t.Context(), code, uuid.Nil, " Z\u030carko's tablet\n")
	if err != nil || e.Device.Name != "\u017darko's tablet" {
		t.Errorf("a code after names that were refused: %q, %v; want it to work still, and the name in one form", e.Device.Name, err)
	}
}
