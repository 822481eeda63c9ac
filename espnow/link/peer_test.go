package link

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestGatewaySilence(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.wait(90*time.Second - 1)
	if d.Stats().Sessions != 1 {
		t.Error("gone before 1.5 keep-alives")
	}
	d.wait(1)
	if len(d.presence) != 2 || d.presence[1].Present || d.presence[1].Reason != ReasonSilent || d.Stats().Sessions != 0 {
		t.Errorf("%+v", d.presence)
	}
	d.wait(forgetAfter - 1)
	if d.Stats().Known != 1 {
		t.Error("forgotten too early")
	}
	d.wait(1)
	if d.Stats().Known != 0 {
		t.Error("remembered for ever")
	}
}

// The old session, its mail and its presence stay as they are until the first packet of a new one.
func TestGatewayOldSessionLivesOn(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	old := n.joins()
	oldTunnel := n.tunnel
	j := n.joinWith(n.search().Cookie)
	d.hear(n.addr, gwAddr, j.packet)
	answer := d.one(n.addr)
	n.says(n.message(1, 0, "", "in the old one"))
	if len(d.messages) != 1 {
		t.Fatal("the old session is dead before the new one lives")
	}
	if got := n.accept(j, answer); got.Session == old.Session {
		t.Error("a live session id was given again")
	}
	n.says(n.message(2, 0, "", "in the new one"))
	newTunnel := n.tunnel
	n.tunnel = oldTunnel
	n.says(n.message(3, 0, "", "too late"))
	n.tunnel = newTunnel
	if len(d.messages) != 2 || len(d.presence) != 1 {
		t.Errorf("%+v %+v", d.messages, d.presence)
	}
	d.wantDrop(espnow.DropReasonNoSession, 1)
}

func TestGatewayAsksForRekey(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	asked := func() (n2 int) {
		for _, p := range n.hears() {
			if g, ok := p.(*espnow.Disconnect); ok && g.Reason == espnow.DisconnectReasonRekey {
				n2++
			}
		}
		return n2
	}
	n.tunnel.next = rekeyPackets - 2
	n.ping(1)
	if asked() != 0 {
		t.Error("asked too early")
	}
	n.ping(2)
	if asked() != 1 {
		t.Error("not asked")
	}
	n.ping(3)
	if asked() != 0 {
		t.Error("asked again at once")
	}
	d.wait(rekeyAgain)
	n.ping(4)
	if asked() != 1 || d.Stats().Sessions != 1 {
		t.Error("not asked again, or the session has ended")
	}
}

// More nodes than the radio has peers are all served, and those heard longest ago make room.
func TestGatewayRadioPeers(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Peers = 4 })
	radio := map[espnow.Addr]bool{}
	for i := byte(1); i <= 9; i++ {
		n := d.node(espnow.Addr{2, 0, 0, 0, 0, i})
		d.wait(time.Second)
		search := n.searchPacket()
		d.hear(n.addr, espnow.Broadcast, search)
		for _, f := range d.sent {
			if f.remove != (espnow.Addr{}) {
				if !radio[f.remove] {
					t.Errorf("%v removed, which is not there", f.remove)
				}
				delete(radio, f.remove)
			}
			if f.add == radio[f.to] {
				t.Errorf("%v: add %v though there %v", f.to, f.add, radio[f.to])
			}
			radio[f.to] = true
			if len(radio) > 4 {
				t.Errorf("%d peers", len(radio))
			}
		}
		d.sent = nil
	}
	d.RadioReset()
	if got := d.Status(d.now).Radio; len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Mail keeps the memory of a node, and not which of its messages were there: it may have counted on elsewhere.
func TestGatewayMailKeepsNoIDs(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(n.message(1, askAck, "", "first"))
	d.Accept(d.now, d.messages[0].Receipt)
	n.says(&espnow.Disconnect{})
	if _, err := d.Send(d.now, nodeAddr, Outgoing{Payload: []byte("mail"), Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.wait(11 * time.Hour) // 33,000 messages elsewhere: less than one a second
	d.messages, d.sent = nil, nil
	j := n.joinWith(n.search().Cookie)
	d.hear(nodeAddr, gwAddr, j.packet)
	n.accept(j, d.one(nodeAddr))
	n.says(n.message(33000+1, askAck, "", "second"))
	if len(d.messages) != 1 {
		t.Errorf("%d messages told, want 1 (%v)", len(d.messages), d.drops())
	}
}

// Who has been away longest is who gives up its mail.
func TestGatewayMailOfWhoIsAwayLongest(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Sessions = 1 })
	long, short, third := d.node(nodeAddr), d.node(espnow.Addr{2, 0, 0, 0, 0, 2}), d.node(espnow.Addr{2, 0, 0, 0, 0, 3})
	leaves := func(n *scripted) {
		n.joins()
		n.says(&espnow.Disconnect{})
		if _, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("mail"), Acknowledge: true}); err != nil {
			t.Fatal(err)
		}
		d.take(n.addr)
	}
	leaves(long)
	d.wait(forgetAfter - 30*time.Second)
	leaves(short)
	d.wait(time.Minute)
	third.joins()
	if len(d.results) != 1 || d.results[0].To != long.addr {
		t.Errorf("%+v, want the mail of %v to fail, who has been away ten times as long", d.results, long.addr)
	}
}

// Who is due first does not depend on who began to wait first.
func TestTimersAreInOrder(t *testing.T) {
	r := rand.New(seeded(9))
	for range 100 {
		var waiting timers
		var want []*peer
		for i := range 20 {
			want = append(want, &peer{addr: espnow.Addr{5: byte(i % 5), 4: byte(i)}})
		}
		r.Shuffle(len(want), func(i, j int) { want[i], want[j] = want[j], want[i] })
		for _, p := range want {
			waiting.set(p, time.Duration(p.addr[5]))
		}
		slices.SortFunc(want, func(p, q *peer) int { return cmp.Or(cmp.Compare(p.at, q.at), p.addr.Compare(q.addr)) })
		for i, p := range want {
			if got, ok := waiting.pop(5); !ok || got != p {
				t.Fatalf("number %d: %v at %v, want %v at %v", i, got.addr, got.at, p.addr, p.at)
			}
		}
	}
}
