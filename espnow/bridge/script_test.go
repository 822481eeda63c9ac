package bridge

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
)

// peer is the broker's end of one connection, which a test plays by hand where a real broker cannot be made to do what
// is to be seen.
type peer struct {
	t    *testing.T
	conn net.Conn
}

// script plays a broker: each connection is given to play, with its number, and closed when play returns.
func script(t *testing.T, play func(n int, p peer)) (brokerURL string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			play(n, peer{t, conn})
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return "tcp://" + l.Addr().String()
}

func (p peer) write(content packets.Packet) {
	_, _ = content.WriteTo(p.conn) // a bridge that has gone is seen by the test
}

// connack answers CONNECT.
func (p peer) connack(ack packets.Connack) {
	if _, err := packets.ReadPacket(p.conn); err != nil {
		return
	}
	if ack.Properties == nil {
		ack.Properties = &packets.Properties{}
	}
	p.write(&ack)
}

// accept lets the bridge in and acknowledges its status.
func (p peer) accept(properties packets.Properties) {
	p.connack(packets.Connack{Properties: &properties})
	if m := p.next(); m != nil {
		if m.Topic != statusTopic {
			p.t.Errorf("the first message is %s, want the status", m.Topic)
		}
		p.ack(m, 0)
	}
}

// next reads a PUBLISH; it is nil when the connection has ended, or within can say that nothing came for so long.
func (p peer) next() *packets.Publish { return p.within(patience) }

func (p peer) within(d time.Duration) *packets.Publish {
	_ = p.conn.SetReadDeadline(time.Now().Add(d))
	for {
		c, err := packets.ReadPacket(p.conn)
		if err != nil {
			return nil
		}
		switch content := c.Content.(type) {
		case *packets.Publish:
			return content
		case *packets.Pingreq:
			p.write(&packets.Pingresp{})
		}
	}
}

func (p peer) ack(m *packets.Publish, r reason) {
	p.write(&packets.Puback{PacketID: m.PacketID, ReasonCode: byte(r), Properties: &packets.Properties{}})
}

// ackAll acknowledges what comes, and passes it on, until the bridge goes.
func (p peer) ackAll(to chan<- string) {
	for m := p.next(); m != nil; m = p.next() {
		to <- string(m.Payload)
		p.ack(m, 0)
	}
}

func receive(t *testing.T, n int, from <-chan string) []string {
	t.Helper()
	var got []string
	for range n {
		select {
		case s := <-from:
			got = append(got, s)
		case <-time.After(patience):
			t.Fatalf("%d messages, and no more within %v; want %d", len(got), patience, n)
		}
	}
	return got
}

// deliverNumbers delivers messages whose payloads are the numbers, in decimal.
func deliverNumbers(b *Bridge, from, to int) {
	for i := from; i < to; i++ {
		b.Deliver(link.Message{From: nodeAddr, Payload: []byte(strconv.Itoa(i))}, arrival, nil)
	}
}

// TestHeld has a connection die with a window of messages on the way, some acknowledged, out of order: the rest comes
// again first, in order, and is never dropped, however small the queue.
func TestHeld(t *testing.T) {
	const window, queueSize, sent = 6, 3, 20
	died := make(chan struct{})
	back := make(chan struct{})
	arrived := make(chan string, sent)
	url := script(t, func(n int, p peer) {
		if n > 0 {
			<-back
			p.accept(packets.Properties{})
			p.ackAll(arrived)
			return
		}
		limit := uint16(window)
		p.accept(packets.Properties{ReceiveMaximum: &limit})
		var got []*packets.Publish
		for range window {
			got = append(got, p.next())
		}
		if more := p.within(50 * time.Millisecond); more != nil {
			t.Errorf("the bridge sends %q above the broker's receive maximum of %d", more.Payload, window)
		}
		for _, i := range []int{4, 1} {
			p.ack(got[i], 0)
		}
		close(died)
	})
	cfg, _ := quick(url)
	cfg.QueueSize = queueSize
	b := start(t, cfg)
	eventually(t, "connected", func() bool { return b.Stats().Connected })
	for i := range window { // one by one, so that the queue of 3 cannot overflow before the window is full
		deliverNumbers(b, i, i+1)
		eventually(t, "on its way", func() bool { return b.Stats().InFlight == i+1 })
	}
	<-died
	eventually(t, "two acknowledged", func() bool { st := b.Stats(); return st.Published == 2 && !st.Connected })
	deliverNumbers(b, window, sent)
	st := b.Stats()
	checkSum(t, st)
	if st.InFlight != window-2 || st.Queued != queueSize || st.Dropped != sent-window-queueSize {
		t.Errorf("without a broker: %+v", st)
	}
	close(back)
	got := receive(t, window-2+queueSize, arrived)
	if diff := cmp.Diff([]string{"0", "2", "3", "5", "17", "18", "19"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	eventually(t, "all settled", func() bool { return b.Stats().InFlight == 0 })
	checkSum(t, b.Stats())
}

// TestWindowFull sends to a broker that names no receive maximum.
func TestWindowFull(t *testing.T) {
	const sent = maxWindow + 10
	count := make(chan int, 1)
	url := script(t, func(_ int, p peer) {
		p.accept(packets.Properties{})
		n := 0
		for p.within(200*time.Millisecond) != nil {
			n++
		}
		count <- n
		p.next() // until the bridge goes
	})
	cfg, _ := quick(url)
	b := start(t, cfg)
	deliverNumbers(b, 0, sent)
	if n := <-count; n != maxWindow {
		t.Errorf("%d on the way, want %d", n, maxWindow)
	}
	st := b.Stats()
	checkSum(t, st)
	if st.InFlight != maxWindow || st.Queued != sent-maxWindow {
		t.Errorf("%+v", st)
	}
}

func TestPuback(t *testing.T) {
	for _, tt := range []struct {
		reason  reason
		refused uint64
	}{
		{packets.PubackSuccess, 0},
		{packets.PubackNoMatchingSubscribers, 0},
		{0x7f, 0},
		{packets.PubackUnspecifiedError, 1},
		{packets.PubackNotAuthorized, 1},
		{packets.PubackTopicNameInvalid, 1},
		{0xff, 1},
	} {
		t.Run(tt.reason.String(), func(t *testing.T) {
			arrived := make(chan string, 1)
			url := script(t, func(_ int, p peer) {
				p.accept(packets.Properties{})
				if m := p.next(); m != nil {
					p.ack(m, tt.reason)
				}
				p.ackAll(arrived)
			})
			cfg, l := quick(url)
			b := start(t, cfg)
			deliverNumbers(b, 0, 2)
			if got := receive(t, 1, arrived); got[0] != "1" {
				t.Errorf("after the answer comes %q", got)
			}
			eventually(t, "all settled", func() bool { return b.Stats().InFlight == 0 })
			st := b.Stats()
			checkSum(t, st)
			if st.Refused != tt.refused {
				t.Errorf("%+v", st)
			}
			if n := len(l.matching("message refused")); n != int(tt.refused) {
				t.Errorf("logged %d times", n)
			}
		})
	}
}

// TestQuotaExceeded has a broker take no more for now: what it has not taken comes again after a pause, in order and
// before the rest, and is refused to nobody.
func TestQuotaExceeded(t *testing.T) {
	arrived := make(chan string, 10)
	url := script(t, func(_ int, p peer) {
		p.accept(packets.Properties{})
		for range 3 {
			if m := p.next(); m != nil {
				p.ack(m, packets.PubackQuotaExceeded)
			}
		}
		if m := p.within(quotaPause / 2); m != nil {
			t.Errorf("%s is sent without a pause", m.Payload)
		}
		p.ackAll(arrived)
	})
	cfg, l := quick(url)
	b := start(t, cfg)
	var said settled
	for i, r := range receipts(t, 3) {
		b.Deliver(promised(r, strconv.Itoa(i)), arrival, said.settle)
	}
	eventually(t, "the broker has had enough", func() bool { return len(l.matching("takes no more for now")) > 0 })
	deliverNumbers(b, 3, 5)
	if got, want := strings.Join(receive(t, 5, arrived), " "), "0 1 2 3 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	eventually(t, "all settled", func() bool { return b.Stats().InFlight == 0 })
	st := b.Stats()
	checkSum(t, st)
	if st.Published != 5 || st.Refused != 0 {
		t.Errorf("%+v", st)
	}
	for r, taken := range said.taken {
		if len(taken) != 1 || !taken[0] {
			t.Errorf("message of receipt %v is settled with %v", r, taken)
		}
	}
	if said.count() != 3 {
		t.Errorf("%d are settled", said.count())
	}
	if n := len(l.matching("takes no more for now")); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

// TestBrokerHangsUp ends the connection at one message, again and again, in different ways.
func TestBrokerHangsUp(t *testing.T) {
	const never = 1 << 30
	for _, tt := range []struct {
		name    string
		reason  reason // of a DISCONNECT; 0 hangs up without one
		times   int
		refused bool
		hangUps int // how many it takes
	}{
		{"condemned", packets.DisconnectMalformedPacket, never, true, 2}, // the first time it is not alone
		{"suspected", 0, never, true, maxStrikes + 1},
		{"suspected by name", packets.DisconnectNotAuthorized, never, true, maxStrikes + 1},
		{"spared", 0, maxStrikes, false, maxStrikes},
		{"broker going down", packets.DisconnectServerShuttingDown, 3 * maxStrikes, false, 3 * maxStrikes},
		{"client id used twice", packets.DisconnectSessionTakenOver, 3 * maxStrikes, false, 3 * maxStrikes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			arrived := make(chan string, 100)
			delivered := make(chan struct{})
			var hangUps atomic.Int32
			url := script(t, func(_ int, p peer) {
				<-delivered
				p.accept(packets.Properties{})
				for m := p.next(); m != nil; m = p.next() {
					if string(m.Payload) == "1" && int(hangUps.Load()) < tt.times {
						hangUps.Add(1)
						if tt.reason > 0 {
							p.write(&packets.Disconnect{ReasonCode: byte(tt.reason), Properties: &packets.Properties{}})
						}
						return
					}
					arrived <- string(m.Payload)
					p.ack(m, 0)
				}
			})
			cfg, _ := quick(url)
			b := start(t, cfg)
			deliverNumbers(b, 0, 3)
			close(delivered)
			eventually(t, "all settled", func() bool { st := b.Stats(); return st.Published+st.Refused == 3 })
			st := b.Stats()
			checkSum(t, st)
			if (st.Refused == 1) != tt.refused || int(hangUps.Load()) != tt.hangUps {
				t.Errorf("after %d hang-ups: %+v", hangUps.Load(), st)
			}
			want := []string{"0", "1", "2"}
			if tt.refused {
				want = []string{"0", "2"}
			}
			got := firstCopies(receive(t, len(arrived), arrived))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStatusTrouble hangs up at the gateway's own status, over and over, and then refuses it: no message is lost to
// that, nor counted, and each connection has its own status and its own complaint.
func TestStatusTrouble(t *testing.T) {
	const hangUps = maxStrikes + 1
	arrived := make(chan string, 2)
	url := script(t, func(n int, p peer) {
		p.connack(packets.Connack{})
		status := p.next()
		if status == nil || n < hangUps {
			return
		}
		p.ack(status, packets.PubackNotAuthorized)
		m := p.next()
		if m == nil {
			return
		}
		arrived <- string(m.Payload)
		p.ack(m, 0)
		if n > hangUps {
			p.next() // until the bridge goes
		}
	})
	cfg, l := quick(url)
	b := start(t, cfg)
	for i := range 2 {
		deliverNumbers(b, i, i+1)
		if got := receive(t, 1, arrived)[0]; got != strconv.Itoa(i) {
			t.Errorf("%q arrives, want %d", got, i)
		}
		eventually(t, "published", func() bool { return b.Stats().Published == uint64(i+1) })
	}
	st := b.Stats()
	checkSum(t, st)
	if st.Refused > 0 || st.Connections != hangUps+2 {
		t.Errorf("%+v", st)
	}
	if lines := l.matching("message refused"); len(lines) != 2 || !strings.Contains(lines[0], statusTopic) {
		t.Errorf("logged %q", lines)
	}
}

// TestRefusedThenAccepted goes through the changes of a connection and wants each logged once.
func TestRefusedThenAccepted(t *testing.T) {
	arrived := make(chan string, 1)
	url := script(t, func(n int, p peer) {
		switch {
		case n < 3:
			p.connack(packets.Connack{ReasonCode: packets.ConnackBadUsernameOrPassword})
		case n < 6:
			p.connack(packets.Connack{ReasonCode: packets.ConnackNotAuthorized})
		case n < 9: // no answer
		default:
			p.accept(packets.Properties{})
			p.ackAll(arrived)
		}
	})
	cfg, l := quick(url)
	b := start(t, cfg)
	deliverNumbers(b, 0, 1)
	receive(t, 1, arrived)
	eventually(t, "a log of the connection", func() bool { return len(l.matching("connected to the broker")) > 0 })
	var got []string
	for _, line := range l.matching("level=") {
		_, line, _ = strings.Cut(line, "msg=")
		message, rest, _ := strings.Cut(line, " broker=")
		_, reason, _ := strings.Cut(strings.TrimSpace(rest), "reason=")
		got = append(got, message+reason)
	}
	want := []string{
		`"the broker refuses the connection; messages are kept"` + `"0x86 Bad User Name or Password"`,
		`"the broker refuses the connection; messages are kept"` + `"0x87 Not authorized"`,
		`"cannot reach the broker; messages are kept"`,
		`"connected to the broker"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCloseInTime closes a bridge whose broker has stopped answering.
func TestCloseInTime(t *testing.T) {
	for _, tt := range []struct {
		name  string
		about int // messages
		want  string
	}{
		{"idle", 0, ""},
		{"busy", 3, "bridge: closed with 3 messages undelivered: context deadline exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := script(t, func(_ int, p peer) {
				p.accept(packets.Properties{})
				for p.next() != nil {
				}
			})
			cfg, _ := quick(url)
			b := start(t, cfg)
			eventually(t, "connected", func() bool { return b.Stats().Connected })
			deliverNumbers(b, 0, tt.about)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			err := b.Close(ctx)
			if (err == nil) != (tt.want == "") || err != nil && (err.Error() != tt.want || !errors.Is(err, ctx.Err())) {
				t.Errorf("Close: %v; want %q", err, tt.want)
			}
			<-b.done
			deliverNumbers(b, 0, 1)
			st := b.Stats()
			checkSum(t, st)
			if st.Dropped != 1 || st.Connected {
				t.Errorf("a message after Close: %+v", st)
			}
		})
	}
}

// TestCloseOfStalled closes a bridge whose broker has stopped reading, with more on the way than sockets buffer.
func TestCloseOfStalled(t *testing.T) {
	gone := make(chan struct{})
	url := script(t, func(_ int, p peer) {
		p.accept(packets.Properties{})
		<-gone
	})
	cfg, _ := quick(url)
	b := start(t, cfg)
	eventually(t, "connected", func() bool { return b.Stats().Connected })
	b.Deliver(link.Message{From: nodeAddr, Payload: make([]byte, 32<<20)}, arrival, nil)
	eventually(t, "on its way", func() bool { return b.Stats().InFlight == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := b.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	for _, end := range []<-chan struct{}{b.done, b.broker.Done()} {
		select {
		case <-end:
		case <-time.After(patience):
			t.Error("something goes on after Close")
		}
	}
	close(gone)
}

// TestAtMostOnceHeld has a connection die in the middle of a write at QoS 0: what had not gone comes again.
func TestAtMostOnceHeld(t *testing.T) {
	const sent = 96 // of 256 KiB: more than sockets buffer
	delivered, last := make(chan struct{}), make(chan struct{})
	url := script(t, func(n int, p peer) {
		<-delivered // so that one write has them all
		p.accept(packets.Properties{})
		if n == 0 {
			p.next()
			return
		}
		for m := p.next(); m != nil; m = p.next() {
			if m.Payload[0] == sent-1 {
				close(last)
			}
		}
	})
	cfg, _ := quick(url)
	cfg.AtMostOnce = true
	b := start(t, cfg)
	payload := make([]byte, 256<<10)
	for i := range sent {
		payload[0] = byte(i)
		b.Deliver(link.Message{From: nodeAddr, Payload: payload}, arrival, nil)
	}
	close(delivered)
	select {
	case <-last:
	case <-time.After(patience):
		t.Error("the last message does not arrive")
	}
	eventually(t, "all gone", func() bool { return b.Stats().Published == sent })
	checkSum(t, b.Stats())
}

// TestCloseWithoutBroker closes a bridge that has never seen one.
func TestCloseWithoutBroker(t *testing.T) {
	cfg, _ := quick("tcp://" + mosquitto.FreeAddr())
	drainAndClose(t, start(t, cfg))
}
