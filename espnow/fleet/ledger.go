package fleet

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

const (
	gatewaySender = 1 << 31 // set in the numbers of senders that are gateways
	headerLen     = 12      // of a payload: sender, life, number
	idHalf        = 1 << 15 // ids name the last so many messages of a sender
	// memoryFor is how long receivers remember ids beyond a session (SPEC.md, section 5).
	memoryFor = 10 * time.Minute
)

// ledger has all that applications sent, and what became of it. It judges what they are told.
type ledger struct {
	fleet    *Fleet
	lives    map[uint32][]*life    // by sender
	memories uint32                // that were given
	again    map[delivery]struct{} // messages that came to more than one memory
	payload  []byte                // the one made last
}

// delivery is a message that came to a memory.
type delivery struct {
	life   *life
	number uint32
	memory uint32
}

// life is what one start of a node or a gateway has sent.
type life struct {
	sender  uint32
	index   uint32 // among those of the sender
	boot    uint32 // of the machine; known once a message was told
	known   bool
	records []record // by number
	ids     map[messageID]uint32
}

// messageID is the id of a message. A gateway counts those to each node apart.
type messageID struct {
	to uint32
	id uint16
}

// record is one message.
type record struct {
	at      time.Duration // it was published
	told    time.Duration // it was last told to an application
	size    uint32
	to      uint32 // the node of a message of a gateway
	memory  uint32 // of the receiver that was told first; 0: none was
	id      uint16
	settled bool // somebody has taken responsibility
}

// newLife begins what a start of a sender sends.
func (l *ledger) newLife(sender uint32) *life {
	n := &life{sender: sender, index: uint32(len(l.lives[sender])), ids: make(map[messageID]uint32)}
	l.lives[sender] = append(l.lives[sender], n)
	return n
}

// newMemory names a start of a receiver that remembers nothing.
func (l *ledger) newMemory() uint32 {
	l.memories++
	return l.memories
}

// Topics of messages, which go around with their numbers; those to nodes are full ones.
var (
	topics     = [...]string{"", "climate", "garden/shed/door"}
	downTopics = [...]string{"", "/room/light"}
)

// outgoing is message number n of a life. It is valid until the next call.
func (l *ledger) outgoing(of *life, n uint32, size int) link.Outgoing {
	out := link.Outgoing{Topic: topics[n%uint32(len(topics))], Retain: n%5 == 4}
	if of.sender&gatewaySender != 0 {
		out.Topic, out.Retain = downTopics[n%uint32(len(downTopics))], false
	}
	b := binary.LittleEndian.AppendUint32(l.payload[:0], of.sender)
	b = binary.LittleEndian.AppendUint32(b, of.index)
	b = binary.LittleEndian.AppendUint32(b, n)
	state := l.fleet.cfg.Seed ^ uint64(of.sender)<<40 ^ uint64(of.index)<<32 ^ uint64(n)
	for len(b) < size {
		state += 0x9e3779b97f4a7c15 // splitmix64
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		b = binary.LittleEndian.AppendUint64(b, z^z>>31)
	}
	l.payload = b
	out.Payload = b[:size]
	return out
}

// next is the message of a life that is to be sent next.
func (l *ledger) next(of *life, size int) link.Outgoing {
	return l.outgoing(of, uint32(len(of.records)), max(size, headerLen))
}

// sent enters the message that next gave, and returns its number.
func (l *ledger) sent(of *life, to uint32, size int) uint32 {
	of.records = append(of.records, record{at: l.fleet.clock.now, size: uint32(max(size, headerLen)), to: to})
	return uint32(len(of.records) - 1)
}

// find returns the life and the number of a message that somebody was told.
func (l *ledger) find(payload []byte) (of *life, n uint32, ok bool) {
	if len(payload) < headerLen {
		return nil, 0, false
	}
	lives := l.lives[binary.LittleEndian.Uint32(payload)]
	index := binary.LittleEndian.Uint32(payload[4:])
	n = binary.LittleEndian.Uint32(payload[8:])
	if uint64(index) >= uint64(len(lives)) || uint64(n) >= uint64(len(lives[index].records)) {
		return nil, 0, false
	}
	return lives[index], n, true
}

// told judges a message that an application with a memory was told; to is the node, or 0 at a gateway. It returns which one
// it is, and whether it came the first time; of is nil where an invariant is broken.
func (l *ledger) told(at espnow.Addr, to, memory uint32, m *link.Message) (of *life, n uint32, first bool) {
	f := l.fleet
	f.note(Told, at, m.From, m.Payload)
	of, n, ok := l.find(m.Payload)
	switch {
	case !ok:
		f.violate(origin, "%v is told %d bytes from %v that nobody sent", at, len(m.Payload), m.From)
		return nil, 0, false
	case addrOf(of.sender) != m.From:
		f.violate(origin, "%v is told a message of %v as if from %v", at, addrOf(of.sender), m.From)
		return nil, 0, false
	case of.records[n].to != to:
		f.violate(origin, "%v is told a message of %v to node %d", at, m.From, of.records[n].to)
		return nil, 0, false
	}
	f.held(origin)
	r := &of.records[n]
	want := l.outgoing(of, n, int(r.size))
	if want.Topic != string(m.Topic) || want.Retain != m.Retain || !bytes.Equal(want.Payload, m.Payload) {
		f.violate(content, "%v is told message %d of start %d of %v: %d bytes under %q, retain %t, where %d were sent under %q, retain %t",
			at, n, of.index, m.From, len(m.Payload), m.Topic, m.Retain, len(want.Payload), want.Topic, want.Retain)
		return nil, 0, false
	}
	f.held(content)
	if !l.named(at, of, n, m) || !l.once(at, of, n, memory) {
		return nil, 0, false
	}
	first = r.memory == 0
	if first {
		r.memory = memory
	} else {
		l.again[delivery{of, n, memory}] = struct{}{}
	}
	r.told = f.clock.now
	return of, n, first
}

// named judges the boot and the id of a message: each names one message of one start. On open networks the boot is a guess:
// there are messages without a session, and a join that arrives late, after a restart, is not told from a new one.
func (l *ledger) named(at espnow.Addr, of *life, n uint32, m *link.Message) bool {
	f := l.fleet
	r := &of.records[n]
	if f.cfg.Secure && of.known && of.boot != m.Boot {
		f.violate(naming, "%v is told message %d of start %d of %v with boot %08x, and others had %08x",
			at, n, of.index, m.From, m.Boot, of.boot)
		return false
	}
	if r.memory != 0 && r.id != m.ID {
		f.violate(naming, "%v is told message %d of start %d of %v as %d, and it was %d", at, n, of.index, m.From, m.ID, r.id)
		return false
	}
	id := messageID{r.to, m.ID}
	if other, ok := of.ids[id]; ok && other != n && max(n, other)-min(n, other) < idHalf {
		f.violate(naming, "%v is told messages %d and %d of start %d of %v, both with id %d", at, other, n, of.index, m.From, m.ID)
		return false
	}
	f.held(naming)
	of.boot, of.known, of.ids[id], r.id = m.Boot, true, n, m.ID
	return true
}

// once judges that a message comes once to a memory, for as long as that has to last.
func (l *ledger) once(at espnow.Addr, of *life, n, memory uint32) bool {
	f := l.fleet
	r := &of.records[n]
	_, again := l.again[delivery{of, n, memory}]
	if (r.memory == memory || again) && f.clock.now-r.told < memoryFor {
		f.violate(once, "%v is told message %d of start %d of %v again, the last time was at %v", at, n, of.index, addrOf(of.sender), r.told)
		return false
	}
	f.held(once)
	return true
}

// toGateway takes what a gateway's application is told; ok is false where an invariant is broken.
func (l *ledger) toGateway(g *Gateway, m *link.Message) (of *life, n uint32, ok bool) {
	f := l.fleet
	of, n, first := l.told(g.addr, 0, g.memory, m)
	if of == nil {
		return nil, 0, false
	}
	if first {
		f.counts.Delivered++
		f.payload += uint64(len(m.Payload))
		f.latencies = append(f.latencies, f.clock.now-of.records[n].at)
	} else {
		f.counts.Duplicates++
	}
	return of, n, true
}

// toNode takes what a node's application is told.
func (l *ledger) toNode(n *Node, m *link.Message) {
	f := l.fleet
	of, number, first := l.told(n.addr, uint32(n.index), n.memory, m)
	switch {
	case of == nil:
	case first:
		of.records[number].settled = true
		f.counts.Down.Delivered++
		f.payload += uint64(len(m.Payload))
	default:
		f.counts.Down.Duplicates++
	}
}

// accept notes that an application has taken responsibility for a message.
func (l *ledger) accept(of *life, n uint32) { of.records[n].settled = true }

// result judges what a sender is told of a message.
func (l *ledger) result(of *life, n uint32, e *link.Result) {
	f := l.fleet
	at := addrOf(of.sender)
	f.note(Resulted, at, e.To, nil)
	if e.Err == nil && !of.records[n].settled {
		f.violate(results, "%v is told that message %d is done with, and nobody has taken responsibility", at, n)
		return
	}
	f.held(results)
	switch down := of.sender&gatewaySender != 0; {
	case down && e.Err == nil:
		f.counts.Down.Acknowledged++
	case down:
		f.counts.Down.Failed++
	case e.Err == nil:
		f.counts.Acknowledged++
	default:
		f.counts.Failed++
	}
}

// addrOf is the address of a sender.
func addrOf(sender uint32) espnow.Addr {
	if sender&gatewaySender != 0 {
		return GatewayAddr(int(sender &^ gatewaySender))
	}
	return NodeAddr(int(sender))
}
