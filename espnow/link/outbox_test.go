package link

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// posting is an outbox, its session and the time.
type posting struct {
	t testing.TB
	outbox
	session session
	now     time.Duration
}

func newPosting(t testing.TB) *posting {
	return &posting{
		t: t, outbox: outbox{maxMessages: 3, maxBytes: 1000, nextID: 65535},
		session: session{maxFrame: espnow.MaxFrameV1, maxMessage: 500, window: 64},
	}
}

// posts puts in a message of so many bytes; to be acknowledged if its ticket is not 0.
func (o *posting) posts(size int, ticket Ticket) error {
	return o.push(outgoing{message: make([]byte, size), acknowledge: ticket != 0, ticket: ticket})
}

// sends returns what the next packet is, in words, for a frame with room bytes.
func (o *posting) sends(room int) string {
	p, ok := o.next(o.now, &o.session, room)
	if !ok {
		return "nothing"
	}
	if p.Length() > room {
		o.t.Errorf("a packet of %d bytes for %d", p.Length(), room)
	}
	words := fmt.Sprintf("%d: %d+%d", p.MessageID, p.Offset, len(p.Data))
	for i, flag := range []string{"retain", "ack", "fragment", "more"} {
		if p.Flags>>i&1 != 0 {
			words += " " + flag
		}
	}
	return words
}

func (o *posting) wants(name, got, want string) {
	o.t.Helper()
	if got != want {
		o.t.Errorf("%s: %s, want %s", name, got, want)
	}
}

func (o *posting) hears(id uint16, status espnow.PubackStatus) bool {
	return o.handle(o.now, &espnow.Puback{MessageID: id, Status: status})
}

// ends returns the ticket of the next message that is over, 0 if there is none, and its error.
func (o *posting) ends() (Ticket, error) {
	m, ok, err := o.ended(o.now, &o.session)
	if !ok && err != nil {
		o.t.Errorf("an error without a message: %v", err)
	}
	return m.ticket, err
}

// full gives a frame all the room there is.
const full = espnow.MaxFrameV1

// A message goes whole if a frame holds it, and else in equal parts; only what fits a frame's rest goes into it.
func TestOutboxParts(t *testing.T) {
	o := newPosting(t)
	for i := range 3 {
		if err := o.posts(full-wholeOverhead+min(i, 1), 0); err != nil {
			t.Fatal(err)
		}
	}
	o.wants("a byte lacks", o.sends(full-1), "nothing")
	if o.begun || o.queue[0].numbered {
		t.Error("it has begun all the same")
	}
	o.wants("as long as a frame holds", o.sends(full), "65535: 0+246")
	o.wants("a byte longer: a byte of room lacks", o.sends(full-1), "nothing")
	o.wants("a byte longer", o.sends(full), "0: 0+242 fragment more")
	o.wants("the rest needs a whole frame too", o.sends(full-1), "nothing")
	o.wants("the rest", o.sends(full), "0: 242+5 fragment")

	o = newPosting(t)
	if err := o.posts(10, 1); err != nil {
		t.Fatal(err)
	}
	o.queue[0].retain = true
	o.wants("short, no room", o.sends(10+wholeOverhead-1), "nothing")
	o.wants("short", o.sends(10+wholeOverhead), "65535: 0+10 retain ack")
	o.now += time.Minute
	o.wants("again, no room", o.sends(10+wholeOverhead-1), "nothing")
	o.wants("again", o.sends(10+wholeOverhead), "65535: 0+10 retain ack")
	o.wants("and wait", o.sends(full), "nothing")

	node, _ := testTunnels()
	o = newPosting(t)
	o.session.tunnel = node
	for _, size := range []int{full - espnow.SealedOverhead - wholeOverhead, full - espnow.SealedOverhead - wholeOverhead + 1} {
		if err := o.posts(size, 0); err != nil {
			t.Fatal(err)
		}
	}
	o.wants("sealed", o.sends(o.session.room()), "65535: 0+223")
	o.wants("sealed, a byte longer", o.sends(o.session.room()), "0: 0+219 fragment more")
}

// An id is given when a message is first sent, and stays.
func TestOutboxIDs(t *testing.T) {
	o := newPosting(t)
	for i := range 4 { // the first makes room for the last
		if err := o.posts(10+i, 0); err != nil {
			t.Fatal(err)
		}
	}
	o.wants("one that was never sent took none", o.sends(full), "65535: 0+11")
	if err := o.posts(500, 9); err != nil {
		t.Fatal(err)
	}
	o.wants("next", o.sends(full), "0: 0+12")
	o.wants("next", o.sends(full), "1: 0+13")
	o.wants("in parts", o.sends(full), "2: 0+242 fragment more")
	o.session.maxFrame = 600
	o.restart()
	o.wants("again, in a longer frame, under its id", o.sends(600), "2: 0+500 ack")
	if !o.hears(2, espnow.PubackStatusComplete) {
		t.Error("no answer to it")
	}
	if ticket, err := o.ends(); ticket != 9 || err != nil || !o.idle() {
		t.Errorf("%d, %v", ticket, err)
	}
	if o.sent != 3 || o.dropped != 1 {
		t.Errorf("%d sent, %d dropped", o.sent, o.dropped)
	}
}

// An answer counts for the message that is being sent, if that is to be acknowledged, and for no other.
func TestOutboxHandle(t *testing.T) {
	o := newPosting(t)
	if o.hears(0, espnow.PubackStatusComplete) {
		t.Error("an answer to nothing")
	}
	for ticket := range Ticket(3) {
		if err := o.posts(300, ticket); err != nil {
			t.Fatal(err)
		}
	}
	if o.hears(65535, espnow.PubackStatusComplete) || !o.between() {
		t.Error("an answer before it has begun")
	}
	o.sends(full)
	if o.hears(65535, espnow.PubackStatusComplete) || o.between() {
		t.Error("an answer to one that asks for none")
	}
	o.sends(full)
	o.sends(full)
	if o.hears(65535, espnow.PubackStatusComplete) || o.hears(1, espnow.PubackStatusComplete) {
		t.Error("an answer to another")
	}
	if ticket, err := o.ends(); ticket != 0 || err != nil {
		t.Errorf("%d is over: %v", ticket, err)
	}
	if !o.hears(0, espnow.PubackStatusTooLarge) || o.hears(0, espnow.PubackStatusTooLarge) {
		t.Error("the answer, and once more")
	}
	if ticket, err := o.ends(); ticket != 1 || !errors.Is(err, frag.StatusError{Status: frag.StatusTooLarge}) {
		t.Errorf("%d is over: %v", ticket, err)
	}
	o.wants("the next begins", o.sends(full), "1: 0+242 fragment more")
}

// What is too long for the peer ends before it begins; what has no result in time ends whatever it does.
func TestOutboxEnded(t *testing.T) {
	o := newPosting(t)
	o.maxBytes = 2000
	if _, ok, _ := o.ended(0, nil); ok {
		t.Error("an empty outbox ends something")
	}
	for i, size := range []int{501, 500} {
		if err := o.posts(size, Ticket(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, _ := o.ended(0, nil); ok {
		t.Error("too large for nobody")
	}
	o.wants("a byte too long", o.sends(full), "nothing")
	if ticket, err := o.ends(); ticket != 1 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d is over: %v", ticket, err)
	}
	if ticket, err := o.ends(); ticket != 0 || err != nil {
		t.Errorf("%d is over: %v", ticket, err)
	}
	o.wants("as long as can be", o.sends(full), "65535: 0+242 fragment more")
	o.session.maxMessage = 499
	if ticket, err := o.ends(); ticket != 0 || err != nil {
		t.Errorf("%d has begun, and is over: %v", ticket, err)
	}
	o.restart() // in a session with somebody who takes less
	if ticket, err := o.ends(); ticket != 2 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d is over: %v", ticket, err)
	}

	if at, ok := o.expiry(); ok {
		t.Errorf("nothing expires at %v", at)
	}
	for ticket := range Ticket(2) {
		if err := o.push(outgoing{message: make([]byte, 300), acknowledge: ticket == 1, ticket: 7 + ticket, expires: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	o.sends(full)
	o.now = time.Hour - 1
	if ticket, err := o.ends(); ticket != 0 || err != nil {
		t.Errorf("%d is over before its time: %v", ticket, err)
	}
	if at, ok := o.expiry(); at != time.Hour || !ok {
		t.Errorf("it expires at %v", at)
	}
	o.now = time.Hour
	for want := range Ticket(2) {
		if ticket, err := o.ends(); ticket != 7+want || !errors.Is(err, ErrExpired) {
			t.Errorf("%d is over: %v", ticket, err)
		}
	}
	if !o.idle() || !o.between() || o.bytes != 0 {
		t.Errorf("%d messages of %d bytes", len(o.queue), o.bytes)
	}
}

// A peer that does not answer stalls the outbox, and whoever hears of the peer starts it anew: nothing is lost.
func TestOutboxStalls(t *testing.T) {
	o := newPosting(t)
	if err := o.posts(10, 1); err != nil {
		t.Fatal(err)
	}
	if _, ok := o.nextDeadline(); ok {
		t.Error("a deadline before it has begun")
	}
	o.sends(full)
	for i := range frag.MaxRetries {
		at, ok := o.nextDeadline()
		if !ok || o.silent() != i {
			t.Fatalf("retry %d: %v, %d questions without an answer", i, ok, o.silent())
		}
		o.now = at - 1
		o.wants("before the time-out", o.sends(full), "nothing")
		o.now = at
		o.wants("at the time-out", o.sends(full), "65535: 0+10 ack")
	}
	at, ok := o.nextDeadline()
	o.now = at
	o.wants("after the last", o.sends(full), "nothing")
	if !ok || !o.stalled {
		t.Fatal("it is not stalled")
	}
	if at, ok := o.nextDeadline(); ok {
		t.Errorf("stalled, and due at %v", at)
	}
	if ticket, err := o.ends(); ticket != 0 || err != nil {
		t.Errorf("%d is over: %v", ticket, err)
	}
	if o.hears(65535, espnow.PubackStatusComplete) {
		t.Error("an answer to a sender that has given up")
	}
	o.wants("nothing goes", o.sends(full), "nothing")
	o.restart()
	o.wants("it goes anew", o.sends(full), "65535: 0+10 ack")
	if o.silent() != 0 {
		t.Errorf("%d questions without an answer", o.silent())
	}
	at, _ = o.nextDeadline()
	o.now = at
	o.sends(full)
	if o.silent() != 1 || !o.hears(65535, espnow.PubackStatusBusy) {
		t.Errorf("%d questions without an answer", o.silent())
	}
}

func TestOutboxPush(t *testing.T) {
	o := newPosting(t)
	for _, c := range []struct {
		name   string
		size   int
		ticket Ticket
		want   error
		queue  []int // bytes of what waits
	}{
		{"longer than the queue", 1001, 0, ErrTooLarge, nil},
		{"as long as the queue", 1000, 1, nil, []int{1000}},
		{"no byte is left", 1, 0, ErrFull, []int{1000}},
	} {
		if err := o.posts(c.size, c.ticket); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.queue, sizes(&o.outbox)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}

	o = newPosting(t)
	for _, size := range []int{400, 300, 300} {
		if err := o.posts(size, 0); err != nil {
			t.Fatal(err)
		}
	}
	o.sends(full) // the first has begun, and is sent to its end
	if err := o.posts(1, 1); err != nil || !slices.Equal(sizes(&o.outbox), []int{400, 300, 1}) || o.dropped != 1 {
		t.Errorf("%v, %v, %d dropped", err, sizes(&o.outbox), o.dropped)
	}
	if err := o.posts(599, 2); err != nil || !slices.Equal(sizes(&o.outbox), []int{400, 1, 599}) || o.dropped != 2 {
		t.Errorf("%v, %v, %d dropped", err, sizes(&o.outbox), o.dropped)
	}
	if err := o.posts(1, 0); !errors.Is(err, ErrFull) || !slices.Equal(sizes(&o.outbox), []int{400, 1, 599}) || o.dropped != 2 {
		t.Errorf("%v, %v, %d dropped", err, sizes(&o.outbox), o.dropped)
	}
	o.wants("the first goes on", o.sends(full), "65535: 242+158 fragment")
}

func sizes(o *outbox) (all []int) {
	for _, m := range o.queue {
		all = append(all, len(m.message))
	}
	return all
}

// A queue that is full against a list that is searched from its start.
func TestOutboxPushAgainstModel(t *testing.T) {
	type waiting struct {
		ticket      Ticket
		size        int
		acknowledge bool
		begun       bool
	}
	run := func(maxMessages, maxBytes int, steps []int) (fault string) {
		o := outbox{maxMessages: maxMessages, maxBytes: maxBytes}
		s := session{maxFrame: 250, maxMessage: espnow.MaxMessage, window: 64}
		var model []waiting
		fits := func(size int, in []waiting) bool {
			for _, w := range in {
				size += w.size
			}
			return len(in) < maxMessages && size <= maxBytes
		}
		dropped, now := uint64(0), time.Duration(0)
		for i, step := range steps {
			now += time.Second
			switch {
			case step%4 == 0: // the oldest is sent, a part of it if it is long
				if p, ok := o.next(now, &s, s.room()); ok && len(model) > 0 {
					model[0].begun = true
					if !model[0].acknowledge && p.Flags&espnow.PublishMore == 0 {
						model = model[1:]
					}
				}
			case step%4 == 1 && len(model) > 0 && model[0].begun && model[0].acknowledge: // it is acknowledged
				o.handle(now, &espnow.Puback{MessageID: o.queue[0].id})
				m, ok, err := o.ended(now, &s)
				if !ok || err != nil || m.ticket != model[0].ticket {
					return fmt.Sprintf("step %d: message %d ends, %v, %v", i, m.ticket, ok, err)
				}
				model = model[1:]
			default:
				m := waiting{ticket: Ticket(i), size: 1 + step, acknowledge: step%2 == 1}
				room := slices.Clone(model)
				for !fits(m.size, room) {
					at := slices.IndexFunc(room, func(w waiting) bool { return !w.acknowledge && !w.begun })
					if at < 0 {
						break
					}
					room = slices.Delete(room, at, at+1)
				}
				want := error(nil)
				switch {
				case m.size > maxBytes:
					want = ErrTooLarge
				case !fits(m.size, room):
					want = ErrFull
				default:
					dropped += uint64(len(model) - len(room))
					room = append(room, m)
					model = room
				}
				err := o.push(outgoing{message: make([]byte, m.size), acknowledge: m.acknowledge, ticket: m.ticket})
				if !errors.Is(err, want) {
					return fmt.Sprintf("step %d: %v, want %v", i, err, want)
				}
			}
			bytes := 0
			for _, w := range model {
				bytes += w.size
			}
			same := slices.EqualFunc(o.queue, model, func(q outgoing, w waiting) bool {
				return q.ticket == w.ticket && q.acknowledge == w.acknowledge && len(q.message) == w.size
			})
			if !same || o.bytes != bytes || o.dropped != dropped {
				return fmt.Sprintf("step %d: %v, %d bytes, %d dropped; want %v, %d, %d", i, sizes(&o), o.bytes, o.dropped, model, bytes, dropped)
			}
		}
		return ""
	}
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("like a list", prop.ForAll(run,
		gen.IntRange(1, 8), gen.IntRange(1, 1500), gen.SliceOfN(200, gen.IntRange(0, 700)),
	))
	properties.TestingRun(t)
}

// The bitmap of a PUBACK has no trailing zeros, and comes back as it was.
func TestPubackBitmap(t *testing.T) {
	var buffer [8]byte
	for _, c := range []struct {
		bitmap uint64
		want   []byte
	}{
		{0, []byte{}},
		{1, []byte{1}},
		{1 << 7, []byte{1 << 7}},
		{1 << 8, []byte{0, 1}},
		{1<<63 | 1, []byte{1, 0, 0, 0, 0, 0, 0, 0x80}},
		{1<<56 - 1, []byte{255, 255, 255, 255, 255, 255, 255}},
	} {
		p := puback(7, frag.Ack{Status: frag.StatusPartial, Received: 9, Bitmap: c.bitmap}, &buffer)
		if !bytes.Equal(p.Bitmap, c.want) || p.MessageID != 7 || p.Status != espnow.PubackStatusPartial || p.Received != 9 {
			t.Errorf("%x: %+v", c.bitmap, p)
		}
		if got := bitmap(p.Bitmap); got != c.bitmap {
			t.Errorf("%x comes back as %x", c.bitmap, got)
		}
	}
}

// A small message that is acknowledged, from outbox to inbox and back, costs no allocation but its own bytes, which are
// the caller's.
func TestExchangeAllocations(t *testing.T) {
	o, b := newPosting(t), newTray(t, nil)
	message, buffer := []byte("\x01ta small message"), [8]byte{}
	exchange := func() {
		o.now += time.Millisecond
		if err := o.push(outgoing{message: message, acknowledge: true}); err != nil {
			t.Fatal(err)
		}
		p, ok := o.next(o.now, &o.session, full)
		if !ok {
			t.Fatal("nothing is sent")
		}
		a := b.push(o.now, &b.from, p)
		first := puback(p.MessageID, a.ack, &buffer)
		o.handle(o.now, &first)
		ack, asked, ok := b.accept(&b.from, a.receipt.ID)
		if !ok || !asked || string(a.whole) != string(message) {
			t.Fatalf("%+v", a)
		}
		final := puback(a.receipt.ID, ack, &buffer)
		o.handle(o.now, &final)
		if _, ok, err := o.ended(o.now, &o.session); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for range 100 {
		exchange()
	}
	if allocs := testing.AllocsPerRun(1000, exchange); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
