package host_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/host"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

var gatewayAddr = nodeAddr(0xff)

func nodeAddr(i byte) espnow.Addr { return espnow.Addr{0x24, 0x6f, 0x28, 0, 0, i} }

// inAir runs f in a bubble of false time, which fails if a goroutine is left.
func inAir(t *testing.T, cfg sim.Config, f func(*testing.T, *sim.Air)) {
	synctest.Test(t, func(t *testing.T) {
		a, err := sim.NewAir(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		f(t, a)
	})
}

func newStation(t *testing.T, a *sim.Air, addr espnow.Addr) *sim.Radio {
	t.Helper()
	r, err := a.NewStation(addr, espnow.MaxFrameV1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func startNode(t *testing.T, r radio.Radio, to espnow.Addr, log *slog.Logger) *host.Node {
	t.Helper()
	cfg := link.DefaultNodeConfig(espnow.Addr{})
	cfg.Gateway, cfg.Random = to, bytes.NewReader(make([]byte, 6)) // message_id begins at 0
	n, err := host.StartNode(r, cfg, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func startGateway(t *testing.T, r radio.Radio, tell func(*link.Message)) *host.Gateway {
	t.Helper()
	g, err := host.StartGateway(r, link.DefaultGatewayConfig(espnow.Addr{}), func(_ *host.Gateway, e link.Event) {
		tell(e.(*link.Message))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func mustPublish(t *testing.T, n *host.Node, m link.Outgoing) {
	t.Helper()
	if err := n.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// sentAll sleeps until nodes have sent all that they queued.
func sentAll(nodes ...*host.Node) {
	for _, n := range nodes {
		for n.Stats().Queued > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	time.Sleep(time.Second) // for copies that were held back
	synctest.Wait()         // what was told is to be read
}

func TestMessagesThroughLossyAir(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.Loss, cfg.Duplicate, cfg.Reorder, cfg.Seed = 0.1, 0.1, 0.1, 1
	inAir(t, cfg, func(t *testing.T, a *sim.Air) {
		type name struct {
			from espnow.Addr
			id   uint16
		}
		got := map[name]string{}
		g := startGateway(t, newStation(t, a, gatewayAddr), func(m *link.Message) {
			key := name{m.From, m.ID}
			if _, ok := got[key]; ok {
				t.Errorf("message %d of %v twice", m.ID, m.From)
			}
			if m.Boot != 0 || m.Raw || m.RSSI == 0 || m.Channel == 0 || string(m.Topic) != "t" {
				t.Errorf("%+v", m)
			}
			got[key] = string(m.Payload)
		})
		defer g.Close()
		const each = 20
		payload := func(node, i int) string {
			size := []int{10, 300, 20 << 10}[node]
			b := bytes.Repeat([]byte{byte(node)}, size)
			binary.LittleEndian.PutUint32(b, uint32(i))
			return string(b)
		}
		nodes := make([]*host.Node, 3)
		for node := range nodes {
			to := espnow.Broadcast
			if node == 2 {
				to = gatewayAddr
			}
			nodes[node] = startNode(t, newStation(t, a, nodeAddr(byte(node))), to, nil)
			defer nodes[node].Close()
		}
		for i := range each {
			for node, n := range nodes {
				mustPublish(t, n, link.Outgoing{Topic: "t", Payload: []byte(payload(node, i))})
			}
			time.Sleep(time.Second)
		}
		sentAll(nodes...)

		arrived := [3]int{}
		for node := range nodes {
			for i := range each {
				if p, ok := got[name{nodeAddr(byte(node)), uint16(i)}]; ok {
					arrived[node]++
					if p != payload(node, i) {
						t.Errorf("message %d of node %d came as another", i, node)
					}
				}
			}
			if s := nodes[node].Stats(); s.Messages != each || s.Queued+int(s.Dropped) != 0 {
				t.Errorf("node %d: %+v", node, s)
			}
		}
		// The MAC repeats what goes by unicast; of broadcasts one in ten is lost, and that of each fragment.
		if arrived[0] < each/2 || arrived[1] < each/3 || arrived[2] != each {
			t.Errorf("arrived of %d each: %v", each, arrived)
		}
		if s := g.Stats(); s.Messages != uint64(len(got)) || s.Drops[espnow.DropReasonDuplicate] == 0 {
			t.Errorf("%+v, %d messages", s, len(got))
		}
	})
}

func TestPublishDoesNotWaitForAMessage(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		n := startNode(t, newStation(t, a, nodeAddr(1)), espnow.Broadcast, nil)
		defer n.Close()
		start := time.Now()
		for range 3 {
			mustPublish(t, n, link.Outgoing{Payload: make([]byte, 20<<10)})
		}
		if s := n.Stats(); s.Queued != 3 {
			t.Errorf("%+v", s)
		}
		if took, frame := time.Since(start), sim.Rate1M.Airtime(250, false, 0); took > 4*frame {
			t.Errorf("4 calls took %v: want at most a frame's %v each", took, frame)
		}
		sentAll(n)
		if s := n.Stats(); s.Messages != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPublishErrors(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		cfg := link.DefaultNodeConfig(espnow.Addr{})
		cfg.Gateway, cfg.QueueMessages = espnow.Broadcast, 1
		n, err := host.StartNode(newStation(t, a, nodeAddr(1)), cfg, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		mustPublish(t, n, link.Outgoing{Payload: make([]byte, 20<<10)})
		want := func(m link.Outgoing, want error) {
			t.Helper()
			if err := n.Publish(t.Context(), m); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		}
		want(link.Outgoing{}, link.ErrFull)
		want(link.Outgoing{Topic: "#"}, espnow.ErrTopic)
		want(link.Outgoing{Payload: make([]byte, 64<<10)}, link.ErrTooLarge)
		n.Close()
		want(link.Outgoing{}, net.ErrClosed)
		want(link.Outgoing{Topic: "#"}, net.ErrClosed)
	})
}

// A node that closes in the middle of a message leaves a part of it at the gateway, which gives it up in time though no
// frame comes.
func TestCloseInTheMiddleOfAMessage(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		g := startGateway(t, newStation(t, a, gatewayAddr), func(m *link.Message) { t.Errorf("told %+v", m) })
		n := startNode(t, newStation(t, a, nodeAddr(1)), gatewayAddr, nil)
		mustPublish(t, n, link.Outgoing{Payload: make([]byte, 20<<10)})
		time.Sleep(50*time.Millisecond + 1) // in the middle of a frame
		start := time.Now()
		n.Close()
		n.Close()
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %v", took)
		}
		s := n.Stats()
		if s.Frames < 5 || s.Messages != 0 || s.Queued != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Second)
		if again := n.Stats(); again != s {
			t.Errorf("%+v became %+v after Close", s, again)
		}
		if s := g.Stats(); s.Partial != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(30 * time.Second)
		g.Close()
		if s := g.Stats(); s.Partial != 0 || s.Drops[espnow.DropReasonExpired] != 1 {
			t.Errorf("not given up: %+v", s)
		}
	})
}

func TestGatewayTellsNothingAfterClose(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		told, hold := 0, make(chan struct{})
		g := startGateway(t, newStation(t, a, gatewayAddr), func(*link.Message) {
			told++
			<-hold
		})
		node := newStation(t, a, nodeAddr(1))
		for range 3 { // the second waits behind the first, the third for the radio
			if err := node.Send(t.Context(), gatewayAddr, []byte("\x30\x03\x01\x00\x00\x30\x03\x02\x00\x00")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		closed := make(chan struct{})
		go func() {
			g.Close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close does not wait for what is being told")
		default:
		}
		close(hold)
		<-closed
		atClose := told
		if err := node.Send(t.Context(), gatewayAddr, []byte("\x30\x03\x03\x00\x00")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := g.Stats(); told != atClose || s.Messages != uint64(told) {
			t.Errorf("told %d messages, %d of them before Close was done; %+v", told, atClose, s)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		r := newStation(t, a, nodeAddr(1))
		if g, err := host.StartGateway(r, link.GatewayConfig{}, nil, nil); g != nil || err == nil {
			t.Errorf("%v, %v", g, err)
		}
		if n, err := host.StartNode(r, link.NodeConfig{}, nil, nil); n != nil || err == nil {
			t.Errorf("%v, %v", n, err)
		}
	})
}

func TestNodeTakesTheRadiosMaxFrame(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		for i, want := range map[byte]uint64{1: 5, 2: 1} { // frames
			r, err := a.NewStation(nodeAddr(i), map[byte]int{1: 250, 2: 1470}[i])
			if err != nil {
				t.Fatal(err)
			}
			cfg := link.DefaultNodeConfig(espnow.Addr{})
			cfg.Gateway, cfg.MaxFrame = gatewayAddr, espnow.MaxFrameV2
			n, err := host.StartNode(r, cfg, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			mustPublish(t, n, link.Outgoing{Payload: make([]byte, 1000)})
			sentAll(n)
			if s := n.Stats(); s.Frames != want {
				t.Errorf("a radio of %d bytes: %+v, want %d frames", r.MaxFrame(), s, want)
			}
		}
	})
}

// moody is a radio that fails while err is set.
type moody struct {
	radio.Radio
	mu  sync.Mutex
	err error
}

func (r *moody) set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *moody) Send(ctx context.Context, dst espnow.Addr, body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	return r.Radio.Send(ctx, dst, body)
}

// logTo logs "level: message: error" lines.
func logTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func wantLog(t *testing.T, log *bytes.Buffer, want ...string) {
	t.Helper()
	synctest.Wait()
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if log.Len() == 0 {
		lines = nil
	}
	log.Reset()
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestFailingRadioIsSaidOnce(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		const (
			fails = `level=ERROR msg="the radio does not send" addr=24:6f:28:00:00:01 err=`
			works = `level=INFO msg="the radio sends again" addr=24:6f:28:00:00:01`
		)
		var log bytes.Buffer
		r := &moody{Radio: newStation(t, a, nodeAddr(1))}
		n := startNode(t, r, gatewayAddr, logTo(&log))
		send := func(err error) {
			r.set(err)
			for range 3 {
				mustPublish(t, n, link.Outgoing{Payload: make([]byte, 1000)})
			}
			sentAll(n)
		}
		send(nil)
		send(radio.ErrNotAcknowledged) // nobody is there: no fault of the radio's
		wantLog(t, &log)
		send(errors.New("burnt"))
		send(radio.ErrTooLong)
		wantLog(t, &log, fails+"burnt")
		send(nil)
		send(nil)
		wantLog(t, &log, works)
		send(net.ErrClosed)
		wantLog(t, &log, fails+`"`+net.ErrClosed.Error()+`"`)
		send(radio.ErrNotAcknowledged)
		wantLog(t, &log, works)
		r.set(nil)
		mustPublish(t, n, link.Outgoing{})
		n.Close() // cuts a frame off, which is no fault of the radio's either
		wantLog(t, &log)
	})
}

func TestRadioThatCloses(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		const addr = ` addr=24:6f:28:00:00:01 err="use of closed network connection"`
		var log bytes.Buffer
		r := newStation(t, a, nodeAddr(1))
		n := startNode(t, r, espnow.Broadcast, logTo(&log))
		r.Close()
		wantLog(t, &log, `level=ERROR msg="the radio receives no more"`+addr)
		for range 3 {
			mustPublish(t, n, link.Outgoing{})
		}
		wantLog(t, &log, `level=ERROR msg="the radio does not send"`+addr)
		n.Close()
		wantLog(t, &log)
	})
}

// Calls come from many goroutines, some of them while the driver closes: under -race this tells what is unguarded.
func TestConcurrentCalls(t *testing.T) {
	inAir(t, sim.DefaultConfig(), func(t *testing.T, a *sim.Air) {
		told := 0
		g := startGateway(t, newStation(t, a, gatewayAddr), func(*link.Message) { told++ })
		n := startNode(t, newStation(t, a, nodeAddr(1)), gatewayAddr, nil)
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 50 {
					if err := n.Publish(t.Context(), link.Outgoing{Payload: make([]byte, 100*i)}); err != nil && !errors.Is(err, net.ErrClosed) {
						t.Error(err)
					}
					n.Stats()
					g.Stats()
					time.Sleep(time.Duration(i) * time.Millisecond)
				}
			})
		}
		wait.Go(func() {
			time.Sleep(100 * time.Millisecond)
			n.Close()
			g.Close()
		})
		wait.Wait()
		if s := g.Stats(); told == 0 || s.Messages != uint64(told) {
			t.Errorf("told %d; %+v", told, s)
		}
	})
}
