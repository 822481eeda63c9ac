//go:build enow_ccore

package machine

/*
#cgo CFLAGS: -std=c99 -Wall -Wextra -Wno-unused-parameter -I${SRCDIR}/../../../../components/enow_link/include -I${SRCDIR}/../../../../components/enow_proto/include
#cgo LDFLAGS: ${SRCDIR}/../../../../.build/ccore/libenow_link.a ${SRCDIR}/../../../../.build/ccore/enow_proto/libenow_proto.a -lmbedcrypto -lpthread

#include <stdlib.h>
#include "machine.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/frag"
)

// machine is what nodes and gateways in C have in common: their memory, which Go does not move, and what Go is given back.
type machine struct {
	memory   unsafe.Pointer
	received unsafe.Pointer // the frame that the machine views until it has no more to say
	sent     unsafe.Pointer
	calls    *C.ccore_surroundings_t
	out      link.Transmission
	event    C.enow_link_event_t

	message    link.Message
	result     link.Result
	connection link.Connection
	presence   link.Presence
}

// surroundings are what a machine in C calls Go for.
type surroundings struct {
	random io.Reader
	sealed func(key [8]byte, counter uint32)
}

const frameSize = 2048 // bytes: more than a radio can hear, for the machine to refuse

// equip takes memory from C for what a machine needs, until nobody has the machine any more.
func (m *machine) equip(random io.Reader, sealed func(key [8]byte, counter uint32)) error {
	handle := cgo.NewHandle(&surroundings{random, sealed})
	runtime.AddCleanup(m, func(handle cgo.Handle) { handle.Delete() }, handle)
	m.calls = C.ccore_surroundings(C.uintptr_t(handle))
	if m.calls == nil {
		return errors.New("no PSA")
	}
	if sealed == nil {
		m.calls.watch = C.enow_link_watch_t{}
	}
	m.frees(unsafe.Pointer(m.calls))
	m.received, m.sent = m.frees(C.malloc(frameSize)), m.frees(C.malloc(frameSize))
	return nil
}

// allocate takes the memory of the machine itself.
func (m *machine) allocate(size C.size_t) { m.memory = m.frees(C.calloc(1, size)) }

// frees has a block freed with the machine.
func (m *machine) frees(block unsafe.Pointer) unsafe.Pointer {
	runtime.AddCleanup(m, func(block unsafe.Pointer) { C.free(block) }, block)
	return block
}

//export ccoreRandom
func ccoreRandom(handle C.uintptr_t, out *C.uint8_t, size C.size_t) C.bool {
	s := cgo.Handle(handle).Value().(*surroundings)
	_, err := io.ReadFull(s.random, unsafe.Slice((*byte)(out), int(size)))
	return err == nil
}

//export ccoreTold
func ccoreTold(handle C.uintptr_t, key *C.uint8_t, counter C.uint32_t) {
	cgo.Handle(handle).Value().(*surroundings).sealed([8]byte(unsafe.Slice((*byte)(key), 8)), uint32(counter))
}

// micros is a time for C: the last whole microsecond.
func micros(t time.Duration) C.uint64_t { return C.uint64_t(t / time.Microsecond) }

// moment is a time of C's.
func moment(us C.uint64_t) time.Duration { return time.Duration(us) * time.Microsecond }

func addrOf(a espnow.Addr) C.enow_addr_t {
	return *(*C.enow_addr_t)(unsafe.Pointer(&a))
}

// bytesOf is bytes of Go's, for the time of a call.
func bytesOf(b []byte) *C.uint8_t {
	if len(b) == 0 {
		return nil
	}
	return (*C.uint8_t)(&b[0])
}

func goAddr(a C.enow_addr_t) espnow.Addr { return *(*espnow.Addr)(unsafe.Pointer(&a)) }

// view is bytes of C's, valid as long as C says.
func view(b C.enow_bytes_t) []byte {
	if b.len == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(b.data), int(b.len))
}

// frame is a frame for C, whose body is the machine's until it has no more to say.
func (m *machine) frame(f link.Frame) C.enow_link_frame_t {
	n := copy(unsafe.Slice((*byte)(m.received), frameSize), f.Body)
	return C.enow_link_frame_t{
		src: addrOf(f.Src), dst: addrOf(f.Dst), rssi: C.int8_t(f.RSSI), channel: C.uint8_t(f.Channel),
		body: (*C.uint8_t)(m.received), len: C.size_t(n),
	}
}

// transmission is what the machine has written to be sent.
func (m *machine) transmission(t C.enow_link_transmission_t) *link.Transmission {
	m.out = link.Transmission{
		Channel: uint8(t.channel), Add: bool(t.add), Dst: goAddr(t.dst), Body: unsafe.Slice((*byte)(m.sent), int(t.len)),
	}
	if t.remove {
		m.out.Remove = goAddr(t.removed)
	}
	return &m.out
}

// outgoing has C see a message. What is returned is freed when C has copied it.
func outgoing(o link.Outgoing, do func(*C.enow_link_outgoing_t) C.int) C.int {
	topic, payload := C.CBytes([]byte(o.Topic)), C.CBytes(o.Payload)
	defer C.free(topic)
	defer C.free(payload)
	return do(&C.enow_link_outgoing_t{
		topic:   C.enow_bytes_t{data: (*C.uint8_t)(topic), len: C.size_t(len(o.Topic))},
		payload: C.enow_bytes_t{data: (*C.uint8_t)(payload), len: C.size_t(len(o.Payload))},
		retain:  C.bool(o.Retain), acknowledge: C.bool(o.Acknowledge),
	})
}

// told is m.event as Go has it.
func (m *machine) told() link.Event {
	as := unsafe.Pointer(&m.event.as)
	switch m.event.kind {
	case C.ENOW_LINK_EVENT_MESSAGE:
		e := (*C.enow_link_message_t)(as)
		m.message = link.Message{
			From: goAddr(e.from), Topic: view(e.topic), Payload: view(e.payload), Retain: bool(e.retain), Broadcast: bool(e.broadcast),
			Raw: bool(e.raw), RSSI: int8(e.rssi), Channel: uint8(e.channel), Boot: uint32(e.boot), ID: uint16(e.id),
			Receipt: link.Receipt{Source: uint64(e.receipt.source), ID: uint16(e.receipt.id)},
		}
		return &m.message
	case C.ENOW_LINK_EVENT_RESULT:
		e := (*C.enow_link_result_t)(as)
		m.result = link.Result{Ticket: link.Ticket(e.ticket), To: goAddr(e.to), Err: failure(e.err)}
		return &m.result
	case C.ENOW_LINK_EVENT_CONNECTION:
		e := (*C.enow_link_connection_t)(as)
		m.connection = link.Connection{
			Up: bool(e.up), Reason: link.Reason(e.reason), Gateway: goAddr(e.gateway), Channel: uint8(e.channel), RSSI: int8(e.rssi),
			Boot: uint32(e.boot),
		}
		return &m.connection
	case C.ENOW_LINK_EVENT_PRESENCE:
		e := (*C.enow_link_presence_t)(as)
		m.presence = link.Presence{
			Addr: goAddr(e.addr), Present: bool(e.present), Reason: link.Reason(e.reason), Boot: uint32(e.boot), RSSI: int8(e.rssi),
			Channel: uint8(e.channel), Sleepy: bool(e.sleepy),
		}
		return &m.presence
	}
	panic(fmt.Sprintf("an event of kind %d", m.event.kind))
}

// failure is the error of Go that a result of C stands for; nil if it is none. Above 0 it is a receiver's status.
func failure(result C.int) error {
	switch result {
	case 0:
		return nil
	case C.ENOW_LINK_ERR_TOPIC:
		return espnow.ErrTopic
	case C.ENOW_LINK_ERR_TOO_LARGE:
		return link.ErrTooLarge
	case C.ENOW_LINK_ERR_FULL:
		return link.ErrFull
	case C.ENOW_LINK_ERR_EXPIRED:
		return link.ErrExpired
	case C.ENOW_LINK_ERR_DENIED:
		return link.ErrDenied
	case C.ENOW_LINK_ERR_ELSEWHERE:
		return link.ErrElsewhere
	case C.ENOW_LINK_ERR_NO_SESSION:
		return link.ErrNoSession
	case C.ENOW_LINK_ERR_ASLEEP:
		return link.ErrAsleep
	case C.ENOW_LINK_ERR_GONE:
		return link.ErrGone
	case C.ENOW_LINK_ERR_UNFINISHED:
		return link.ErrUnfinished
	case C.ENOW_LINK_ERR_SNAPSHOT:
		return link.ErrSnapshot
	}
	if result > 0 {
		return frag.StatusError{Status: frag.Status(result)}
	}
	return fmt.Errorf("result %d of C", result)
}

func drops(d C.enow_link_drops_t) (all link.Drops) {
	for reason, n := range d.count {
		all[reason] = uint64(n)
	}
	return all
}

func fragments(l frag.Limits) C.enow_frag_limits_t {
	return C.enow_frag_limits_t{
		max_message: C.uint32_t(l.MaxMessage), max_parts: C.uint32_t(l.MaxParts), max_messages: C.uint32_t(l.MaxMessages),
		max_bytes: C.uint32_t(l.MaxBytes), source_messages: C.uint32_t(l.SourceMessages), source_bytes: C.uint32_t(l.SourceBytes),
		timeout_us: micros(l.Timeout),
	}
}
