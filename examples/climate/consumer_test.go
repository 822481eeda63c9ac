package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// needsConsumer installs what the consumer of a language needs and this repository has, and skips the test where the rest
// is missing.
func needsConsumer(t *testing.T, name string) {
	t.Helper()
	switch name {
	case "python":
		needs(t, name, "python3", "-c", "import aiomqtt, flit_core, pip")
		dir := t.TempDir()
		args := strings.Fields("-m pip install --quiet --disable-pip-version-check --no-index --no-build-isolation --no-deps --target")
		if err := command(t.Context(), "python3", append(args, dir, "./python")...); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PYTHONPATH", dir)
	case "node":
		needs(t, name, "node", "--input-type=module", "--eval", "import 'mqtt'; import 'climate'")
	}
}

// needs skips a test where a command fails in the folder of a consumer.
func needs(t *testing.T, consumer, tool string, args ...string) {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Dir = filepath.Join("..", "consumers", consumer)
	if out, err := cmd.CombinedOutput(); err != nil {
		tooltest.Missing(t, fmt.Sprintf("%v: %v\n%s", cmd, err, out))
	}
}

// TestRequirements wants readers of the example to get the MQTT client that it is tested with.
func TestRequirements(t *testing.T) {
	tested, err := os.ReadFile("../../.ci/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := os.ReadFile("../consumers/python/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	client := regexp.MustCompile(`(?m)^aiomqtt==.*$`)
	if a, b := client.FindString(string(asked)), client.FindString(string(tested)); a != b || a == "" {
		t.Errorf("the consumer asks for %q, tested is %q", a, b)
	}
}

// TestMosquitto wants of all consumers, at a real broker, exactly what the C program encoded.
func TestMosquitto(t *testing.T) {
	needsCompiler(t)
	for _, name := range languages() {
		needsConsumer(t, name)
	}
	broker := mosquittotest.Start(t, mosquittotest.Options{})
	code, stdout, stderr := result(t, "--for", "4s", "--loss", "0", "--broker", broker.URL, "--consumers", strings.Join(languages(), ","))
	if code != 0 || strings.Count(stdout, " 0 lost, 0 printed that nobody sent\n") != len(languages()) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// output collects lines of a consumer.
type output struct {
	mu    sync.Mutex
	lines []string
}

func (o *output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, line)
}

func (o *output) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

// Payloads, from the layout in climate.yaml: id, uptime, temperature, humidity, mode, samples, room, presence, battery,
// pressure.
const (
	whole    = "01 05000000 6608 a811 01 02 9c01 8e01 08 4bc3bc6368652022 01 a40b f603"
	upToRoom = "01 05000000 3ff6 a811 01 00 00 00"
)

// TestConsumers gives all consumers what a broker can have in store for them.
func TestConsumers(t *testing.T) {
	const device = "/device/24:6f:28:aa:bb:01"
	const addr = "24:6f:28:aa:bb:01"
	messages := []struct{ topic, payload, prints, reports string }{
		{
			topic: device + "/reading", payload: whole,
			prints: addr + ` reading  uptime 5 s  21.50 °C  45.20 %  heating  samples 412 398  room "Küche \""  battery 2980 mV  1014 hPa`,
		},
		{topic: device, payload: "01 ffffffff 60f0 0000 00 00 00 00 ffff", // the least and the most; a topic of no message
			prints: addr + ` reading  uptime 4294967295 s  -40.00 °C  0.00 %  idle  room ""  65535 hPa`},
		{topic: device + "/reading", payload: upToRoom, // of a sensor before pressure
			prints: addr + ` reading  uptime 5 s  -24.97 °C  45.20 %  heating  room ""  1013 hPa`},
		{topic: device + "/reading", payload: "01 05000000 6608 a811 07 00 00 00 f603 1234", // of one after it, in a later mode
			prints: addr + ` reading  uptime 5 s  21.50 °C  45.20 %  7  room ""  1014 hPa`},
		{topic: device + "/trouble", payload: "02 09 0a000000", prints: addr + " trouble  alarms 0x09 frost battery  since 10 s"},
		{topic: device + "/trouble", payload: "02 c0 0a000000", prints: addr + " trouble  alarms 0xc0  since 10 s"},
		{topic: device + "/trouble", payload: "02 00 00000000", prints: addr + " trouble  alarms 0x00  since 0 s"},
		{topic: device + "/$status", payload: whole},
		{topic: device + "/$set/interval", payload: whole},
		{topic: "/device/kitchen/reading", payload: whole},
		{topic: "/gateway/24:6f:28:aa:bb:01/reading", payload: whole},
		{topic: device, payload: "09 01", reports: addr + ": no message has id 9"},
		{topic: device, payload: "", reports: addr + ": 0 bytes that are no message"},
		{topic: device, payload: "01 05000000", reports: addr + ": 5 bytes that are no message"},
		{topic: device, payload: "01 05000000 6608 a811 01 09", reports: addr + ": 11 bytes that are no message"},
		{topic: device, payload: "01 05000000 6608 a811 01 00 01 ff 00", reports: addr + ": 14 bytes that are no message"},
		{topic: device, payload: hex.EncodeToString([]byte(`{"celsius":21.5}`)), reports: addr + ": no message has id 123"},
		{topic: device + "/trouble", payload: "02 01 07000000", prints: addr + " trouble  alarms 0x01 frost  since 7 s"},
	}
	again := messages[len(messages)-1]

	for _, l := range consumerLanguages {
		t.Run(l.name, func(t *testing.T) {
			needsConsumer(t, l.name)
			broker := mosquittotest.Start(t, mosquittotest.Options{})
			publish := func(topic, digits string) {
				payload, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				broker.Publish(topic, payload)
			}
			commands, err := prepareConsumers(t.Context(), []language{l}, "../consumers", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			at, err := house.ParseBroker(broker.URL)
			if err != nil {
				t.Fatal(err)
			}
			var shown, reported output
			c, err := startConsumer(l, commands[0], at, shown.add, reported.add)
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			ready := func() {
				t.Helper()
				if err := c.waitReady(t.Context(), nil, time.After(listenWait)); err != nil {
					t.Fatalf("%v\n%q", err, reported.all())
				}
			}
			ready()
			var prints, reports []string
			for _, m := range messages {
				publish(m.topic, m.payload)
				if m.prints != "" {
					prints = append(prints, m.prints)
				}
				if m.reports != "" {
					reports = append(reports, m.reports)
				}
			}
			check := func() {
				t.Helper()
				for end := time.Now().Add(5 * time.Second); len(shown.all()) < len(prints) && time.Now().Before(end); {
					time.Sleep(10 * time.Millisecond)
				}
				if diff := cmp.Diff(prints, shown.all()); diff != "" {
					t.Errorf("(-want +printed):\n%s\nreported: %q", diff, reported.all())
				}
			}
			check()
			got := reported.all()
			for i, want := range reports {
				if i >= len(got) || !strings.HasPrefix(got[i], want) {
					t.Errorf("reported %q, want %q", got, reports)
					break
				}
			}

			broker.Kill()
			time.Sleep(500 * time.Millisecond)
			broker.Restart()
			ready()
			publish(again.topic, again.payload)
			prints = append(prints, again.prints)
			check()
			select {
			case <-c.ended:
				t.Error(c.failed())
			default:
			}
		})
	}
}

// TestPassword wants all consumers in at a broker with users, wherever the password is, and words where it is wrong.
func TestPassword(t *testing.T) {
	broker := mosquittotest.Start(t, mosquittotest.Options{Users: map[string]string{"house": "p/w@1"}})
	for _, l := range consumerLanguages {
		t.Run(l.name, func(t *testing.T) {
			needsConsumer(t, l.name)
			commands, err := prepareConsumers(t.Context(), []language{l}, "../consumers", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				url, variable string
				in            bool
			}{
				{"mqtt://house:p%2Fw%401@" + broker.Addr, "wrong-secret", true},
				{"mqtt://house@" + broker.Addr, "p/w@1", true},
				{"mqtt://house:wrong-secret@" + broker.Addr, "p/w@1", false},
			} {
				argv := append(slices.Clone(commands[0]), "--broker", c.url)
				process := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
				process.Env = append(os.Environ(), house.PasswordVariable+"="+c.variable)
				stderr, err := process.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := process.Start(); err != nil {
					t.Fatal(err)
				}
				first, err := bufio.NewReader(stderr).ReadString('\n')
				_ = process.Process.Kill()
				_ = process.Wait()
				want := listening
				if !c.in {
					want = "not authorized"
				}
				if err != nil || !strings.Contains(strings.ToLower(first), want) || strings.Contains(first, "wrong-secret") || strings.Contains(first, "p%2F") {
					t.Errorf("%s with %s: %q, %v, want %q", c.url, c.variable, first, err, want)
				}
			}
			for _, arg := range []string{"--frobnicate", "surplus", "--broker=mqtt://u:sec ret@host:x"} {
				out, err := exec.CommandContext(t.Context(), commands[0][0], append(slices.Clone(commands[0][1:]), arg)...).CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != cli.ExitUsage || !strings.Contains(string(out), "usage: ") || strings.Contains(string(out), "sec ret") {
					t.Errorf("%s: %v\n%s", arg, err, out)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	needsCompiler(t)
	broker := mosquittotest.Start(t, mosquittotest.Options{Users: map[string]string{"house": "right"}})
	start := time.Now()
	code, stdout, stderr := result(t, "--for", "3s", "--broker", "mqtt://house:wrong@"+broker.Addr)
	if code != cli.ExitFailed || !strings.Contains(stderr, " refuses the connection: not authorized: ") || strings.Contains(stdout+stderr, "wrong") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if spent := time.Since(start); spent > listenWait {
		t.Errorf("it took %v", spent)
	}
}

// TestNeeds wants all that is missing to be named at once, and nothing else.
func TestNeeds(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := prepareConsumers(t.Context(), asked([]string{"python", "node"}), t.TempDir(), t.TempDir())
	want := "the consumer in python: it needs: " + pipInstall + "\nthe consumer in node: it needs: " + npmInstall
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
