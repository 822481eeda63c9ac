package link

import (
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// maxRadioPeers is how many peers ESP-NOW keeps, the broadcast address included.
const maxRadioPeers = 20

// peers mirrors the radio's list of peers, which is a cache: whoever is to be sent to is put on it, and whoever was heard
// longest ago goes when it is full.
//
// Invariants: broadcast, once on the list, and the peer of the frame that may still be in flight stay on it.
type peers struct {
	limit    int
	list     []radioPeer
	inFlight espnow.Addr
}

type radioPeer struct {
	addr espnow.Addr
	seen time.Duration // 0: a stranger's, the first to go
}

func newPeers(limit int) peers { return peers{limit: limit, list: make([]radioPeer, 0, limit)} }

// address puts into a transmission what its Dst needs. Being put on the list counts as being seen, except for a stranger.
func (p *peers) address(now time.Duration, t *Transmission, stranger bool) {
	t.Remove, t.Add = espnow.Addr{}, false
	at := p.index(t.Dst)
	if at < 0 {
		if len(p.list) == p.limit {
			oldest := p.oldest()
			t.Remove = p.list[oldest].addr
			p.list = slices.Delete(p.list, oldest, oldest+1)
		}
		t.Add = true
		seen := now
		if stranger {
			seen = 0
		}
		p.list = append(p.list, radioPeer{t.Dst, seen})
	}
	p.inFlight = t.Dst
}

// heard notes a verified packet of somebody who may be on the list.
func (p *peers) heard(now time.Duration, addr espnow.Addr) {
	if at := p.index(addr); at >= 0 {
		p.list[at].seen = now
	}
}

func (p *peers) index(addr espnow.Addr) int {
	for i := range p.list {
		if p.list[i].addr == addr {
			return i
		}
	}
	return -1
}

// oldest returns who may go of a full list, which has one, for its limit is above 2.
func (p *peers) oldest() int {
	oldest := -1
	for i := range p.list {
		if a := p.list[i].addr; a.IsBroadcast() || a == p.inFlight {
			continue
		}
		if oldest < 0 || p.list[i].seen < p.list[oldest].seen {
			oldest = i
		}
	}
	return oldest
}

// forget empties the list, as the radio's is after a start of ESP-NOW.
func (p *peers) forget() { p.list, p.inFlight = p.list[:0], espnow.Addr{} }
