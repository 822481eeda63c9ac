// Package mosquittotest runs a real Mosquitto for a test.
package mosquittotest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// skipVariable, set to 1, lets a machine without Mosquitto pass by.
const skipVariable = "ENOW_NO_MOSQUITTO"

// startTimeout is how long a broker may take until it listens, and to end when asked to.
const startTimeout = 10 * time.Second

// Options of a broker. The zero value is one that lets everybody in and remembers nothing.
type Options struct {
	Users      map[string]string // passwords by name; with any, nobody else gets in
	ACL        string            // the content of an ACL file; empty allows everything
	Persistent bool              // Stop saves sessions and retained messages, which the next start loads
	Config     string            // more lines of mosquitto.conf
}

// Broker is a Mosquitto on a free port of the loopback interface. It ends with its test. Its methods are for the test's
// goroutine.
type Broker struct {
	URL  string // tcp://127.0.0.1:port, the same across restarts
	Addr string // host:port of it

	t      testing.TB
	binary string
	dir    string
	log    *os.File
	cmd    *exec.Cmd     // nil while it does not run
	exited chan struct{} // closed when cmd has
}

// Start runs a broker and returns when it listens. Without a Mosquitto in PATH or /usr/sbin the test fails, or is
// skipped where ENOW_NO_MOSQUITTO=1 says so.
func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	b := &Broker{t: t, binary: find(t), dir: t.TempDir()}
	log, err := os.OpenFile(filepath.Join(b.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b.log = log
	t.Cleanup(func() {
		b.Kill()
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("mosquitto:\n%s", bytes.TrimSpace(text))
		}
	})
	// A port that was free a moment ago can be gone: then another.
	for attempt := 0; ; attempt++ {
		b.Addr = FreeAddr()
		b.URL = "tcp://" + b.Addr
		b.configure(o)
		err := b.start()
		if err == nil {
			return b
		}
		if attempt == 2 {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("mosquitto: %v\n%s", err, text)
		}
	}
}

func find(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path
	}
	const sbin = "/usr/sbin/mosquitto" // outside an ordinary user's PATH on Debian
	if _, err := os.Stat(sbin); err == nil {
		return sbin
	}
	if os.Getenv(skipVariable) == "1" {
		t.Skipf("no mosquitto, and %s=1", skipVariable)
	}
	t.Fatalf("no mosquitto in PATH or at %s: install it (Debian: apt-get install mosquitto), or set %s=1 to skip what "+
		"needs it", sbin, skipVariable)
	return ""
}

var given sync.Map // of FreeAddr

// FreeAddr is a loopback address on which nobody listens, and another at each call. Its port is below those that outgoing
// connections get, one of which could otherwise have it when a broker restarts.
func FreeAddr() string {
	const first, last = 20_000, 32_000
	for {
		addr := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(last-first))
		if _, taken := given.LoadOrStore(addr, true); taken {
			continue
		}
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
}

func (b *Broker) path(name string) string { return filepath.Join(b.dir, name) }

func (b *Broker) configure(o Options) {
	b.t.Helper()
	host, port, _ := net.SplitHostPort(b.Addr)
	var c strings.Builder
	fmt.Fprintf(&c, "listener %s %s\n", port, host)
	if me, err := user.Current(); err == nil {
		fmt.Fprintf(&c, "user %s\n", me.Username) // root would become a user that cannot read these files
	}
	fmt.Fprintf(&c, "allow_anonymous %t\n", len(o.Users) == 0)
	if len(o.Users) > 0 {
		b.writePasswords(o.Users)
		fmt.Fprintf(&c, "password_file %s\n", b.path("passwords"))
	}
	if o.ACL != "" {
		b.write("acl", o.ACL)
		fmt.Fprintf(&c, "acl_file %s\n", b.path("acl"))
	}
	if o.Persistent {
		fmt.Fprintf(&c, "persistence true\npersistence_location %s/\n", b.dir)
	}
	b.write("mosquitto.conf", c.String()+o.Config+"\n")
}

func (b *Broker) write(name, content string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// writePasswords uses the tool that comes with Mosquitto, which turns names with plain passwords into hashes.
func (b *Broker) writePasswords(users map[string]string) {
	b.t.Helper()
	var plain strings.Builder
	for name, password := range users {
		fmt.Fprintf(&plain, "%s:%s\n", name, password)
	}
	b.write("passwords", plain.String())
	if out, err := exec.Command("mosquitto_passwd", "-U", b.path("passwords")).CombinedOutput(); err != nil {
		b.t.Fatalf("mosquitto_passwd: %v\n%s", err, out)
	}
}

// running is in what Mosquitto logs, from 2.0 on, when all its listeners are open.
var running = []byte(" running\n")

// start runs the broker and waits until it listens.
func (b *Broker) start() error {
	if err := b.log.Truncate(0); err != nil {
		return err
	}
	cmd := exec.Command(b.binary, "-c", b.path("mosquitto.conf"))
	cmd.Stdout, cmd.Stderr = b.log, b.log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // what it died of is in its log
		close(exited)
	}()
	b.cmd, b.exited = cmd, exited
	for deadline := time.After(startTimeout); ; {
		if text, err := os.ReadFile(b.log.Name()); err != nil || bytes.Contains(text, running) {
			return err
		}
		select {
		case <-exited:
			b.cmd = nil
			return fmt.Errorf("ended at once: %v", cmd.ProcessState)
		case <-deadline:
			b.Kill()
			return fmt.Errorf("does not run after %v", startTimeout)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Publish sends a message as somebody would from a shell.
func (b *Broker) Publish(topic string, payload []byte) {
	b.t.Helper()
	host, port, _ := net.SplitHostPort(b.Addr)
	args := []string{"-h", host, "-p", port, "-q", "1", "-t", topic, "-s"}
	if len(payload) == 0 {
		args[len(args)-1] = "-n" // it takes nothing on standard input for a mistake
	}
	pub := exec.Command("mosquitto_pub", args...)
	pub.Stdin = bytes.NewReader(payload)
	if out, err := pub.CombinedOutput(); err != nil {
		b.t.Fatalf("mosquitto_pub (Debian: apt-get install mosquitto-clients): %v\n%s", err, out)
	}
}

// Restart runs the broker again, on the same port, stopping it first if it runs.
func (b *Broker) Restart() {
	b.t.Helper()
	b.Stop()
	if err := b.start(); err != nil {
		b.t.Fatalf("mosquitto: %v", err)
	}
}

// Stop ends the broker in an orderly way; a persistent one saves what it has. No-op when it does not run.
func (b *Broker) Stop() { b.end(os.Interrupt) }

// Kill ends the broker as a power cut would. No-op when it does not run.
func (b *Broker) Kill() { b.end(os.Kill) }

func (b *Broker) end(how os.Signal) {
	b.t.Helper()
	if b.cmd == nil {
		return
	}
	defer func() { b.cmd = nil }()
	// Mosquitto forgets a signal that comes while it starts, after it has said that it runs.
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for deadline := time.After(startTimeout); ; {
		_ = b.cmd.Process.Signal(how) // it may have ended by itself
		select {
		case <-b.exited:
			return
		case <-again.C:
		case <-deadline:
			b.t.Errorf("mosquitto did not end within %v of %v", startTimeout, how)
			_ = b.cmd.Process.Kill()
			return
		}
	}
}
