// Package mosquitto runs a real Mosquitto, for tests and examples.
package mosquitto

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a broker may take until it listens, and to end when asked to.
const patience = 10 * time.Second

// ErrMissing means that there is no Mosquitto here.
var ErrMissing = errors.New("no mosquitto in PATH or at " + sbin + ": install it (Debian: apt-get install mosquitto)")

// sbin is outside an ordinary user's PATH on Debian.
const sbin = "/usr/sbin/mosquitto"

// Options of a broker. The zero value is one that lets everybody in and remembers nothing.
type Options struct {
	Users      map[string]string // passwords by name; with any, nobody else gets in
	ACL        string            // the content of an ACL file; empty allows everything
	Persistent bool              // Stop saves sessions and retained messages, which the next start loads
	Config     string            // more lines of mosquitto.conf

	Process *syscall.SysProcAttr // of the process; nil: nothing special
}

// Broker is a Mosquitto on a free port of the loopback interface. Its methods are for one goroutine.
type Broker struct {
	URL  string // tcp://127.0.0.1:port, the same across restarts
	Addr string // host:port of it

	options Options
	binary  string
	dir     string
	cmd     *exec.Cmd     // nil while it does not run
	exited  chan struct{} // closed when cmd has
}

// Find returns the path of Mosquitto, or ErrMissing.
func Find() (string, error) {
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path, nil
	}
	if _, err := os.Stat(sbin); err == nil {
		return sbin, nil
	}
	return "", ErrMissing
}

// Start runs a broker that keeps its files in an empty folder, and returns when it listens. The caller kills it.
func Start(dir string, o Options) (*Broker, error) {
	binary, err := Find()
	if err != nil {
		return nil, err
	}
	b := &Broker{options: o, binary: binary, dir: dir}
	// A port that was free a moment ago can be gone: then another.
	for attempt := 0; ; attempt++ {
		b.Addr = FreeAddr()
		b.URL = "tcp://" + b.Addr
		if err := b.configure(); err != nil {
			return nil, err
		}
		err := b.start()
		if err == nil || attempt == 2 {
			return b, err
		}
	}
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

// Log is what the broker has logged since its last start.
func (b *Broker) Log() string {
	text, _ := os.ReadFile(b.path("log"))
	return string(bytes.TrimSpace(text))
}

func (b *Broker) configure() error {
	o := b.options
	host, port, _ := net.SplitHostPort(b.Addr)
	var c strings.Builder
	fmt.Fprintf(&c, "listener %s %s\n", port, host)
	if me, err := user.Current(); err == nil {
		fmt.Fprintf(&c, "user %s\n", me.Username) // root would become a user that cannot read these files
	}
	fmt.Fprintf(&c, "allow_anonymous %t\n", len(o.Users) == 0)
	if len(o.Users) > 0 {
		if err := b.writePasswords(); err != nil {
			return err
		}
		fmt.Fprintf(&c, "password_file %s\n", b.path("passwords"))
	}
	if o.ACL != "" {
		if err := b.write("acl", o.ACL); err != nil {
			return err
		}
		fmt.Fprintf(&c, "acl_file %s\n", b.path("acl"))
	}
	if o.Persistent {
		fmt.Fprintf(&c, "persistence true\npersistence_location %s/\n", b.dir)
	}
	return b.write("mosquitto.conf", c.String()+o.Config+"\n")
}

func (b *Broker) write(name, content string) error {
	return os.WriteFile(b.path(name), []byte(content), 0o600)
}

// writePasswords uses the tool that comes with Mosquitto, which turns names with plain passwords into hashes.
func (b *Broker) writePasswords() error {
	var plain strings.Builder
	for name, password := range b.options.Users {
		fmt.Fprintf(&plain, "%s:%s\n", name, password)
	}
	if err := b.write("passwords", plain.String()); err != nil {
		return err
	}
	if out, err := exec.Command("mosquitto_passwd", "-U", b.path("passwords")).CombinedOutput(); err != nil {
		return fmt.Errorf("mosquitto_passwd: %w\n%s", err, out)
	}
	return nil
}

// running is in what Mosquitto logs, from 2.0 on, when all its listeners are open.
var running = []byte(" running\n")

// start runs the broker and waits until it listens.
func (b *Broker) start() error {
	log, err := os.OpenFile(b.path("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(b.binary, "-c", b.path("mosquitto.conf"))
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, b.options.Process
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // what it died of is in its log
		close(exited)
	}()
	b.cmd, b.exited = cmd, exited
	for deadline := time.After(patience); ; {
		if text, err := os.ReadFile(log.Name()); err != nil || bytes.Contains(text, running) {
			return err
		}
		select {
		case <-exited:
			b.cmd = nil
			return fmt.Errorf("mosquitto ended at once: %v\n%s", cmd.ProcessState, b.Log())
		case <-deadline:
			return errors.Join(fmt.Errorf("mosquitto does not run after %v\n%s", patience, b.Log()), b.Kill())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Publish sends a message as somebody would from a shell.
func (b *Broker) Publish(topic string, payload []byte) error {
	host, port, _ := net.SplitHostPort(b.Addr)
	args := []string{"-h", host, "-p", port, "-q", "1", "-t", topic, "-s"}
	if len(payload) == 0 {
		args[len(args)-1] = "-n" // it takes nothing on standard input for a mistake
	}
	pub := exec.Command("mosquitto_pub", args...)
	pub.Stdin = bytes.NewReader(payload)
	if out, err := pub.CombinedOutput(); err != nil {
		return fmt.Errorf("mosquitto_pub (Debian: apt-get install mosquitto-clients): %w\n%s", err, out)
	}
	return nil
}

// Restart runs the broker again, on the same port, stopping it first if it runs.
func (b *Broker) Restart() error {
	if err := b.Stop(); err != nil {
		return err
	}
	return b.start()
}

// Stop ends the broker in an orderly way; a persistent one saves what it has. No-op when it does not run.
func (b *Broker) Stop() error { return b.end(os.Interrupt) }

// Kill ends the broker as a power cut would. No-op when it does not run.
func (b *Broker) Kill() error { return b.end(os.Kill) }

func (b *Broker) end(how os.Signal) error {
	if b.cmd == nil {
		return nil
	}
	defer func() { b.cmd = nil }()
	// Mosquitto forgets a signal that comes while it starts, after it has said that it runs.
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for deadline := time.After(patience); ; {
		_ = b.cmd.Process.Signal(how) // it may have ended by itself
		select {
		case <-b.exited:
			return nil
		case <-again.C:
		case <-deadline:
			_ = b.cmd.Process.Kill()
			return fmt.Errorf("mosquitto did not end within %v of %v", patience, how)
		}
	}
}
