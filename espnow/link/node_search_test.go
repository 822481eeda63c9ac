package link

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

var otherGw = espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, 7}

// A pass asks the gateway that the node had, then every channel, and listens on each.
func TestNodePass(t *testing.T) {
	p := newProbe(t, func(c *NodeConfig) { c.Home = Home{gwAddr, 11} })
	begin := p.now
	first := p.frame(firstSearch)
	if first.at-begin > firstSearch {
		t.Errorf("the first search after %v", first.at-begin)
	}
	asked := []Home{{first.Dst, first.Channel}}
	nonce, last := p.connect(first).Nonce, first.at
	for range 3 {
		f := p.frame(p.cfg.Listen)
		if p.connect(f).Nonce != nonce || f.at-last != p.cfg.Listen || !checkSearch(p.keys.search, nodeAddr, f.Body) {
			t.Errorf("%x after %v", f.Body, f.at-last)
		}
		asked, last = append(asked, Home{f.Dst, f.Channel}), f.at
	}
	want := []Home{{gwAddr, 11}, {espnow.Broadcast, 1}, {espnow.Broadcast, 6}, {espnow.Broadcast, 11}}
	if !slices.Equal(asked, want) {
		t.Errorf("%v, want %v", asked, want)
	}
	if second := p.frame(firstBackOff + p.cfg.Listen); p.connect(second).Nonce == nonce || second.Dst != gwAddr {
		t.Errorf("the second pass begins with %x to %v, the first one's nonce was %x", second.Body, second.Dst, nonce)
	}
	if s := p.Stats(); s.Searches != 2 || s.KeyExchanges != 0 {
		t.Errorf("%+v", s)
	}
}

// A thousand nodes that start together do not speak together.
func TestNodeFirstSearchIsSpread(t *testing.T) {
	var first []time.Duration
	for seed := range uint64(200) {
		p := newProbe(t, func(c *NodeConfig) { c.Random = seeded(seed) })
		begin := p.now
		first = append(first, p.frame(firstSearch).at-begin)
	}
	wantUniform(t, "the first search", first, 0, firstSearch)
}

// wantUniform wants values that fill a range evenly, roughly.
func wantUniform(t *testing.T, what string, values []time.Duration, from, to time.Duration) {
	t.Helper()
	slices.Sort(values)
	least, most, middle := values[0], values[len(values)-1], values[len(values)/2]
	if tenth := (to - from) / 10; least < from || least > from+tenth || most > to || most < to-tenth ||
		middle < from+3*tenth || middle > from+7*tenth {
		t.Errorf("%s: %v to %v, half of them below %v; want %v to %v", what, least, most, middle, from, to)
	}
}

// Each pass that leads to nothing doubles what the next wait may be, up to 30 s.
func TestNodeBackOff(t *testing.T) {
	const passes = 9
	waits := make([][]time.Duration, passes)
	for seed := range uint64(200) {
		p := newProbe(t, func(c *NodeConfig) { c.Random, c.Channels = seeded(seed), []uint8{1} })
		last := p.frame(firstSearch).at
		for i := range passes {
			f := p.frame(maxBackOff + p.cfg.Listen)
			waits[i] = append(waits[i], f.at-last-p.cfg.Listen)
			last = f.at
		}
	}
	for i, most := range []time.Duration{250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000} {
		wantUniform(t, "a wait", waits[i], 0, most*time.Millisecond)
	}
}

// A gateway that is busy says when to come again, however often the node was in vain before.
func TestNodeBusy(t *testing.T) {
	var waits []time.Duration
	for seed := range uint64(100) {
		h := newProbe(t, func(c *NodeConfig) { c.Random = seeded(seed) }).gateway(gwAddr)
		join := h.offers()
		busy := h.connack(&espnow.Connack{Status: espnow.ConnackStatusBusy, Echo: h.connect(join).Nonce, RetryAfter: 7000})
		told := h.now
		h.hear(gwAddr, busy)
		again := h.search()
		waits = append(waits, again.at-told-7*time.Second-h.cfg.Listen) // channel 6 is the second one asked
		if a, b := h.connect(join).Nonce, h.connect(again).Nonce; a == b {
			t.Errorf("nonce %x again", a)
		}
		h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, busy) }) // replayed
	}
	wantUniform(t, "after busy", waits, 0, firstBackOff)
}

// An answer that comes when the pass is over is one all the same. A busy gateway's, once more, is not.
func TestNodeLateAnswer(t *testing.T) {
	h := newProbe(t, nil).gateway(gwAddr)
	f := h.search()
	late := h.here(f)
	h.wait(2 * h.cfg.Listen)
	if h.seek.phase != seekRest {
		t.Fatalf("%+v", h.seek)
	}
	h.sent = nil
	h.hear(gwAddr, late)
	join := h.frame(0)
	if c := h.connect(join); c.Flags&espnow.ConnectJoin == 0 || join.Channel != 6 {
		t.Fatalf("%x", join.Body)
	}
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, late) })
	busy := h.connack(&espnow.Connack{Status: espnow.ConnackStatusBusy, Echo: h.connect(join).Nonce, RetryAfter: 7000})
	h.hear(gwAddr, busy)
	h.wait(6 * time.Second)
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, busy) })
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, late) })
}

// Refused for good, a node says so once, and waits for long.
func TestNodeRefused(t *testing.T) {
	for refuse, want := range map[espnow.RefuseReason]Reason{
		espnow.RefuseReasonVersion: ReasonVersion, espnow.RefuseReasonDenied: ReasonDenied,
		espnow.RefuseReasonCriticalTLV: ReasonExtension, 77: ReasonExtension,
	} {
		for _, join := range []bool{false, true} {
			var waits []time.Duration
			for seed := range uint64(60) {
				h := newProbe(t, func(c *NodeConfig) { c.Random, c.Channels = seeded(seed), []uint8{6} }).gateway(gwAddr)
				ask := h.search
				if join {
					ask = h.offers
				}
				var refusals [][]byte
				for range 2 {
					f := ask()
					refusal := h.connack(&espnow.Connack{
						Status: espnow.ConnackStatusRefused, Echo: h.connect(f).Nonce, Reason: refuse,
					})
					for _, old := range refusals {
						h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, old) })
					}
					refusals = append(refusals, refusal)
					h.hear(gwAddr, refusal)
				}
				before := h.now
				waits = append(waits, h.search().at-before)
				if len(h.links) != 1 || h.links[0] != (Connection{Gateway: gwAddr, Reason: want}) {
					t.Fatalf("%+v, want %v once", h.links, want)
				}
			}
			listen := time.Duration(0)
			if !join {
				listen = 20 * time.Millisecond
			}
			wantUniform(t, "after a refusal", waits, listen, maxBackOff+listen)
		}
	}
	// Another gateway that will have the node is joined all the same.
	h := newProbe(t, nil).gateway(gwAddr)
	f := h.search()
	h.hear(otherGw, h.gateway(otherGw).connack(&espnow.Connack{
		Status: espnow.ConnackStatusRefused, Echo: h.connect(f).Nonce, Reason: espnow.RefuseReasonDenied,
	}))
	h.hear(gwAddr, h.here(f))
	h.frame(time.Second) // channel 11
	if join := h.frame(time.Second); join.Dst != gwAddr || len(h.links) != 0 {
		t.Errorf("%v, %+v", join.Dst, h.links)
	}
}

// The gateway that the node had is joined at once if it will do; another, or a weak one, only after the whole pass.
func TestNodeHomeAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		rssi  int8
		load  uint8
		from  espnow.Addr
		asked int
	}{
		{"home", -85, 254, gwAddr, 1},
		{"too weak", -86, 0, gwAddr, 4},
		{"full", -50, 255, gwAddr, 4},
		{"another", -50, 0, otherGw, 4},
	} {
		p := newProbe(t, func(c *NodeConfig) { c.Home = Home{gwAddr, 11} })
		h := p.gateway(c.from)
		h.load, h.welcome.Channel = c.load, 6
		f := p.frame(firstSearch)
		p.hearFrame(Frame{Src: c.from, Dst: nodeAddr, RSSI: c.rssi, Channel: 11, Body: h.here(f)})
		asked := 1
		for f = p.frame(p.cfg.Listen); p.connect(f).Flags&espnow.ConnectJoin == 0; f = p.frame(p.cfg.Listen) {
			asked++
		}
		if f.Dst != c.from || f.Channel != 6 || asked != c.asked {
			t.Errorf("%s: joins %v on channel %d after %d questions", c.name, f.Dst, f.Channel, asked)
		}
	}
}

// A gateway that answers searches and cannot be joined does not keep a node from another.
func TestNodeLeavesGatewayThatFails(t *testing.T) {
	p := newProbe(t, func(c *NodeConfig) { c.Home = Home{gwAddr, 6} })
	bad, good := p.gateway(gwAddr), p.gateway(otherGw)
	good.rssi = -84
	p.hear(gwAddr, bad.here(p.frame(firstSearch)))
	for range 1 + joinRepeats {
		if f := p.frame(joinTimeout); p.connect(f).Flags&espnow.ConnectJoin == 0 || f.Dst != gwAddr {
			t.Fatalf("%x to %v", f.Body, f.Dst)
		}
	}
	f := p.frame(joinTimeout + firstBackOff)
	p.hear(gwAddr, bad.here(f))
	for f = p.frame(p.cfg.Listen); f.Channel != 6; f = p.frame(p.cfg.Listen) {
	}
	p.hearFrame(Frame{Src: otherGw, Dst: nodeAddr, RSSI: -84, Channel: 6, Body: good.here(f)})
	for p.connect(f).Flags&espnow.ConnectJoin == 0 {
		f = p.frame(p.cfg.Listen)
	}
	if f.Dst != otherGw {
		t.Errorf("joins %v again", f.Dst)
	}
	p.hear(otherGw, good.accept(f))
	good.pong(one[*espnow.Pingreq](good, 0))
	if p.Home() != (Home{otherGw, 6}) || p.seek.failed != (espnow.Addr{}) {
		t.Errorf("%+v, failed %v", p.Home(), p.seek.failed)
	}
}

// What does not prove that it answers this search is no answer.
func TestNodeAnswersOfOthers(t *testing.T) {
	h := newProbe(t, nil).gateway(gwAddr)
	f := h.search()
	good := h.here(f)
	for i := range good { // whatever bit is wrong
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		before, dropped := h.state(), h.dropped()
		h.hear(gwAddr, bad)
		if now := h.state(); now != before || h.dropped() == dropped {
			t.Fatalf("byte %d: %s, was %s", i, now, before)
		}
	}
	nonce := h.connect(f).Nonce
	drop := func(reason espnow.DropReason, from espnow.Addr, body []byte) {
		t.Helper()
		h.wantDrop(reason, func() { h.hear(from, body) })
	}
	drop(espnow.DropReasonBadProof, otherGw, good) // sent by another
	drop(espnow.DropReasonUnexpected, gwAddr, h.connack(&espnow.Connack{
		Status: espnow.ConnackStatusHere, Echo: nonce + 1, Channel: 6,
	}))
	for _, channel := range []uint8{0, 13, 15} { // the node uses 1, 6, 11
		drop(espnow.DropReasonUnexpected, gwAddr, h.connack(&espnow.Connack{
			Status: espnow.ConnackStatusHere, Echo: nonce, Channel: channel,
		}))
	}
	plain := espnow.Connack{Status: espnow.ConnackStatusHere, Echo: nonce, Channel: 6}
	drop(espnow.DropReasonPlainOnSecure, gwAddr, h.must(plain.AppendLast(nil)))
	if h.seek.answers != 0 {
		t.Errorf("%d answers", h.seek.answers)
	}
	h.hear(gwAddr, good)
	if h.seek.answers != 1 {
		t.Errorf("%d answers", h.seek.answers)
	}
	o := newProbe(t, open).gateway(gwAddr)
	o.search()
	o.wantDrop(espnow.DropReasonSealedOnOpen, func() { o.hear(gwAddr, good) })
}

// A join is repeated byte for byte, a second apart, three times; then another begins.
func TestNodeJoinRepeats(t *testing.T) {
	for answered := range 5 {
		h := newProbe(t, nil).gateway(gwAddr)
		join := h.offers()
		last := join.at
		for range min(answered, joinRepeats) {
			f := h.frame(joinTimeout)
			if !bytes.Equal(f.Body, join.Body) || f.Dst != gwAddr || f.Channel != 6 || f.at-last != joinTimeout {
				t.Fatalf("a repeat that differs, after %v", f.at-last)
			}
			last = f.at
		}
		h.wait(joinTimeout - 1)
		if answered > joinRepeats {
			h.wait(1)
			h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, h.accept(join)) })
			if second := h.offers(); bytes.Equal(second.Body[8:], join.Body[8:]) || h.connect(second).Nonce == h.connect(join).Nonce ||
				h.connect(second).Ephemeral == h.connect(join).Ephemeral {
				t.Error("the second join is the first")
			}
			if s := h.Stats(); s.Joins != 2 || s.KeyExchanges != 2 {
				t.Errorf("%+v", s)
			}
			continue
		}
		h.hear(gwAddr, h.accept(join))
		h.pong(one[*espnow.Pingreq](h, 0))
		if !h.Connected() || h.Stats().KeyExchanges != 2 {
			t.Errorf("after %d repeats: %+v", answered, h.Stats())
		}
	}
}

// The hello tells what the node can do.
func TestNodeHello(t *testing.T) {
	h := newProbe(t, func(c *NodeConfig) {
		open(c)
		c.MaxFrame, c.KeepAlive, c.Sleepy = 1470, 90*time.Second, true
	}).gateway(gwAddr)
	c := h.connect(h.offers())
	want := espnow.Hello{Boot: h.boot, MaxMessage: 64 << 10, MaxFrame: 1470, KeepAlive: 90, Window: 64}
	if c.Hello.Boot != want.Boot || c.Hello.MaxMessage != want.MaxMessage || c.Hello.MaxFrame != want.MaxFrame ||
		c.Hello.KeepAlive != want.KeepAlive || c.Hello.Window != want.Window || len(c.Hello.TLVs) != 0 ||
		c.Cookie != h.cookie || c.Flags != espnow.ConnectJoin|espnow.ConnectSleepy || c.KeyID != 0 {
		t.Errorf("%+v", c)
	}
}

// A forged CONNACK in front of the genuine one changes nothing.
func TestNodeForgedConnack(t *testing.T) {
	h := newProbe(t, nil).gateway(gwAddr)
	join := h.offers()
	genuine := h.accept(join)
	tunnel := h.tunnel
	for i := range genuine { // by who does not know the key
		bad := bytes.Clone(genuine)
		bad[i] ^= 1
		before := h.state()
		h.hear(gwAddr, bad)
		if h.state() != before {
			t.Fatalf("byte %d changed the node", i)
		}
	}
	if s := h.Stats(); s.KeyExchanges != 1 || h.dropped() < uint64(len(genuine)) {
		t.Errorf("Diffie-Hellman for what is not proven: %+v", s)
	}
	// By who has the search key only: proven, and yet not of this handshake.
	c := h.connect(join)
	h.wantDrop(espnow.DropReasonForged, func() {
		h.hear(gwAddr, h.connack(&espnow.Connack{
			Status: espnow.ConnackStatusAccepted, Echo: c.Nonce, Ephemeral: [32]byte{9}, Ciphertext: make([]byte, 19),
		}))
	})
	h.wantDrop(espnow.DropReasonForged, func() { // whose shared secret is zero
		h.hear(gwAddr, h.connack(&espnow.Connack{
			Status: espnow.ConnackStatusAccepted, Echo: c.Nonce, Ciphertext: make([]byte, 19),
		}))
	})
	h.wantDrop(espnow.DropReasonUnexpected, func() { // a search's answer to a join
		h.hear(gwAddr, h.connack(&espnow.Connack{Status: espnow.ConnackStatusHere, Echo: c.Nonce, Channel: 6}))
	})
	other := h.gateway(otherGw)
	h.wantDrop(espnow.DropReasonUnexpected, func() { // another gateway's
		h.hear(otherGw, other.connack(&espnow.Connack{Status: espnow.ConnackStatusBusy, Echo: c.Nonce, RetryAfter: 1}))
	})
	h.hear(gwAddr, genuine)
	h.tunnel = tunnel
	h.pong(one[*espnow.Pingreq](h, 0))
	if !h.Connected() {
		t.Error("the genuine one is not taken")
	}
	h.wantDrop(espnow.DropReasonUnexpected, func() { h.hear(gwAddr, genuine) }) // again
}

// A node does not join on terms that it does not understand.
func TestNodeWelcome(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*espnow.Welcome)
		drop espnow.DropReason
	}{
		{"an even extension", func(w *espnow.Welcome) { w.TLVs = []byte{2, 1, 0} }, 0},
		{"an odd one", func(w *espnow.Welcome) { w.TLVs = []byte{2, 1, 0, 3, 0} }, espnow.DropReasonBadTLV},
		{"another channel", func(w *espnow.Welcome) { w.Channel = 11 }, 0},
		{"a channel that the node does not use", func(w *espnow.Welcome) { w.Channel = 13 }, espnow.DropReasonUnexpected},
	} {
		h := newProbe(t, nil).gateway(gwAddr)
		join := h.offers()
		c.set(&h.welcome)
		accepted := h.accept(join)
		if c.drop != 0 {
			h.wantDrop(c.drop, func() { h.hear(gwAddr, accepted) })
			continue
		}
		h.hear(gwAddr, accepted)
		one[*espnow.Pingreq](h, 0)
	}
}

// A session counts once it was heard in: until then PINGREQ goes out every 200 ms, ten times.
func TestNodeConfirms(t *testing.T) {
	for _, answered := range []bool{true, false} {
		h := newProbe(t, nil).gateway(gwAddr)
		h.hear(gwAddr, h.accept(h.offers()))
		h.publishes("waits", true)
		last := h.now - confirmEvery
		var ping *espnow.Pingreq
		for range confirmPings {
			f := h.frame(confirmEvery)
			all := h.packets(f)
			ping = all[0].(*espnow.Pingreq)
			if len(all) != 1 || f.at-last != confirmEvery {
				t.Errorf("%v after %v", all, f.at-last)
			}
			last = f.at
		}
		h.quiet(confirmEvery - 1)
		if len(h.links) != 0 || h.Connected() || h.Home() != (Home{}) {
			t.Errorf("told %+v", h.links)
		}
		if answered {
			h.pong(ping)
			want := Connection{Up: true, Gateway: gwAddr, Channel: 6, RSSI: -50, Boot: 9}
			if len(h.links) != 1 || h.links[0] != want || h.Home() != (Home{gwAddr, 6}) {
				t.Errorf("%+v", h.links)
			}
			if p := one[*espnow.Publish](h, 0); string(p.Data) != "\x00waits" {
				t.Errorf("%+v", p)
			}
			continue
		}
		h.wait(1)
		if h.session != nil || h.seek.failures != 1 || h.seek.failed != gwAddr {
			t.Errorf("%+v", h.seek)
		}
		h.offers() // all over, with nothing told
		if len(h.links) != 0 {
			t.Errorf("%+v", h.links)
		}
	}
}

// A home on a channel that the node may not use any more is none.
func TestNodeHomeElsewhere(t *testing.T) {
	p := newProbe(t, func(c *NodeConfig) { c.Home = Home{gwAddr, 13} })
	if f := p.frame(time.Second); f.Channel != 1 || !f.Dst.IsBroadcast() || p.Home() != (Home{}) {
		t.Errorf("asks %v on channel %d first", f.Dst, f.Channel)
	}
}

// Waits drawn as 0 are over at once: waitFor fails if the node then waits for a time that has come.
func TestNodeWaitsOfNothing(t *testing.T) {
	p := newProbe(t, func(c *NodeConfig) { c.Random = zeros{} })
	p.wait(5 * time.Second)
	if got := p.Stats().Searches; got < 10 {
		t.Errorf("%d searches", got)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
