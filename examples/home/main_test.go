package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
)

// summary is what the tests read of the totals.
type summary struct {
	OK                                      bool
	Sent, Received, Lost, Pictures, Damaged int
	Acknowledged                            int
	GatewayKills, SessionsLost, Connected   int
	Devices                                 []deviceTotals
	Air                                     sim.Stats
}

// result runs the example and returns its exit status, the totals of its last line and all of its output.
func result(t *testing.T, args ...string) (int, summary, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(append(args, "--json"), &stdout, &stderr)
	var sum summary
	lines := strings.Split(strings.TrimRight(stdout.String(), "\n"), "\n")
	if code != cli.ExitUsage && !strings.HasPrefix(lines[len(lines)-1], "{") {
		t.Errorf("the last line is no object: %q (%s)", lines[len(lines)-1], &stderr)
	} else if code != cli.ExitUsage {
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
			t.Errorf("the last line: %v", err)
		}
	}
	return code, sum, stdout.String(), stderr.String()
}

func TestHouse(t *testing.T) {
	t.Parallel()
	code, sum, stdout, stderr := result(t, "--for", "5s", "--seed", "7")
	if code != 0 || !sum.OK {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if len(sum.Devices) != 5 || sum.Pictures == 0 || sum.Damaged != 0 {
		t.Errorf("%+v", sum)
	}
	if sum.Sent != sum.Received+sum.Lost {
		t.Errorf("%d sent, %d received, %d lost", sum.Sent, sum.Received, sum.Lost)
	}
	if sum.Air.Lost == 0 { // of what was broadcast, most stations heard most
		t.Errorf("a radio that loses a tenth lost nothing: %+v", sum)
	}
	checkAcknowledged(t, sum)
	for _, want := range []string{
		"picture 0, 20480 bytes, equal to the one sent", "/device/24:6f:28:00:00:02  {", "device             kind",
		"of a secure network", "24:6f:28:00:00:04  the door has joined", "24:6f:28:00:00:04  the door has left: normal",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

// checkAcknowledged wants all that was to be acknowledged to have arrived and been acknowledged.
func checkAcknowledged(t *testing.T, sum summary) {
	t.Helper()
	all := 0
	for _, d := range sum.Devices {
		all += d.Acknowledged
		if want := d.Kind == "door" || d.Kind == "power meter"; d.Acknowledge != want || want && (d.Lost > 0 || d.Acknowledged != d.Sent || d.Sent == 0) {
			t.Errorf("%+v", d)
		}
	}
	if all != sum.Acknowledged {
		t.Errorf("%d acknowledged, and the devices say %d", sum.Acknowledged, all)
	}
}

func TestHouseFails(t *testing.T) {
	t.Parallel()
	code, sum, _, stderr := result(t, "--for", "1s", "--loss", "1")
	if code != cli.ExitFailed || sum.OK || sum.Received != 0 || sum.Lost != sum.Sent || sum.Sent == 0 || !strings.Contains(stderr, "was never heard") {
		t.Errorf("with all frames lost: exit %d, %+v, %s", code, sum, stderr)
	}
}

// TestGatewayLosesPower cuts the gateway's power under the house, on a secure network and on an open one.
func TestGatewayLosesPower(t *testing.T) {
	for _, c := range []struct {
		name, says string
		args       []string
		lost       int // sessions at least: on an open network who asks for nothing does not notice
	}{
		{"secure", "of a secure network", nil, 5},
		{"open", "of an open network", []string{"--open"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, sum, stdout, stderr := result(t, append(c.args, "--for", "8s", "--kill-gateway", "3s", "--seed", "3")...)
			if code != 0 || !sum.OK || sum.GatewayKills != 1 || sum.SessionsLost < c.lost || sum.Connected != 5 {
				t.Errorf("exit %d, %+v\n%s%s", code, sum, stdout, stderr)
			}
			checkAcknowledged(t, sum)
			_, after, cut := strings.Cut(stdout, "the gateway loses its power")
			_, after, back := strings.Cut(after, "the gateway is back")
			for _, want := range []string{"has lost the gateway: ", "has joined"} {
				if got := strings.Count(after, want); !cut || !back || got < c.lost {
					t.Errorf("%q %d times after the power cut\n%s", want, got, stdout)
				}
			}
			if !strings.Contains(stdout, c.says) {
				t.Errorf("%q is missing in\n%s", c.says, stdout)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	heard := []deviceTotals{{Received: 1}}
	for _, c := range []struct {
		totals totals
		ok     bool
	}{
		{totals{Devices: heard, Pictures: 1}, true},
		{totals{Devices: heard}, false},
		{totals{Devices: heard, Pictures: 1, Damaged: 1}, false},
		{totals{Devices: append(heard, deviceTotals{}), Pictures: 1}, false},
		{totals{Devices: []deviceTotals{{Received: 1, Lost: 1}}, Pictures: 1}, true},
		{totals{Devices: []deviceTotals{{Received: 1, Acknowledge: true}}, Pictures: 1}, true},
		{totals{Devices: []deviceTotals{{Received: 1, Lost: 1, Acknowledge: true}}, Pictures: 1}, false},
		{totals{Devices: heard, Pictures: 1, GatewayKills: 1, Connected: 1}, true},
		{totals{Devices: heard, Pictures: 1, GatewayKills: 1}, false},
	} {
		if err := c.totals.verdict(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.totals, err)
		}
	}
}

// After a power cut a device is connected again once it was heard, by its joining or by a message: not because it has not
// noticed.
func TestTallyConnectedAgain(t *testing.T) {
	joins, talks, waits := &device{kind: kinds[1], addr: house.Address(1)}, &device{kind: kinds[1], addr: house.Address(2)}, &device{kind: kinds[1], addr: house.Address(3)}
	y := newTally(io.Discard, []*device{joins, talks, waits})
	for _, d := range []*device{joins, talks, waits} {
		y.follow(d)(&link.Connection{Up: true})
		y.presence(link.Presence{Addr: d.addr, Present: true})
		y.arrived("/device/"+d.addr.String(), d.kind.payload(0, 0))
	}
	for i, want := range []int{3, 0, 1, 2} {
		switch i {
		case 1:
			y.gatewayIsBack()
		case 2:
			y.presence(link.Presence{Addr: joins.addr, Present: true})
		case 3:
			y.arrived("/device/"+talks.addr.String(), talks.kind.payload(0, 1))
		}
		if got := y.totals().Connected; got != want {
			t.Errorf("step %d: %d connected, want %d", i, got, want)
		}
	}
}

func TestTally(t *testing.T) {
	camera := &device{kind: kinds[0], addr: house.Address(1), seed: 3}
	var out bytes.Buffer
	y := newTally(&out, []*device{camera})
	topic := "/device/" + camera.addr.String() + "/picture"
	for range 3 {
		y.sending(camera.addr)
	}
	picture := camera.kind.payload(3, 2)
	y.arrived(topic, picture)
	y.arrived(topic, picture) // at least once
	y.arrived("/device/"+house.Address(9).String(), picture)
	y.arrived(topic[:len(topic)-len("picture")]+"$status", []byte("{}"))
	if s := y.totals(); s.Received != 1 || s.Lost != 2 || s.Pictures != 1 || s.Damaged != 0 {
		t.Errorf("%+v", s)
	}
	damaged := bytes.Clone(camera.kind.payload(3, 1))
	damaged[20000] ^= 1
	y.arrived(topic, damaged)
	if s := y.totals(); s.Damaged != 1 || s.Received != 1 {
		t.Errorf("%+v", s)
	}
}

func TestWrongCalls(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--frobnicate"}, "--frobnicate"},
		{[]string{"--nodes", "0"}, "--nodes 0"},
		{[]string{"--nodes", "201"}, "--nodes 201"},
		{[]string{"--loss", "1.1"}, "--loss 1.1"},
		{[]string{"--loss", "-0.1"}, "--loss -0.1"},
		{[]string{"--loss", "NaN"}, "--loss NaN"},
		{[]string{"--for", "-1s"}, "--for -1s"},
		{[]string{"--kill-gateway", "-1s"}, "--kill-gateway -1s"},
		{[]string{"--for", "3s", "--kill-gateway", "3s"}, "--kill-gateway 3s"},
		{[]string{"--broker", "gopher://x"}, "gopher"},
		{[]string{"--broker", "::"}, "--broker"},
		{[]string{"--broker="}, "--broker is empty"},
		{[]string{"--broker", "tcp://127.0.0.1:65536"}, "65536"},
		{[]string{"surplus"}, "surplus"},
	} {
		code, _, stdout, stderr := result(t, c.args...)
		if code != cli.ExitUsage || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, stderr, stdout)
		}
	}
}

// TestMosquitto runs the house against a real broker, cuts its gateway's power, and compares what mosquitto_sub prints with
// what was sent.
func TestMosquitto(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{})
	_, port, _ := strings.Cut(broker.Addr, ":")
	subscriber := exec.Command(program(t, "mosquitto_sub"), "-p", port, "-t", "/device/#", "-q", "1", "-F", "%t %x")
	pipe, err := subscriber.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := subscriber.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan []string)
	go func() {
		var all []string
		s := bufio.NewScanner(pipe)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			all = append(all, s.Text())
		}
		lines <- all
	}()
	time.Sleep(300 * time.Millisecond) // until it has subscribed

	code, sum, stdout, stderr := result(t, "--for", "7s", "--kill-gateway", "3s", "--broker", broker.URL, "--seed", "5")
	if code != 0 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	checkAcknowledged(t, sum)
	_ = subscriber.Process.Kill()
	seen := 0
	pictures := 0
	for _, line := range <-lines {
		topic, digits, _ := strings.Cut(line, " ")
		payload, err := hex.DecodeString(digits)
		addr, sub, topicErr := espnow.ParseTopic(topic)
		if err != nil || topicErr != nil {
			t.Fatalf("%q: %v, %v", line, err, topicErr)
		}
		i := int(addr[4])<<8 | int(addr[5])
		k := kinds[(i-1)%len(kinds)]
		n, ok := number(payload)
		if want := k.payload(5<<16+uint64(i-1), n); !ok || string(sub) != k.topic || !bytes.Equal(payload, want) {
			t.Errorf("%s: %d bytes that nobody sent", topic, len(payload))
		}
		seen++
		if len(payload) == pictureSize {
			pictures++
		}
	}
	_ = subscriber.Wait()
	if seen < sum.Received || pictures < sum.Pictures || pictures == 0 {
		t.Errorf("mosquitto_sub saw %d messages and %d pictures, the application %d and %d", seen, pictures, sum.Received, sum.Pictures)
	}
}

// TestBrokerRestarts kills the broker under the house: the gateway keeps what is sent meanwhile, and the broker keeps it for
// the application until that is there again.
func TestBrokerRestarts(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{Persistent: true})
	type outcome struct {
		code           int
		sum            summary
		stdout, stderr string
	}
	ended := make(chan outcome)
	go func() {
		code, sum, stdout, stderr := result(t, "--for", "7s", "--loss", "0", "--broker", broker.URL)
		ended <- outcome{code, sum, stdout, stderr}
	}()
	time.Sleep(2 * time.Second)
	broker.Restart() // saves the application's session
	time.Sleep(time.Second)
	broker.Kill()
	time.Sleep(time.Second)
	broker.Restart()
	o := <-ended
	if o.code != 0 || o.sum.Lost > 0 {
		t.Errorf("exit %d, %+v\n%s%s", o.code, o.sum, o.stdout, o.stderr)
	}
	checkAcknowledged(t, o.sum)
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath(filepath.Join("/usr/sbin", name)); err != nil {
			if os.Getenv("ENOW_NO_MOSQUITTO") == "1" {
				t.Skipf("no %s, and ENOW_NO_MOSQUITTO=1", name)
			}
			t.Fatalf("%v: install Mosquitto and its clients, as make tools does, or set ENOW_NO_MOSQUITTO=1", err)
		}
	}
	return path
}

// TestPassword wants the house in at a broker with users, and out at once where it is not let in, with no password told.
func TestPassword(t *testing.T) {
	broker := mosquittotest.Start(t, mosquittotest.Options{Users: map[string]string{"house": "p/w@1"}})
	url := func(user string) string { return "mqtt://" + user + "@" + broker.Addr }
	for _, c := range []struct {
		name, url, variable string
		code                int
	}{
		{"in the URL", url("house:p%2Fw%401"), "", 0},
		{"in the environment", url("house"), "p/w@1", 0},
		{"the URL first", url("house:p%2Fw%401"), "wrong-secret", 0},
		{"wrong", url("house:wrong-secret"), "p/w@1", cli.ExitFailed},
		{"none", "mqtt://" + broker.Addr, "p/w@1", cli.ExitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(house.PasswordVariable, c.variable)
			start := time.Now()
			code, _, stdout, stderr := result(t, "--for", "3s", "--loss", "0", "--broker", c.url)
			if code != c.code {
				t.Errorf("exit %d, want %d\n%s%s", code, c.code, stdout, stderr)
			}
			if refused := strings.Contains(stderr, " refuses the connection: not authorized: "); c.code != 0 && (!refused || time.Since(start) > brokerWait/2) {
				t.Errorf("after %v: %s", time.Since(start), stderr)
			}
			if out := stdout + stderr; strings.Contains(out, "p/w@1") || strings.Contains(out, "wrong-secret") || strings.Contains(out, "p%2Fw") {
				t.Errorf("a password is told:\n%s", out)
			}
		})
	}
}
