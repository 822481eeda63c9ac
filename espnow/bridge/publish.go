package bridge

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// maxStrikes is how many connections may die for no clear reason, each with nothing but the same message on the way,
// before that message is taken for the reason.
const maxStrikes = 5

// quotaPause is how long nothing is sent to a broker that has said that it takes no more for now.
const quotaPause = time.Second

// window holds what has left the queue and is not acknowledged, oldest first. Only the publisher touches it.
type window struct {
	messages []*message
	sent     int // messages[:sent] are on the way on the present connection
	back     int // messages[sent:sent+back] were, until the broker's quota was exceeded

	pause <-chan time.Time // nothing goes before; nil: it may

	batch bytes.Buffer // scratch of send
}

// limit is how many messages may be on the way, of the most that the broker takes. What a dead connection left behind
// goes one by one, so that a message that kills the connection stands alone; the status goes first, and alone too.
func (w *window) limit(most int) int {
	if len(w.messages) > 0 && (w.messages[0].held || w.messages[0].status) {
		return 1
	}
	return most
}

func (w *window) remove(i int) *message {
	m := w.messages[i]
	w.messages = slices.Delete(w.messages, i, i+1)
	if i < w.sent {
		w.sent--
	}
	return m
}

// takeBack has message i, which is on the way, wait in front of those that are not.
func (w *window) takeBack(i int) {
	m := w.remove(i)
	w.messages = slices.Insert(w.messages, w.sent+w.back, m)
	w.back++
	if w.pause == nil {
		w.pause = time.After(quotaPause)
	}
}

// resume ends a pause.
func (w *window) resume() { w.pause, w.back = nil, 0 }

// publish is the publisher's goroutine: it serves one connection after the other, until ctx is done or the bridge is
// closed and empty.
func (b *Bridge) publish(ctx context.Context) {
	defer close(b.done)
	var w window
	for !b.drained() {
		select {
		case c := <-b.session.up:
			b.serve(ctx, c, &w)
		case <-b.wake:
		case <-ctx.Done():
			b.mu.Lock()
			b.closed = true
			b.mu.Unlock()
			return
		}
	}
}

// drained reports whether the bridge is closed and has nothing left to publish.
func (b *Bridge) drained() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed && b.queue.len() == 0 && b.stats.InFlight == 0
}

// serve publishes through c until it is lost, the bridge is closed and empty, or ctx is done.
func (b *Bridge) serve(ctx context.Context, c *connection, w *window) {
	if b.encoder.qos == 0 {
		c.window = maxWindow // the broker's limit is on what it must acknowledge
	}
	b.open(w)
	defer b.leave(c, w)
	for !b.drained() {
		b.fill(c, w)
		b.send(ctx, c, w)
		select {
		case p := <-c.acks:
			b.answered(p, w)
			b.answeredAll(c, w)
		case <-w.pause:
			w.resume()
		case <-b.wake:
		case <-c.lost:
			return
		case <-ctx.Done():
			return
		}
	}
}

// open puts the gateway's status in front of what the window holds.
func (b *Bridge) open(w *window) {
	b.mu.Lock()
	b.stats.Connected = true
	b.stats.Connections++
	clear(b.complained)
	b.mu.Unlock()
	w.messages = slices.Insert(w.messages, 0, b.encoder.online(time.Now()))
}

// fill moves messages from the queue into the window while there is room.
func (b *Bridge) fill(c *connection, w *window) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for most := w.limit(c.window); len(w.messages) < most && b.queue.len() > 0; {
		w.messages = append(w.messages, b.queue.pop())
		b.stats.InFlight++
	}
	if b.queue.len() == 0 {
		b.dropping = false
	}
}

// send puts on the way what the window holds and may go, in one write. What that finishes leaves room for more, and no
// answer of the broker follows it, so it wakes the publisher itself.
func (b *Bridge) send(ctx context.Context, c *connection, w *window) {
	if w.pause != nil {
		return
	}
	w.batch.Reset()
	for w.sent < min(len(w.messages), w.limit(c.window)) {
		m := w.messages[w.sent]
		before := w.batch.Len()
		_, _ = m.WriteTo(&w.batch) // which a buffer does not refuse
		m.wire = w.batch.Len() - before
		if c.maxPacket > 0 && uint64(m.wire) > uint64(c.maxPacket) {
			w.batch.Truncate(before)
			b.finish(w.remove(w.sent), packets.DisconnectPacketTooLarge)
			b.signal()
			continue
		}
		if m.QoS > 0 {
			w.batch.Truncate(before)
			if b.session.AddToSession(ctx, m, c.acks) != nil {
				break // the connection is gone, or ctx done: serve is about to hear of it
			}
			_, _ = m.WriteTo(&w.batch) // now with its identifier
		}
		w.sent++
	}
	if w.batch.Len() == 0 {
		return
	}
	n, err := c.write(w.batch.Bytes())
	if err != nil {
		_ = c.conn.Close() // paho's reader notices, and then serve
	}
	gone := 0 // at QoS 0, where nothing is acknowledged
	for ; gone < w.sent && w.messages[gone].QoS == 0; gone++ {
		m := w.messages[gone]
		if n -= m.wire; n < 0 {
			break
		}
		b.finish(m, 0)
		b.signal()
	}
	w.messages = slices.Delete(w.messages, 0, gone)
	w.sent -= gone
}

// answered takes the broker's verdict on one message.
func (b *Bridge) answered(p packets.ControlPacket, w *window) {
	ack, ok := p.Content.(*packets.Puback)
	if !ok {
		return
	}
	i := slices.IndexFunc(w.messages[:w.sent], func(m *message) bool { return m.PacketID == ack.PacketID })
	switch r := reason(ack.ReasonCode); {
	case i < 0:
	case r == packets.PubackQuotaExceeded:
		b.exceeded(w.messages[i])
		w.takeBack(i)
	default:
		b.finish(w.remove(i), r)
	}
}

// answeredAll takes the verdicts that have come so far.
func (b *Bridge) answeredAll(c *connection, w *window) {
	for {
		select {
		case p := <-c.acks:
			b.answered(p, w)
		default:
			return
		}
	}
}

// exceeded notes that the broker takes no more for now.
func (b *Bridge) exceeded(m *message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complain(packets.PubackQuotaExceeded, m.Topic, "the broker takes no more for now: raise the gateway's quota there; messages are kept")
}

// finish counts and settles a message that has left the window for good.
func (b *Bridge) finish(m *message, r reason) {
	b.count(m, r)
	if m.promised() {
		m.settle(m.receipt, !r.refused())
	}
}

func (b *Bridge) count(m *message, r reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.status {
		if r.refused() {
			b.complain(r, m.Topic, refusedText)
		}
		return
	}
	b.stats.InFlight--
	if r.refused() {
		b.stats.Refused++
		b.complain(r, m.Topic, refusedText)
		return
	}
	b.stats.Published++
}

// leave readies the window for the connection after c.
func (b *Bridge) leave(c *connection, w *window) {
	b.mu.Lock()
	b.stats.Connected = false
	b.mu.Unlock()
	b.answeredAll(c, w)
	w.resume()
	if w.sent == 1 {
		b.blame(c, w)
	}
	for _, m := range w.messages[:w.sent] {
		m.held = true
	}
	w.sent = 0
	if len(w.messages) > 0 && w.messages[0].status {
		w.remove(0) // the next connection has its own
	}
}

// blame gives up the message that was alone on the way when c was lost, if it is what the broker could not bear.
func (b *Bridge) blame(c *connection, w *window) {
	select {
	case <-c.lost:
	default:
		return // the bridge is ending, not the connection
	}
	m := w.messages[0]
	switch {
	case c.end.condemns():
		b.finish(w.remove(0), c.end)
	case c.end.suspects():
		m.strikes++
		if m.strikes == maxStrikes {
			b.finish(w.remove(0), max(c.end, packets.DisconnectUnspecifiedError))
		}
	}
}
