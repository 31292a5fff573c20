package webhooks_test

import (
	"testing"

	"satchel/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
