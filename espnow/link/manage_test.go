package link

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestGatewayDeny(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	ticket, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("x"), Acknowledge: true})
	if err != nil {
		t.Fatal(err)
	}
	d.Deny(d.now, n.addr)
	n.says(n.message(1, 0, "", "x"))
	if got := n.hears(); len(got) != 1 || got[0].(*espnow.Disconnect).Reason != espnow.DisconnectReasonDenied {
		t.Errorf("%+v", got)
	}
	if len(d.messages) != 0 || len(d.presence) != 2 || d.presence[1].Reason != ReasonDenied {
		t.Errorf("%+v %+v", d.messages, d.presence)
	}
	if len(d.results) != 1 || d.results[0].Ticket != ticket || !errors.Is(d.results[0].Err, ErrDenied) {
		t.Errorf("%+v", d.results)
	}
	if c := n.search(); c.Status != espnow.ConnackStatusRefused || c.Reason != espnow.RefuseReasonDenied {
		t.Errorf("%+v", c)
	}
	if _, err := d.Send(d.now, n.addr, Outgoing{}); !errors.Is(err, ErrDenied) {
		t.Error(err)
	}
	d.Allow(n.addr)
	n.joins()
}

func TestGatewayElsewhere(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	if _, err := d.Send(d.now, n.addr, Outgoing{Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.transmit()
	d.take(n.addr)
	d.Elsewhere(d.now, n.addr)
	d.transmit()
	if len(d.take(n.addr)) != 0 || len(d.presence) != 2 || d.presence[1].Reason != ReasonElsewhere {
		t.Errorf("%+v", d.presence)
	}
	if len(d.results) != 1 || !errors.Is(d.results[0].Err, ErrElsewhere) {
		t.Errorf("%+v", d.results)
	}
}

func TestGatewayShutdown(t *testing.T) {
	d := newDesk(t, nil)
	a, b := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	b.joins()
	a.joins()
	d.Shutdown(d.now)
	d.transmit()
	if len(d.sent) != 2 || d.sent[0].to != a.addr || d.sent[1].to != b.addr {
		t.Fatalf("%+v", d.sent)
	}
	if got := a.packets(d.sent[0].body)[0].(*espnow.Disconnect); got.Reason != espnow.DisconnectReasonShutdown {
		t.Errorf("%+v", got)
	}
	if d.Stats().Sessions != 0 || len(d.presence) != 4 {
		t.Errorf("%+v", d.presence)
	}
}

func TestGatewayStatus(t *testing.T) {
	d := newDesk(t, nil)
	a, b := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	b.joins()
	a.joins()
	d.Deny(d.now, espnow.Addr{2, 3})
	d.wait(5 * time.Second)
	b.says(&espnow.Disconnect{})
	d.take(b.addr)
	s := d.Status(d.now)
	s.Stats, s.Radio, s.Boot = GatewayStats{}, nil, 0
	want := Status{
		Addr: gwAddr, Channel: 1, Secure: true, Keys: []uint8{1}, Denied: []espnow.Addr{{2, 3}},
		Nodes: []NodeStatus{
			{Addr: a.addr, Present: true, Boot: 7, Session: s.Nodes[0].Session, Since: 5 * time.Second, Seen: 5 * time.Second, RSSI: -50, MaxFrame: 250, Sealed: 1},
			{Addr: b.addr, Boot: 7, RSSI: -50},
		},
	}
	if diff := cmp.Diff(want, s); diff != "" || s.Nodes[0].Session == 0 {
		t.Error(diff)
	}
}

// While a key is replaced by the next one, devices of both are let in; then those of the old one are strangers, but for the
// sessions that they have. A network stays secure without any key.
func TestGatewayKeyRotation(t *testing.T) {
	d := newDesk(t, nil)
	next, err := NewNetworkKey(seeded(99))
	if err != nil {
		t.Fatal(err)
	}
	old, moved := d.node(espnow.Addr{2, 1}), d.node(espnow.Addr{2, 2})
	moved.keyID, moved.keys = 2, next.Device(moved.addr).deviceKeys()
	d.hear(moved.addr, espnow.Broadcast, moved.searchPacket())
	d.wantDrop(espnow.DropReasonUnknownKey, 1)
	if err := d.Keys().Add(2, next); err != nil {
		t.Fatal(err)
	}
	old.joins()
	moved.joins()
	if got := d.Status(d.now).Keys; !slices.Equal(got, []uint8{1, 2}) {
		t.Errorf("keys %v", got)
	}
	d.Keys().Remove(1)
	old.ping(1)
	if got := old.hears(); len(got) != 1 {
		t.Errorf("a session ends with its network key: %v", got)
	}
	d.hear(old.addr, espnow.Broadcast, old.searchPacket())
	d.wantDrop(espnow.DropReasonUnknownKey, 2)
	d.Keys().Remove(2)
	if !d.Status(d.now).Secure {
		t.Error("the network is open")
	}
	d.hear(old.addr, gwAddr, old.must(old.message(1, 0, "", "x").AppendLast(nil)))
	d.wantDrop(espnow.DropReasonPlainOnSecure, 1)
}

// What one gateway does with its keys is nothing to another that was given the same: with bytes in common, the other would
// go on with a key of zeros, which everybody knows.
func TestGatewaysShareNoKeyBytes(t *testing.T) {
	var ring Keyring
	if err := ring.Add(1, testNetworkKey(t)); err != nil {
		t.Fatal(err)
	}
	first := newDesk(t, func(c *GatewayConfig) { c.Keys = ring })
	second := newDesk(t, func(c *GatewayConfig) { c.Keys = ring })
	first.Keys().Remove(1)
	outsider := second.node(nodeAddr)
	outsider.keys = NetworkKey{secretOf(new([keyLen]byte))}.deviceKeys(nodeAddr)
	second.hear(nodeAddr, espnow.Broadcast, outsider.searchPacket())
	second.wantDrop(espnow.DropReasonBadProof, 1)
	second.node(espnow.Addr{2, 2}).joins()
	if key, ok := ring.Get(1); !ok || key.weak() {
		t.Error("the keyring that the gateway was made with has lost its key")
	}
}

// On an open network anybody can take another address, but who is denied is not told under its own.
func TestGatewayDenyOnOpenNetwork(t *testing.T) {
	for mode := PassOff; mode <= PassAll; mode++ {
		d := newDesk(t, func(c *GatewayConfig) { c.Keys, c.Passthrough = Keyring{}, mode })
		d.Deny(d.now, nodeAddr)
		for id, to := range []espnow.Addr{espnow.Broadcast, gwAddr, espnow.Broadcast} {
			b, err := (&espnow.Publish{MessageID: uint16(id), Data: []byte("\x00x")}).AppendLast(nil)
			if id == 2 {
				b = []byte("no packet of ours")
			}
			if err != nil {
				t.Fatal(err)
			}
			d.hear(nodeAddr, to, b)
		}
		if len(d.messages) != 0 || d.stats.Raw != 0 {
			t.Errorf("passthrough %v: %d messages of a denied device told", mode, len(d.messages))
		}
		if got := d.drops()[espnow.DropReasonDenied]; got < 2 {
			t.Errorf("passthrough %v: drops %v", mode, d.drops())
		}
		d.Allow(nodeAddr)
		b, _ := (&espnow.Publish{MessageID: 9, Data: []byte("\x00x")}).AppendLast(nil)
		d.hear(nodeAddr, espnow.Broadcast, b)
		if len(d.messages) != 1 {
			t.Errorf("passthrough %v: %d messages of an allowed device", mode, len(d.messages))
		}
	}
}
