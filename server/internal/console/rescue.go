package console

import (
	"io"

	"satchel/syncproto"
)

// maxRescueForm is how long a rescue file can be that is imported by the browser, with what comes with it. A larger one is
// imported on the server's machine.
const maxRescueForm = 128 << 20

func (c *Console) askRescue(v *Visit) error { return v.page("tablets/rescue", nil) }

// rescue takes in the unsent work of a tablet that cannot come itself.
func (c *Console) rescue(v *Visit) error {
	file, _, err := v.Request.FormFile("file")
	if err != nil {
		return v.again(syncproto.Refuse(syncproto.CodeInvalid, "No file was chosen. Nothing was changed."), "tablets/rescue", nil)
	}
	defer file.Close() //nolint:errcheck // it was only read
	taken, err := c.Engine.ImportRescue(v.ctx(), v.User().ID, v.Request.FormValue("passphrase"), func() (io.Reader, error) {
		_, err := file.Seek(0, io.SeekStart)
		return file, err
	}, c.Blobs.Rescue)
	if err != nil {
		return v.again(err, "tablets/rescue", nil)
	}
	return v.page("tablets/rescued", taken)
}
