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
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/examples/internal/house"
)

// deviceTotals are the counts of one device.
type deviceTotals struct {
	Addr     espnow.Addr `json:"addr"`
	Kind     string      `json:"kind"`
	Sent     int         `json:"sent"`
	Received int         `json:"received"` // each message once
	Lost     int         `json:"lost"`

	Acknowledge  bool `json:"acknowledge"`  // the device wants its messages acknowledged
	Acknowledged int  `json:"acknowledged"` // it was told so of
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

	Acknowledged int   `json:"acknowledged"` // messages
	GatewayKills int   `json:"gatewayKills"` // power cuts of the gateway
	SessionsLost int   `json:"sessionsLost"` // by devices
	Connected    int   `json:"connected"`    // devices, at the end
	RecoveryMs   int64 `json:"recoveryMs"`   // from the return of the gateway to that of the last device, in ms
	house.Stats
}

// verdict says what a run lacks to be a success; nil if it is one.
func (t totals) verdict() error {
	for _, d := range t.Devices {
		if d.Received == 0 {
			return fmt.Errorf("%s %v was never heard: let it run longer, or lower --loss or --nodes", d.Kind, d.Addr)
		}
	}
	for _, d := range t.Devices {
		if d.Acknowledge && d.Lost > 0 {
			return fmt.Errorf("%d messages of the %s %v that were to be acknowledged did not arrive", d.Lost, d.Kind, d.Addr)
		}
	}
	switch {
	case t.GatewayKills > 0 && t.Connected < len(t.Devices):
		return fmt.Errorf("%d devices have found no gateway again: let it run longer", len(t.Devices)-t.Connected)
	case t.Damaged > 0:
		return fmt.Errorf("%d messages arrived that were not what was sent", t.Damaged)
	case t.Pictures == 0:
		return errors.New("no 20 KB picture arrived: let it run longer, or lower --loss or --nodes")
	}
	return nil
}

func (t totals) print(w io.Writer) {
	printDevices(w, t.Devices)
	fmt.Fprintf(w, "%d messages sent, %d received, %d lost; %d pictures of 20 KB arrived whole; %d frames on the air, %d of them retries\n",
		t.Sent, t.Received, t.Lost, t.Pictures, t.Air.Sent+t.Air.Retries, t.Air.Retries)
	promised, missing := 0, 0
	for _, d := range t.Devices {
		if d.Acknowledge {
			promised += d.Sent
			missing += d.Lost
		}
	}
	fmt.Fprintf(w, "%d of them were to be acknowledged, %d were, %d did not arrive\n", promised, t.Acknowledged, missing)
	if t.GatewayKills > 0 {
		fmt.Fprintf(w, "the gateway lost its power: %d devices noticed, %d of %d are connected, the last one %d ms after it was back\n",
			t.SessionsLost, t.Connected, len(t.Devices), t.RecoveryMs)
	}
	if n := t.Bridge.Queued + t.Bridge.InFlight; n > 0 {
		fmt.Fprintf(w, "%d of the lost were still waiting for the broker when the house closed\n", n)
	}
}

func printDevices(w io.Writer, devices []deviceTotals) {
	fmt.Fprintf(w, "  %-17s  %-11s  %6s  %8s  %6s  %12s\n", "device", "kind", "sent", "received", "lost", "acknowledged")
	for _, d := range devices {
		acknowledged := "-"
		if d.Acknowledge {
			acknowledged = fmt.Sprint(d.Acknowledged)
		}
		fmt.Fprintf(w, "  %-17v  %-11s  %6d  %8d  %6d  %12s\n", d.Addr, d.Kind, d.Sent, d.Received, d.Lost, acknowledged)
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

	kills        int
	back         time.Time // of the gateway, after a power cut
	sessionsLost int
	recovered    time.Time // when a device found a gateway last
}

// counts are those of one device.
type counts struct {
	device       *device
	sent         int
	got          map[uint32]bool // numbers of the messages that arrived
	acknowledged int
	connected    bool
	heard        bool // since the gateway was switched on
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

// acknowledged counts a message that its device knows to be in good hands.
func (t *tally) acknowledged(a espnow.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by[a].acknowledged++
}

// presence prints who joins and leaves, as the gateway sees it.
func (t *tally) presence(p link.Presence) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := t.by[p.Addr].device.kind.name
	if p.Present {
		t.by[p.Addr].heard = true
		fmt.Fprintf(t.out, "%s  %v  the %s has joined, heard at %d dBm\n", clock(), p.Addr, kind, p.RSSI)
	} else {
		fmt.Fprintf(t.out, "%s  %v  the %s has left: %v\n", clock(), p.Addr, kind, p.Reason)
	}
}

// follow returns what is told of a device's sessions.
func (t *tally) follow(d *device) func(link.Event) {
	return func(e link.Event) {
		c, ok := e.(*link.Connection)
		if !ok {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.by[d.addr].connected = c.Up
		if c.Up {
			t.recovered = time.Now()
			return
		}
		t.sessionsLost++
		fmt.Fprintf(t.out, "%s  %v  the %s has lost the gateway: %v\n", clock(), d.addr, d.kind.name, c.Reason)
	}
}

// gatewayIsBack notes the end of a power cut, before anybody can be heard.
func (t *tally) gatewayIsBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kills++
	t.back = time.Now()
	for _, c := range t.order {
		c.heard = false
	}
	fmt.Fprintf(t.out, "%s  the gateway is back, and knows nobody\n", clock())
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
	c.got[n], c.heard = true, true
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
	sum := totals{
		Pictures: t.pictures, Damaged: t.damaged, Devices: t.devices(func(c *counts) int { return c.sent - len(c.got) }),
		GatewayKills: t.kills, SessionsLost: t.sessionsLost,
	}
	for _, d := range sum.Devices {
		sum.Sent += d.Sent
		sum.Received += d.Received
		sum.Lost += d.Lost
		sum.Acknowledged += d.Acknowledged
	}
	for _, c := range t.order {
		if c.connected && c.heard {
			sum.Connected++
		}
	}
	if t.kills > 0 {
		sum.RecoveryMs = max(0, t.recovered.Sub(t.back).Milliseconds())
	}
	return sum
}

func (t *tally) devices(lost func(*counts) int) []deviceTotals {
	list := make([]deviceTotals, len(t.order))
	for i, c := range t.order {
		list[i] = deviceTotals{c.device.addr, c.device.kind.name, c.sent, len(c.got), lost(c), c.device.kind.acknowledge, c.acknowledged}
	}
	return list
}

func (t *tally) received() int { return t.totals().Received }

// complete reports whether all that was sent has arrived, and all that was to be acknowledged is.
func (t *tally) complete() bool {
	for _, d := range t.totals().Devices {
		if d.Lost > 0 || d.Acknowledge && d.Acknowledged < d.Sent {
			return false
		}
	}
	return true
}
