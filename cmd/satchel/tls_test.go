package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnOfficeMakesAnAuthorityOfItsOwn makes one before there is a server, and looks at it.
func TestAnOfficeMakesAnAuthorityOfItsOwn(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: filepath.Join(t.TempDir(), "data")}
	if status, _, errs := d.result("tls", "show"); status == 0 || !strings.Contains(errs, "satchel tls init") {
		t.Errorf("without an authority it says %q", errs)
	}
	if status, _, errs := d.result("serve", "--tls", "local"); status == 0 || !strings.Contains(errs, "satchel tls init") {
		t.Errorf("without an authority a server says %q", errs)
	}
	if status, _, errs := d.result("tls", "init", "--name", "192.168.1.10"); status == 0 || !strings.Contains(errs, "is an address") {
		t.Errorf("an address as the name: %q", errs)
	}
	d.run("tls", "init", "--name", "satchel.office.lan", "--name", "satchel.local", "--ip", "192.168.1.10")
	var shown struct {
		Names, Addresses  []string
		File, Fingerprint string
	}
	if err := json.Unmarshal([]byte(d.run("--json", "tls", "show")), &shown); err != nil {
		t.Fatal(err)
	}
	if strings.Join(shown.Names, " ") != "satchel.office.lan satchel.local" || strings.Join(shown.Addresses, " ") != "192.168.1.10" {
		t.Errorf("it is for %v and %v", shown.Names, shown.Addresses)
	}
	before, err := os.ReadFile(shown.File)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, errs := d.result("tls", "init", "--name", "other.lan"); status == 0 || !strings.Contains(errs, "nothing was changed") {
		t.Errorf("a second one: %q", errs)
	}
	if after, err := os.ReadFile(shown.File); err != nil || string(after) != string(before) {
		t.Error("the second one took the place of the first")
	}
	if out := d.run("tls"); !strings.Contains(out, shown.Fingerprint) {
		t.Errorf("the table lacks the fingerprint: %s", out)
	}
}

func TestAnAuthorityIsMadeForThisMachineByItself(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: filepath.Join(t.TempDir(), "data")}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if out := d.run("tls", "init"); !strings.Contains(out, strings.ToLower(host)) {
		t.Errorf("the authority of %s is %s", host, out)
	}
}

func TestFlagsOfTLSThatContradictEachOther(t *testing.T) {
	d := newDesk(t)
	for want, args := range map[string][]string{
		"--domain":          {"--tls", "acme"},
		"--cert and --key":  {"--tls", "files"},
		"contradicts":       {"--tls", "local", "--domain", "aid.example.org"},
		"in the clear":      {"--tls", "off", "--listen", "0.0.0.0:0"},
		"plain HTTP beside": {"--http", "127.0.0.1:0"},
	} {
		if status, _, errs := d.result(append([]string{"serve"}, args...)...); status == 0 || !strings.Contains(errs, want) {
			t.Errorf("serve %v says %q, want %q", args, errs, want)
		}
	}
}

// TestAServerUsesTheAuthorityThatWasMade starts one without another word, and invites a tablet.
func TestAServerUsesTheAuthorityThatWasMade(t *testing.T) {
	d := newDesk(t)
	d.run("user", "add", "mila", "--name", "Mila", "--role", "worker", "--area", "Kraljevo")
	d.run("tls", "init", "--name", "satchel.office.lan")
	address := freeAddress(t)
	s := d.serve("--listen", address)
	defer s.stop()
	_, port, _ := strings.Cut(address, ":")
	if out := d.run("device", "invite", "Tablet 7", "--holder", "mila", "--area", "Kraljevo"); !strings.Contains(out, "https://satchel.office.lan:"+port+"/enrol#code=") {
		t.Errorf("the invitation leads elsewhere: %s", out)
	}
}
