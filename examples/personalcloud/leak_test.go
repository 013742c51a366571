package personalcloud

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/wabproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(wabproc.M{M: m}) }
