// Package radio says what a driver (package host) needs of an ESP-NOW radio. Package sim has one made of nothing but
// memory and time; others drive hardware.
package radio

import (
	"context"
	"errors"
	"fmt"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// Errors of [Radio.Send] that callers branch on. After [Radio.Close] every method returns [net.ErrClosed].
var (
	// ErrNotAcknowledged: no MAC acknowledgement came, all retries of the radio included. The frame may have arrived
	// all the same, for the acknowledgement can be what was lost.
	ErrNotAcknowledged = errors.New("radio: no MAC acknowledgement after all retries")
	// ErrTooLong: the body is longer than the radio sends. Nothing was sent.
	ErrTooLong = errors.New("radio: frame too long")
	// ErrNoMemory: the radio has no buffer for the frame now. Nothing was sent; the same frame may be sent a little later.
	ErrNoMemory = errors.New("radio: out of memory")
)

// Radio is one station's ESP-NOW radio. Its methods may be called from different goroutines at the same time.
type Radio interface {
	// Addr is the station's own address.
	Addr() espnow.Addr

	// MaxFrame is the longest body that the radio sends and receives, in bytes: [espnow.MaxFrameV1], or
	// [espnow.MaxFrameV2] from ESP-IDF 5.4 on.
	MaxFrame() int

	// Tune changes the channel, 1 to 14, as esp_wifi_set_channel does. Frames of other channels are not heard.
	Tune(ctx context.Context, channel uint8) error

	// AddPeer puts an address on the radio's list of those that it can send to, as esp_now_add_peer does: 20 at most,
	// broadcast included. An address that is on it, or one too many, is an error.
	AddPeer(addr espnow.Addr) error

	// RemovePeer takes an address off the list, as esp_now_del_peer does. One that is not on it is an error.
	RemovePeer(addr espnow.Addr) error

	// Send transmits one frame and blocks until the radio reports the outcome. Nil means a MAC acknowledgement for a
	// unicast frame and nothing but "sent" for a broadcast one; neither says that the program at the other end got it.
	// The body is free once Send returns. One frame is in flight at a time: further calls wait their turn.
	//
	// Errors are [ErrNotAcknowledged], [ErrTooLong], [ErrNoMemory], [net.ErrClosed], ctx.Err(), or say what the caller did wrong (see
	// [CheckFrame]). A frame already in the air cannot be called back: after ctx.Err() it may still arrive, and the
	// next Send waits for it to end.
	Send(ctx context.Context, dst espnow.Addr, body []byte) error

	// Receive blocks until a frame arrives. Its Body belongs to the radio and is valid until the next Receive: one
	// goroutine at a time should call it. Errors are [net.ErrClosed] and ctx.Err(). Frames wait in a bounded queue
	// that drops and counts the newest when it is full, as a queue behind ESP-NOW's callback does.
	Receive(ctx context.Context) (link.Frame, error)

	// Close switches the radio off: calls that block return [net.ErrClosed], frames not yet received are gone. Closing
	// again does nothing and returns nil.
	Close() error
}

// CheckFrame tells whether a radio whose longest frame is maxFrame bytes can send body to dst: the body has 1 to
// maxFrame bytes ([ErrTooLong]), and dst is one station or [espnow.Broadcast], the only group that ESP-NOW documents.
func CheckFrame(dst espnow.Addr, body []byte, maxFrame int) error {
	switch {
	case len(body) == 0:
		return errors.New("radio: empty frame: ESP-NOW sends at least 1 byte")
	case len(body) > maxFrame:
		return fmt.Errorf("%w: %d bytes, this radio sends %d at most: split the message", ErrTooLong, len(body), maxFrame)
	case dst.IsGroup() && !dst.IsBroadcast():
		return fmt.Errorf("radio: cannot send to the group %v: want the address of one station or broadcast", dst)
	}
	return nil
}
