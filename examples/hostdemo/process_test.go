package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// chip is a process of a shell script. It gives back how it ended by itself, if it did.
func chip(t *testing.T, j *journal, script string) (*process, <-chan string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "chip")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	ended := make(chan string, 1)
	p := &process{
		name: "chip", program: program, env: []string{"COLOUR=red"},
		line:  func(line string) { j.saw("chip", line) },
		ended: func(name, how string) { ended <- name + ": " + how },
	}
	t.Cleanup(p.off)
	return p, ended
}

func TestProcess(t *testing.T) {
	j := &journal{}
	for name, c := range map[string]struct{ script, want string }{
		"ends":    {"exit 3", "chip: exit status 3"},
		"crashes": {"kill -ABRT $$", "chip: signal: aborted"},
	} {
		t.Run(name, func(t *testing.T) {
			p, ended := chip(t, j, c.script)
			if err := p.on(); err != nil {
				t.Fatal(err)
			}
			if how := <-ended; !strings.HasPrefix(how, c.want) {
				t.Errorf("%q, want %q", how, c.want)
			}
		})
	}
	t.Run("is switched off and on", func(t *testing.T) {
		p, ended := chip(t, j, "echo $COLOUR; echo more >&2; exec sleep 60")
		for range 2 {
			seen := 0
			lines := j.watch(func(source, text string) bool {
				if source == "chip" && (text == "red" || text == "more") {
					seen++
				}
				return seen == 2
			})
			if err := p.on(); err != nil {
				t.Fatal(err)
			}
			<-lines
			p.off()
			p.off() // for nothing
		}
		select {
		case how := <-ended:
			t.Errorf("it is said to have ended by itself: %s", how)
		default:
		}
	})
	if err := (&process{program: "/no/such/program"}).on(); err == nil {
		t.Error("a program that is none runs")
	}
}

func TestJournal(t *testing.T) {
	var out bytes.Buffer
	j := &journal{out: &out}
	first := j.watch(func(source, text string) bool { return source == "a" && text == "x" })
	second := j.watch(func(string, string) bool { return false })
	j.saw("b", "x")
	select {
	case <-first:
		t.Error("it has seen what was not there")
	default:
	}
	j.saw("a", "x")
	j.saw("a", "x") // who has seen it is asked no more
	select {
	case <-first:
	case <-time.After(time.Second):
		t.Error("it has not seen what was there")
	}
	select {
	case <-second:
		t.Error("another has seen it")
	default:
	}
	if j.say("%d lines", 1); !strings.HasSuffix(out.String(), "  1 lines\n") {
		t.Errorf("%q", out.String())
	}
}
