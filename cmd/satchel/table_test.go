package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

const households = "card_number;head_name;status;area;phone;displaced_on\n" +
	"KV-1;Petar Petrović;idp;Kraljevo;=1+1;15.06.1999.\n" +
	"KV-2;Ана Анић;returnee;70432;+381 64;\n"

func TestAFileWithAWrongRowSavesNothingAndSaysWhatIsWrong(t *testing.T) {
	d := newDesk(t)
	wrong := d.write("wrong.csv", households+"KV-1;Eva;rich;Atlantis;;31.02.1999.\n")
	out := d.refused("there are 4 faults in the file; nothing was saved", "import", "households", wrong)
	d.says(out, "ROW", "4", "card_number", "KV-1", "expected one that no other record has; row 2 has it",
		"status", "rich", "the value has to be one of idp, returnee, refugee, host",
		"area", "Atlantis", "expected the official_code or name or id of a record of areas",
		"displaced_on", "31.02.1999.", "expected a date, such as 30.04.2020. or 2020-04-30")
	if lines := strings.Count(d.run("export", "households"), "\n"); lines != 1 {
		t.Errorf("%d lines are exported, want the header", lines)
	}
	d.refused("nothing was saved", "import", "households", filepath.Join(d.dir, "missing.csv"))
	d.refused(`"visits" cannot be imported`, "import", "visits", wrong)
}

func TestADryRunDoesEverythingButSave(t *testing.T) {
	d := newDesk(t)
	path := d.write("households.csv", households)
	_, _, errs := d.result("import", "households", path, "--dry-run")
	d.says(errs, "2 records of households can be imported: 2 new, 0 changed; 0 rows say nothing new. Nothing was saved.")
	if lines := strings.Count(d.run("export", "households"), "\n"); lines != 1 {
		t.Errorf("%d lines are exported, want the header", lines)
	}
	table := decode[server.Table](d, "import", "households", path, "--dry-run")
	if table.Rows != 2 || len(table.Faults) != 0 || table.Faults == nil {
		t.Errorf("%+v", table)
	}
}

func TestAFileIsImportedAndExportedSafely(t *testing.T) {
	d := newDesk(t)
	d.in = "\ufeff" + households
	_, _, errs := d.result("import", "households", "-")
	d.says(errs, "Imported 2 records of households: 2 new, 0 changed; 0 rows say nothing new.")
	d.in = households
	_, _, errs = d.result("import", "households", "-")
	d.says(errs, "Imported 0 records of households: 0 new, 0 changed; 2 rows say nothing new.")

	path := filepath.Join(d.dir, "out.csv")
	status, out, errs := d.result("export", "households", "--bom", "--out", path)
	if status != 0 || out != "" {
		t.Errorf("exit status %d, printed %q", status, out)
	}
	d.says(errs, "Exported 2 records of households.")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d.says(string(text), "\ufeffid,card_number,", ",Petar Petrović,idp,", ",'=1+1,", ",1999-06-15,", ",'+381 64,", "Ана Анић")
	d.refused(`there is no collection "users"`, "export", "users")
	if _, err := os.Stat(path + ".part"); err == nil {
		t.Error("a part of a table is left")
	}
}

func TestAnImportThatEndsEarlySaysWhatIsSaved(t *testing.T) {
	d := newDesk(t)
	db, err := sql.Open("sqlite", filepath.Join(d.data, server.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `CREATE TRIGGER moved AFTER INSERT ON records
    WHEN (SELECT count(*) FROM records WHERE collection = 'households') = 500
BEGIN INSERT INTO properties (name, value) VALUES ('moved', 'elsewhere'); END`)
	if err != nil {
		t.Fatal(err)
	}
	path := d.write("many.csv", "head_name,area,status\n"+strings.Repeat("A,Vranje,idp\n", 700))
	d.refused("500 of 700 records of households are saved, the others are not; import the same file again, and they will be; of the others is said: The server's data was moved", "import", "households", path)
}

func TestEveryCommandShowsHowItIsUsed(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: t.TempDir()}
	commands := 0
	for _, line := range strings.Split(d.run("--help"), "\n") {
		words, indented := strings.CutPrefix(line, "  ")
		if !indented || words == "" || !strings.ContainsAny(words[:1], "abcdefghijklmnopqrstuvwxyz") {
			continue
		}
		var command []string
		for _, word := range strings.Fields(words) {
			if strings.ContainsAny(word[:1], "<[-") {
				break
			}
			command = append(command, word)
		}
		if strings.Join(command, " ") == "version" {
			continue
		}
		commands++
		d.says(d.run(append(command, "--help")...), "Example", "satchel "+strings.Join(command, " "))
	}
	if commands < 20 {
		t.Errorf("only %d commands were found in the help", commands)
	}
	if status, _, errs := d.result("user", "fire"); status != 80 || !strings.Contains(errs, "unexpected argument fire") {
		t.Errorf("a command that is none: exit status %d, %q", status, errs)
	}
	d.says(d.run("version"), "satchel ", "protocol ")
}

func TestAnExportHasTheFormatThatItsNameSays(t *testing.T) {
	d := newDesk(t)
	d.load("households", "card_number,head_name,status,area,position_lat,position_lon\nKV-1,Petar,idp,Kraljevo,43.7,20.7\nVR-1,Ana,idp,Vranje,,\n")
	for name, begins := range map[string]string{"a.csv": "id,", "a.XLSX": "PK", "a.geojson": `{"type":"FeatureCollection"`, "a.txt": "id,"} {
		path := filepath.Join(d.dir, name)
		_, _, errs := d.result("export", "households", "--out", path)
		d.says(errs, "Exported 2 records of households.")
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %v, %.20q", name, err, text)
		}
	}
	status, out, errs := d.result("export", "households", "--format", "geojson", "--area", "Vranje", "--where", "head_name=Ana", "--where", "phone=")
	d.says(errs, "Exported 1 records of households.", "1 of them have no position")
	if status != 0 || strings.Count(out, `"type":"Feature"`) != 1 {
		t.Errorf("exit status %d: %s", status, out)
	}
	d.refused("--where has to name a field and a value", "export", "households", "--where", "status")
	path := filepath.Join(d.dir, "people.xlsx")
	d.refused("records of people have no day of their own", "export", "people", "--since", "2020-01-01", "--out", path)
	if left, err := filepath.Glob(filepath.Join(d.dir, "*people*")); err != nil || len(left) > 0 {
		t.Errorf("%q are left: %v", left, err)
	}
}

func TestNothingIsLeftOfAnExportThatFailsAndNothingElseIsWrittenTo(t *testing.T) {
	d := newDesk(t)
	d.load("households", households)
	folder := filepath.Join(d.dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.refused("name the table", "export", "households", "--out", folder)
	path, other := filepath.Join(d.dir, "out.csv"), d.write("other", "x")
	if err := os.Symlink(other, path+".part"); err != nil {
		t.Fatal(err)
	}
	d.run("export", "households", "--out", path)
	if text, err := os.ReadFile(other); err != nil || string(text) != "x" {
		t.Errorf("another file holds %q: %v", text, err)
	}
	if about, err := os.Stat(path); err != nil || about.Mode() != 0o600 {
		t.Errorf("%v: %v", about, err)
	}
	if left, err := filepath.Glob(filepath.Join(d.dir, "*.part")); err != nil || !slices.Equal(left, []string{path + ".part"}) {
		t.Errorf("%q are left: %v", left, err)
	}
}

func TestColumnsOfAFileAreNamedOnTheCommandLineOrInAFile(t *testing.T) {
	d := newDesk(t)
	path := d.write("spisak.csv", "R. br.;Broj=;Nosilac;status;area\n1;KV-1;Petar;idp;Kraljevo\n")
	out := d.refused("there are", "import", "households", path)
	d.says(out, "R. br.", "expected one of the columns id, card_number")
	_, _, errs := d.result("import", "households", path, "--dry-run", "--ignore", "r. br.", "--map", "broj==card_number", "--map", "Nosilac=head_name")
	d.says(errs, "1 records of households can be imported: 1 new, 0 changed; 0 rows say nothing new. Nothing was saved.")
	for name, text := range map[string]string{"comma.csv": "\ufeffBroj=,card_number\nR. br.,\nNosilac,nobody\n", "semicolon.csv": "Broj=;card_number\nR. br.;\nNosilac;nobody\n"} {
		_, _, errs := d.result("import", "households", path, "--dry-run", "--mapping", d.write(name, text), "--map", "nosilac=head_name")
		d.says(errs, "1 records of households can be imported:")
	}
	d.refused(`the column "nosilac" cannot be "nobody"`, "import", "households", path, "--map", "Nosilac=nobody")
	d.refused(`the file has no column "telefon"; nothing was saved`, "import", "households", path, "--ignore", "Telefon")
	_, _, errs = d.result("import", "households", path, "--dry-run", "--mapping", d.write("other.csv", "R.  BR.,notes\nBroj=,card_number\nnosilac,head_name\n"), "--ignore", "r._br.")
	d.says(errs, "1 records of households can be imported:")
	d.refused("--map has to name a column and a field", "import", "households", path, "--map", "Nosilac")
	d.refused("the file of columns has to name a column and a field on each line", "import", "households", path, "--mapping", path)

	book := filepath.Join(d.dir, "areas.xlsx")
	d.run("export", "areas", "--out", book)
	_, _, errs = d.result("import", "areas", book, "--sheet", "other")
	d.says(errs, `the workbook has no sheet "other"; it has ["areas"]; nothing was saved`)
}

func TestADryRunSaysWhatWouldBecomeOfEachRow(t *testing.T) {
	d := newDesk(t)
	d.load("households", households)
	const changed = "card_number;phone;area;status;head_name;notes\nKV-1;060 1;Vranje;;;\nKV-2;+381 64;70432;;;\nKV-3;;Vranje;idp;Eva;x\n"
	path := d.write("changed.csv", changed)
	_, out, errs := d.result("import", "households", path, "--dry-run")
	d.says(errs, "2 records of households can be imported: 1 new, 1 changed; 1 rows say nothing new. Nothing was saved.")
	lines := strings.Split(out, "\n")
	for i, words := range [][]string{
		{"ROW", "WHAT", "FIELD", "IS", "BECOMES"},
		{"2", "updates", "area", "Kraljevo (", "Vranje ("},
		{"2", "updates", "phone", "=1+1", "060 1"},
		{"3", "unchanged"},
		{"4", "new"},
	} {
		d.says(lines[i], words...)
	}
	table := decode[server.Table](d, "import", "households", path, "--dry-run")
	if table.New != 1 || table.Updates != 1 || table.Unchanged != 1 || len(table.Account) != 3 || table.Account[0].Edits[1].To != `"060 1"` {
		t.Errorf("%+v", table)
	}
	wrong := d.write("wrong.csv", "card_number;phone;status;surname;\nKV-1;060 1;rich;;\nKV-9;;;;;\nKV-2;060 2;;;\n")
	out = d.refused("there are 2 faults in the file; nothing was saved", "import", "households", wrong, "--dry-run", "--ignore", "surname")
	d.says(out, "2    wrong    status  rich     the value has to be one of", "3    wrong", "expected 5 cells", "4    updates  phone   +381 64  060 2")

	d.run("import", "households", path)
	if got := d.run("export", "households"); !strings.Contains(got, ",060 1,") {
		t.Errorf("nothing was changed:\n%s", got)
	}
	d.run("import", "households", d.write("clear.csv", "card_number,phone\nKV-1,\n"), "--clear-empty")
	if got := d.run("export", "households"); strings.Contains(got, ",060 1,") {
		t.Errorf("nothing was cleared:\n%s", got)
	}
}

func TestTheCardOfADeletedHouseholdIsTold(t *testing.T) {
	d := newDesk(t)
	d.load("households", households)
	id := uuid.MustParse(d.ids("households", "card_number")["KV-1"])
	d.open(func(srv *server.Server) {
		if _, err := srv.Engine.Save(t.Context(), uuid.Nil, []server.OfficeEdit{{Collection: "households", Record: id, Fields: map[string]syncproto.Value{"deleted": syncproto.True}}}); err != nil {
			t.Fatal(err)
		}
	})
	_, out, errs := d.result("import", "households", d.write("old.csv", households))
	d.says(out, "2    new   card_number", "this number had Petar Petrović (", "), which was deleted")
	d.says(errs, "Imported 1 records of households: 1 new, 0 changed; 1 rows say nothing new; 1 of the new ones have the card of a household that was deleted.")
}

func TestPossibleDuplicatesAreToldAndLeftOutIfThatIsWanted(t *testing.T) {
	d := newDesk(t)
	d.load("households", households)
	path := d.write("more.csv", "head_name;status;area;phone\nPetrović Petar;idp;Kraljevo;=1+1\nАна Анић;idp;70432;064 1 111 222\nAnić Ana;idp;70432;064 1 111 222\n")
	const why = "the same phone number, the same name of its head, the same village"
	_, out, errs := d.result("import", "households", path, "--dry-run")
	d.says(out, "2    new", "3    new", "4    new", "perhaps the household of row 3; 30 bits: "+why)
	d.says(errs, "3 records of households can be imported: 3 new, 0 changed; 0 rows say nothing new; 3 of the new ones may be about households that exist, or of rows before. Nothing was saved.")

	_, out, errs = d.result("import", "households", path, "--skip-duplicates")
	d.says(out, "perhaps Petar Petrović (", "2    left_out", "3    left_out")
	d.says(errs, "Imported 0 records of households: 0 new, 0 changed; 0 rows say nothing new; 3 are left out as possible duplicates.")
	table := decode[server.Table](d, "import", "households", path)
	if table.Likely != 3 || len(table.Account[2].Likely) == 0 || len(table.Account[2].Likely[0].Reasons) == 0 {
		t.Errorf("%+v", table)
	}
}
