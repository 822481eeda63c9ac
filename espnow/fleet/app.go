package fleet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Traffic is what the applications send.
type Traffic struct {
	Every          time.Duration // the mean time between two messages of a node; 0: none
	MinSize        int           // bytes of a payload, at least 12
	MaxSize        int
	Unacknowledged float64       // share of the nodes' messages, 0..1
	Down           time.Duration // the mean time between two messages that a gateway sends to one of its nodes; 0: none
	Sleep          time.Duration // the mean time that sleepy nodes sleep after a message
	Until          time.Duration // virtual time after which nothing new is sent, but what a caller asks for; 0: never
}

func (t *Traffic) check() error {
	switch {
	case t.Every < 0 || t.Down < 0 || t.Sleep < 0 || t.Until < 0:
		return fmt.Errorf("fleet: Every %v, Down %v, Sleep %v, Until %v: want 0 or more", t.Every, t.Down, t.Sleep, t.Until)
	case t.MinSize < headerLen || t.MaxSize < t.MinSize || t.MaxSize > espnow.MaxMessage:
		return fmt.Errorf("fleet: payloads of %d to %d bytes: want %d to %d", t.MinSize, t.MaxSize, headerLen, espnow.MaxMessage)
	case !(t.Unacknowledged >= 0 && t.Unacknowledged <= 1): // so written, it refuses NaN
		return fmt.Errorf("fleet: Unacknowledged %v: want a share, 0 to 1", t.Unacknowledged)
	}
	return nil
}

// around draws a time between half and one and a half of the mean.
func around(rng *rand.Rand, mean time.Duration) time.Duration {
	return mean/2 + time.Duration(rng.Int64N(int64(mean)+1))
}

// size draws the size of a payload, as many small ones as large ones.
func (t *Traffic) size(rng *rand.Rand) int {
	if t.MinSize >= t.MaxSize {
		return t.MinSize
	}
	lo, hi := math.Log(float64(t.MinSize)), math.Log(float64(t.MaxSize))
	return min(t.MaxSize, int(math.Exp(lo+rng.Float64()*(hi-lo))))
}

func (t *Traffic) sleep(rng *rand.Rand) time.Duration { return around(rng, t.Sleep) }

// over reports whether nothing new is sent any more.
func (t *Traffic) over(now time.Duration) bool { return t.Until > 0 && now >= t.Until }

// talkNext sets the time of the node's next message. A sleepy node has one each time that it is awake.
func (n *Node) talkNext() {
	f := n.fleet
	t := &f.cfg.Traffic
	switch {
	case n.link == nil || t.Every == 0 && !n.cfg.Sleepy || t.over(f.clock.now):
	case n.cfg.Sleepy:
		f.clock.set(&n.talks, f.clock.now)
	default:
		f.clock.set(&n.talks, f.clock.now+around(n.rng, t.Every))
	}
}

// talk publishes what is due.
func (n *Node) talk() {
	t := &n.fleet.cfg.Traffic
	n.tired = n.cfg.Sleepy
	_ = n.Publish(t.size(n.rng), n.rng.Float64() >= t.Unacknowledged) // what does not fit is counted, and not sent
	if !n.cfg.Sleepy {
		n.talkNext()
	}
}

// Publish has the node's application publish a message. The error is the machine's, or [ErrOff].
func (n *Node) Publish(size int, acknowledge bool) error {
	f := n.fleet
	if n.link == nil {
		return ErrOff
	}
	out := f.ledger.next(n.life, size)
	out.Acknowledge = acknowledge
	ticket, err := n.link.Publish(n.now(), out)
	if err != nil {
		f.counts.Refused++
		return err
	}
	number := f.ledger.sent(n.life, 0, size)
	f.counts.Published++
	if acknowledge {
		n.waiting = append(n.waiting, waiting{ticket, number})
		f.owed++
	}
	n.run()
	return nil
}

// result takes what became of a message.
func (n *Node) result(e *link.Result) {
	f := n.fleet
	number, ok := settle(&n.waiting, e.Ticket)
	if !ok {
		f.violate(results, "%v: a result of ticket %d, which has none to come", n.addr, e.Ticket)
		return
	}
	f.owed--
	f.ledger.result(n.life, number, e)
}

// settle takes a message out of those that wait.
func settle(list *[]waiting, ticket link.Ticket) (number uint32, ok bool) {
	for i, w := range *list {
		if w.ticket == ticket {
			last := len(*list) - 1
			(*list)[i] = (*list)[last]
			*list = (*list)[:last]
			return w.number, true
		}
	}
	return 0, false
}

// talkNext sets the time of the gateway's next message to a node.
func (g *Gateway) talkNext() {
	f := g.fleet
	if t := &f.cfg.Traffic; g.link != nil && t.Down > 0 && !t.over(f.clock.now) {
		f.clock.set(&g.talks, f.clock.now+around(g.rng, t.Down))
	}
}

// talk sends a message to one of the nodes that are here.
func (g *Gateway) talk() {
	if !g.free() {
		g.fleet.clock.set(&g.talks, g.busy)
		return
	}
	if g.here > 0 {
		nth := g.rng.IntN(g.here)
		for i, here := range g.present {
			if here && nth == 0 {
				_ = g.Send(i, g.fleet.cfg.Traffic.size(g.rng), true) // what does not fit is counted, and not sent
				break
			}
			if here {
				nth--
			}
		}
	}
	g.talkNext()
}

// Send has the gateway's application send a message to a node. The error is the machine's, or [ErrOff].
func (g *Gateway) Send(node, size int, acknowledge bool) error {
	f := g.fleet
	if g.link == nil {
		return ErrOff
	}
	out := f.ledger.next(g.life, size)
	out.Acknowledge = acknowledge
	ticket, err := g.link.Send(g.now(), NodeAddr(node), out)
	if err != nil {
		f.counts.Down.Refused++
		return err
	}
	number := f.ledger.sent(g.life, uint32(node), size)
	f.counts.Down.Published++
	if acknowledge {
		g.waiting = append(g.waiting, waiting{ticket, number})
		f.owedDown++
	}
	g.run()
	return nil
}

// result takes what became of a message to a node.
func (g *Gateway) result(e *link.Result) {
	f := g.fleet
	number, ok := settle(&g.waiting, e.Ticket)
	if !ok {
		f.violate(results, "%v: a result of ticket %d, which has none to come", g.addr, e.Ticket)
		return
	}
	f.owedDown--
	f.ledger.result(g.life, number, e)
}
