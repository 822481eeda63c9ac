//go:build enow_ccore

package ccore

/*
#include <stdlib.h>
#include "enow/frag.h"
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"

	"github.com/esp-now-network/esp-now-network/frag"
)

// partSize is more bytes than a test puts in one part.
const partSize = 1 << 14

// FragReceiver is a frag.Receiver in C.
type FragReceiver struct {
	c    *C.enow_frag_receiver_t
	data unsafe.Pointer // of a part
}

// NewFragReceiver returns a receiver, or the result of C's that says why there is none.
func NewFragReceiver(limits frag.Limits) (*FragReceiver, int) {
	l := fragLimits(limits)
	r := &FragReceiver{data: C.malloc(partSize)}
	runtime.AddCleanup(r, func(p unsafe.Pointer) { C.free(p) }, r.data)
	size := C.enow_frag_receiver_memory(&l)
	memory := C.malloc(size)
	runtime.AddCleanup(r, func(p unsafe.Pointer) { C.free(p) }, memory)
	if err := C.enow_frag_receiver_init(&r.c, &l, memory, size); err < 0 {
		return nil, int(err)
	}
	return r, 0
}

func fragLimits(l frag.Limits) C.enow_frag_limits_t {
	return C.enow_frag_limits_t{
		max_message: C.uint32_t(l.MaxMessage), max_parts: C.uint32_t(l.MaxParts), max_messages: C.uint32_t(l.MaxMessages),
		max_bytes: C.uint32_t(l.MaxBytes), source_messages: C.uint32_t(l.SourceMessages), source_bytes: C.uint32_t(l.SourceBytes),
		timeout_us: fragMicros(l.Timeout),
	}
}

func fragMicros(t time.Duration) C.uint64_t { return C.uint64_t(t / time.Microsecond) }

func fragTime(us C.uint64_t) time.Duration { return time.Duration(us) * time.Microsecond }

func fragKey(key frag.Key) C.enow_frag_key_t {
	return C.enow_frag_key_t{source: C.uint64_t(key.Source), id: C.uint16_t(key.ID)}
}

func fragAck(ack *C.enow_frag_ack_t) frag.Ack {
	return frag.Ack{Status: frag.Status(ack.status), Received: uint32(ack.received), Bitmap: uint64(ack.bitmap)}
}

// fragView copies bytes of C's.
func fragView(b C.enow_bytes_t) []byte { return C.GoBytes(unsafe.Pointer(b.data), C.int(b.len)) }

// Push is frag.Receiver.Push, with the result of C's.
func (r *FragReceiver) Push(now time.Duration, key frag.Key, part frag.Part, ask bool) (frag.Message, int, frag.Ack) {
	defer runtime.KeepAlive(r)
	k := fragKey(key)
	p := C.enow_frag_part_t{offset: C.uint32_t(part.Offset), more: C.bool(part.More), mark: C.bool(part.Mark)}
	if len(part.Data) > 0 {
		copy(unsafe.Slice((*byte)(r.data), partSize), part.Data)
		p.data = C.enow_bytes_t{data: (*C.uint8_t)(r.data), len: C.size_t(len(part.Data))}
	}
	var whole C.enow_frag_message_t
	var ack C.enow_frag_ack_t
	result := C.enow_frag_receiver_push(r.c, fragMicros(now), &k, &p, C.bool(ask), &whole, &ack)
	var message frag.Message
	if result == 1 {
		message = frag.Message{Data: fragView(whole.data), Mark: bool(whole.mark)}
	}
	return message, int(result), fragAck(&ack)
}

// Poll is frag.Receiver.Poll.
func (r *FragReceiver) Poll(now time.Duration) (frag.Key, frag.Ack, bool) {
	defer runtime.KeepAlive(r)
	var key C.enow_frag_key_t
	var ack C.enow_frag_ack_t
	if !C.enow_frag_receiver_poll(r.c, fragMicros(now), &key, &ack) {
		return frag.Key{}, frag.Ack{}, false
	}
	return frag.Key{Source: uint64(key.source), ID: uint16(key.id)}, fragAck(&ack), true
}

// Accept is frag.Receiver.Accept.
func (r *FragReceiver) Accept(key frag.Key) (frag.Ack, bool) {
	defer runtime.KeepAlive(r)
	k := fragKey(key)
	var ack C.enow_frag_ack_t
	ok := C.enow_frag_receiver_accept(r.c, &k, &ack)
	return fragAck(&ack), bool(ok)
}

// Refuse is frag.Receiver.Refuse.
func (r *FragReceiver) Refuse(now time.Duration, key frag.Key) (frag.Ack, bool) {
	defer runtime.KeepAlive(r)
	k := fragKey(key)
	var ack C.enow_frag_ack_t
	ok := C.enow_frag_receiver_refuse(r.c, fragMicros(now), &k, &ack)
	return fragAck(&ack), bool(ok)
}

// Asked is frag.Receiver.Asked.
func (r *FragReceiver) Asked(key frag.Key) bool {
	defer runtime.KeepAlive(r)
	k := fragKey(key)
	return bool(C.enow_frag_receiver_asked(r.c, &k))
}

// Awaited is frag.Receiver.Awaited.
func (r *FragReceiver) Awaited() int {
	defer runtime.KeepAlive(r)
	return int(C.enow_frag_receiver_awaited(r.c))
}

// Expire is frag.Receiver.Expire.
func (r *FragReceiver) Expire(now time.Duration) int {
	defer runtime.KeepAlive(r)
	return int(C.enow_frag_receiver_expire(r.c, fragMicros(now)))
}

// Forget is frag.Receiver.Forget.
func (r *FragReceiver) Forget(source uint64) int {
	defer runtime.KeepAlive(r)
	return int(C.enow_frag_receiver_forget(r.c, C.uint64_t(source)))
}

// NextDeadline is frag.Receiver.NextDeadline.
func (r *FragReceiver) NextDeadline() (time.Duration, bool) {
	defer runtime.KeepAlive(r)
	var at C.uint64_t
	some := C.enow_frag_receiver_next_deadline(r.c, &at)
	return fragTime(at), bool(some)
}

// Stats is frag.Receiver.Stats.
func (r *FragReceiver) Stats() frag.Stats {
	defer runtime.KeepAlive(r)
	s := C.enow_frag_receiver_stats(r.c)
	refused := func(err C.int) uint64 { return uint64(s.refused[C.ENOW_FRAG_ERR_TOO_LARGE-err]) }
	return frag.Stats{
		Partial: int(s.partial), Aborted: int(s.aborted), Delivered: int(s.delivered), Bytes: int(s.bytes),
		Completed: uint64(s.completed), Duplicates: uint64(s.duplicates), Expired: uint64(s.expired), Repeated: uint64(s.repeated),
		Superseded: uint64(s.superseded), Forgotten: uint64(s.forgotten),
		TooLarge: refused(C.ENOW_FRAG_ERR_TOO_LARGE), TooManyParts: refused(C.ENOW_FRAG_ERR_TOO_MANY_PARTS),
		EmptyPart: refused(C.ENOW_FRAG_ERR_EMPTY_PART), Offset: refused(C.ENOW_FRAG_ERR_OFFSET),
		Mismatch: refused(C.ENOW_FRAG_ERR_MISMATCH), AfterAbort: refused(C.ENOW_FRAG_ERR_ABORTED),
		AfterExpiry: refused(C.ENOW_FRAG_ERR_EXPIRED), Full: refused(C.ENOW_FRAG_ERR_FULL), Share: refused(C.ENOW_FRAG_ERR_SHARE),
	}
}

// FragSender is a frag.Sender in C, with a round trip of its own.
type FragSender struct {
	c       *C.enow_frag_sender_t
	trip    *C.enow_frag_round_trip_t
	message unsafe.Pointer
}

// messageSize is more bytes than a test puts in one message.
const messageSize = 1 << 16

// NewFragSender returns a sender without a message.
func NewFragSender() *FragSender {
	s := &FragSender{
		c:       (*C.enow_frag_sender_t)(C.calloc(1, C.sizeof_enow_frag_sender_t)),
		trip:    (*C.enow_frag_round_trip_t)(C.calloc(1, C.sizeof_enow_frag_round_trip_t)),
		message: C.malloc(messageSize),
	}
	for _, p := range []unsafe.Pointer{unsafe.Pointer(s.c), unsafe.Pointer(s.trip), s.message} {
		runtime.AddCleanup(s, func(p unsafe.Pointer) { C.free(p) }, p)
	}
	return s
}

// Start is frag.Sender.Start, with the result of C's.
func (s *FragSender) Start(message []byte, size, window int) int {
	defer runtime.KeepAlive(s)
	copy(unsafe.Slice((*byte)(s.message), messageSize), message)
	bytes := C.enow_bytes_t{data: (*C.uint8_t)(s.message), len: C.size_t(len(message))}
	return int(C.enow_frag_sender_start(s.c, bytes, C.uint32_t(size), C.uint32_t(window), s.trip))
}

// Done is frag.Sender.Done.
func (s *FragSender) Done() bool {
	defer runtime.KeepAlive(s)
	return bool(C.enow_frag_sender_done(s.c))
}

// Err is frag.Sender.Err, with the result of C's.
func (s *FragSender) Err() int {
	defer runtime.KeepAlive(s)
	return int(s.c.err)
}

// Poll is frag.Sender.Poll.
func (s *FragSender) Poll(now time.Duration) (frag.Part, bool, bool) {
	defer runtime.KeepAlive(s)
	var part C.enow_frag_part_t
	var ask C.bool
	if !C.enow_frag_sender_poll(s.c, fragMicros(now), &part, &ask) {
		return frag.Part{}, false, false
	}
	return frag.Part{Offset: uint32(part.offset), More: bool(part.more), Mark: bool(part.mark), Data: fragView(part.data)}, bool(ask), true
}

// Handle is frag.Sender.Handle.
func (s *FragSender) Handle(now time.Duration, ack frag.Ack) {
	defer runtime.KeepAlive(s)
	a := C.enow_frag_ack_t{bitmap: C.uint64_t(ack.Bitmap), received: C.uint32_t(ack.Received), status: C.enow_puback_status_t(ack.Status)}
	C.enow_frag_sender_handle(s.c, fragMicros(now), &a)
}

// NextDeadline is frag.Sender.NextDeadline.
func (s *FragSender) NextDeadline() (time.Duration, bool) {
	defer runtime.KeepAlive(s)
	var at C.uint64_t
	some := C.enow_frag_sender_next_deadline(s.c, &at)
	return fragTime(at), bool(some)
}

// Stats is frag.Sender.Stats.
func (s *FragSender) Stats() frag.SenderStats {
	defer runtime.KeepAlive(s)
	c := s.c.stats
	return frag.SenderStats{
		Parts: uint64(c.parts), Resent: uint64(c.resent), Acks: uint64(c.acks), IllFormed: uint64(c.ill_formed), Stale: uint64(c.stale),
		Timeouts: uint64(c.timeouts), Polls: uint64(c.polls), Restarts: uint64(c.restarts),
	}
}

// fragErrors are the errors of package frag and the results of C's that stand for them. What wraps another comes first.
var fragErrors = []struct {
	err    error
	result int
}{
	{frag.ErrExpired, C.ENOW_FRAG_ERR_EXPIRED},
	{frag.ErrAborted, C.ENOW_FRAG_ERR_ABORTED},
	{frag.ErrShare, C.ENOW_FRAG_ERR_SHARE},
	{frag.ErrFull, C.ENOW_FRAG_ERR_FULL},
	{frag.ErrTooLarge, C.ENOW_FRAG_ERR_TOO_LARGE},
	{frag.ErrTooManyParts, C.ENOW_FRAG_ERR_TOO_MANY_PARTS},
	{frag.ErrEmptyPart, C.ENOW_FRAG_ERR_EMPTY_PART},
	{frag.ErrOffset, C.ENOW_FRAG_ERR_OFFSET},
	{frag.ErrMismatch, C.ENOW_FRAG_ERR_MISMATCH},
	{frag.ErrGaveUp, C.ENOW_FRAG_ERR_GAVE_UP},
	{frag.ErrPartSize, C.ENOW_FRAG_ERR_PART_SIZE},
}

// limitResult is what C says of a limit or window out of its range.
const limitResult = C.ENOW_FRAG_ERR_LIMIT
