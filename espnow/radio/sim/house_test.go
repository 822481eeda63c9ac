package sim

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// hear sends a frame and returns who hears it, by the last octet of the address.
func hear(t testing.TB, m *Medium, from *Station, dst espnow.Addr, body []byte) (who []byte, frames []Event) {
	t.Helper()
	mustSend(t, from, dst, body)
	drain(m, func(e Event) {
		if e.Kind == Received {
			who = append(who, e.Station.Addr()[5])
			e.Frame.Body = bytes.Clone(e.Frame.Body)
			frames = append(frames, e)
		}
	})
	return who, frames
}

func mustTune(t testing.TB, s *Station, channel uint8) {
	t.Helper()
	if err := s.Tune(channel); err != nil {
		t.Fatal(err)
	}
}

func TestChannels(t *testing.T) {
	m := newMedium(t, Config{})
	var stations []*Station
	for i := range 14 {
		s := newStation(t, m, i+1, 250)
		if s.Channel() != 1 {
			t.Errorf("a new station is on channel %d", s.Channel())
		}
		mustTune(t, s, uint8(i+1))
		stations = append(stations, s)
	}
	sender := newStation(t, m, 99, 250)
	for c := uint8(1); c <= 14; c++ {
		mustTune(t, sender, c)
		who, frames := hear(t, m, sender, espnow.Broadcast, []byte("x"))
		if !slices.Equal(who, []byte{c}) || frames[0].Frame.Channel != c {
			t.Errorf("channel %d: %v hear it", c, who)
		}
		other := stations[c%14]
		if who, _ := hear(t, m, sender, other.Addr(), []byte("x")); len(who) != 0 {
			t.Errorf("channel %d: %v on channel %d hears it", c, who, other.Channel())
		}
	}
	for _, bad := range []uint8{0, 15} {
		if sender.Tune(bad) == nil {
			t.Errorf("channel %d is taken", bad)
		}
	}
	if s := m.Stats(); s.Unheard != 14 || s.Overheard != 0 {
		t.Errorf("%+v", s)
	}
}

// Each channel has an air of its own.
func TestChannelsDoNotWait(t *testing.T) {
	m := newMedium(t, Config{})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	mustTune(t, b, 6)
	mustSend(t, a, espnow.Broadcast, make([]byte, 250))
	mustSend(t, b, espnow.Broadcast, make([]byte, 250))
	drain(m, func(Event) {})
	if got, want := m.Now(), Rate1M.Airtime(250, false, 0); got != want {
		t.Errorf("two frames on two channels take %v, want %v", got, want)
	}
}

// Who is far away does not wait: the air is taken as far as frames are heard, and a little further.
func TestFarApartDoesNotWait(t *testing.T) {
	airtime := Rate1M.Airtime(1, false, 0)
	for metres, want := range map[float64]time.Duration{0: 2 * airtime, 25: 2 * airtime, 100: airtime} {
		m := newMedium(t, DefaultConfig())
		a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
		b.Move(metres, 0)
		mustSend(t, a, espnow.Broadcast, []byte("x"))
		mustSend(t, b, espnow.Broadcast, []byte("y"))
		drain(m, func(Event) {})
		if m.Now() != want {
			t.Errorf("%v m apart, two frames take %v, want %v", metres, m.Now(), want)
		}
	}
}

func TestOverhearing(t *testing.T) {
	const n = 4000
	m := newMedium(t, Config{Overhear: .4})
	var at [4]*Station
	for i := range at {
		at[i] = newStation(t, m, i, 250)
		mustTune(t, at[i], uint8(6+i))
	}
	sender := newStation(t, m, 99, 250)
	mustTune(t, sender, 6)
	for range n {
		hear(t, m, sender, espnow.Broadcast, []byte("x"))
	}
	for i, p := range []float64{1, .4, .1, 0} {
		within(t, fmt.Sprintf("%d channels away", i), at[i].Stats().Delivered, n, p)
		if s := at[i].Stats(); i > 0 && s.Overheard != s.Delivered {
			t.Errorf("%+v", s)
		}
	}
}

func TestPath(t *testing.T) {
	m := newMedium(t, Config{Path: Path{Reference: -50, Exponent: 3, Floor: -95}})
	sender, s := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	sender.Move(3, 4)
	for _, c := range []struct {
		x, y float64
		rssi int8 // 0: not heard
	}{{3, 4, -50}, {3.5, 4, -50}, {13, 4, -80}, {3, 34, -94}, {3, 4 + 31.5, -95}, {3, 4 + 31.7, 0}} {
		s.Move(c.x, c.y)
		_, frames := hear(t, m, sender, espnow.Broadcast, []byte("x"))
		var got int8
		if len(frames) == 1 {
			got = frames[0].Frame.RSSI
		}
		if got != c.rssi {
			t.Errorf("at %v, %v: %d dBm, want %d", c.x, c.y, got, c.rssi)
		}
	}
}

func TestShadowing(t *testing.T) {
	const n, sigma = 4000, 4
	m := newMedium(t, Config{Path: Path{Reference: -60, Floor: -100, Shadowing: sigma}})
	sender := newStation(t, m, 1, 250)
	newStation(t, m, 2, 250)
	var sum, squares float64
	for range n {
		_, frames := hear(t, m, sender, espnow.Broadcast, []byte("x"))
		v := float64(frames[0].Frame.RSSI)
		sum += v
		squares += v * v
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	if math.Abs(mean+60) > .3 || math.Abs(deviation-sigma) > .3 {
		t.Errorf("%.2f ± %.2f dBm, want -60 ± %d", mean, deviation, sigma)
	}
}

// What is too weak by two standard deviations is heard now and then.
func TestShadowingCarriesFar(t *testing.T) {
	const n = 4000
	m := newMedium(t, Config{Path: Path{Reference: -50, Exponent: 2, Floor: -82, Shadowing: 4}})
	sender, s := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	s.Move(0, 100) // -90 dBm
	for range n {
		hear(t, m, sender, espnow.Broadcast, []byte("x"))
	}
	within(t, "heard", s.Stats().Delivered, n, .0228)
}

// Of a link with bursts, losses follow losses; their share is that of Gilbert and Elliott.
func TestBursts(t *testing.T) {
	const n = 20000
	burst := Burst{Enter: .02, Leave: .1, Loss: .9}
	m := newMedium(t, Config{Burst: burst})
	sender, s := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	lost, pairs, before := 0, 0, false
	for range n {
		who, _ := hear(t, m, sender, espnow.Broadcast, []byte("x"))
		now := len(who) == 0
		if now {
			lost++
			if before {
				pairs++
			}
		}
		before = now
	}
	bad := burst.Enter / (burst.Enter + burst.Leave)
	if share := float64(lost) / n; math.Abs(share-bad*burst.Loss) > .03 {
		t.Errorf("%.3f lost, want %.3f", share, bad*burst.Loss)
	}
	if again := float64(pairs) / float64(lost); math.Abs(again-(1-burst.Leave)*burst.Loss) > .05 {
		t.Errorf("%.3f of losses follow one, want %.3f", again, (1-burst.Leave)*burst.Loss)
	}
	if got := s.Stats().Lost; got != uint64(lost) {
		t.Errorf("%d counted, %d seen", got, lost)
	}
}

// A link is directed, and can be unlike all others.
func TestLinks(t *testing.T) {
	const n = 2000
	m := newMedium(t, Config{})
	a, b, c := newStation(t, m, 1, 250), newStation(t, m, 2, 250), newStation(t, m, 3, 250)
	if err := m.SetLink(a.Addr(), b.Addr(), Link{Loss: .5}); err != nil {
		t.Fatal(err)
	}
	for range n {
		hear(t, m, a, espnow.Broadcast, []byte("x"))
		hear(t, m, b, espnow.Broadcast, []byte("x"))
	}
	within(t, "a to b", b.Stats().Delivered, n, .5)
	if a.Stats().Delivered != n || c.Stats().Delivered != 2*n {
		t.Errorf("a heard %d, c %d", a.Stats().Delivered, c.Stats().Delivered)
	}
	if err := m.SetLink(a.Addr(), b.Addr(), Link{}); err != nil {
		t.Fatal(err)
	}
	before := b.Stats().Lost
	for range 100 {
		hear(t, m, a, espnow.Broadcast, []byte("x"))
	}
	if b.Stats().Lost != before {
		t.Error("a link that is as all others loses")
	}
	if err := m.SetLink(a.Addr(), b.Addr(), Link{Loss: 1.1}); err == nil || !strings.Contains(err.Error(), "Loss") {
		t.Errorf("%v", err)
	}
}

func TestCut(t *testing.T) {
	m := newMedium(t, Config{})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	newStation(t, m, 3, 250)
	m.Cut(b.Addr(), a.Addr())
	for _, from := range []*Station{a, b} {
		if who, _ := hear(t, m, from, espnow.Broadcast, []byte("x")); !slices.Contains(who, 3) || len(who) != 1 {
			t.Errorf("%v hear %v", who, from.Addr())
		}
	}
	if who, _ := hear(t, m, a, b.Addr(), []byte("x")); len(who) != 0 {
		t.Error("heard through a cut")
	}
	m.Heal(a.Addr(), b.Addr())
	if who, _ := hear(t, m, a, b.Addr(), []byte("x")); len(who) != 1 {
		t.Error("not heard after it healed")
	}
}

func TestCorruption(t *testing.T) {
	const n = 2000
	m := newMedium(t, Config{Corrupt: .5})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	body := bytes.Repeat([]byte{0x55}, 100)
	bad := uint64(0)
	for range n {
		_, frames := hear(t, m, a, b.Addr(), body)
		flips := 0
		for i, octet := range frames[0].Frame.Body {
			flips += bits.OnesCount8(octet ^ body[i])
		}
		if flips > maxFlips {
			t.Fatalf("%d bits flipped", flips)
		}
		if flips > 0 {
			bad++
		}
	}
	within(t, "corrupted", b.Stats().Corrupted, n, .5)
	if bad < b.Stats().Corrupted*9/10 { // two flips of one bit undo each other
		t.Errorf("%d of %d show it", bad, b.Stats().Corrupted)
	}
}

func TestDelay(t *testing.T) {
	m := newMedium(t, Config{Delay: 10 * time.Millisecond})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	least, most := time.Hour, time.Duration(0)
	for range 500 {
		start := max(m.Now(), m.grid.free[a.cell])
		mustSend(t, a, b.Addr(), []byte("x"))
		drain(m, func(e Event) {
			if e.Kind == Received {
				late := m.Now() - start - Rate1M.Airtime(1, true, 0)
				least, most = min(least, late), max(most, late)
			}
		})
	}
	if least < 0 || least > time.Millisecond || most > 10*time.Millisecond || most < 9*time.Millisecond {
		t.Errorf("%v to %v late, want 0 to 10 ms", least, most)
	}
}

func TestPeers(t *testing.T) {
	m := newMedium(t, Config{MaxPeers: 3})
	s := newStation(t, m, 1, 250)
	if err := s.Send(addr(2), []byte("x")); !errors.Is(err, ErrNoPeer) {
		t.Errorf("to a stranger: %v", err)
	}
	for i, want := range []error{nil, nil, nil, ErrPeersFull} {
		if err := s.AddPeer(addr(10 + i)); !errors.Is(err, want) {
			t.Errorf("peer %d: %v, want %v", i, err, want)
		}
	}
	if err := s.AddPeer(addr(10)); !errors.Is(err, ErrPeerExists) {
		t.Errorf("twice: %v", err)
	}
	if err := s.RemovePeer(addr(20)); !errors.Is(err, ErrNoPeer) {
		t.Errorf("remove a stranger: %v", err)
	}
	if err := s.RemovePeer(addr(11)); err != nil {
		t.Error(err)
	}
	if err := s.AddPeer(espnow.Broadcast); err != nil {
		t.Error(err)
	}
	mustSend(t, s, espnow.Broadcast, []byte("x"))
	free := newMedium(t, Config{})
	mustSend(t, newStation(t, free, 1, 250), addr(2), []byte("x")) // no list, no limit
}

func TestNoMemory(t *testing.T) {
	const n = 2000
	m := newMedium(t, Config{NoMemory: .3})
	s := newStation(t, m, 1, 250)
	for range n {
		if err := s.Send(espnow.Broadcast, []byte("x")); err != nil && !errors.Is(err, radio.ErrNoMemory) {
			t.Fatal(err)
		}
		drain(m, func(Event) {})
	}
	within(t, "refused", s.Stats().NoMemory, n, .3)
	if st := s.Stats(); st.Sent+st.NoMemory != n {
		t.Errorf("%+v", st)
	}
}

// A callback that is lost leaves the radio free for the next frame, but nobody knows.
func TestLostCallbacks(t *testing.T) {
	const n = 2000
	m := newMedium(t, Config{LostCallbacks: .3})
	s := newStation(t, m, 1, 250)
	told := uint64(0)
	for range n {
		mustSend(t, s, espnow.Broadcast, []byte("x"))
		drain(m, func(Event) { told++ })
	}
	within(t, "lost", s.Stats().LostCallbacks, n, .3)
	if told+s.Stats().LostCallbacks != n {
		t.Errorf("%d told, %+v", told, s.Stats())
	}
	if _, err := NewAir(Config{LostCallbacks: .1}); err == nil {
		t.Error("an Air takes it")
	}
}

func TestTapAndInject(t *testing.T) {
	m := newMedium(t, Config{Loss: 1, Retries: 2})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 1470)
	mustTune(t, b, 6)
	var tapped []string
	m.Tap(func(f Tapped) {
		tapped = append(tapped, fmt.Sprintf("%v>%v %d %s %v", f.Src, f.Dst, f.Channel, f.Body, f.Injected))
	})
	hear(t, m, a, b.Addr(), []byte("x"))
	if err := m.Configure(Config{Retries: 2}); err != nil {
		t.Fatal(err)
	}
	if err := m.Configure(Config{Loss: 2}); err == nil {
		t.Error("a loss of 2 is taken")
	}
	if err := m.Inject(6, a.Addr(), b.Addr(), []byte("forged")); err != nil {
		t.Fatal(err)
	}
	var got []string
	drain(m, func(e Event) {
		got = append(got, fmt.Sprintf("%v %d %v %s", e.Station.Addr(), e.Kind, e.Frame.Src, e.Frame.Body))
	})
	if want := []string{fmt.Sprintf("%v %d %v forged", b.Addr(), Received, a.Addr())}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want := []string{
		fmt.Sprintf("%v>%v 1 x false", a.Addr(), b.Addr()), fmt.Sprintf("%v>%v 6 forged true", a.Addr(), b.Addr()),
	}
	if !slices.Equal(tapped, want) {
		t.Errorf("%q, want %q", tapped, want)
	}
	for _, bad := range []error{
		m.Inject(0, a.Addr(), b.Addr(), []byte("x")), m.Inject(15, a.Addr(), b.Addr(), []byte("x")), m.Inject(1, a.Addr(), b.Addr(), nil),
	} {
		if bad == nil {
			t.Error("injected")
		}
	}
	if err := m.Inject(1, a.Addr(), b.Addr(), make([]byte, 1471)); !errors.Is(err, radio.ErrTooLong) {
		t.Errorf("%v", err)
	}
}

// Addresses that were made up neither have links nor change those of the stations that they name, and no cut stops them.
func TestInjectedHasNoLink(t *testing.T) {
	m := newMedium(t, Config{Burst: Burst{Enter: .5, Leave: .5, Loss: 1}})
	a, b := newStation(t, m, 1, 250), newStation(t, m, 2, 250)
	hear(t, m, a, b.Addr(), []byte("x"))
	links := len(m.links)
	if err := m.SetLink(a.Addr(), b.Addr(), Link{Loss: 1}); err != nil {
		t.Fatal(err)
	}
	m.Cut(a.Addr(), b.Addr())
	before := b.Stats().Delivered
	for i := range 100 {
		if err := errors.Join(m.Inject(1, addr(100+i), b.Addr(), []byte("x")), m.Inject(1, a.Addr(), b.Addr(), []byte("x"))); err != nil {
			t.Fatal(err)
		}
		drain(m, func(Event) {})
	}
	if len(m.links) != links {
		t.Errorf("%d links, before %d", len(m.links), links)
	}
	if got := b.Stats().Delivered - before; got != 200 || m.Stats().Injected != 200 {
		t.Errorf("%d of 200 arrived, %+v", got, m.Stats())
	}
}

func TestHouseConfigLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Config)
		ok   bool
	}{
		{"Burst.Enter", func(c *Config) { c.Burst.Enter = 1.1 }, false},
		{"Burst.Leave", func(c *Config) { c.Burst.Leave = -.1 }, false},
		{"Burst.Loss", func(c *Config) { c.Burst.Loss = math.NaN() }, false},
		{"Corrupt", func(c *Config) { c.Corrupt = 2 }, false},
		{"Overhear", func(c *Config) { c.Overhear = 2 }, false},
		{"NoMemory", func(c *Config) { c.NoMemory = 2 }, false},
		{"LostCallbacks", func(c *Config) { c.LostCallbacks = 2 }, false},
		{"Delay", func(c *Config) { c.Delay = -1 }, false},
		{"Delay", func(c *Config) { c.Delay = time.Minute + 1 }, false},
		{"Delay", func(c *Config) { c.Delay = time.Minute }, true},
		{"MaxPeers", func(c *Config) { c.MaxPeers = 1 }, false},
		{"MaxPeers", func(c *Config) { c.MaxPeers = 2 }, true},
		{"MaxPeers", func(c *Config) { c.MaxPeers = 20 }, true},
		{"MaxPeers", func(c *Config) { c.MaxPeers = 21 }, false},
		{"Path", func(c *Config) { c.Path.Exponent = -1 }, false},
		{"Path", func(c *Config) { c.Path.Exponent = 10.1 }, false},
		{"Path", func(c *Config) { c.Path.Shadowing = 31 }, false},
		{"Path", func(c *Config) { c.Path.Reference = 21 }, false},
		{"Path", func(c *Config) { c.Path.Floor = -129 }, false},
		{"Path", func(c *Config) { c.Path = Path{20, 10, -128, 30} }, true},
	} {
		cfg := DefaultConfig()
		c.set(&cfg)
		if err := cfg.Check(); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
