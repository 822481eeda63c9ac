//go:build enow_ccore

package machine

import (
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow/internal/scenario"
)

// Machines in C do in every scenario what those in Go do, to the byte.
func TestScenarios(t *testing.T) {
	scenario.Test(t, "../../../../testdata/scenarios", InC(), scenario.Inside{CountFrom: CountFrom})
}
