package sim

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

func addr(i int) espnow.Addr { return espnow.Addr{0x24, 0x6f, 0x28, 0, byte(i >> 8), byte(i)} }

func newMedium(t testing.TB, cfg Config) *Medium {
	t.Helper()
	m, err := NewMedium(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newStation(t testing.TB, m *Medium, i, maxFrame int) *Station {
	t.Helper()
	s, err := m.NewStation(addr(i), maxFrame)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustSend(t testing.TB, s *Station, dst espnow.Addr, body []byte) {
	t.Helper()
	if err := s.Send(dst, body); err != nil {
		t.Fatal(err)
	}
}

// drain lets everything happen that is due.
func drain(m *Medium, f func(Event)) {
	for {
		at, ok := m.NextDeadline()
		if !ok {
			return
		}
		for e, ok := m.Poll(at); ok; e, ok = m.Poll(at) {
			f(e)
		}
	}
}

// within fails the test unless count, of n trials with probability p each, is within 4 standard deviations of n*p.
// Seeds are fixed, so it passes always or never.
func within(t *testing.T, what string, count uint64, n int, p float64) {
	t.Helper()
	want, deviation := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	if math.Abs(float64(count)-want) > 4*deviation {
		t.Errorf("%s: %d of %d, want %.0f ± %.0f", what, count, n, want, 4*deviation)
	}
}

func TestConfigLimits(t *testing.T) {
	for _, tt := range []struct {
		field string
		set   func(*Config, float64)
		good  []float64
		bad   []float64
	}{
		{"Loss", func(c *Config, v float64) { c.Loss = v }, []float64{0, .5, 1}, []float64{-.001, 1.001, math.NaN()}},
		{"Duplicate", func(c *Config, v float64) { c.Duplicate = v }, []float64{0, 1}, []float64{-1, 1.001, math.Inf(1)}},
		{"Reorder", func(c *Config, v float64) { c.Reorder = v }, []float64{0, 1}, []float64{-.001, 2, math.NaN()}},
		{"Retries", func(c *Config, v float64) { c.Retries = int(v) }, []float64{0, 31}, []float64{-1, 32}},
		{"Rate", func(c *Config, v float64) { c.Rate = Rate(v) }, []float64{0, 19}, []float64{20, 255}},
	} {
		for _, v := range tt.good {
			cfg := DefaultConfig()
			tt.set(&cfg, v)
			if _, err := NewMedium(cfg); err != nil {
				t.Errorf("%s %v: %v", tt.field, v, err)
			}
		}
		for _, v := range tt.bad {
			cfg := DefaultConfig()
			tt.set(&cfg, v)
			if _, err := NewMedium(cfg); err == nil || !strings.Contains(err.Error(), tt.field) {
				t.Errorf("%s %v: error %v, want one that names %s", tt.field, v, err, tt.field)
			}
			if _, err := NewAir(cfg); err == nil {
				t.Errorf("%s %v: NewAir takes it", tt.field, v)
			}
		}
	}
	if got := DefaultConfig().Retries; got != 7 {
		t.Errorf("default retries %d, want 7", got)
	}
}

func TestStationLimits(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	for maxFrame, ok := range map[int]bool{249: false, 250: true, 1470: true, 1471: false} {
		if _, err := m.NewStation(addr(maxFrame), maxFrame); (err == nil) != ok {
			t.Errorf("longest frame %d: %v", maxFrame, err)
		}
	}
	if _, err := m.NewStation(addr(250), 250); !errors.Is(err, ErrAddr) {
		t.Errorf("address twice: %v, want ErrAddr", err)
	}
	if _, err := m.NewStation(espnow.Broadcast, 250); !errors.Is(err, ErrAddr) {
		t.Errorf("broadcast as own address: %v, want ErrAddr", err)
	}
}

func TestSendLimits(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	s := newStation(t, m, 1, espnow.MaxFrameV1)
	if err := s.Send(addr(2), make([]byte, 251)); !errors.Is(err, radio.ErrTooLong) {
		t.Errorf("251 bytes from a v1 radio: %v, want ErrTooLong", err)
	}
	if err := s.Send(addr(2), nil); err == nil {
		t.Error("an empty frame was sent")
	}
	if err := s.Send(espnow.Addr{1}, []byte("x")); err == nil {
		t.Error("a frame to a group was sent")
	}
	if got := s.Stats(); got != (Stats{}) {
		t.Errorf("refused frames are counted: %+v", got)
	}
	mustSend(t, s, addr(2), make([]byte, 250))
	if err := s.Send(addr(2), []byte("x")); !errors.Is(err, ErrBusy) {
		t.Errorf("second frame in flight: %v, want ErrBusy", err)
	}
	drain(m, func(Event) {})
	mustSend(t, s, addr(2), []byte("x"))
}

func TestUnicast(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	from, to := newStation(t, m, 1, espnow.MaxFrameV1), newStation(t, m, 2, espnow.MaxFrameV1)
	newStation(t, m, 3, espnow.MaxFrameV1)
	body := []byte("hello")
	mustSend(t, from, to.Addr(), body)
	body[0] = 'J' // Send has copied it

	end := Rate1M.Airtime(5, true, 0)
	if at, ok := m.NextDeadline(); !ok || at != end {
		t.Fatalf("deadline %v %v, want %v", at, ok, end)
	}
	if e, ok := m.Poll(end - 1); ok {
		t.Fatalf("%+v before the frame ended", e)
	}
	e, ok := m.Poll(end)
	if f := e.Frame; !ok || e.Kind != Received || e.Station != to || string(f.Body) != "hello" ||
		f.Src != from.Addr() || f.Dst != to.Addr() || f.RSSI != -50 || f.Channel != 1 {
		t.Fatalf("first event %+v, want the frame", e)
	}
	if e, ok := m.Poll(end); !ok || e.Kind != Sent || e.Station != from || e.Err != nil {
		t.Fatalf("second event %+v, want the acknowledgement", e)
	}
	if e, ok := m.Poll(time.Hour); ok {
		t.Fatalf("third event %+v", e)
	}
	if m.Now() != time.Hour {
		t.Errorf("now %v, want what Poll was told", m.Now())
	}
	if m.Poll(0); m.Now() != time.Hour {
		t.Errorf("now %v: time went back", m.Now())
	}
}

func TestBroadcastReachesAllOthers(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	var stations []*Station
	for i := range 5 {
		stations = append(stations, newStation(t, m, i, espnow.MaxFrameV1))
	}
	mustSend(t, stations[2], espnow.Broadcast, []byte("all"))
	var heard []*Station
	drain(m, func(e Event) {
		if e.Kind == Received {
			heard = append(heard, e.Station)
		} else if e.Err != nil {
			t.Errorf("broadcast ended with %v", e.Err)
		}
	})
	if len(heard) != 4 || heard[0] != stations[0] || heard[3] != stations[4] {
		t.Errorf("heard by %d stations, want all but the sender, in the order they came", len(heard))
	}
}

func TestNobodyThere(t *testing.T) {
	for name, dst := range map[string]espnow.Addr{"absent": addr(9), "itself": addr(1)} {
		m := newMedium(t, Config{Retries: 3})
		s := newStation(t, m, 1, espnow.MaxFrameV1)
		mustSend(t, s, dst, []byte("x"))
		drain(m, func(e Event) {
			if e.Kind != Sent || !errors.Is(e.Err, radio.ErrNotAcknowledged) {
				t.Errorf("%s: %+v, want ErrNotAcknowledged", name, e)
			}
		})
		if want := (Stats{Sent: 1, Retries: 3, Unacknowledged: 1, Unheard: 1, Airtime: attempts(1, 3)}); s.Stats() != want {
			t.Errorf("%s: %+v, want %+v", name, s.Stats(), want)
		}
	}
}

// attempts is the airtime of a unicast frame of n bytes that is repeated so often, at 1 Mbps.
func attempts(n, retries int) (sum time.Duration) {
	for k := range retries + 1 {
		sum += Rate1M.Airtime(n, true, uint(k))
	}
	return sum
}

func TestTotalLoss(t *testing.T) {
	for _, retries := range []int{0, 1, 7, 31} {
		m := newMedium(t, Config{Loss: 1, Retries: retries})
		from, to := newStation(t, m, 1, espnow.MaxFrameV1), newStation(t, m, 2, espnow.MaxFrameV1)
		mustSend(t, from, to.Addr(), make([]byte, 100))
		drain(m, func(e Event) {
			if e.Kind != Sent || !errors.Is(e.Err, radio.ErrNotAcknowledged) {
				t.Errorf("%d retries: %+v, want ErrNotAcknowledged", retries, e)
			}
		})
		want := Stats{Sent: 1, Retries: uint64(retries), Unacknowledged: 1, Lost: 1, Airtime: attempts(100, retries)}
		if m.Stats() != want {
			t.Errorf("%d retries: %+v, want %+v", retries, m.Stats(), want)
		}
		var airtime time.Duration
		for k := range uint(retries) + 1 {
			airtime += Rate1M.Airtime(100, true, k)
		}
		if m.Now() != airtime {
			t.Errorf("%d retries took %v, want %v", retries, m.Now(), airtime)
		}
	}
}

// A unicast frame is lost when all k+1 attempts are: p^(k+1). Its sender also misses acknowledgements: an attempt fails
// for it with q = 1 - (1-p)^2.
func TestRetries(t *testing.T) {
	const frames = 20_000
	for _, tt := range []struct {
		loss    float64
		retries int
	}{{.1, 0}, {.1, 1}, {.3, 2}, {.5, 7}, {.8, 31}} {
		t.Run(fmt.Sprintf("loss %v, %d retries", tt.loss, tt.retries), func(t *testing.T) {
			m := newMedium(t, Config{Loss: tt.loss, Retries: tt.retries, Rate: Rate54M, Seed: 1})
			from, to := newStation(t, m, 1, espnow.MaxFrameV1), newStation(t, m, 2, espnow.MaxFrameV1)
			ignore := func(Event) {}
			for range frames {
				mustSend(t, from, to.Addr(), []byte("x"))
				drain(m, ignore)
			}
			attempts := float64(tt.retries + 1)
			q := 1 - (1-tt.loss)*(1-tt.loss)
			s := m.Stats()
			within(t, "lost", s.Lost, frames, math.Pow(tt.loss, attempts))
			within(t, "not acknowledged", s.Unacknowledged, frames, math.Pow(q, attempts))
			// The MAC drops the repeats that arrive: nothing is delivered twice.
			if s.Delivered+s.Lost != frames {
				t.Errorf("%d delivered, %d lost, want %d in all", s.Delivered, s.Lost, frames)
			}
			// Retries are a geometric distribution cut off at k: mean q + ... + q^k, variance below q / (1-q)^2.
			mean := 0.0
			for k := range tt.retries {
				mean += math.Pow(q, float64(k+1))
			}
			if got := float64(s.Retries) / frames; math.Abs(got-mean) > 4*math.Sqrt(q/frames)/(1-q) {
				t.Errorf("%.4f retries a frame, want %.4f", got, mean)
			}
		})
	}
}

func TestBroadcastLoss(t *testing.T) {
	const frames, receivers = 5000, 4
	m := newMedium(t, Config{Loss: .2, Retries: 7, Seed: 2})
	from := newStation(t, m, 0, espnow.MaxFrameV1)
	for i := range receivers {
		newStation(t, m, 1+i, espnow.MaxFrameV1)
	}
	all := uint64(0)
	for range frames {
		mustSend(t, from, espnow.Broadcast, []byte("x"))
		heard := 0
		drain(m, func(e Event) {
			if e.Kind == Received {
				heard++
			}
		})
		if heard == receivers {
			all++
		}
	}
	within(t, "lost", m.Stats().Lost, frames*receivers, .2)
	within(t, "heard by all, so independent", all, frames, math.Pow(.8, receivers))
	if r := m.Stats().Retries; r != 0 {
		t.Errorf("%d retries of broadcasts", r)
	}
}

func TestDuplicate(t *testing.T) {
	const frames = 20_000
	m := newMedium(t, Config{Duplicate: .1, Seed: 3})
	from, to := newStation(t, m, 1, espnow.MaxFrameV1), newStation(t, m, 2, espnow.MaxFrameV1)
	twice := uint64(0)
	for range frames {
		mustSend(t, from, to.Addr(), []byte("x"))
		copies := 0
		drain(m, func(e Event) {
			if e.Kind == Received {
				copies++
			}
		})
		if copies == 2 {
			twice++
		} else if copies != 1 {
			t.Fatalf("%d copies of one frame", copies)
		}
	}
	within(t, "delivered twice", twice, frames, .1)
	if s := to.Stats(); s.Duplicated != twice || s.Delivered != frames+twice {
		t.Errorf("%+v, want %d duplicated, %d delivered", s, twice, frames+twice)
	}
}

func TestReorder(t *testing.T) {
	const frames = 5000
	m := newMedium(t, Config{Reorder: .1, Seed: 4})
	from, to := newStation(t, m, 1, espnow.MaxFrameV1), newStation(t, m, 2, espnow.MaxFrameV1)
	airtime := Rate1M.Airtime(2, true, 0)
	longest := 8 * Rate1M.Airtime(2, false, 0)
	sent, overtaken := 0, 0
	var highest int
	var late, held uint64
	send := func() {
		if sent < frames {
			mustSend(t, from, to.Addr(), []byte{byte(sent >> 8), byte(sent)})
			sent++
		}
	}
	send()
	drain(m, func(e Event) {
		if e.Kind == Sent {
			send()
			return
		}
		number := int(e.Frame.Body[0])<<8 | int(e.Frame.Body[1])
		switch delay := m.Now() - time.Duration(number+1)*airtime; {
		case delay < 0 || delay > longest:
			t.Fatalf("frame %d is %v late, want 0 to %v", number, delay, longest)
		case delay > longest/2:
			late++
			held++
		case delay > 0:
			held++
		}
		if number < highest {
			overtaken++
		}
		highest = max(highest, number)
	})
	if s := to.Stats(); s.Reordered != held || s.Delivered != frames {
		t.Errorf("%+v, want %d reordered, all delivered", s, held)
	}
	within(t, "held back", held, frames, .1)
	within(t, "in the later half of the range", late, int(held), .5)
	if overtaken < int(held)/2 {
		t.Errorf("%d of %d frames held back were overtaken", overtaken, held)
	}
}

// A v1 radio acknowledges a v2 frame, for its MAC does that, and never delivers it.
func TestLongFrameToOldRadio(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	from := newStation(t, m, 1, espnow.MaxFrameV2)
	v1, v2 := newStation(t, m, 2, espnow.MaxFrameV1), newStation(t, m, 3, espnow.MaxFrameV2)
	for _, tt := range []struct {
		dst    espnow.Addr
		length int
	}{{v1.Addr(), 250}, {v1.Addr(), 251}, {espnow.Broadcast, 1470}} {
		mustSend(t, from, tt.dst, make([]byte, tt.length))
		drain(m, func(e Event) {
			if e.Err != nil {
				t.Errorf("%d bytes to %v: %v", tt.length, tt.dst, e.Err)
			}
		})
	}
	if want := (Stats{Delivered: 1, TooLong: 2}); v1.Stats() != want {
		t.Errorf("v1: %+v, want %+v", v1.Stats(), want)
	}
	if want := (Stats{Delivered: 1}); v2.Stats() != want {
		t.Errorf("v2: %+v, want %+v", v2.Stats(), want)
	}
}

// A station that leaves cuts off its own frame, hears nothing more, and does not take its counters along.
func TestLeave(t *testing.T) {
	m := newMedium(t, Config{Retries: 7, Reorder: 1})
	a, b, c := newStation(t, m, 1, 250), newStation(t, m, 2, 250), newStation(t, m, 3, 250)
	mustSend(t, a, b.Addr(), []byte("x"))
	mustSend(t, b, c.Addr(), []byte("y"))
	at, _ := m.NextDeadline()
	if e, ok := m.Poll(at); !ok || e.Kind != Sent || e.Station != a {
		t.Fatalf("%+v, want the end of a's frame: its delivery is held back", e)
	}
	b.Leave()
	b.Leave()
	drain(m, func(e Event) { t.Errorf("%+v after its station left", e) })
	if err := b.Send(c.Addr(), []byte("z")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Leave: %v, want net.ErrClosed", err)
	}
	got := m.Stats()
	got.Airtime = 0 // of frames that were cut off, and not
	if want := (Stats{Sent: 2, Reordered: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}

	// Leaving while the events of one moment are told, here the frame's arrival before its outcome.
	m = newMedium(t, DefaultConfig())
	a, b, c = newStation(t, m, 1, 250), newStation(t, m, 2, 250), newStation(t, m, 3, 250)
	mustSend(t, a, espnow.Broadcast, []byte("x"))
	drain(m, func(e Event) {
		if e.Station != b {
			t.Errorf("%+v after its station left", e)
		}
		a.Leave()
		c.Leave()
	})
}

// The address of a station that left is free, and the next to have it starts afresh.
func TestReturn(t *testing.T) {
	m := newMedium(t, DefaultConfig())
	old, c := newStation(t, m, 2, 250), newStation(t, m, 3, 250)
	mustSend(t, old, c.Addr(), []byte("y"))
	old.Leave()
	reborn := newStation(t, m, 2, 250)
	mustSend(t, reborn, c.Addr(), []byte("z"))
	drain(m, func(Event) {})
	if c.Stats().Delivered != 1 || reborn.Stats().Sent != 1 {
		t.Errorf("the address's next station: c %+v, itself %+v", c.Stats(), reborn.Stats())
	}
}

func TestAllocations(t *testing.T) {
	m := newMedium(t, Config{Loss: .3, Duplicate: .3, Reorder: .3, Retries: 7})
	from, to := newStation(t, m, 1, espnow.MaxFrameV2), newStation(t, m, 2, espnow.MaxFrameV2)
	body := make([]byte, espnow.MaxFrameV2)
	ignore := func(Event) {}
	round := func() {
		for range 20 {
			mustSend(t, from, to.Addr(), body)
			drain(m, ignore)
			mustSend(t, from, espnow.Broadcast, body)
			drain(m, ignore)
		}
	}
	round()
	if n := testing.AllocsPerRun(20, round); n != 0 {
		t.Errorf("%v allocations in 40 frames, want none", n)
	}
}
