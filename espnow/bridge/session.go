package bridge

import (
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// maxWindow is how many messages may be on the way at once: enough to fill a round trip, few enough to hold.
const maxWindow = 256

// connection is one accepted connection to the broker, from CONNACK to its end.
type connection struct {
	conn      net.Conn
	window    int    // how many PUBLISH packets above QoS 0 the broker takes unacknowledged
	maxPacket uint32 // bytes of the largest packet that it takes; 0 if it did not say

	acks chan packets.ControlPacket // PUBACKs; has room for a window of them
	lost chan struct{}              // closed when the connection is gone
	end  reason                     // why the broker ended it, 0 if without a word; valid when lost is closed
}

// session is paho's session state, which gives packet identifiers and finds the packet of an answer, and tells the
// publisher of connections. Through it PUBLISH packets go out with a whole window on the way, in one order and with the
// broker's verdict on each, none of which autopaho's own calls to publish offer.
//
// The broker is asked for no session: the bridge holds what is unacknowledged itself.
type session struct {
	*state.State
	up chan *connection // the newest one, until the publisher takes it

	mu      sync.Mutex // guards the fields below
	current *connection
	lastEnd reason // of the connection before
}

func newSession() *session {
	return &session{State: state.NewInMemory(), up: make(chan *connection, 1)}
}

// ConAckReceived is called by paho when the broker has accepted a connection, before anything else is sent.
func (s *session) ConAckReceived(w io.Writer, connect *packets.Connect, ack *packets.Connack) error {
	conn, ok := w.(net.Conn)
	if !ok {
		return fmt.Errorf("connection is a %T, want a net.Conn", w)
	}
	if err := s.State.ConAckReceived(w, connect, ack); err != nil {
		return err
	}
	c := &connection{
		conn:   conn,
		window: maxWindow,
		acks:   make(chan packets.ControlPacket, maxWindow),
		lost:   make(chan struct{}),
	}
	if p := ack.Properties; p != nil {
		if p.ReceiveMaximum != nil {
			c.window = max(1, min(c.window, int(*p.ReceiveMaximum))) // 0 is against the standard, and would wedge
		}
		if p.MaximumPacketSize != nil {
			c.maxPacket = *p.MaximumPacketSize
		}
	}
	s.mu.Lock()
	s.current = c
	s.mu.Unlock()
	select {
	case <-s.up: // one that came and went unseen
	default:
	}
	s.up <- c
	return nil
}

// ConnectionLost is called by paho at least once at the end of a connection, first with what the broker said, if it
// did.
func (s *session) ConnectionLost(d *packets.Disconnect) error {
	err := s.State.ConnectionLost(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return err
	}
	s.lastEnd = 0
	if d != nil {
		s.lastEnd = reason(d.ReasonCode)
	}
	s.current.end = s.lastEnd
	close(s.current.lost)
	s.current = nil
	return err
}

// ended is why the broker ended the last connection; 0 if it gave no reason.
func (s *session) ended() reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastEnd
}

// hangUp closes the connection, if there is one, without a goodbye.
func (s *session) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		_ = s.current.conn.Close()
	}
}

// write sends whole packets, with nothing between them, and returns how many bytes of them went.
func (c *connection) write(batch []byte) (int, error) {
	if l, ok := c.conn.(sync.Locker); ok { // as paho does where a connection's Write is not atomic
		l.Lock()
		defer l.Unlock()
	}
	return c.conn.Write(batch)
}
