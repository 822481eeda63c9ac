package link

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func station(n int) espnow.Addr { return espnow.Addr{2, 0, 0, 0, byte(n >> 8), byte(n)} }

// sends has a frame go and returns what the radio is told of its list: "+" if the receiver is added, and who is removed.
func (p *peers) sends(now time.Duration, to espnow.Addr, stranger bool) (added bool, removed espnow.Addr) {
	out := Transmission{Dst: to, Add: true, Remove: station(999)} // what the frame before left
	p.address(now, &out, stranger)
	return out.Add, out.Remove
}

func TestPeersEvict(t *testing.T) {
	p := newPeers(3)
	step := func(name string, now time.Duration, to espnow.Addr, stranger, wantAdd bool, wantRemove espnow.Addr) {
		t.Helper()
		if added, removed := p.sends(now, to, stranger); added != wantAdd || removed != wantRemove {
			t.Errorf("%s: added %v, removed %v", name, added, removed)
		}
	}
	none := espnow.Addr{}
	step("broadcast", 1, espnow.Broadcast, false, true, none)
	step("the first", 2, station(1), false, true, none)
	step("up to the limit", 3, station(2), false, true, none)
	step("one that is there", 4, station(2), false, false, none)
	step("one more: not broadcast, not who may be in flight", 5, station(3), false, true, station(1))
	p.heard(6, station(2))
	step("while the peer in flight is the older", 7, station(1), false, true, station(2))
	step("being added counts as seen", 8, station(4), false, true, station(3))
	step("in flight: the stranger's turn comes later", 9, station(5), true, true, station(1))
	step("before a stranger who is in flight goes another", 10, station(6), false, true, station(4))
	step("a stranger goes first", 11, station(7), false, true, station(5))
	p.forget()
	step("after the radio forgot", 12, station(7), false, true, none)
	step("and broadcast", 13, espnow.Broadcast, false, true, none)
}

// A stranger's frame takes nothing from who was seen, and whoever is heard is no stranger.
func TestPeersStranger(t *testing.T) {
	p := newPeers(4)
	p.sends(1, station(1), false)
	p.sends(2, station(2), true)
	p.sends(3, station(1), true) // it stays as seen as it was
	p.sends(4, station(3), false)
	p.sends(5, station(4), false)
	if _, removed := p.sends(6, station(5), false); removed != station(2) {
		t.Errorf("%v goes before the stranger", removed)
	}
	p = newPeers(3)
	p.sends(1, station(1), true)
	p.sends(2, station(2), false)
	p.heard(3, station(1))
	p.heard(3, station(9)) // who is not on the list is not put there
	p.sends(4, station(3), false)
	if _, removed := p.sends(5, station(4), false); removed != station(2) {
		t.Errorf("%v goes before who was seen longest ago", removed)
	}
}

// peers against a radio that takes the commands: it never has too many, always knows whom a frame goes to, keeps
// broadcast and whom the frame before went to, and parts with who was seen first.
func TestPeersAgainstRadio(t *testing.T) {
	type seen struct {
		addr espnow.Addr
		at   time.Duration
	}
	run := func(limit int, steps []int) (fault string) {
		p := newPeers(limit)
		var radio []seen
		find := func(a espnow.Addr) int { return slices.IndexFunc(radio, func(s seen) bool { return s.addr == a }) }
		last := espnow.Addr{}
		for i, step := range steps {
			now, addr := time.Duration(i+1), station(step/4)
			if step/4 == 0 {
				addr = espnow.Broadcast
			}
			switch step % 4 {
			case 0:
				p.heard(now, addr)
				if at := find(addr); at >= 0 {
					radio[at].at = now
				}
				continue
			case 3:
				if i%50 == 0 {
					p.forget()
					radio, last = nil, espnow.Addr{}
					continue
				}
			}
			stranger := step%4 == 1
			added, removed := p.sends(now, addr, stranger)
			if removed != (espnow.Addr{}) {
				at := find(removed)
				if at < 0 || !added || len(radio) < limit || removed.IsBroadcast() || removed == last {
					return fmt.Sprintf("step %d: %v is removed, of %v, after a frame to %v", i, removed, radio, last)
				}
				for _, other := range radio {
					if other.at < radio[at].at && !other.addr.IsBroadcast() && other.addr != last {
						return fmt.Sprintf("step %d: %v is removed, and %v was seen before", i, removed, other.addr)
					}
				}
				radio = slices.Delete(radio, at, at+1)
			}
			if added == (find(addr) >= 0) {
				return fmt.Sprintf("step %d: %v added: %v, to %v", i, addr, added, radio)
			}
			if added {
				at := now
				if stranger {
					at = 0
				}
				radio = append(radio, seen{addr, at})
			}
			if last = addr; len(radio) > limit {
				return fmt.Sprintf("step %d: %d peers", i, len(radio))
			}
		}
		return ""
	}
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 200
	properties := gopter.NewProperties(parameters)
	properties.Property("a radio can follow", prop.ForAll(run,
		gen.IntRange(minRadioPeers, maxRadioPeers), gen.SliceOfN(400, gen.IntRange(0, 4*30)),
	))
	properties.TestingRun(t)
}
