package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// asleep is a connected node at rest, and its snapshot.
func asleep(t testing.TB, set func(*NodeConfig)) (*house, []byte) {
	t.Helper()
	h := connected(t, func(c *NodeConfig) {
		c.Sleepy = true
		if set != nil {
			set(c)
		}
	})
	h.wait(awakeFor)
	snapshot, err := h.Snapshot(h.now)
	if err != nil {
		t.Fatal(err)
	}
	return h, snapshot
}

// wake has the node go on by a clock that begins anew.
func (h *house) wake(slept time.Duration, snapshot []byte) {
	h.Helper()
	h.now = 5 * time.Millisecond
	n, err := ResumeNode(h.cfg, h.now, slept, snapshot)
	if err != nil {
		h.Fatal(err)
	}
	h.Node = n
}

// A node goes on where it was: no search, no join, the next counter, the next id.
func TestResume(t *testing.T) {
	for _, set := range []func(*NodeConfig){nil, open} {
		used := map[uint32]int{}
		h, snapshot := asleep(t, func(c *NodeConfig) {
			if set != nil {
				set(c)
			}
			c.Sealed = func(_ [8]byte, counter uint32) { used[counter]++ }
		})
		boot, before := h.boot, h.Stats()
		for i := range uint16(5) {
			h.wake(time.Second, snapshot)
			h.publishes("x", true)
			f := h.frame(0)
			if f.Channel != 6 || !f.Add {
				t.Errorf("a radio that has just started is told %+v", f.Transmission)
			}
			p, ok := h.packets(f)[0].(*espnow.Publish)
			if !ok || p.MessageID != i {
				t.Fatalf("%+v", p)
			}
			h.says(pubackOf(i, espnow.PubackStatusComplete, 2))
			if len(h.results) != int(i)+1 || h.results[i].Ticket != Ticket(i) {
				t.Fatalf("%+v", h.results)
			}
			h.wait(awakeFor)
			var err error
			if snapshot, err = h.Snapshot(h.now); err != nil {
				t.Fatal(err)
			}
		}
		if h.boot != boot || h.Home() != (Home{gwAddr, 6}) || h.Stats().Searches != 0 || before.Searches != 1 || len(h.links) != 1 {
			t.Errorf("boot %x, %v, %+v, %+v", h.boot, h.Home(), h.Stats(), h.links)
		}
		for counter, n := range used {
			if n != 1 {
				t.Errorf("counter %d was used %d times", counter, n)
			}
		}
		if want := 6; set == nil && len(used) != want {
			t.Errorf("%d counters were used, want %d", len(used), want)
		}
	}
}

// Taking a snapshot stops a node.
func TestSnapshotFreezes(t *testing.T) {
	h, _ := asleep(t, nil)
	if _, err := h.Publish(h.now, Outgoing{}); !errors.Is(err, ErrAsleep) {
		t.Error(err)
	}
	if _, err := h.Snapshot(h.now); !errors.Is(err, ErrAsleep) {
		t.Error(err)
	}
	h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: 1, Data: []byte("\x00x")})
	h.quiet(48 * time.Hour)
	h.Goodbye(h.now)
	h.quiet(time.Hour)
	if at, ok := h.NextDeadline(); ok || len(h.messages) != 0 {
		t.Errorf("waits until %v, %d messages", at, len(h.messages))
	}
}

// What was received before the sleep is received no more, and what is told is remembered.
func TestResumeRemembers(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
	missed := h.frameOf(&espnow.Publish{MessageID: 7, Data: []byte("\x00missed")})
	h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: 8, Data: []byte("\x00x")})
	h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: 9, Data: nil}) // which is refused
	h.wait(afterMail)
	h.sent = nil
	snapshot, err := h.Snapshot(h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.wake(time.Hour, snapshot)
	h.transmit()
	h.wantDrop(espnow.DropReasonReplay, func() { h.hear(gwAddr, missed) }) // nobody can tell whether it was received
	for id, want := range map[uint16]espnow.PubackStatus{8: espnow.PubackStatusComplete, 9: espnow.PubackStatusRefused} {
		h.sent = nil
		h.says(&espnow.Publish{Flags: espnow.PublishAck, MessageID: id, Data: []byte("\x00x")})
		var statuses []espnow.PubackStatus
		for _, f := range h.sent {
			for _, p := range h.packets(f) {
				if p, ok := p.(*espnow.Puback); ok {
					statuses = append(statuses, p.Status)
				}
			}
		}
		if len(statuses) != 1 || statuses[0] != want || len(h.messages) != 1 {
			t.Errorf("message %d: %v, want %v; %d messages", id, statuses, want, len(h.messages))
		}
	}
}

// Time goes on while a node sleeps, by as much as its caller says.
func TestResumeAges(t *testing.T) {
	for _, c := range []struct {
		slept        time.Duration
		pings, rekey bool
	}{
		{0, false, false},
		{44 * time.Second, false, false},
		{45 * time.Second, true, false},
		{rekeyAge - time.Second, true, false},
		{rekeyAge, true, true},
	} {
		h, snapshot := asleep(t, nil)
		h.wake(c.slept, snapshot)
		h.transmit()
		pings, rekey := false, false
		for _, f := range h.sent {
			if f.Body[0]>>4 == byte(espnow.TypeConnect) {
				rekey = true
				continue
			}
			for _, p := range h.packets(f) {
				pings = pings || p.Type() == espnow.TypePingreq
			}
		}
		if pings != c.pings || rekey != c.rekey {
			t.Errorf("after %v: pings %v, wants new keys %v", c.slept, pings, rekey)
		}
	}
	unix := time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC)
	for _, told := range []bool{true, false} {
		h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
		if told {
			h.says(&espnow.Pingresp{Time: uint32(h.now / time.Millisecond), UnixMs: uint64(unix.UnixMilli())})
		}
		h.wait(awakeFor)
		snapshot, err := h.Snapshot(h.now)
		if err != nil {
			t.Fatal(err)
		}
		h.wake(time.Hour, snapshot)
		if got, ok := h.UnixTime(h.now); ok != told || told && !got.Equal(unix.Add(awakeFor+time.Hour)) {
			t.Errorf("%v %v, want %v", got, ok, unix.Add(awakeFor+time.Hour))
		}
	}
	for ago, again := range map[time.Duration]bool{forgetAfter - time.Second: false, forgetAfter: true} { // of ids
		h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
		h.says(&espnow.Publish{MessageID: 7, Data: []byte("\x00x")})
		h.wait(afterMail)
		snapshot, err := h.Snapshot(h.now)
		if err != nil {
			t.Fatal(err)
		}
		h.sent = nil
		h.wake(ago-afterMail, snapshot)
		h.hear(gwAddr, h.resets(h.frame(0), nil))
		h.connects()
		h.says(&espnow.Publish{MessageID: 7, Data: []byte("\x00x")})
		if told := len(h.messages) == 2; told != again {
			t.Errorf("heard %v ago: told again %v", ago, told)
		}
	}
}

// A snapshot is good once, for one node and one key, and if it is whole.
func TestResumeRefuses(t *testing.T) {
	h, snapshot := asleep(t, nil)
	refused := func(what string, cfg NodeConfig, b []byte) {
		t.Helper()
		b = bytes.Clone(b)
		if n, err := ResumeNode(cfg, 0, 0, b); !errors.Is(err, ErrSnapshot) || n != nil {
			t.Errorf("%s: %v", what, err)
		}
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("%s: the snapshot is not overwritten", what)
		}
	}
	for i := range snapshot {
		bad := bytes.Clone(snapshot)
		bad[i] ^= 1
		refused("damaged", h.cfg, bad)
		refused("cut", h.cfg, snapshot[:i])
	}
	other := h.cfg
	other.Addr[5]++
	refused("another node", other, snapshot)
	other = h.cfg
	other.Key = testNetworkKey(t).Device(otherGw)
	refused("another key", other, snapshot)
	other = h.cfg
	open(&other)
	refused("an open network's node", other, snapshot)
	other = h.cfg
	other.Channels = []uint8{1, 11}
	refused("a node that does not use the channel", other, snapshot)
	other = h.cfg
	open(&other)
	other.Gateway = espnow.Broadcast
	refused("a node that does without sessions", other, snapshot)
	other = h.cfg
	other.MaxFrame = espnow.MaxFrameV1 - 1
	if _, err := ResumeNode(other, 0, 0, snapshot); err == nil || errors.Is(err, ErrSnapshot) {
		t.Errorf("a setting out of range: %v", err)
	}
	version := bytes.Clone(snapshot)
	version[0]++
	refused("another version", h.cfg, summed(version))
	refused("longer", h.cfg, summed(append(bytes.Clone(snapshot), 0)))

	padded := append(bytes.Clone(snapshot), 1, 2, 3) // memory behind it
	if _, err := ResumeNode(h.cfg, 0, 0, padded); err != nil {
		t.Error(err)
	}
	again := bytes.Clone(snapshot)
	h.wake(0, again)
	if !bytes.Equal(again, make([]byte, len(again))) {
		t.Error("the snapshot is not overwritten")
	}
	refused("used", h.cfg, again)
}

// summed makes a snapshot's length and checksum anew.
func summed(b []byte) []byte {
	end := len(b) - snapshotSumLen
	binary.LittleEndian.PutUint16(b[1:], uint16(len(b)))
	return binary.LittleEndian.AppendUint32(b[:end:end], crc32.ChecksumIEEE(b[:end]))
}

// Each field is checked to its limits behind a checksum that is right.
func TestResumeLimits(t *testing.T) {
	h, snapshot := asleep(t, func(c *NodeConfig) { c.MaxFrame = 400 })
	const (
		channel    = snapshotHeadLen + 6 + 8 + 4 + 2 + 4 + 6
		id         = channel + 1 + 1
		maxFrame   = id + 1 + 4
		maxMessage = maxFrame + 2
		window     = maxMessage + 4
		keepAlive  = window + 1
		remembered = keepAlive + 2 + 8 + 8
	)
	for _, c := range []struct {
		what   string
		at     int
		value  []byte
		refuse bool
	}{
		{"no channel", channel, []byte{0}, true},
		{"no session", id, []byte{0}, true},
		{"the least session", id, []byte{1}, false},
		{"frames shorter than all take", maxFrame, []byte{249, 0}, true},
		{"frames that all take", maxFrame, []byte{250, 0}, false},
		{"frames that the node takes", maxFrame, []byte{400 & 255, 400 >> 8}, false},
		{"frames longer than the node takes", maxFrame, []byte{401 & 255, 401 >> 8}, true},
		{"the longest message", maxMessage, []byte{255, 255, 255, 15}, false},
		{"a longer message", maxMessage, []byte{0, 0, 0, 16}, true},
		{"a message of 2^31 bytes", maxMessage, []byte{0, 0, 0, 128}, true},
		{"no window", window, []byte{0}, true},
		{"the least window", window, []byte{1}, false},
		{"the largest window", window, []byte{64}, false},
		{"a larger window", window, []byte{65}, true},
		{"no keep-alive", keepAlive, []byte{0, 0}, true},
		{"the least keep-alive", keepAlive, []byte{1, 0}, false},
		{"a gateway less than there are", remembered, []byte{0}, true},
	} {
		forged := bytes.Clone(snapshot)
		copy(forged[c.at:], c.value)
		if _, err := ResumeNode(h.cfg, 0, 0, summed(forged)); errors.Is(err, ErrSnapshot) != c.refuse || !c.refuse && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	for gateways, refuse := range map[int]bool{maxGateways: false, maxGateways + 1: true} {
		forged := slices.Insert(bytes.Clone(snapshot), remembered+1, make([]byte, 37*(gateways-1))...)
		forged[remembered] = uint8(gateways)
		if _, err := ResumeNode(h.cfg, 0, 0, summed(forged)); errors.Is(err, ErrSnapshot) != refuse || !refuse && err != nil {
			t.Errorf("%d gateways: %v", gateways, err)
		}
	}
}

// Keys are in the snapshot and nowhere else once it is made.
func TestSnapshotLeavesNoKeys(t *testing.T) {
	h := connected(t, func(c *NodeConfig) { c.Sleepy = true })
	for i := range byte(maxGateways) {
		h.session.peer = espnow.Addr{2, 7, i}
		h.remember(h.now)
	}
	h.wait(awakeFor)
	up, down := h.session.tunnel.sealer.key, h.session.tunnel.opener.key
	snapshot, err := h.Snapshot(h.now)
	if err != nil {
		t.Fatal(err)
	}
	if *up.bytes() != [keyLen]byte{} || *down.bytes() != [keyLen]byte{} {
		t.Error("the session's keys are not wiped")
	}
	if len(snapshot) != snapshotMaxLen || cap(snapshot) != snapshotMaxLen {
		t.Errorf("%d of %d bytes, want %d: it has moved while it grew", len(snapshot), cap(snapshot), snapshotMaxLen)
	}
}

// FuzzResume takes what has a right checksum for a snapshot: it is refused, or a node goes on.
func FuzzResume(f *testing.F) {
	h, snapshot := asleep(f, nil)
	f.Add(snapshot[:len(snapshot)-snapshotSumLen])
	_, plain := asleep(f, open)
	f.Add(plain[:len(plain)-snapshotSumLen])
	f.Fuzz(func(t *testing.T, body []byte) {
		b := binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.ChecksumIEEE(body))
		n, err := ResumeNode(h.cfg, time.Second, time.Minute, b)
		if err != nil {
			if !errors.Is(err, ErrSnapshot) {
				t.Fatal(err)
			}
			return
		}
		p := &probe{TB: t, Node: n, now: time.Second}
		for _, size := range []int{1, 3000} {
			if _, err := n.Publish(p.now, Outgoing{Payload: make([]byte, size), Acknowledge: true}); err != nil && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
		}
		p.wait(3 * time.Minute)
	})
}
