package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// needsFirmware skips a test where firmware cannot be built and run.
func needsFirmware(t *testing.T) {
	t.Helper()
	root, err := sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := checkNeeds(t.Context(), root); err != nil {
		tooltest.Missing(t, err.Error())
	}
}

// TestKills takes the power of every part of a network in turn, with the command that the README shows: nothing that was
// acknowledged gets lost, and all come back.
func TestKills(t *testing.T) {
	t.Parallel()
	needsFirmware(t)
	code, stdout, stderr := result(t, append(strings.Fields("--for 30s --kill gateway@5s,broker@8s,node@11s,ap@15s"), "--json", "--log")...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var sum totals
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	if code != 0 || !sum.OK || sum.Lost != 0 || sum.Damaged != 0 || sum.Died != "" || len(sum.Devices) != 3 {
		t.Errorf("exit %d, %+v", code, sum)
	}
	var struck []string
	for _, f := range sum.Faults {
		struck = append(struck, f.What)
		if f.RecoveryMs <= 0 || f.RecoveryMs > patience.Milliseconds() {
			t.Errorf("%s: back after %d ms", f.What, f.RecoveryMs)
		}
	}
	if got := strings.Join(struck, " "); got != "gateway broker node ap" {
		t.Errorf("faults: %q", got)
	}
	for _, d := range sum.Devices {
		if d.Acknowledged < 6 || d.Arrived < d.Acknowledged || !d.Obeyed {
			t.Errorf("%+v", d)
		}
	}
	for _, want := range []string{
		`/device/24:6f:28:00:00:01/temperature  \d`,
		`/device/24:6f:28:00:00:02/reading  uptime \d+ s  `,
		`/device/24:6f:28:00:00:03/bulk  message \d+, 30720 bytes, equal to those sent`,
		`/device/24:6f:28:00:00:01/\$set  1  <- to the sensor(?s:.*)sensor: I .* awake, with the session(?s:.*)sensor: I .* a reading every 1 s  <- the order`,
		`climate: I .* a reading every 1 s  <- the order`,
		`bulk: I .* a pause of 500 ms  <- the order`,
		`/gateway/24:6f:28:ff:00:00/\$status  \{"online":false`,
		`the gateway has parts of a message that is never whole: link.partial [1-9](?s:.*)the device with 30 KB is back`,
		`on channel 6(?s:.*)the access point is back, on another channel(?s:.*)climate: I .* joined the gateway 24:6f:28:ff:00:00 on channel 11`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("%s is missing", want)
		}
	}
	if t.Failed() {
		t.Logf("%s%s", stdout, stderr)
	}
}
