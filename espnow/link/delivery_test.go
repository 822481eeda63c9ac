package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// delivery is an outbox and an inbox, with a channel between them that does what it is told to, and what must hold of
// them whatever that is.
type delivery struct {
	now     time.Duration
	out     outbox
	in      *inbox
	from    sender
	session *session
	random  *rand.Rand

	sent    []sentMessage // by ticket
	parts   []espnow.Publish
	answers []espnow.Puback
	waiting []uint16 // ids of messages that nobody has accepted or refused yet
	newest  int      // ticket of the newest acknowledged message that was given out
	byID    map[uint16]int
}

// sentMessage is a message that the outbox took.
type sentMessage struct {
	message     []byte
	acknowledge bool
	came        int  // how often it was given out
	accepted    bool // by whom it was given to
	results     int
	err         error
}

func newDelivery(firstID uint16, seed uint64) *delivery {
	limits := frag.DefaultLimits()
	in, err := newInbox(limits)
	if err != nil {
		panic(err)
	}
	d := &delivery{
		in: in, from: in.newSender(1), random: rand.New(rand.NewPCG(seed, 0)), newest: -1, byID: map[uint16]int{},
		session: &session{maxFrame: espnow.MaxFrameV1, maxMessage: 4000, window: 8},
	}
	d.out.maxMessages, d.out.maxBytes, d.out.nextID = 6, 8000, firstID
	return d
}

func (d *delivery) push(size int, acknowledge bool) {
	m := sentMessage{message: make([]byte, size), acknowledge: acknowledge}
	for i := range m.message {
		m.message[i] = byte(d.random.Uint32())
	}
	binary.LittleEndian.PutUint32(m.message, uint32(len(d.sent))) // no two are equal
	if d.out.push(outgoing{message: m.message, acknowledge: acknowledge, ticket: Ticket(len(d.sent))}) == nil {
		d.sent = append(d.sent, m)
	}
}

// send puts up to n packets on the channel, and reports whether there were any.
func (d *delivery) send(n int) (some bool, err error) {
	for range n {
		p, ok := d.out.next(d.now, d.session, d.session.room())
		if !ok {
			break
		}
		some = true
		if p.Length() > d.session.room() {
			return true, fmt.Errorf("a packet of %d bytes for %d", p.Length(), d.session.room())
		}
		c := *p
		c.Data = bytes.Clone(p.Data)
		d.parts = append(d.parts, c)
	}
	return some, d.settle()
}

// settle takes the results.
func (d *delivery) settle() error {
	for m, ok, err := d.out.ended(d.now, d.session); ok; m, ok, err = d.out.ended(d.now, d.session) {
		s := &d.sent[m.ticket]
		s.results++
		s.err = err
		switch {
		case !s.acknowledge:
			return fmt.Errorf("message %d, which asks for none, has a result", m.ticket)
		case s.results > 1:
			return fmt.Errorf("message %d has %d results", m.ticket, s.results)
		case s.came != 1:
			return fmt.Errorf("message %d came %d times and has the result %w", m.ticket, s.came, err)
		case err == nil && !s.accepted:
			return fmt.Errorf("message %d is acknowledged and nobody accepted it", m.ticket)
		case err != nil && (s.accepted || !errors.Is(err, frag.StatusError{Status: frag.StatusRefused})):
			return fmt.Errorf("message %d, accepted %v: %w", m.ticket, s.accepted, err)
		}
	}
	return nil
}

// arrive gives the receiver packet i of the channel.
func (d *delivery) arrive(i int) error {
	p := d.parts[i]
	d.parts = append(d.parts[:i], d.parts[i+1:]...)
	a := d.in.push(d.now, &d.from, &p)
	if a.answer {
		d.answer(p.MessageID, a.ack)
	}
	if a.whole == nil {
		return nil
	}
	ticket := -1
	for t := range d.sent {
		if bytes.Equal(d.sent[t].message, a.whole) {
			ticket = t
		}
	}
	if ticket < 0 {
		return fmt.Errorf("%d bytes came that nobody sent, of message %d", len(a.whole), p.MessageID)
	}
	s := &d.sent[ticket]
	if s.came++; s.came > 1 {
		return fmt.Errorf("message %d came %d times", ticket, s.came)
	}
	if s.acknowledge {
		if ticket < d.newest {
			return fmt.Errorf("message %d came after %d", ticket, d.newest)
		}
		d.newest = ticket
	}
	d.byID[p.MessageID] = ticket
	switch {
	case a.receipt != (Receipt{}):
		d.waiting = append(d.waiting, p.MessageID)
	case s.acknowledge:
		return fmt.Errorf("message %d waits for nobody", ticket)
	}
	return nil
}

func (d *delivery) answer(id uint16, ack frag.Ack) {
	var buffer [8]byte
	p := puback(id, ack, &buffer)
	p.Bitmap = bytes.Clone(p.Bitmap)
	d.answers = append(d.answers, p)
}

// hear gives the sender answer i.
func (d *delivery) hear(i int) error {
	p := d.answers[i]
	d.answers = append(d.answers[:i], d.answers[i+1:]...)
	d.out.handle(d.now, &p)
	if d.out.stalled {
		d.out.restart()
	}
	return d.settle()
}

// decide accepts or refuses the message that has waited for longest.
func (d *delivery) decide(accept bool) {
	if len(d.waiting) == 0 {
		return
	}
	id := d.waiting[0]
	d.waiting = d.waiting[1:]
	var final frag.Ack
	var asked, ok bool
	if accept {
		d.sent[d.byID[id]].accepted = true
		final, asked, ok = d.in.accept(&d.from, id)
	} else {
		final, asked, ok = d.in.refuse(d.now, &d.from, id)
	}
	if ok && asked {
		d.answer(id, final)
	}
}

// pass lets time pass.
func (d *delivery) pass(by time.Duration) {
	d.now += by
	d.in.parts.Expire(d.now)
	for key, ack, ok := d.in.parts.Poll(d.now); ok; key, ack, ok = d.in.parts.Poll(d.now) {
		d.answer(key.ID, ack)
	}
}

// rejoin begins another session: what is in the air does not open any more.
func (d *delivery) rejoin(maxFrame int) {
	d.parts, d.answers = nil, nil
	d.session = &session{maxFrame: maxFrame, maxMessage: 4000, window: 1 + maxFrame%64}
	d.in.parts.Forget(d.from.source)
	d.out.restart()
}

// run lets happen what the steps say, two bytes each, and then lets all come to its end.
func (d *delivery) run(steps []byte) error {
	for at := 0; at+1 < len(steps); at += 2 {
		op, arg := steps[at], int(steps[at+1])
		var err error
		switch {
		case op < 40:
			d.push(4+arg*arg/17, op < 30)
		case op < 100:
			_, err = d.send(1 + arg%16)
		case op < 150:
			for range min(1+arg%16, len(d.parts)) {
				i := 0
				if arg >= 128 {
					i = d.random.IntN(len(d.parts))
				}
				if err = d.arrive(i); err != nil {
					break
				}
			}
		case op < 165 && len(d.parts) > 0: // one is repeated
			d.parts = append(d.parts, d.parts[arg%len(d.parts)])
		case op < 180 && len(d.parts) > 0: // some are lost
			d.parts = d.parts[:arg%len(d.parts)]
		case op < 205 && len(d.answers) > 0:
			err = d.hear(arg % len(d.answers))
		case op < 212 && len(d.answers) > 0:
			d.answers = append(d.answers, d.answers[arg%len(d.answers)])
		case op < 220 && len(d.answers) > 0:
			d.answers = d.answers[:arg%len(d.answers)]
		case op < 235:
			d.decide(arg%4 > 0)
		case op < 250:
			d.pass(time.Duration(arg) * time.Millisecond)
		case op < 252:
			d.pass(time.Minute)
		case op < 253: // in the same session, at a receiver that has kept what came
			d.out.restart()
		default:
			d.rejoin([]int{espnow.MaxFrameV1, espnow.MaxFrameV2, 251, 600}[arg%4])
		}
		if err != nil {
			return fmt.Errorf("step %d, at %v: %w", at/2, d.now, err)
		}
	}
	return d.finish()
}

// finish goes on without losses until nothing is left.
func (d *delivery) finish() error {
	for steps := 0; !d.out.idle(); steps++ {
		if steps > 2000 {
			return fmt.Errorf("no end: %d messages wait, %d answers were missed", len(d.out.queue), d.out.silent())
		}
		if d.out.stalled {
			d.out.restart()
		}
		some, err := d.send(1)
		for err == nil && len(d.parts) > 0 {
			err = d.arrive(0)
		}
		for err == nil && len(d.answers) > 0 {
			err = d.hear(0)
		}
		if err != nil {
			return err
		}
		d.decide(true)
		if at, ok := d.out.nextDeadline(); ok && !some {
			d.pass(max(0, at-d.now))
		}
	}
	for ticket, s := range d.sent {
		if s.acknowledge && s.results != 1 {
			return fmt.Errorf("message %d has %d results", ticket, s.results)
		}
	}
	if d.out.bytes != 0 {
		return fmt.Errorf("%d bytes in an empty outbox", d.out.bytes)
	}
	return nil
}

// Through a channel that loses, repeats and reorders, and sessions that change in the middle of a message, each message
// that is to be acknowledged comes once, in order, and has one result, which is true; the others come at most once.
func TestDelivery(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 600
	properties := gopter.NewProperties(parameters)
	properties.Property("once, in order, with one result", prop.ForAll(
		func(firstID uint16, steps []byte, seed uint64) string {
			if err := newDelivery(firstID, seed).run(steps); err != nil {
				return err.Error()
			}
			return ""
		},
		gen.OneGenOf(gen.UInt16(), gen.Const(uint16(65530))), gen.SliceOfN(600, gen.UInt8()), gen.UInt64(),
	))
	properties.TestingRun(t)
}
