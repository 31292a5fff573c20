package workbook

import (
	"archive/zip"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a workbook that is read.
const (
	// MaxUnzipped is how many bytes the XML of a sheet may have, and that of the texts of all sheets.
	MaxUnzipped = 256 << 20
	// MaxColumns is how many columns a sheet may have that hold anything.
	MaxColumns = 256
	// maxSmall is the same as MaxUnzipped for any other part, and maxElement for a cell, which the decoder holds whole.
	maxSmall, maxElement = 8 << 20, 1 << 20
	// maxTexts is how many texts the cells may have, maxLooks in how many ways they may look, and maxDepth how deep the
	// elements around a cell may lie in one another.
	maxTexts, maxLooks, maxDepth = 2_000_000, 100_000, 64
)

// A book is a workbook that is read.
type book struct {
	parts map[string]*zip.File // by their names in lower case
	links relations
	texts []string
	looks []look
	// from1904 says that days are counted from 1904, as on old Macintoshes.
	from1904 bool
}

// Read reads a sheet of a workbook, the first one if name is "", and gives row the number of each row that is there, as
// the spreadsheet counts, and its cells from the first column on. They are text as people would write it: numbers with a
// point and nothing between thousands, days and times as 2020-04-30 and 2020-04-30 14:05:00, "true" and "false", and of
// a formula what it came to when the workbook was saved; see [NoValue] and [OnlyShown] for the rest. Hidden rows and columns
// are there like others.
//
// What cannot be read whole fails: a file that is no workbook, one that is broken anywhere in what is read, and one
// beyond the bounds. The library that writes workbooks ends in silence where one is broken, and does not tell a day from
// a number while it reads row by row; so this is not done with it.
func Read(file io.ReaderAt, size int64, name string, row func(number int, cells []string) error) error {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return errors.New("the file is no workbook, or not whole; in Excel, save it as “Excel Workbook (.xlsx)”, without a password")
	}
	b := &book{parts: map[string]*zip.File{}}
	for _, part := range archive.File {
		b.parts[partName(part.Name)] = part
	}
	sheet, err := b.find(name)
	if err != nil {
		return err
	}
	if err := b.readLooks(); err != nil {
		return err
	}
	if err := b.readTexts(); err != nil {
		return err
	}
	return b.read(sheet, MaxUnzipped, maxElement, func(d *decoder) error { return b.readRows(d, row) })
}

// partName gives the name of a part in the form in which names are compared.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// A decoder decodes the XML of one part, within bounds.
type decoder struct {
	*xml.Decoder
	from bounded
	path []string // the names of the elements that are open
}

// A bounded reader fails once more has come than is allowed, in all or for one element.
type bounded struct {
	from            io.Reader
	left, ofElement int64
	mostOfAnElement int64
}

var errTooLarge = errors.New("too much XML")

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.left, b.ofElement = b.left-int64(n), b.ofElement-int64(n)
	switch {
	case b.left < 0 || b.ofElement < 0:
		return 0, errTooLarge
	case err != nil && !errors.Is(err, io.EOF):
		return 0, errBroken
	}
	return n, err
}

// walk goes through what is left of a part and gives each element as it begins, while path has those around it. do may
// decode it, and says whether it did.
func (d *decoder) walk(do func(start xml.StartElement) (decoded bool, err error)) error {
	for {
		d.from.ofElement = d.from.mostOfAnElement
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			decoded, err := do(t)
			if err != nil || len(d.path) == maxDepth {
				return cmp.Or(err, errBroken)
			}
			if !decoded {
				d.path = append(d.path, t.Name.Local)
			}
		case xml.EndElement:
			d.path = d.path[:len(d.path)-1]
		}
	}
}

// in reports whether the elements around are of these names, the outermost first.
func (d *decoder) in(names ...string) bool {
	return slices.Equal(d.path[max(0, len(d.path)-len(names)):], names)
}

// read has a part of the archive read to its end, up to so many bytes in all and for one element.
func (b *book) read(name string, most, ofElement int64, do func(*decoder) error) error {
	part, ok := b.parts[name]
	if !ok {
		return errBroken
	}
	content, err := part.Open()
	if err != nil {
		return errBroken
	}
	defer content.Close()
	d := &decoder{from: bounded{content, most, ofElement, ofElement}}
	d.Decoder = xml.NewDecoder(&d.from)
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errBroken }
	err = do(d)
	var syntax *xml.SyntaxError
	var number *strconv.NumError
	switch {
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("the workbook is too large: a sheet may have %d MiB of XML; copy the table into a workbook of its own, or cut it into several", MaxUnzipped>>20)
	case errors.As(err, &syntax), errors.As(err, &number), errors.Is(err, errBroken): // which name what the file has, at any length
		return errBroken
	}
	return err
}

var errBroken = errors.New("the workbook is broken; open it in a spreadsheet, and save it anew")

// whole decodes a part that is small.
func (b *book) whole(name string, into any) error {
	return b.read(name, maxSmall, maxSmall, func(d *decoder) error {
		return d.walk(func(start xml.StartElement) (bool, error) { return true, d.DecodeElement(into, &start) })
	})
}

// The parts of a workbook that say what there is.
type (
	contents struct {
		Properties struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	relations struct {
		List []relation `xml:"Relationship"`
	}
	relation struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	}
)

const contentsPart = "xl/workbook.xml"

// find gives the part that holds a sheet.
func (b *book) find(name string) (string, error) {
	if b.parts[contentsPart] == nil {
		return "", errors.New("the file is no workbook of Excel's; save it as “Excel Workbook (.xlsx)”")
	}
	var c contents
	if err := errors.Join(b.whole(contentsPart, &c), b.whole("xl/_rels/workbook.xml.rels", &b.links)); err != nil {
		return "", err
	}
	b.from1904 = isTrue(c.Properties.From1904)
	there := make([]string, len(c.Sheets))
	for i, s := range c.Sheets {
		there[i] = s.Name
		if name != "" && !strings.EqualFold(name, s.Name) {
			continue
		}
		id := slices.IndexFunc(s.Attrs, func(a xml.Attr) bool { return a.Name.Local == "id" })
		if id < 0 {
			return "", errBroken
		}
		sheet := b.linked(func(r relation) bool { return r.ID == s.Attrs[id].Value && strings.HasSuffix(r.Type, "/worksheet") })
		if sheet == "" {
			return "", fmt.Errorf("the sheet %q holds no cells; name another with --sheet", s.Name)
		}
		return sheet, nil
	}
	return "", fmt.Errorf("the workbook has no sheet %q; it has %q", name, there)
}

// linked gives the part to which the first fitting link of the workbook leads, "" if there is none.
func (b *book) linked(fits func(relation) bool) string {
	at := slices.IndexFunc(b.links.List, fits)
	if at < 0 {
		return ""
	}
	target := b.links.List[at].Target
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir(contentsPart), target)
	}
	return partName(target)
}

// kind finds links by the end of their type.
func kind(end string) func(relation) bool {
	return func(r relation) bool { return strings.HasSuffix(r.Type, end) }
}

func isTrue(text string) bool { return text == "1" || text == "true" }
