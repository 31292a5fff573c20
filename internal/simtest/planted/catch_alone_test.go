//go:build alone

package planted

import "testing"

var whole = map[string]func(t *testing.T, seed uint64) []Break{}
