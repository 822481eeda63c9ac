package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// every is how often a sensor sends a reading.
const every = time.Second

// rooms are where sensors are, in turn.
var rooms = []string{"kitchen", "bath", "cellar", "attic", "hall"}

var errNoCompiler = errors.New("no C compiler (cc, gcc or clang) in PATH: install one (Debian: apt-get install gcc; " +
	"Fedora: dnf install gcc; macOS: xcode-select --install; Windows: winget install MSYS2.MSYS2), or name yours in CC")

// compiler returns what $CC says, or the first C compiler that there is.
func compiler() ([]string, error) {
	if cc := strings.Fields(os.Getenv("CC")); len(cc) > 0 {
		return cc, nil
	}
	for _, name := range []string{"cc", "gcc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, errNoCompiler
}

// buildSensor compiles the sensor with the sources of the component, as a program into dir, and returns its path.
func buildSensor(ctx context.Context, example, dir string) (string, error) {
	cc, err := compiler()
	if err != nil {
		return "", err
	}
	component := filepath.Join(example, "components", "climate")
	sources, err := filepath.Glob(filepath.Join(component, "src", "*.c"))
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "sensor")
	args := slices.Concat(cc[1:], []string{
		"-std=c99", "-I", filepath.Join(component, "include"), "-o", program, filepath.Join(example, "publisher", "main.c"),
	}, sources)
	return program, command(ctx, cc[0], args...)
}

// command runs a tool and puts what it says into the error.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// sensor is one device: the C program, and the node that sends what it encodes.
type sensor struct {
	addr    espnow.Addr
	node    *host.Node
	process *exec.Cmd
	lines   *bufio.Scanner // of the program
}

// startSensor starts the program of the i-th sensor, which then waits for who reads it.
func startSensor(program string, i int, seed uint64, addr espnow.Addr, node *host.Node) (*sensor, error) {
	process := exec.Command(program, rooms[i%len(rooms)], fmt.Sprint(uint32(seed<<8)+uint32(i)))
	process.Stderr = os.Stderr
	pipe, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	return &sensor{addr, node, process, bufio.NewScanner(pipe)}, nil
}

func (s *sensor) close() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // killed
}

// send publishes until ctx ends: at each tick up to and with the next reading. first is when the first tick comes.
func (s *sensor) send(ctx context.Context, first time.Duration, t *tally) error {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for s.lines.Scan() {
		topic, payload, text, err := parse(s.lines.Text())
		if err != nil {
			return err
		}
		if topic == "reading" {
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
			timer.Reset(every)
		}
		t.sending(s.addr, text)
		if _, err := s.node.Queue(link.Outgoing{Topic: topic, Payload: payload}); err != nil {
			return fmt.Errorf("sensor %v: %w", s.addr, err)
		}
	}
	return errors.Join(fmt.Errorf("sensor %v: its program ended", s.addr), s.lines.Err())
}

// parse takes a line of the C program apart, which says there what stands in it.
func parse(line string) (topic string, payload []byte, text string, err error) {
	parts := strings.SplitN(line, " ", 3)
	if len(parts) != 3 {
		return "", nil, "", fmt.Errorf("the sensor's program printed %q: want TOPIC PAYLOAD TEXT", line)
	}
	if payload, err = hex.DecodeString(parts[1]); err != nil {
		return "", nil, "", fmt.Errorf("the sensor's program printed the payload %q: %w", parts[1], err)
	}
	return parts[0], payload, parts[2], nil
}
