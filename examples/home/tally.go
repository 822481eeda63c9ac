package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// deviceTotals are the counts of one device.
type deviceTotals struct {
	Addr     espnow.Addr `json:"addr"`
	Kind     string      `json:"kind"`
	Sent     int         `json:"sent"`
	Received int         `json:"received"` // each message once
	Lost     int         `json:"lost"`
}

// totals are the counts of a run.
type totals struct {
	OK       bool           `json:"ok"`
	Error    string         `json:"error,omitempty"` // what the run lacks to be OK
	Sent     int            `json:"sent"`
	Received int            `json:"received"`
	Lost     int            `json:"lost"`
	Pictures int            `json:"pictures"` // of 20 KB that arrived and were equal to those sent
	Damaged  int            `json:"damaged"`  // messages that arrived and were not
	Devices  []deviceTotals `json:"devices"`
	house.Stats
}

// verdict says what a run lacks to be a success; nil if it is one.
func (t totals) verdict() error {
	for _, d := range t.Devices {
		if d.Received == 0 {
			return fmt.Errorf("%s %v was never heard: let it run longer, or lower --loss", d.Kind, d.Addr)
		}
	}
	switch {
	case t.Damaged > 0:
		return fmt.Errorf("%d messages arrived that were not what was sent", t.Damaged)
	case t.Pictures == 0:
		return errors.New("no 20 KB picture arrived: let it run longer, or lower --loss")
	}
	return nil
}

func (t totals) print(w io.Writer) {
	printDevices(w, t.Devices)
	fmt.Fprintf(w, "%d messages sent, %d received, %d lost; %d pictures of 20 KB arrived whole; %d frames on the air, %d of them retries\n",
		t.Sent, t.Received, t.Lost, t.Pictures, t.Air.Sent+t.Air.Retries, t.Air.Retries)
	if n := t.Bridge.Queued + t.Bridge.InFlight; n > 0 {
		fmt.Fprintf(w, "%d of the lost were still waiting for the broker when the house closed\n", n)
	}
}

func printDevices(w io.Writer, devices []deviceTotals) {
	fmt.Fprintf(w, "  %-17s  %-11s  %6s  %8s  %6s\n", "device", "kind", "sent", "received", "lost")
	for _, d := range devices {
		fmt.Fprintf(w, "  %-17v  %-11s  %6d  %8d  %6d\n", d.Addr, d.Kind, d.Sent, d.Received, d.Lost)
	}
}

// tally prints what arrives, and counts what was sent and what arrived. Its methods are safe for concurrent use.
type tally struct {
	mu       sync.Mutex
	out      io.Writer
	order    []*counts
	by       map[espnow.Addr]*counts
	pictures int
	damaged  int
}

// counts are those of one device.
type counts struct {
	device *device
	sent   int
	got    map[uint32]bool // numbers of the messages that arrived
}

func newTally(out io.Writer, devices []*device) *tally {
	t := &tally{out: out, by: map[espnow.Addr]*counts{}}
	for _, d := range devices {
		c := &counts{device: d, got: map[uint32]bool{}}
		t.order = append(t.order, c)
		t.by[d.addr] = c
	}
	return t
}

// say prints a line.
func (t *tally) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format+"\n", args...)
}

// sending counts a message that is about to be sent.
func (t *tally) sending(a espnow.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by[a].sent++
}

// arrived takes what the broker delivered. Topics that are not a device's of this house are none of its business.
func (t *tally) arrived(topic string, payload []byte) {
	addr, sub, err := espnow.ParseTopic(topic)
	if err != nil || sub.Reserved() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.by[addr]
	if c == nil {
		return
	}
	d := c.device
	n, ok := number(payload)
	if !ok || string(sub) != d.kind.topic || !bytes.Equal(payload, d.kind.payload(d.seed, n)) {
		t.damaged++
		fmt.Fprintf(t.out, "%s  %s  %d bytes that nobody sent\n", clock(), topic, len(payload))
		return
	}
	if c.got[n] {
		return // MQTT at QoS 1 delivers at least once
	}
	c.got[n] = true
	text := string(payload)
	if len(payload) == pictureSize {
		t.pictures++
		text = fmt.Sprintf("picture %d, %d bytes, equal to the one sent", n, len(payload))
	}
	fmt.Fprintf(t.out, "%s  %s  %s\n", clock(), topic, text)
}

func clock() string { return time.Now().Format("15:04:05.000") }

// number reads which message of its device a payload is.
func number(payload []byte) (uint32, bool) {
	if len(payload) == pictureSize {
		return binary.LittleEndian.Uint32(payload), true
	}
	var numbered struct{ N *uint32 }
	if json.Unmarshal(payload, &numbered) != nil || numbered.N == nil {
		return 0, false
	}
	return *numbered.N, true
}

// show prints the counts so far. A device's newest message may still be on its way, so that one is not lost yet.
func (t *tally) show() {
	t.mu.Lock()
	defer t.mu.Unlock()
	printDevices(t.out, t.devices(func(c *counts) int { return max(c.sent-1-len(c.got), 0) }))
}

// totals returns the counts at the end: what has not arrived is lost.
func (t *tally) totals() totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := totals{Pictures: t.pictures, Damaged: t.damaged, Devices: t.devices(func(c *counts) int { return c.sent - len(c.got) })}
	for _, d := range sum.Devices {
		sum.Sent += d.Sent
		sum.Received += d.Received
		sum.Lost += d.Lost
	}
	return sum
}

func (t *tally) devices(lost func(*counts) int) []deviceTotals {
	list := make([]deviceTotals, len(t.order))
	for i, c := range t.order {
		list[i] = deviceTotals{c.device.addr, c.device.kind.name, c.sent, len(c.got), lost(c)}
	}
	return list
}

func (t *tally) received() int { return t.totals().Received }

// complete reports whether all that was sent has arrived.
func (t *tally) complete() bool { return t.totals().Lost == 0 }
