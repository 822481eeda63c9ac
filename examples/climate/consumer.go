package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// language is one in which there is a consumer.
type language struct {
	name string
	// prepare returns the command that starts the consumer of a folder, or says what that needs; dir is for what has to be
	// built.
	prepare func(ctx context.Context, folder, dir string) ([]string, error)
}

var consumerLanguages = []language{
	{"go", func(ctx context.Context, folder, dir string) ([]string, error) {
		program := filepath.Join(dir, "consumer")
		return []string{program}, command(ctx, "go", "build", "-C", folder, "-o", program, ".")
	}},
	{"python", func(ctx context.Context, folder, _ string) ([]string, error) {
		python := filepath.Join(folder, ".venv", "bin", "python")
		if _, err := os.Stat(python); err != nil {
			python = "python3"
		}
		if !succeeds(ctx, folder, python, "-c", "import aiomqtt, climate") {
			return nil, errors.New("it needs: " + pipInstall)
		}
		return []string{python, filepath.Join(folder, "consumer.py")}, nil
	}},
	{"node", func(ctx context.Context, folder, _ string) ([]string, error) {
		if !succeeds(ctx, folder, "node", "--input-type=module", "--eval", "import 'mqtt'; import 'climate'") {
			return nil, errors.New("it needs: " + npmInstall)
		}
		return []string{"node", filepath.Join(folder, "consumer.js")}, nil
	}},
}

// succeeds reports whether a command does, in a folder. What it prints is for nobody who runs this example.
func succeeds(ctx context.Context, folder, name string, args ...string) bool {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	return cmd.Run() == nil
}

// How to get what the consumers need.
const (
	pipInstall = "cd examples/consumers/python && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
	npmInstall = "cd examples/consumers/node && npm ci"
)

func languages() []string {
	var names []string
	for _, l := range consumerLanguages {
		names = append(names, l.name)
	}
	return names
}

// listenWait is how long a consumer may take until it listens to a broker that is there.
const listenWait = 15 * time.Second

// listening begins the line that a consumer prints, on standard error, each time that it has subscribed.
const listening = "listening at "

// consumer is a running consumer.
type consumer struct {
	language language
	process  *exec.Cmd
	ready    chan struct{} // receives each time that it has subscribed
	ended    chan struct{} // closed when its process has
}

// prepareConsumers returns the commands that start consumers of folder, where those of all languages are; dir is for what
// has to be built. The error names all that cannot start.
func prepareConsumers(ctx context.Context, all []language, folder, dir string) ([][]string, error) {
	var commands [][]string
	var faults []error
	for _, l := range all {
		argv, err := l.prepare(ctx, filepath.Join(folder, l.name), dir)
		if err != nil {
			faults = append(faults, fmt.Errorf("the consumer in %s: %w", l.name, err))
		}
		commands = append(commands, argv)
	}
	return commands, errors.Join(faults...)
}

// startConsumer runs the command of a consumer. Each line that it prints goes to shown, and what it reports on standard
// error to reported.
func startConsumer(l language, argv []string, broker house.Broker, shown, reported func(string)) (*consumer, error) {
	u := *broker.URL
	if broker.Username != "" {
		u.User = url.User(broker.Username)
	}
	process := exec.Command(argv[0], append(argv[1:], "--broker", u.String())...)
	process.Env = append(os.Environ(), house.PasswordVariable+"="+broker.Password) // arguments are seen by everybody
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("the consumer in %s: %w", l.name, err)
	}
	c := &consumer{l, process, make(chan struct{}, 1), make(chan struct{})}
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			shown(s.Text())
		}
	}()
	go func() {
		defer close(c.ended)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			if !strings.HasPrefix(s.Text(), listening) {
				reported(s.Text())
				continue
			}
			select {
			case c.ready <- struct{}{}:
			default:
			}
		}
		<-printed
		_ = process.Wait() // how it ended is in process
	}()
	return c, nil
}

// waitReady returns once the consumer has subscribed, or something says that it never will.
func (c *consumer) waitReady(ctx context.Context, refused <-chan error, wait <-chan time.Time) error {
	select {
	case <-c.ready:
		return nil
	case <-c.ended:
		return c.failed()
	case err := <-refused:
		return err
	case <-wait:
		return fmt.Errorf("the consumer in %s does not get to the broker within %v: start a broker, or leave --broker out", c.language.name, listenWait)
	case <-ctx.Done():
		return fmt.Errorf("interrupted before the consumer in %s had subscribed", c.language.name)
	}
}

// failed says how a consumer ended that should not have.
func (c *consumer) failed() error {
	return fmt.Errorf("the consumer in %s ended: %v", c.language.name, c.process.ProcessState)
}

func (c *consumer) close() {
	_ = c.process.Process.Signal(os.Interrupt) // or it has ended
	select {
	case <-c.ended:
	case <-time.After(2 * time.Second):
		_ = c.process.Process.Kill()
		<-c.ended
	}
}
