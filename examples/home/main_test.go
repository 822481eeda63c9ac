package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
)

// summary is what the tests read of the totals.
type summary struct {
	OK                                      bool
	Sent, Received, Lost, Pictures, Damaged int
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
	if code != exitUsage && !strings.HasPrefix(lines[len(lines)-1], "{") {
		t.Errorf("the last line is no object: %q (%s)", lines[len(lines)-1], &stderr)
	} else if code != exitUsage {
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
			t.Errorf("the last line: %v", err)
		}
	}
	return code, sum, stdout.String(), stderr.String()
}

func TestHouse(t *testing.T) {
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
	for _, want := range []string{"picture 0, 20480 bytes, equal to the one sent", "/device/24:6f:28:00:00:02  {", "device             kind"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestHouseFails(t *testing.T) {
	code, sum, _, stderr := result(t, "--for", "3s", "--loss", "1")
	if code != exitFailed || sum.OK || sum.Received != 0 || sum.Lost != sum.Sent || sum.Sent == 0 || !strings.Contains(stderr, "was never heard") {
		t.Errorf("with all frames lost: exit %d, %+v, %s", code, sum, stderr)
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
	} {
		if err := c.totals.verdict(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.totals, err)
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
		{[]string{"--broker", "gopher://x"}, "gopher"},
		{[]string{"--broker", "::"}, "--broker"},
		{[]string{"--broker="}, "--broker is empty"},
		{[]string{"--broker", "tcp://127.0.0.1:65536"}, "65536"},
		{[]string{"surplus"}, "surplus"},
	} {
		code, _, stdout, stderr := result(t, c.args...)
		if code != exitUsage || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, stderr, stdout)
		}
	}
}

// TestMosquitto runs the house against a real broker and compares what mosquitto_sub prints with what was sent.
func TestMosquitto(t *testing.T) {
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

	code, sum, stdout, stderr := result(t, "--for", "5s", "--broker", broker.URL, "--seed", "5")
	if code != 0 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
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

// TestBrokerRestarts kills the broker under the house: the gateway keeps what is sent meanwhile, and the application is
// there to get what comes then.
func TestBrokerRestarts(t *testing.T) {
	broker := mosquittotest.Start(t, mosquittotest.Options{})
	type outcome struct {
		code           int
		stdout, stderr string
	}
	ended := make(chan outcome)
	go func() {
		code, _, stdout, stderr := result(t, "--for", "6s", "--loss", "0", "--broker", broker.URL)
		ended <- outcome{code, stdout, stderr}
	}()
	time.Sleep(2 * time.Second)
	broker.Kill()
	time.Sleep(time.Second)
	broker.Restart()
	// What the gateway had kept may come before the application has subscribed again; what is sent later may not be lost.
	last := regexp.MustCompile(`power  {"n":1[0-9],`) // sent 4 s after the start and later
	if o := <-ended; o.code != 0 || !last.MatchString(o.stdout) {
		t.Errorf("exit %d, and the application did not come back\n%s%s", o.code, o.stdout, o.stderr)
	}
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
		{"wrong", url("house:wrong-secret"), "p/w@1", exitFailed},
		{"none", "mqtt://" + broker.Addr, "p/w@1", exitFailed},
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
