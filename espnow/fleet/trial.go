package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Trial has a fleet go through faults until a moment, and be judged: within bound after it every node must be connected and
// everything acknowledged have its result, a last message of each node included. Then it goes on for a while, in which
// nothing may come twice.
func (f *Fleet) Trial(faults []Fault, faulty, bound time.Duration) error {
	f.Plan(faults, faulty)
	if err := f.Run(faulty); err != nil {
		return err
	}
	for _, n := range f.nodes {
		if n.On() {
			f.owed++ // until it is sent
			n.last = true
			f.After(time.Duration(n.rng.Int64N(int64(f.cfg.Start)+1)), n.talkLast) // not all at once
		}
	}
	settled, err := f.RunUntil(faulty+bound, f.Settled)
	if err != nil {
		return err
	}
	if !settled {
		f.violate(liveness, "%v after the last fault: %s", bound, f.unsettled())
		return f.err
	}
	if f.counts.Failed > 0 {
		f.violate(results, "%d messages are said to be never taken, and nobody refused any", f.counts.Failed)
		return f.err
	}
	if err := f.Run(f.clock.now + afterwards); err != nil {
		return err
	}
	for _, n := range f.nodes {
		if n.On() && !n.cfg.Sleepy && !f.mutual(n) { // who sleeps beyond its keep-alive loses its session
			f.violate(liveness, "%v has a session with %v, which does not have it", n.addr, n.gateway)
		}
	}
	f.held(liveness)
	return f.err
}

// mutual reports whether a node has a session and its gateway says so too.
func (f *Fleet) mutual(n *Node) bool {
	return n.up && slices.ContainsFunc(f.gateways, func(g *Gateway) bool { return g.addr == n.gateway && g.present[n.index] })
}

// afterwards is how long a trial goes on when all is settled: repeats of the longest kind come within it.
const afterwards = 5 * time.Second

// talkLast publishes a node's last message, which shows whether the session it believes in is one.
func (n *Node) talkLast() {
	if !n.last || n.link == nil {
		return
	}
	n.last = false
	n.fleet.owed--
	_ = n.Publish(n.fleet.cfg.Traffic.MinSize, true) // where there is no room, what waits shows the same
}

// maxTold is how much of what is not settled is told one by one.
const maxTold = 8

// unsettled tells what is not as it should be.
func (f *Fleet) unsettled() string {
	var all []string
	for _, n := range f.nodes {
		switch {
		case n.last:
			all = append(all, fmt.Sprintf("%v sleeps", n.addr))
		case n.On() && !n.up:
			all = append(all, fmt.Sprintf("%v has no session since %v", n.addr, n.since))
		}
		all = append(all, owes(n.addr, n.life, n.waiting)...)
	}
	for _, g := range f.gateways {
		all = append(all, owes(g.addr, g.life, g.waiting)...)
	}
	if more := len(all) - maxTold; more > 0 {
		all = append(all[:maxTold], fmt.Sprintf("and %d more of this kind", more))
	}
	return strings.Join(all, "; ")
}

func owes(addr espnow.Addr, of *life, waiting []waiting) (all []string) {
	for _, w := range waiting {
		r := of.records[w.number]
		to := ""
		if of.sender&gatewaySender != 0 {
			to = fmt.Sprintf(" to %v", NodeAddr(int(r.to)))
		}
		all = append(all, fmt.Sprintf("%v has no result of message %d%s, %d bytes of %v", addr, w.number, to, r.size, r.at))
	}
	return all
}
