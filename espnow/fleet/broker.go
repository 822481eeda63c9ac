package fleet

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// broker is what one gateway's application hands messages to. It accepts them in order, unless it is away.
type broker struct {
	gateway *Gateway
	away    bool
	queue   []handed // the oldest first
	timer   timer
}

// handed is a message on its way to the broker.
type handed struct {
	life    *life
	number  uint32
	receipt link.Receipt
	due     time.Duration
}

func (b *broker) take(l *life, number uint32, receipt link.Receipt) {
	f := b.gateway.fleet
	due := f.clock.now + f.cfg.Broker
	b.queue = append(b.queue, handed{l, number, receipt, due})
	if !b.away && len(b.queue) == 1 {
		f.clock.set(&b.timer, due)
	}
}

// accept takes responsibility for what is due.
func (b *broker) accept() {
	g := b.gateway
	f := g.fleet
	taken := 0
	for _, h := range b.queue {
		if h.due > f.clock.now {
			break
		}
		f.ledger.accept(h.life, h.number)
		if h.receipt != (link.Receipt{}) {
			g.link.Accept(g.now(), h.receipt)
		}
		taken++
	}
	left := copy(b.queue, b.queue[taken:])
	b.queue = b.queue[:left]
	if left > 0 {
		f.clock.set(&b.timer, b.queue[0].due)
	}
	g.run()
}

// leave makes the broker unreachable.
func (b *broker) leave() {
	b.away = true
	b.gateway.fleet.clock.stop(&b.timer)
}

// comeBack makes the broker reachable again: it accepts what has waited.
func (b *broker) comeBack() {
	b.away = false
	if len(b.queue) > 0 {
		b.gateway.fleet.clock.set(&b.timer, b.queue[0].due)
	}
}

// forget is what a loss of the gateway's power does.
func (b *broker) forget() {
	b.queue = b.queue[:0]
	b.gateway.fleet.clock.stop(&b.timer)
}
