package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// tally prints what the consumers print, and compares it with what the sensors say they sent. Its methods are safe for
// concurrent use.
type tally struct {
	mu        sync.Mutex
	out       io.Writer
	sent      map[string]int // messages of each sensor
	lines     map[string]bool
	consumers []*account
}

// account is what one consumer printed of the sensors of this house.
type account struct {
	language string
	right    map[string]bool // lines as they were sent; a broker delivers some of them again
	heard    map[string]bool // sensors
	wrong    int             // lines that nobody sent
}

func newTally(out io.Writer, languages []string) *tally {
	t := &tally{out: out, sent: map[string]int{}, lines: map[string]bool{}}
	for _, l := range languages {
		t.consumers = append(t.consumers, &account{language: l, right: map[string]bool{}, heard: map[string]bool{}})
	}
	return t
}

// say prints a line.
func (t *tally) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format+"\n", args...)
}

// sending notes a message that is about to be sent, as its sensor puts it in words.
func (t *tally) sending(addr espnow.Addr, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent[addr.String()]++
	t.lines[addr.String()+" "+text] = true
}

// shown takes a line of the i-th consumer. Devices of other houses are none of its business.
func (t *tally) shown(i int, line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.consumers[i]
	addr, _, _ := strings.Cut(line, " ")
	mark := ""
	switch {
	case t.lines[line]:
		c.right[line], c.heard[addr] = true, true
	case t.sent[addr] > 0:
		c.wrong++
		mark = "  NOT WHAT WAS SENT"
	}
	if len(t.consumers) > 1 {
		line = fmt.Sprintf("%-6s  %s", c.language, line)
	}
	fmt.Fprintln(t.out, line+mark)
}

// received returns how many messages all consumers together have printed.
func (t *tally) received() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, c := range t.consumers {
		n += len(c.right)
	}
	return n
}

// complete reports whether every consumer has printed all that was sent.
func (t *tally) complete() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.consumers {
		if len(c.right) < len(t.lines) {
			return false
		}
	}
	return true
}

func (t *tally) print() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.consumers {
		fmt.Fprintf(t.out, "%s: %d messages encoded in C, %d of them printed, %d lost, %d printed that nobody sent\n",
			c.language, len(t.lines), len(c.right), len(t.lines)-len(c.right), c.wrong)
	}
}

// verdict says what a run lacks to be a success; nil if it is one.
func (t *tally) verdict() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.consumers {
		if c.wrong > 0 {
			return fmt.Errorf("the consumer in %s printed %d lines that no sensor sent", c.language, c.wrong)
		}
		for addr := range t.sent {
			if !c.heard[addr] {
				return fmt.Errorf("the consumer in %s never heard %s: let it run longer, or lower --loss", c.language, addr)
			}
		}
	}
	return nil
}
