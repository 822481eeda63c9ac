package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// What a frame holds besides the data of its PUBLISH: header, message_id and, with a fragment, offset.
const (
	wholeOverhead    = 2 + 2
	fragmentOverhead = 2 + 2 + 4
)

// outgoing is a message in an outbox.
type outgoing struct {
	message     []byte // topic and payload, as on the wire
	retain      bool
	acknowledge bool
	ticket      Ticket
	expires     time.Duration // it has no result by then: ErrExpired; 0: never

	numbered bool // id was given, at its first transmission
	id       uint16
}

// outbox holds the messages to one peer and sends them one at a time, in order, so that they arrive in order.
//
// Invariants: a message that has begun is sent to its end before another begins; one to be acknowledged leaves with
// a result, and no other way; the others may be dropped before they begin, the oldest first.
type outbox struct {
	maxMessages int
	maxBytes    int
	queue       []outgoing // the oldest first
	bytes       int        // of the queue
	nextID      uint16
	dropped     uint64
	sent        uint64 // to their ends, of those that are not acknowledged

	begun    bool          // queue[0] is being sent
	splitter frag.Splitter // of one that is not acknowledged
	part     frag.Part     // the splitter's next
	sender   frag.Sender   // of one that is
	trip     frag.RoundTrip
	size     int    // bytes of a part
	timeouts uint64 // of the sender, that silent has counted
	unheard  int
	stalled  bool // the peer does not answer: nothing goes until restart

	packet espnow.Publish
	spare  []byte // of a short message that has gone
}

// buffer returns room for a message of size bytes, to be pushed: where it can, that of one that has gone.
func (o *outbox) buffer(size int) []byte {
	b := o.spare
	if cap(b) < size {
		return make([]byte, 0, size)
	}
	o.spare = nil
	return b[:0]
}

// push puts a message in. Where there is no room, unacknowledged ones go that have not begun, the oldest first. The error
// wraps ErrTooLarge or ErrFull; then the outbox is as it was.
func (o *outbox) push(m outgoing) error {
	size := len(m.message)
	if size > o.maxBytes {
		return fmt.Errorf("%w: %d bytes with its topic, and the queue holds %d", ErrTooLarge, size, o.maxBytes)
	}
	messages, bytes := len(o.queue)+1, o.bytes+size
	for i := range o.queue {
		if messages <= o.maxMessages && bytes <= o.maxBytes {
			break
		}
		if o.droppable(i) {
			messages--
			bytes -= len(o.queue[i].message)
		}
	}
	if messages > o.maxMessages || bytes > o.maxBytes {
		return fmt.Errorf("%w: %d messages of %d bytes wait, and none of them may be dropped", ErrFull, len(o.queue), o.bytes)
	}
	for i := 0; len(o.queue)+1 > o.maxMessages || o.bytes+size > o.maxBytes; {
		if !o.droppable(i) {
			i++
			continue
		}
		o.remove(i)
		o.dropped++
	}
	o.queue = append(o.queue, m)
	o.bytes += size
	return nil
}

// droppable reports whether message i may make room for another.
func (o *outbox) droppable(i int) bool {
	return !o.queue[i].acknowledge && (i > 0 || !o.begun)
}

func (o *outbox) remove(i int) {
	o.bytes -= len(o.queue[i].message)
	if b := o.queue[i].message; cap(b) <= espnow.MaxFrameV1 && cap(b) > cap(o.spare) {
		o.spare = b
	}
	o.queue = slices.Delete(o.queue, i, i+1)
	if i == 0 {
		o.begun = false
	}
}

// begin starts the oldest message, in frames that hold room bytes of packets.
func (o *outbox) begin(s *session) {
	m := &o.queue[0]
	if !m.numbered {
		m.numbered, m.id = true, o.nextID
		o.nextID++
	}
	o.begun = true
	o.size = s.room() - wholeOverhead
	if len(m.message) > o.size {
		o.size = s.room() - fragmentOverhead
	}
	if !m.acknowledge {
		o.splitter, _ = frag.Split(m.message, o.size) // a size above 0, and a message that was measured
		o.part, _ = o.splitter.Next()
		return
	}
	if err := o.sender.Start(m.message, o.size, s.window, &o.trip); err != nil {
		panic("link: a message that cannot be cut: " + err.Error()) // likewise, and a window that was decoded
	}
	o.timeouts = o.sender.Stats().Timeouts
}

// next returns the next PUBLISH for a frame with room bytes left, or false if there is none now. It is valid until the
// next call. A message that ends unanswered stalls the outbox.
func (o *outbox) next(now time.Duration, s *session, room int) (*espnow.Publish, bool) {
	if o.stalled || len(o.queue) == 0 {
		return nil, false
	}
	m := &o.queue[0]
	if !o.begun {
		if len(m.message) > s.maxMessage {
			return nil, false // ended says so
		}
		if room < min(len(m.message)+wholeOverhead, s.room()) {
			return nil, false
		}
		o.begin(s)
	} else if room < min(o.size+fragmentOverhead, len(m.message)+wholeOverhead) {
		return nil, false
	}
	part, ask := o.part, false
	if m.acknowledge {
		var ok bool
		if part, ask, ok = o.sender.Poll(now); !ok {
			if errors.Is(o.sender.Err(), frag.ErrGaveUp) && o.sender.Done() {
				o.stalled = true
			}
			return nil, false
		}
		timeouts := o.sender.Stats().Timeouts
		o.unheard += int(timeouts - o.timeouts)
		o.timeouts = timeouts
	}
	o.packet = espnow.Publish{MessageID: m.id, Offset: part.Offset, Data: part.Data}
	if m.retain {
		o.packet.Flags |= espnow.PublishRetain
	}
	if ask {
		o.packet.Flags |= espnow.PublishAck
	}
	if part.More || part.Offset > 0 {
		o.packet.Flags |= espnow.PublishFragment
	}
	if part.More {
		o.packet.Flags |= espnow.PublishMore
	}
	if !m.acknowledge {
		var more bool
		if o.part, more = o.splitter.Next(); !more {
			o.remove(0)
			o.sent++
		}
	}
	return &o.packet, true
}

// write appends parts of messages to a frame of a session, several of them if they are short. mayBegin says whether another
// message may begin.
func (o *outbox) write(now time.Duration, b []byte, s *session, mayBegin bool) []byte {
	for mayBegin || o.begun {
		publish, ok := o.next(now, s, s.room()-s.used(b))
		if !ok {
			break
		}
		b = must(publish.AppendLast(b))
		if publish.Length() > maxStatedLen {
			break // it states no length, so it is the last of its frame
		}
	}
	return b
}

// handle takes an answer; false: it is about no message that is being sent.
func (o *outbox) handle(now time.Duration, p *espnow.Puback) bool {
	if !o.begun || !o.queue[0].acknowledge || o.queue[0].id != p.MessageID || o.sender.Done() {
		return false
	}
	o.sender.Handle(now, frag.Ack{Status: frag.Status(p.Status), Received: p.Received, Bitmap: bitmap(p.Bitmap)})
	return true
}

// ended returns what became of a message that is over, and forgets it. It is asked until it says false, after each of the
// other calls.
func (o *outbox) ended(now time.Duration, s *session) (m outgoing, ok bool, err error) {
	if len(o.queue) == 0 {
		return outgoing{}, false, nil
	}
	m = o.queue[0]
	switch {
	case m.expires > 0 && now >= m.expires:
		err = ErrExpired
	case o.begun && m.acknowledge && o.sender.Done() && !errors.Is(o.sender.Err(), frag.ErrGaveUp):
		err = o.sender.Err()
	case s != nil && !o.begun && len(m.message) > s.maxMessage:
		err = fmt.Errorf("%w: %d bytes with its topic, and %v takes %d", ErrTooLarge, len(m.message), s.peer, s.maxMessage)
	default:
		return outgoing{}, false, nil
	}
	o.remove(0)
	return m, true, err
}

// silent returns how many questions had no answer since the peer was heard, which whoever hears it notes, or since restart.
func (o *outbox) silent() int { return o.unheard }

// idle reports that nothing is under way or waits.
func (o *outbox) idle() bool { return len(o.queue) == 0 }

// between reports that no message has begun: nothing would be torn by another session.
func (o *outbox) between() bool { return !o.begun }

// restart makes a message that has begun begin again, whole and under its id: the session is another, or the peer is
// heard again.
func (o *outbox) restart() {
	o.begun, o.stalled, o.unheard = false, false, 0
}

// nextDeadline tells when next has something to send once it has said false; false: never, unless an answer comes.
func (o *outbox) nextDeadline() (time.Duration, bool) {
	if !o.begun || o.stalled || !o.queue[0].acknowledge {
		return 0, false
	}
	return o.sender.NextDeadline()
}

// expiry tells when the oldest message expires; false: it does not.
func (o *outbox) expiry() (time.Duration, bool) {
	if len(o.queue) == 0 || o.queue[0].expires == 0 {
		return 0, false
	}
	return o.queue[0].expires, true
}

// bitmap reads the bitmap of a PUBACK.
func bitmap(b []byte) uint64 {
	var word [8]byte
	copy(word[:], b)
	return binary.LittleEndian.Uint64(word[:])
}

// puback writes an answer. buffer holds its bitmap.
func puback(id uint16, ack frag.Ack, buffer *[8]byte) espnow.Puback {
	binary.LittleEndian.PutUint64(buffer[:], ack.Bitmap)
	return espnow.Puback{
		MessageID: id, Status: espnow.PubackStatus(ack.Status), Received: ack.Received,
		Bitmap: buffer[:(bits.Len64(ack.Bitmap)+7)/8],
	}
}
