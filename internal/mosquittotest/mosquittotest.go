// Package mosquittotest runs a real Mosquitto for a test.
package mosquittotest

import (
	"os"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
)

// skipVariable, set to 1, lets a machine without Mosquitto pass by.
const skipVariable = "ENOW_NO_MOSQUITTO"

// Options of a broker.
type Options = mosquitto.Options

// Broker is a Mosquitto that ends with its test, and the test with what it cannot do. Its methods are for the test's
// goroutine.
type Broker struct {
	URL  string // tcp://127.0.0.1:port, the same across restarts
	Addr string // host:port of it

	t      testing.TB
	broker *mosquitto.Broker
}

// Start runs a broker and returns when it listens. Without a Mosquitto in PATH or /usr/sbin the test fails, or is
// skipped where ENOW_NO_MOSQUITTO=1 says so.
func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	if _, err := mosquitto.Find(); err != nil {
		if os.Getenv(skipVariable) == "1" {
			t.Skipf("no mosquitto, and %s=1", skipVariable)
		}
		t.Fatalf("%v, or set %s=1 to skip what needs it", err, skipVariable)
	}
	broker, err := mosquitto.Start(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	b := &Broker{URL: broker.URL, Addr: broker.Addr, t: t, broker: broker}
	t.Cleanup(func() {
		b.Kill()
		if t.Failed() {
			t.Logf("mosquitto:\n%s", broker.Log())
		}
	})
	return b
}

func (b *Broker) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// Publish sends a message as somebody would from a shell.
func (b *Broker) Publish(topic string, payload []byte) {
	b.t.Helper()
	b.check(b.broker.Publish(topic, payload))
}

// Restart runs the broker again, on the same port, stopping it first if it runs.
func (b *Broker) Restart() {
	b.t.Helper()
	b.check(b.broker.Restart())
}

// Stop ends the broker in an orderly way; a persistent one saves what it has. No-op when it does not run.
func (b *Broker) Stop() {
	b.t.Helper()
	b.check(b.broker.Stop())
}

// Kill ends the broker as a power cut would. No-op when it does not run.
func (b *Broker) Kill() {
	b.t.Helper()
	b.check(b.broker.Kill())
}
