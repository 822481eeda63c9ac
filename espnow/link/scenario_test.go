package link_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/internal/scenario"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

const scenarios = "../../testdata/scenarios"

var record = flag.String("scenario.record", "", "write what machines do now into the scenarios that match, for a reader to judge")

// What the machines did when the scenarios were written, and a reader judged right, they do today, to the byte.
func TestScenarios(t *testing.T) {
	if *record != "" {
		paths, err := filepath.Glob(filepath.Join(scenarios, *record))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if err := scenario.Record(path, fleet.Go(), scenario.Inside{Reveal: link.Reveal, CountFrom: link.CountFrom}); err != nil {
				t.Error(err)
			}
		}
	}
	scenario.Test(t, scenarios, fleet.Go(), scenario.Inside{Reveal: link.Reveal, CountFrom: link.CountFrom})
}
