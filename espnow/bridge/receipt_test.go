package bridge

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
)

// receipts returns n of them, of one node's messages at a gateway of an open network.
func receipts(t *testing.T, n int) []link.Receipt {
	t.Helper()
	cfg := link.DefaultGatewayConfig(gatewayAddr)
	cfg.Random = bytes.NewReader(make([]byte, 1024))
	cfg.Fragments.SourceMessages = max(n, cfg.Fragments.SourceMessages)
	g, err := link.NewGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	handle := func(p espnow.Packet) (given []link.Receipt) {
		t.Helper()
		body, err := p.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		g.Handle(0, link.Frame{Src: nodeAddr, Dst: gatewayAddr, Body: body})
		for event, ok := g.Poll(0); ok; event, ok = g.Poll(0) {
			if m, ok := event.(*link.Message); ok {
				given = append(given, m.Receipt)
			}
		}
		return given
	}
	answer := func() *espnow.Connack {
		t.Helper()
		out, ok := g.Transmit(0)
		if !ok {
			t.Fatal("the gateway does not answer")
		}
		walk := espnow.Walk(out.Body)
		raw, _ := walk.Next()
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return p.(*espnow.Connack)
	}
	handle(&espnow.Connect{Version: 1, Nonce: 1})
	handle(&espnow.Connect{
		Flags: espnow.ConnectJoin, Version: 1, Nonce: 2, Cookie: answer().Cookie,
		Hello: espnow.Hello{Boot: 1, MaxMessage: 1 << 16, MaxFrame: espnow.MaxFrameV1, KeepAlive: 60, Window: 64},
	})
	answer()
	var all []link.Receipt
	for i := range n {
		all = append(all, handle(&espnow.Publish{Flags: espnow.PublishAck, MessageID: uint16(i), Data: []byte{0}})...)
	}
	if len(all) != n {
		t.Fatalf("%d messages with receipts, want %d", len(all), n)
	}
	return all
}

// settled keeps what a bridge says of messages.
type settled struct {
	mu    sync.Mutex
	taken map[link.Receipt][]bool
}

func (s *settled) settle(r link.Receipt, taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = map[link.Receipt][]bool{}
	}
	s.taken[r] = append(s.taken[r], taken)
}

// of returns what was said of a message.
func (s *settled) of(r link.Receipt) []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken[r])
}

func (s *settled) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

func promised(r link.Receipt, payload string) link.Message {
	return link.Message{From: nodeAddr, Payload: []byte(payload), Receipt: r}
}

// TestPromisedIsNeverDropped overflows a queue with both kinds.
func TestPromisedIsNeverDropped(t *testing.T) {
	const size, each = 2, 5
	cfg, _ := quick("tcp://" + mosquitto.FreeAddr())
	cfg.QueueSize = size
	var said settled
	b := start(t, cfg)
	for i, r := range receipts(t, each) {
		b.Deliver(promised(r, "p"+strconv.Itoa(i)), arrival, said.settle)
		deliverNumbers(b, i, i+1)
	}
	st := b.Stats()
	checkSum(t, st)
	if st.Queued != each+size || st.Dropped != each-size {
		t.Errorf("%+v", st)
	}
	var got []string
	for b.queue.len() > 0 {
		got = append(got, string(b.queue.pop().Payload))
	}
	if diff := cmp.Diff([]string{"p0", "p1", "p2", "p3", "3", "p4", "4"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if said.count() > 0 {
		t.Errorf("settled without a broker: %v", said.taken)
	}
}

// TestSettled wants the broker's verdict on a message told, once, and nothing before it.
func TestSettled(t *testing.T) {
	promise := receipts(t, 2)
	for _, tt := range []struct {
		reason reason
		taken  bool
	}{
		{packets.PubackSuccess, true},
		{packets.PubackNoMatchingSubscribers, true},
		{packets.PubackNotAuthorized, false},
	} {
		t.Run(tt.reason.String(), func(t *testing.T) {
			came, verdict := make(chan struct{}), make(chan struct{})
			url := script(t, func(_ int, p peer) {
				p.accept(packets.Properties{})
				first := p.next()
				if first == nil {
					return
				}
				close(came)
				<-verdict
				p.ack(first, tt.reason)
				for p.next() != nil { // until the bridge goes
				}
			})
			cfg, _ := quick(url)
			var said settled
			b := start(t, cfg)
			b.Deliver(promised(promise[0], "one"), arrival, said.settle)
			<-came
			if said.count() > 0 {
				t.Error("settled before the broker's answer")
			}
			close(verdict)
			eventually(t, "settled", func() bool { return said.count() > 0 })
			deliverNumbers(b, 0, 1) // promised to nobody
			b.Deliver(promised(promise[1], "two"), arrival, said.settle)
			eventually(t, "on its way", func() bool { return b.Stats().InFlight == 2 })
			if got := said.of(promise[0]); !slices.Equal(got, []bool{tt.taken}) || said.count() != 1 {
				t.Errorf("settled as %v, want once %t; of all: %v", got, tt.taken, said.taken)
			}
		})
	}
}

// TestSettledWithoutAnAnswer has messages that no broker ever says anything of.
func TestSettledWithoutAnAnswer(t *testing.T) {
	promise := receipts(t, 3)
	t.Run("more than MQTT can carry", func(t *testing.T) {
		cfg, _ := quick("tcp://" + mosquitto.FreeAddr())
		var said settled
		b := start(t, cfg)
		m := promised(promise[0], "")
		m.Topic = []byte(strings.Repeat("t", maxTopic+1))
		b.Deliver(m, arrival, said.settle)
		if got := said.of(promise[0]); !slices.Equal(got, []bool{false}) {
			t.Errorf("settled as %v, want once false", got)
		}
		checkSum(t, b.Stats())
	})
	t.Run("at most once", func(t *testing.T) {
		came := make(chan string, 1)
		url := script(t, func(_ int, p peer) {
			p.accept(packets.Properties{})
			if m := p.next(); m != nil {
				came <- string(m.Payload)
			}
			p.next()
		})
		cfg, _ := quick(url)
		cfg.AtMostOnce = true
		var said settled
		b := start(t, cfg)
		b.Deliver(promised(promise[0], "one"), arrival, said.settle)
		receive(t, 1, came)
		eventually(t, "settled", func() bool { return said.count() == 1 })
		if got := said.of(promise[0]); !slices.Equal(got, []bool{true}) {
			t.Errorf("settled as %v, want once true", got)
		}
	})
	t.Run("closed", func(t *testing.T) {
		url := script(t, func(_ int, p peer) {
			p.accept(packets.Properties{})
			for p.next() != nil {
			}
		})
		cfg, _ := quick(url)
		var said settled
		b := start(t, cfg)
		b.Deliver(promised(promise[0], "in flight"), arrival, said.settle)
		eventually(t, "on its way", func() bool { return b.Stats().InFlight == 1 })
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := b.Close(ctx); err == nil {
			t.Error("Close says nothing of what is left")
		}
		b.Deliver(promised(promise[1], "too late"), arrival, said.settle)
		if said.count() > 0 {
			t.Errorf("settled: %v", said.taken)
		}
		st := b.Stats()
		checkSum(t, st)
		if st.Received != 1 || st.Dropped != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestBrokerAwayIsNoAcknowledgement wants nothing settled until a real broker is back.
func TestBrokerAwayIsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	const n = 8
	broker := mosquittotest.Start(t, mosquittotest.Options{Persistent: true})
	s := subscribe(t, broker.URL, "/device/#")
	broker.Restart()
	cfg, _ := quick(broker.URL)
	cfg.QueueSize = 1
	var said settled
	b := start(t, cfg)
	eventually(t, "connected", func() bool { return b.Stats().Connected })
	broker.Kill()
	promise := receipts(t, n)
	for i, r := range promise {
		b.Deliver(promised(r, strconv.Itoa(i)), arrival, said.settle)
	}
	time.Sleep(5 * cfg.BackoffMax)
	if said.count() > 0 {
		t.Errorf("settled without a broker: %v", said.taken)
	}
	broker.Restart()
	eventually(t, "all settled", func() bool { return said.count() == n })
	for i, r := range promise {
		if got := said.of(r); !slices.Equal(got, []bool{true}) {
			t.Errorf("message %d is settled as %v, want once true", i, got)
		}
	}
	eventually(t, "all arrived", func() bool { return len(firstCopies(s.payloads(nodeTopic))) == n })
}

// TestBrokerKilledBeforePuback kills a real broker that has taken messages and whose answers are not yet here.
func TestBrokerKilledBeforePuback(t *testing.T) {
	t.Parallel()
	const n = 8
	broker := mosquittotest.Start(t, mosquittotest.Options{Persistent: true})
	s := subscribe(t, broker.URL, "/device/#")
	broker.Restart()
	path := relay(t, broker.Addr)
	cfg, _ := quick(path.url)
	var said settled
	b := start(t, cfg)
	deliverNumbers(b, n, n+1)
	eventually(t, "a message is through", func() bool { return b.Stats().Published == 1 }) // and the status before it
	path.mute(true)
	promise := receipts(t, n)
	for i, r := range promise {
		b.Deliver(promised(r, strconv.Itoa(i)), arrival, said.settle)
	}
	eventually(t, "at the subscriber", func() bool { return len(s.payloads(nodeTopic)) > 1 })
	broker.Kill()
	if said.count() > 0 {
		t.Errorf("settled before the answer: %v", said.taken)
	}
	path.mute(false)
	broker.Restart()
	eventually(t, "all settled", func() bool { return said.count() == n })
	for i, r := range promise {
		if got := said.of(r); !slices.Equal(got, []bool{true}) {
			t.Errorf("message %d is settled as %v, want once true", i, got)
		}
	}
	eventually(t, "all arrived", func() bool { return len(firstCopies(s.payloads(nodeTopic))) == n+1 })
	checkSum(t, b.Stats())
}

// wire stands between the bridge and a broker, and can swallow what the broker says.
type wire struct {
	url   string
	mu    sync.Mutex
	muted bool
}

func (w *wire) mute(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = on
}

func relay(t *testing.T, broker string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "tcp://" + l.Addr().String()}
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", broker)
			if err != nil {
				_ = near.Close()
				continue
			}
			ended.Go(func() {
				_, _ = io.Copy(far, near)
				_ = far.Close()
			})
			ended.Go(func() {
				w.back(near, far)
				_ = near.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		ended.Wait()
	})
	return w
}

// back copies what the broker says while the wire is not muted.
func (w *wire) back(near io.Writer, far io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := far.Read(buffer)
		if err != nil {
			return
		}
		w.mu.Lock()
		if !w.muted {
			_, err = near.Write(buffer[:n])
		}
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}
