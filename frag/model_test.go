package frag_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// model is what a Reassembler, or a Receiver, must do, told naively: it keeps every part as it came, and judges all
// parts of a message together, each time anew.
type model struct {
	limits   frag.Limits
	answers  bool            // it is that of a Receiver
	messages []*modelMessage // the one without a part for the longest time first
	want     frag.Stats
}

type modelMessage struct {
	key        frag.Key
	deadline   time.Duration
	refusal    error // why it was aborted, or ErrExpired
	delivered  bool
	asked      bool
	answerAt   time.Duration // when its answer is repeated, or 0
	parts      []frag.Part
	data, bits int // memory
}

// machine is what a Reassembler and a Receiver have in common.
type machine interface {
	Expire(now time.Duration) int
	Forget(source uint64) int
	NextDeadline() (time.Duration, bool)
	Stats() frag.Stats
	Lent() int
	CheckInvariants() error
}

// find returns the message under way or remembered, or nil.
func (m *model) find(key frag.Key) *modelMessage {
	found := slices.IndexFunc(m.messages, func(known *modelMessage) bool { return known.key == key })
	if found < 0 {
		return nil
	}
	return m.messages[found]
}

// receive tells what a Receiver's Push must do, and checks that it did.
func (m *model) receive(r *frag.Receiver, now time.Duration, key frag.Key, part frag.Part, ask bool) error {
	whole, done, ack, err := r.Push(now, key, part, ask)
	if wrong := m.push(now, key, part, whole, done, err); wrong != nil {
		return wrong
	}
	message := m.find(key)
	if message != nil {
		message.answerAt = 0
		message.asked = message.asked || ask
	}
	var want frag.Ack
	if ask {
		want = m.answer(message, err)
	}
	if ack != want {
		return fmt.Errorf("answer %v, want %v", ack, want)
	}
	if ask && err == nil && !message.delivered {
		message.answerAt = now + 10*time.Millisecond
	}
	return nil
}

// answer tells what a part's sender must hear.
func (m *model) answer(message *modelMessage, err error) frag.Ack {
	switch {
	case errors.Is(err, frag.ErrFull):
		return frag.Ack{Status: frag.StatusBusy}
	case errors.Is(err, frag.ErrExpired):
		return frag.Ack{Status: frag.StatusRestart}
	case errors.Is(err, frag.ErrTooLarge), errors.Is(err, frag.ErrTooManyParts):
		return frag.Ack{Status: frag.StatusTooLarge}
	case err != nil:
		return frag.Ack{Status: frag.StatusRefused}
	}
	here := make(map[uint32]int)
	size := 0
	for _, p := range message.parts {
		here[p.Offset] = len(p.Data)
		if p.More {
			size = len(p.Data)
		}
	}
	ack := frag.Ack{Status: frag.StatusPartial}
	if size == 0 && !message.delivered {
		return ack
	}
	for n := here[0]; n > 0; n = here[ack.Received] {
		ack.Received += uint32(n)
	}
	for i := range 64 {
		if _, ok := here[ack.Received+uint32((i+1)*size)]; ok && size > 0 {
			ack.Bitmap |= 1 << i
		}
	}
	return ack
}

// settle accepts or refuses a message, and checks what comes of it.
func (m *model) settle(r *frag.Receiver, now time.Duration, key frag.Key, accept bool) error {
	message := m.find(key)
	waits := message != nil && message.delivered
	var ack, want frag.Ack
	var ok bool
	if accept {
		ack, ok = r.Accept(key)
		if waits {
			want = m.answer(message, nil)
			want.Status = frag.StatusComplete
			m.drop(message)
		}
	} else {
		ack, ok = r.Refuse(now, key)
		if waits {
			want = frag.Ack{Status: frag.StatusRefused}
			*message = modelMessage{key: key, refusal: frag.ErrRefused}
			m.touch(now, message)
		}
	}
	if ok != waits || ack != want {
		return fmt.Errorf("settled: %v, %v, want %v, %v", ack, ok, want, waits)
	}
	return nil
}

// repeat checks which answers are repeated.
func (m *model) repeat(r *frag.Receiver, now time.Duration) error {
	due := 0
	for _, message := range m.messages {
		if message.answerAt != 0 && message.answerAt <= now {
			due++
		}
	}
	m.want.Repeated += uint64(due)
	for range due {
		key, ack, ok := r.Poll(now)
		message := m.find(key)
		if !ok || message == nil || message.answerAt == 0 || message.answerAt > now || ack != m.answer(message, nil) {
			return fmt.Errorf("repeats %v of %v, %v", ack, key, ok)
		}
		message.answerAt = 0
	}
	if key, ack, ok := r.Poll(now); ok {
		return fmt.Errorf("repeats %v of %v too", ack, key)
	}
	return nil
}

// push tells what a Push must do, and checks that it did.
func (m *model) push(now time.Duration, key frag.Key, part frag.Part, whole frag.Message, done bool, err error) error {
	part.Data = bytes.Clone(part.Data)
	m.expire(now)

	message := m.find(key)
	if message != nil && errors.Is(message.refusal, frag.ErrExpired) && part.Offset == 0 {
		m.drop(message)
		message = nil
	}
	begun := message == nil
	wholePart := part.Offset == 0 && !part.More && len(part.Data) <= m.limits.MaxMessage
	switch {
	case !begun:
	case wholePart && !m.answers:
		m.want.Completed++
		return delivered(whole, done, err, frag.Message{Data: part.Data, Mark: part.Mark})
	default:
		if full := m.makePlace(key); full != nil {
			if wrong := m.faults([]frag.Part{part}); wrong != nil {
				return m.refused(whole, done, err, wrong...)
			}
			return m.refused(whole, done, err, full)
		}
		message = &modelMessage{key: key}
		m.messages = append(m.messages, message)
	}

	if message.delivered {
		m.want.Duplicates++
		if done || err != nil || whole.Data != nil {
			return fmt.Errorf("%v, %v, %w after the delivery", whole, done, err)
		}
		return nil
	}
	if errors.Is(message.refusal, frag.ErrExpired) {
		m.touch(now, message)
		return m.refused(whole, done, err, frag.ErrExpired)
	}
	if message.refusal != nil {
		m.touch(now, message)
		if !errors.Is(err, message.refusal) {
			return fmt.Errorf("%w does not tell the reason, %w", err, message.refusal)
		}
		return m.refused(whole, done, err, frag.ErrAborted)
	}
	all := append(slices.Clip(message.parts), part)
	if wrong := m.faults(all); wrong != nil {
		*message = modelMessage{key: key, refusal: err}
		m.touch(now, message)
		return m.refused(whole, done, err, wrong...)
	}
	if !begun || !wholePart { // a whole one is not kept
		if full := m.makeRoom(message, all); full != nil {
			if begun {
				m.drop(message)
			}
			return m.refused(whole, done, err, full)
		}
	}
	if slices.ContainsFunc(message.parts, func(p frag.Part) bool { return p.Offset == part.Offset }) {
		m.want.Duplicates++
	} else {
		message.parts = all
	}
	if content, complete := join(message.parts); complete {
		message.data, message.bits = 0, 0
		message.delivered = true
		if !m.answers {
			m.drop(message)
		}
		m.want.Completed++
		return delivered(whole, done, err, content)
	}
	m.touch(now, message)
	if done || err != nil || whole.Data != nil {
		return fmt.Errorf("%v, %v, %w, want the part to be taken", whole, done, err)
	}
	return nil
}

func delivered(whole frag.Message, done bool, err error, want frag.Message) error {
	if !done || err != nil || !bytes.Equal(whole.Data, want.Data) || whole.Mark != want.Mark {
		return fmt.Errorf("%v, %v, %w, want the message %v", whole, done, err, want)
	}
	return nil
}

// refused checks that the error is one of those wanted, and counts it.
func (m *model) refused(whole frag.Message, done bool, err error, want ...error) error {
	if done || whole.Data != nil || !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
		return fmt.Errorf("%v, %v, %w, want one of %q", whole, done, err, want)
	}
	for _, counter := range []struct {
		err   error
		count *uint64
	}{
		{frag.ErrExpired, &m.want.AfterExpiry},
		{frag.ErrAborted, &m.want.AfterAbort},
		{frag.ErrShare, &m.want.Share},
		{frag.ErrFull, &m.want.Full},
		{frag.ErrTooLarge, &m.want.TooLarge},
		{frag.ErrTooManyParts, &m.want.TooManyParts},
		{frag.ErrEmptyPart, &m.want.EmptyPart},
		{frag.ErrOffset, &m.want.Offset},
		{frag.ErrMismatch, &m.want.Mismatch},
	} {
		if errors.Is(err, counter.err) {
			*counter.count++
			return nil
		}
	}
	return fmt.Errorf("%w is not counted", err)
}

// faults returns every rule of SPEC.md, section 5, and every limit of one message that its parts break together.
func (m *model) faults(parts []frag.Part) (errs []error) {
	for _, p := range parts {
		end := int64(p.Offset) + int64(len(p.Data))
		if end > int64(m.limits.MaxMessage) {
			errs = append(errs, frag.ErrTooLarge)
		}
		if !p.More && p.Offset > 0 && m.limits.MaxParts == 1 {
			errs = append(errs, frag.ErrTooManyParts)
		}
		if p.More && len(p.Data) == 0 {
			errs = append(errs, frag.ErrEmptyPart)
			continue
		}
		for _, q := range parts {
			switch {
			case p.More == q.More && p.Offset == q.Offset && !bytes.Equal(p.Data, q.Data), // two in one place
				p.More && q.More && len(p.Data) != len(q.Data),
				p.More && !q.More && (len(q.Data) > len(p.Data) || end > int64(q.Offset)),
				!p.More && !q.More && p.Offset != q.Offset: // two ends
				errs = append(errs, frag.ErrMismatch)
			}
			if !p.More {
				continue
			}
			if q.Offset%uint32(len(p.Data)) != 0 {
				errs = append(errs, frag.ErrOffset)
			}
			number := int(q.Offset)/len(p.Data) + 1 // of parts through this one
			if q.More {
				number++
			}
			if number > m.limits.MaxParts {
				errs = append(errs, frag.ErrTooManyParts)
			}
		}
	}
	return errs
}

// join returns the message if all of it is there, from its first byte to its last.
func join(parts []frag.Part) (whole frag.Message, complete bool) {
	parts = slices.SortedFunc(slices.Values(parts), func(a, b frag.Part) int { return int(a.Offset) - int(b.Offset) })
	for i, p := range parts {
		if int(p.Offset) != len(whole.Data) {
			return frag.Message{}, false
		}
		whole.Data = append(whole.Data, p.Data...)
		whole.Mark = parts[0].Mark
		complete = i == len(parts)-1 && !p.More
	}
	return whole, complete
}

// makePlace makes room for one more message of a source, an aborted one giving way if it must.
func (m *model) makePlace(key frag.Key) error {
	source := key.Source
	var all, own *modelMessage // the aborted one to give way
	count := 0
	for _, known := range m.messages {
		if known.key.Source == source {
			count++
			if known.refusal != nil && (own == nil || known.deadline == own.deadline && known.key.ID < own.key.ID) {
				own = known
			}
		}
	}
	if count == m.limits.SourceMessages {
		if own != nil {
			m.drop(own)
		} else if !m.supersede(key) {
			return frag.ErrShare
		}
	}
	for _, known := range slices.Backward(m.messages) {
		if known.refusal != nil {
			all = known
		}
	}
	if len(m.messages) == m.limits.MaxMessages {
		if all != nil {
			m.drop(all)
		} else if !m.supersede(key) {
			return frag.ErrFull
		}
	}
	return nil
}

// makeRoom makes room for parts in a message's memory.
func (m *model) makeRoom(message *modelMessage, parts []frag.Part) error {
	end, last, size := 0, -1, 0
	for _, p := range parts {
		end = max(end, int(p.Offset)+len(p.Data))
		if p.More {
			size = len(p.Data)
		} else {
			last = int(p.Offset)
		}
	}
	before := 0 // parts that come before the last
	switch {
	case size > 0 && last >= 0:
		before = last / size
	case size > 0:
		before = end / size
	}
	var room, share int
	measure := func() {
		room, share = m.limits.MaxBytes, m.limits.SourceBytes
		for _, known := range m.messages {
			room -= known.data + known.bits
			if known.key.Source == message.key.Source {
				share -= known.data + known.bits
			}
		}
	}
	data, bits := message.data, message.bits
	var added int // the old buffers are there until the new ones are
	if end > data {
		data = powerOfTwo(end)
		added += data
	}
	if before > 8*bits {
		bits = powerOfTwo((before + 7) / 8)
		added += bits
	}
	measure()
	for added > min(room, share) && m.supersede(message.key) {
		measure()
	}
	switch {
	case added > room:
		return frag.ErrFull
	case added > share:
		return frag.ErrShare
	}
	if ample := min(4*message.data, powerOfTwo(m.limits.MaxMessage)); last < 0 && data > message.data && ample > data &&
		added-data+ample <= min(room, share) {
		data = ample
	}
	message.data, message.bits = data, bits
	return nil
}

// supersede gives up the message of a sender that is furthest behind one, for which nobody asked, and of which parts miss.
func (m *model) supersede(key frag.Key) bool {
	behind := func(known *modelMessage) int { return int(int16(key.ID - known.key.ID)) }
	var oldest *modelMessage
	for _, known := range m.messages {
		waits := known.refusal == nil && !known.delivered && !known.asked
		if m.answers && known.key.Source == key.Source && waits && behind(known) > 0 && (oldest == nil || behind(known) > behind(oldest)) {
			oldest = known
		}
	}
	if oldest == nil {
		return false
	}
	m.drop(oldest)
	m.want.Superseded++
	return true
}

// powerOfTwo returns the size of a buffer for n bytes.
func powerOfTwo(n int) int {
	size := 64
	for size < n {
		size *= 2
	}
	return size
}

func (m *model) touch(now time.Duration, message *modelMessage) {
	message.deadline = now + m.limits.Timeout
	m.drop(message)
	m.messages = append(m.messages, message)
}

func (m *model) drop(message *modelMessage) {
	m.messages = slices.DeleteFunc(m.messages, func(known *modelMessage) bool { return known == message })
}

// expire and forget return how many partial messages go.
func (m *model) expire(now time.Duration) int {
	due := func(message *modelMessage) bool { return now >= message.deadline && !message.delivered }
	var marked []*modelMessage
	for _, message := range m.messages {
		if due(message) && message.refusal == nil && m.answers {
			marked = append(marked, &modelMessage{
				key: message.key, deadline: now + m.limits.Timeout, refusal: frag.ErrExpired,
			})
		}
	}
	n := m.dropAll(due)
	m.messages = append(m.messages, marked...)
	m.want.Expired += uint64(n)
	return n
}

func (m *model) forget(source uint64) int {
	n := m.dropAll(func(message *modelMessage) bool { return message.key.Source == source && !message.delivered })
	m.want.Forgotten += uint64(n)
	return n
}

func (m *model) dropAll(which func(*modelMessage) bool) (n int) {
	m.messages = slices.DeleteFunc(m.messages, func(message *modelMessage) bool {
		if which(message) && message.refusal == nil {
			n++
		}
		return which(message)
	})
	return n
}

// check compares what the reassembler tells about itself with the model, and looks inside it.
func (m *model) check(r machine) error {
	m.want.Partial, m.want.Aborted, m.want.Delivered = 0, 0, 0
	lent := 0
	const never = time.Duration(math.MaxInt64)
	first := never
	for _, message := range m.messages {
		if !message.delivered {
			first = min(first, message.deadline)
		}
		if message.answerAt != 0 {
			first = min(first, message.answerAt)
		}
		switch {
		case message.delivered:
			m.want.Delivered++
		case message.refusal == nil:
			m.want.Partial++
		default:
			m.want.Aborted++
		}
		lent += message.data + message.bits
	}
	got := r.Stats()
	if r.Lent() != lent || got.Bytes < lent || got.Bytes > m.limits.MaxBytes {
		return fmt.Errorf("messages hold %d of %d bytes, want %d; limit %d", r.Lent(), got.Bytes, lent, m.limits.MaxBytes)
	}
	if m.want.Bytes = got.Bytes; got != m.want {
		return fmt.Errorf("%+v\nwant %+v", got, m.want)
	}
	if deadline, some := r.NextDeadline(); some != (first < never) || some && deadline != first {
		return fmt.Errorf("deadline %v, %v, want %v of %d messages", deadline, some, first, len(m.messages))
	}
	return r.CheckInvariants()
}
