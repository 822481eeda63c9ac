package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// journal prints lines and lets others wait for what they tell. It is safe for concurrent use.
type journal struct {
	mu       sync.Mutex
	out      io.Writer
	watchers []watcher
}

// watcher waits for a line. It is asked for each, in their order, until it has seen what it waits for.
type watcher struct {
	sees func(source, text string) bool
	done chan struct{}
}

// say prints a line.
func (j *journal) say(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.out, time.Now().Format("15:04:05.000")+"  "+format+"\n", args...)
}

// saw takes what a source tells: the log of a chip by its name, or a message by its topic.
func (j *journal) saw(source, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watchers = slices.DeleteFunc(j.watchers, func(w watcher) bool {
		if !w.sees(source, text) {
			return false
		}
		close(w.done)
		return true
	})
}

// watch returns a channel that is closed once sees returns true. sees must not wait, nor use the journal.
func (j *journal) watch(sees func(source, text string) bool) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	w := watcher{sees, make(chan struct{})}
	j.watchers = append(j.watchers, w)
	return w.done
}
