package fleet_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow/fleet"
)

// pairings are the machines that fleets can be made of, nodes and gateways. Behind the build tag enow_ccore there are more.
var pairings = map[string]fleet.Machines{"go-go": fleet.Go()}

var pairing = flag.String("fleet.pairing", "go-go", "what nodes and gateways are written in; enow_ccore has more than go-go")

func TestMain(m *testing.M) {
	flag.Parse()
	if _, ok := pairings[*pairing]; !ok {
		fmt.Fprintf(os.Stderr, "-fleet.pairing %s: want one of %v\n", *pairing, slices.Sorted(maps.Keys(pairings)))
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// paired is the default, of the machines that the tests are about.
func paired() fleet.Config {
	cfg := fleet.DefaultConfig()
	cfg.Machines = pairings[*pairing]
	return cfg
}
