//go:build enow_ccore

package ccore

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// fragResult is the result of C's that stands for an error of Go's.
func fragResult(t testing.TB, err error) int {
	t.Helper()
	var limit *frag.LimitError
	var status frag.StatusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &limit):
		return limitResult
	case errors.As(err, &status):
		return int(status.Status)
	}
	for _, known := range fragErrors {
		if errors.Is(err, known.err) {
			return known.result
		}
	}
	t.Fatal(err)
	return 0
}

// source gives the choices of a run: at random, or what a fuzzer wrote.
type source interface {
	intN(n int) int // 0..n-1
	more() bool
}

type randomSource struct {
	*rand.Rand
	left int // choices
}

func (s *randomSource) intN(n int) int { s.left--; return s.IntN(n) }
func (s *randomSource) more() bool     { return s.left > 0 }

type writtenSource struct{ bytes []byte }

func (s *writtenSource) intN(n int) int {
	if len(s.bytes) < 2 {
		s.bytes = nil
		return 0
	}
	v := int(s.bytes[0])<<8 | int(s.bytes[1])
	s.bytes = s.bytes[2:]
	return v % n
}
func (s *writtenSource) more() bool { return len(s.bytes) > 0 }

// fragPair is a receiver in Go and one in C, and senders of both kinds, that see and must say the same.
type fragPair struct {
	testing.TB
	source
	now     time.Duration
	limits  frag.Limits
	goSide  *frag.Receiver
	cSide   *FragReceiver
	senders []*fragSenders
	told    []frag.Key // delivered and not yet settled
	done    int        // messages
	loss    int        // of 5 in the air
}

// fragSenders are a sender in Go and one in C of the same messages, and what is in the air between them and the receivers.
type fragSenders struct {
	goSide frag.Sender
	trip   frag.RoundTrip
	cSide  *FragSender
	key    frag.Key
	parts  []fragAsked
	acks   []frag.Ack
	ended  map[int]int // messages by the sender's last word, all from 128 on as one
}

type fragAsked struct {
	frag.Part
	ask bool
}

var fragContent = func() []byte {
	content := make([]byte, 1<<15)
	for i := range content {
		content[i] = byte(i*7 + i>>8)
	}
	return content
}()

// newFragPair draws limits: tight ones, so that they are hit.
func newFragPair(t testing.TB, from source) *fragPair {
	p := &fragPair{TB: t, source: from, now: time.Duration(from.intN(2)) * time.Hour}
	l := frag.Limits{
		MaxMessage: []int{1, 64, 100, 1000, 5000}[from.intN(5)], MaxParts: []int{1, 2, 10, 100, 1000}[from.intN(5)],
		SourceMessages: 1 + from.intN(3), Timeout: []time.Duration{time.Microsecond, 50 * time.Millisecond, time.Second}[from.intN(3)],
	}
	l.MaxMessages = l.SourceMessages + from.intN(4)
	l.SourceBytes = l.MessageBytes() + 64*from.intN(10)
	l.MaxBytes = l.SourceBytes + 64*from.intN(40)
	p.limits = l
	var err error
	if p.goSide, err = frag.NewReceiver(l); err != nil {
		t.Fatal(err)
	}
	var result int
	if p.cSide, result = NewFragReceiver(l); result != 0 {
		t.Fatalf("limits %+v: result %d of C", l, result)
	}
	p.loss = []int{0, 1, 1, 2, 5}[from.intN(5)]
	for i := range 1 + from.intN(3) {
		p.senders = append(p.senders, &fragSenders{ended: map[int]int{}, cSide: NewFragSender(), key: frag.Key{Source: uint64(i)}})
	}
	return p
}

// alike fails if what Go and C say differs.
func alike[T comparable](t testing.TB, what string, inGo, inC T) {
	if inGo != inC {
		t.Helper()
		t.Fatalf("%s: %+v in Go, %+v in C", what, inGo, inC)
	}
}

// deadline is a moment of NextDeadline's, or none.
func deadline(at time.Duration, some bool) time.Duration {
	if !some {
		return -1
	}
	return at
}

func (p *fragPair) push(key frag.Key, part frag.Part, ask bool) frag.Ack {
	p.Helper()
	whole, done, ack, err := p.goSide.Push(p.now, key, part, ask)
	want := fragResult(p, err)
	if done {
		want = 1
		p.told = append(p.told, key)
		p.done++
	}
	cWhole, result, cAck := p.cSide.Push(p.now, key, part, ask)
	alike(p, "result", want, result)
	alike(p, "answer", ack, cAck)
	alike(p, "mark", whole.Mark, cWhole.Mark)
	if !bytes.Equal(whole.Data, cWhole.Data) {
		p.Fatalf("a message of %d bytes in Go, other %d in C", len(whole.Data), len(cWhole.Data))
	}
	return ack
}

// stray pushes one part of any kind.
func (p *fragPair) stray() {
	size := []int{0, 1, 4, 5, 64, 100, 700, 2000}[p.intN(8)]
	index := []int{0, 0, 1, 2, 3, 7, 8, 9, 64, 65, 99, 100, 1000}[p.intN(13)]
	offset := index*size + []int{0, 0, 0, 1}[p.intN(4)]
	part := frag.Part{Offset: uint32(offset), More: p.intN(4) > 0, Mark: p.intN(2) == 0}
	part.Data = fragContent[min(offset, len(fragContent)-size):][:size]
	if p.intN(20) == 0 {
		part.Offset = []uint32{1<<32 - 1, 1<<32 - 4, 1 << 28, 1<<28 - 1}[p.intN(4)]
	}
	if p.intN(20) == 0 && size > 0 {
		part.Data = append([]byte{part.Data[0] + 1}, part.Data[1:]...)
	}
	id := []uint16{0, 1, 2, 3, 1 << 15, 1<<15 + 1, 1<<16 - 1}[p.intN(7)]
	p.push(frag.Key{Source: uint64(p.intN(5)), ID: id}, part, p.intN(2) == 0)
}

// start begins another message where the last one has ended.
func (p *fragPair) start(s *fragSenders) {
	s.key.ID++
	message := fragContent[:p.intN(p.limits.MaxMessage+2)]
	size, window := 1+p.intN(200), 1+p.intN(frag.MaxWindow)
	if p.intN(50) == 0 {
		size, window = p.intN(2), p.intN(frag.MaxWindow+2)
	}
	err := s.goSide.Start(message, size, window, &s.trip)
	alike(p, "start", fragResult(p, err), s.cSide.Start(message, size, window))
}

// send lets both send one part.
func (p *fragPair) send(s *fragSenders) {
	if s.goSide.Done() {
		p.start(s)
	}
	part, ask, ok := s.goSide.Poll(p.now)
	cPart, cAsk, cOK := s.cSide.Poll(p.now)
	alike(p, "polled", ok, cOK)
	alike(p, "offset", part.Offset, cPart.Offset)
	alike(p, "more", part.More, cPart.More)
	if !bytes.Equal(part.Data, cPart.Data) {
		p.Fatalf("a part of %d bytes in Go, other %d in C", len(part.Data), len(cPart.Data))
	}
	alike(p, "asks", ask, cAsk)
	if ok && p.intN(5) >= p.loss {
		s.parts = append(s.parts, fragAsked{part, ask})
	}
	p.note(s)
}

// note counts how a message ended that was under way.
func (p *fragPair) note(s *fragSenders) {
	if s.goSide.Done() {
		s.ended[min(fragResult(p, s.goSide.Err()), 128)]++
	}
}

// take removes one of what is in the air, most often the first, or copies it.
func take[T any](p *fragPair, air *[]T) (one T, ok bool) {
	if len(*air) == 0 {
		return one, false
	}
	i := 0
	if p.intN(4) == 0 {
		i = p.intN(len(*air))
	}
	one = (*air)[i]
	if p.intN(10) > 0 {
		*air = append((*air)[:i:i], (*air)[i+1:]...)
	}
	return one, true
}

func (p *fragPair) arrive(s *fragSenders) {
	part, ok := take(p, &s.parts)
	if !ok {
		return
	}
	ack := p.push(s.key, part.Part, part.ask)
	if part.ask && p.intN(5) >= p.loss {
		s.acks = append(s.acks, ack)
	}
}

// hear lets both senders hear an answer: a real one, or one of any kind.
func (p *fragPair) hear(s *fragSenders) {
	ack, ok := take(p, &s.acks)
	if !ok && p.intN(20) == 0 {
		ack = frag.Ack{
			Status: frag.Status([]int{0, 1, 1, 1, 2, 3, 4, 128, 200}[p.intN(9)]), Received: uint32(p.intN(1200)),
			Bitmap: uint64(p.intN(1<<16)) << p.intN(49),
		}
		if ack.Status == frag.StatusComplete && p.intN(4) > 0 {
			return // or nearly all messages end so
		}
	} else if !ok {
		return
	}
	over := s.goSide.Done()
	s.goSide.Handle(p.now, ack)
	s.cSide.Handle(p.now, ack)
	if !over {
		p.note(s)
	}
}

// settle accepts or refuses a message that was told, or any.
func (p *fragPair) settle() {
	key, ok := take(p, &p.told)
	if !ok {
		key = frag.Key{Source: uint64(p.intN(4)), ID: uint16(p.intN(4))}
	}
	alike(p, "asked", p.goSide.Asked(key), p.cSide.Asked(key))
	if p.intN(4) > 0 {
		ack, ok := p.goSide.Accept(key)
		cAck, cOK := p.cSide.Accept(key)
		alike(p, "accepted", ok, cOK)
		alike(p, "final answer", ack, cAck)
		if s := int(key.Source); ok && s < len(p.senders) && p.senders[s].key == key {
			p.senders[s].acks = append(p.senders[s].acks, ack)
		}
		return
	}
	ack, ok := p.goSide.Refuse(p.now, key)
	cAck, cOK := p.cSide.Refuse(p.now, key)
	alike(p, "refused", ok, cOK)
	alike(p, "refusal", ack, cAck)
}

func (p *fragPair) pass() {
	step := []time.Duration{0, time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 200 * time.Millisecond, p.limits.Timeout}[p.intN(6)]
	at, some := p.goSide.NextDeadline()
	for _, s := range p.senders {
		if next, waits := s.goSide.NextDeadline(); waits && (!some || next < at) {
			at, some = next, true
		}
	}
	if some && at > p.now && p.intN(2) == 0 {
		step = at - p.now - time.Duration(p.intN(2))*time.Microsecond
	}
	p.now += max(0, step)
	if p.intN(2) == 0 {
		alike(p, "expired", p.goSide.Expire(p.now), p.cSide.Expire(p.now))
	}
	for range p.intN(3) {
		key, ack, ok := p.goSide.Poll(p.now)
		cKey, cAck, cOK := p.cSide.Poll(p.now)
		alike(p, "repeats", ok, cOK)
		alike(p, "repeated", ack, cAck)
		alike(p, "about", key, cKey)
		if s := int(key.Source); ok && s < len(p.senders) && p.senders[s].key == key {
			p.senders[s].acks = append(p.senders[s].acks, ack)
		}
	}
}

// compare holds together what both sides say of themselves.
func (p *fragPair) compare() {
	stats, cStats := p.goSide.Stats(), p.cSide.Stats()
	if cStats.Bytes > stats.Bytes {
		p.Fatalf("C holds %d bytes, Go %d", cStats.Bytes, stats.Bytes)
	}
	stats.Bytes, cStats.Bytes = 0, 0 // those of Go count buffers kept for reuse, which C has not
	alike(p, "counters", stats, cStats)
	alike(p, "awaited", p.goSide.Awaited(), p.cSide.Awaited())
	alike(p, "deadline", deadline(p.goSide.NextDeadline()), deadline(p.cSide.NextDeadline()))
	for _, s := range p.senders {
		alike(p, "sender's end", s.goSide.Done(), s.cSide.Done())
		alike(p, "sender's error", fragResult(p, s.goSide.Err()), s.cSide.Err())
		alike(p, "sender's counters", s.goSide.Stats(), s.cSide.Stats())
		alike(p, "sender's deadline", deadline(s.goSide.NextDeadline()), deadline(s.cSide.NextDeadline()))
	}
}

// run makes both sides do the same, as long as there are choices.
func (p *fragPair) run() {
	for p.more() {
		s := p.senders[p.intN(len(p.senders))]
		switch n := p.intN(40); {
		case n < 14:
			p.send(s)
		case n < 26:
			p.arrive(s)
		case n < 31:
			p.hear(s)
		case n < 33:
			p.stray()
		case n < 35:
			p.settle()
		case n < 36 && p.intN(10) == 0:
			source := uint64(p.intN(4))
			alike(p, "forgotten", p.goSide.Forget(source), p.cSide.Forget(source))
		default:
			p.pass()
		}
		p.compare()
	}
}

// TestFrag runs both sides at random: receivers with every limit hit, and whole exchanges through a channel that loses,
// repeats and reorders.
func TestFrag(t *testing.T) {
	var all frag.Stats
	done, ended := 0, map[int]int{}
	for seed := range uint64(400) {
		p := newFragPair(t, &randomSource{rand.New(rand.NewPCG(1, seed)), 8000})
		p.run()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		s := p.goSide.Stats()
		done += p.done
		for _, sender := range p.senders {
			for word, n := range sender.ended {
				ended[word] += n
			}
		}
		for _, sum := range []struct{ all, one *uint64 }{
			{&all.Duplicates, &s.Duplicates},
			{&all.Expired, &s.Expired},
			{&all.Repeated, &s.Repeated},
			{&all.Superseded, &s.Superseded},
			{&all.Forgotten, &s.Forgotten},
			{&all.TooLarge, &s.TooLarge},
			{&all.TooManyParts, &s.TooManyParts},
			{&all.EmptyPart, &s.EmptyPart},
			{&all.Offset, &s.Offset},
			{&all.Mismatch, &s.Mismatch},
			{&all.AfterAbort, &s.AfterAbort},
			{&all.AfterExpiry, &s.AfterExpiry},
			{&all.Full, &s.Full},
			{&all.Share, &s.Share},
		} {
			*sum.all += *sum.one
		}
	}
	t.Logf("%d messages delivered, ends of senders %v, %+v", done, ended, all)
	for name, n := range map[string]uint64{
		"delivered": uint64(done), "complete": uint64(ended[0]), "final": uint64(ended[128]),
		"gave up": uint64(ended[fragResult(t, frag.ErrGaveUp)]), "duplicates": all.Duplicates, "expired": all.Expired,
		"repeated": all.Repeated, "superseded": all.Superseded, "forgotten": all.Forgotten, "too large": all.TooLarge,
		"too many parts": all.TooManyParts, "empty part": all.EmptyPart, "offset": all.Offset, "mismatch": all.Mismatch,
		"after abort": all.AfterAbort, "after expiry": all.AfterExpiry, "full": all.Full, "share": all.Share,
	} {
		if n < 20 {
			t.Errorf("%s: only %d times, so that little was compared", name, n)
		}
	}
}

// FuzzFrag has a fuzzer choose what happens.
func FuzzFrag(f *testing.F) {
	for seed := range uint64(10) {
		choices := make([]byte, 4000)
		r := rand.New(rand.NewPCG(2, seed))
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		newFragPair(t, &writtenSource{choices}).run()
	})
}

// TestFragLimits holds the checks of limits together.
func TestFragLimits(t *testing.T) {
	good := frag.Limits{MaxMessage: 1000, MaxParts: 100, MaxMessages: 4, SourceMessages: 2, Timeout: time.Second}
	good.SourceBytes = good.MessageBytes()
	good.MaxBytes = 2 * good.SourceBytes
	for name, change := range map[string]func(*frag.Limits){
		"good":                   func(*frag.Limits) {},
		"no message":             func(l *frag.Limits) { l.MaxMessage = 0 },
		"no parts":               func(l *frag.Limits) { l.MaxParts = 0 },
		"no share of messages":   func(l *frag.Limits) { l.SourceMessages = 0 },
		"all messages one's own": func(l *frag.Limits) { l.SourceMessages = 4 },
		"share above all":        func(l *frag.Limits) { l.SourceMessages = 5 },
		"share of bytes, short":  func(l *frag.Limits) { l.SourceBytes-- },
		"all bytes one's own":    func(l *frag.Limits) { l.MaxBytes = l.SourceBytes },
		"bytes, short":           func(l *frag.Limits) { l.MaxBytes = l.SourceBytes - 1 },
		"no time":                func(l *frag.Limits) { l.Timeout = 0 },
		"a day":                  func(l *frag.Limits) { l.Timeout = 24 * time.Hour },
		"more than a day":        func(l *frag.Limits) { l.Timeout = 24*time.Hour + time.Microsecond },
	} {
		limits := good
		change(&limits)
		_, err := frag.NewReceiver(limits)
		_, result := NewFragReceiver(limits)
		alike(t, name, fragResult(t, err), result)
	}
}
