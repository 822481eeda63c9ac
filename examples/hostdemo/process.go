package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
)

// process is one chip: a program that is switched on and off. Deep sleep and restarts are its own affair. Its methods are
// for one goroutine.
type process struct {
	name    string
	program string
	env     []string
	line    func(string)           // is told each line of its log
	ended   func(name, how string) // is told if it ends by itself

	cmd    *exec.Cmd // nil while it is off
	done   chan struct{}
	killed *atomic.Bool
}

// on switches it on.
func (p *process) on() error {
	cmd := exec.Command(p.program)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.SysProcAttr = ownGroup()
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = write, write
	err = cmd.Start()
	_ = write.Close() // the process has its own
	if err != nil {
		_ = read.Close()
		return err
	}
	done, killed := make(chan struct{}), new(atomic.Bool)
	go func() {
		defer close(done)
		defer read.Close()
		p.read(read)
		_ = cmd.Wait() // how it ended is in ProcessState
		if !killed.Load() {
			p.ended(p.name, cmd.ProcessState.String())
		}
	}()
	p.cmd, p.done, p.killed = cmd, done, killed
	return nil
}

func (p *process) read(from io.Reader) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		p.line(lines.Text())
	}
}

// off takes its power. All lines that it wrote before have been told when this returns. No-op when it is off.
func (p *process) off() {
	if p.cmd == nil {
		return
	}
	p.killed.Store(true)
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
	p.cmd = nil
}
