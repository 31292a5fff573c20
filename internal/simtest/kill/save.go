package kill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// savedName is what the households are called that the device program itself saves.
const savedName = "Marković"

// add has the device program register a household. told is set if it said that it was saved.
func (t *trial) add(ctx context.Context, dir string, ask func(Call) fate) (device *program, id uuid.UUID, told bool, err error) {
	device, err = t.bin.device(ctx, dir, ask, "--json", "household", "add", savedName, "--area", "Kraljevo", "--yes")
	if err != nil {
		return nil, uuid.Nil, false, err
	}
	var made struct{ ID uuid.UUID }
	// Which households are alike is told before it, and what went wrong after the save behind it.
	_, rest, _ := strings.Cut(device.said.String(), "{")
	told = json.NewDecoder(strings.NewReader("{"+rest)).Decode(&made) == nil
	if device.ran() == nil && !told {
		err = fmt.Errorf("the device does not say what it saved: %s", device.said)
	}
	return device, made.ID, told, err
}

// note adds a household that the device program saved to what has to be found later.
func (t *trial) note(id uuid.UUID) error {
	values, err := valuesOf(map[string]any{"head_name": savedName, "status": "idp", "area": t.stage.kraljevo})
	t.stage.saved = append(t.stage.saved, saved{id, values})
	return err
}

// errRefused means that the device did not save, and said so.
var errRefused = errors.New("the device did not save")

// saveOne has the device program save a household, and notes it. It fails with errRefused.
func (t *trial) saveOne(ctx context.Context, dir string) error {
	device, id, told, err := t.add(ctx, dir, nil)
	if err != nil {
		return err
	}
	if !told {
		return cmp.Or(plain(device), errRefused)
	}
	return t.note(id)
}

// found gives the households that are on the device of those that its program saved, or tried to.
func (t *trial) found(ctx context.Context, dir string) ([]uuid.UUID, error) {
	var hits []struct{ ID uuid.UUID }
	err := t.ask(ctx, dir, &hits, "household", "find", savedName, "--limit", "1000")
	ids := make([]uuid.UUID, len(hits))
	for i, hit := range hits {
		ids[i] = hit.ID
	}
	return ids, err
}

// hitSave hits the device in the middle of a save, and hands in what is there then.
func (t *trial) hitSave(ctx context.Context, dir string, _ Side, b *blow) error {
	device, id, told, err := t.add(ctx, dir, b.ask)
	if err != nil {
		return err
	}
	there, err := t.found(ctx, dir)
	if err != nil {
		return err
	}
	killed := b.dealt.kill
	if err := plain(device); err != nil && !killed {
		return err
	}
	switch {
	case told && slices.Equal(there, []uuid.UUID{id}):
	case !told && len(there) == 0:
	case !told && len(there) == 1 && (killed || unsure(device)):
	default:
		return fmt.Errorf("of what the device saved there is %v; it had said: %s", there, device.said)
	}
	for _, id := range there {
		err = errors.Join(err, t.note(id))
	}
	return errors.Join(err, t.whole(ctx, dir))
}

// unsure reports whether a device said that it does not know itself what became of a save.
func unsure(device *program) bool {
	return strings.Contains(device.said.String(), "look whether this was saved")
}

// ask has the device program answer in JSON.
func (t *trial) ask(ctx context.Context, dir string, into any, args ...string) error {
	device, err := t.bin.device(ctx, dir, nil, append([]string{"--json"}, args...)...)
	if err == nil {
		err = device.ran()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(device.said.String()), into); err != nil {
		return fmt.Errorf("the device said %s: %w", device.said, err)
	}
	return nil
}
