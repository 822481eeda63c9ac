package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// language is one in which there is a consumer.
type language struct {
	name  string
	needs string // how to get what it needs
	// prepare returns the command that starts the consumer of a folder; dir is for what has to be built.
	prepare func(ctx context.Context, folder, dir string) ([]string, error)
}

var consumerLanguages = []language{
	{"go", "Go", func(ctx context.Context, folder, dir string) ([]string, error) {
		program := filepath.Join(dir, "consumer")
		return []string{program}, command(ctx, "go", "build", "-C", folder, "-o", program, ".")
	}},
	{"python", pipInstall, func(_ context.Context, folder, _ string) ([]string, error) {
		python := filepath.Join(folder, ".venv", "bin", "python")
		if _, err := os.Stat(python); err != nil {
			python = "python3"
		}
		return []string{python, filepath.Join(folder, "consumer.py")}, nil
	}},
	{"node", npmInstall, func(_ context.Context, folder, _ string) ([]string, error) {
		return []string{"node", filepath.Join(folder, "consumer.js")}, nil
	}},
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

// startConsumer starts a consumer of consumers, the folder of them all; dir is for what has to be built. Each line that
// it prints goes to shown, and what it reports on standard error to reported.
func startConsumer(ctx context.Context, l language, consumers, dir, broker string, shown, reported func(string)) (*consumer, error) {
	argv, err := l.prepare(ctx, filepath.Join(consumers, l.name), dir)
	if err != nil {
		return nil, fmt.Errorf("the consumer in %s: %w", l.name, err)
	}
	process := exec.Command(argv[0], append(argv[1:], "--broker", broker)...)
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("the consumer in %s: %w (what it needs: %s)", l.name, err, l.needs)
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

// waitReady returns once the consumer has subscribed.
func (c *consumer) waitReady(ctx context.Context, wait <-chan time.Time) error {
	select {
	case <-c.ready:
		return nil
	case <-c.ended:
		return c.failed()
	case <-wait:
		return fmt.Errorf("the consumer in %s does not get to the broker within %v: start a broker, or leave --broker out", c.language.name, listenWait)
	case <-ctx.Done():
		return fmt.Errorf("interrupted before the consumer in %s had subscribed", c.language.name)
	}
}

// failed says how a consumer ended that should not have.
func (c *consumer) failed() error {
	return fmt.Errorf("the consumer in %s ended: %v (what it needs: %s)", c.language.name, c.process.ProcessState, c.language.needs)
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
