package link_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/vectortest"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// ledger says, apart from the gateway, what its counters must be.
type ledger struct {
	mode      link.Passthrough
	frames    uint64
	packets   uint64
	raw       uint64
	publishes uint64 // packets that may become messages
	drops     counts // all but those that tell of PUBLISH
	searches  map[string]bool
	repeats   uint64 // searches that came before: they are answered, or dropped for their rate
}

// publishReasons are the reasons for which a PUBLISH that decoded, or what was held of a message, is dropped.
var publishReasons = []espnow.DropReason{
	espnow.DropReasonDuplicate, espnow.DropReasonBadTopic, espnow.DropReasonBadMessage, espnow.DropReasonBadFragment,
	espnow.DropReasonTooLarge, espnow.DropReasonNoRoom, espnow.DropReasonExpired,
}

func (l *ledger) frame(f link.Frame) {
	l.frames++
	all := f.Dst == espnow.Broadcast
	switch {
	case f.Src[0]&1 == 1, f.Src == gatewayAddr, f.Dst != gatewayAddr && !all:
		l.drops[espnow.DropReasonWrongAddress]++
		return
	case len(f.Body) > 1470, all && len(f.Body) > 250:
		l.drops[espnow.DropReasonFrameTooLong]++
		return
	}
	packets, publishes, repeats, drops, ours := uint64(0), uint64(0), uint64(0), counts{}, len(f.Body) > 0
	searched := map[string]bool{}
	var decoder espnow.Decoder
	w := espnow.Walk(f.Body)
	for raw, ok := w.Next(); ok; raw, ok = w.Next() {
		if reset := raw.Type == espnow.TypeDisconnect && raw.Flags&1 != 0; reset || raw.Type.Down() && !raw.Type.Up() {
			drops[espnow.DropReasonWrongDirection]++
			ours = false
			continue
		}
		p, err := decoder.Decode(raw)
		if err != nil {
			drops[espnow.Reason(err)]++
			ours = false
			continue
		}
		packets++
		search := p.Type() == espnow.TypeConnect && p.(*espnow.Connect).Flags&espnow.ConnectJoin == 0
		ours = ours && (p.Type() == espnow.TypePublish || search)
		switch {
		case p.Type() == espnow.TypePublish:
			if asks := p.(*espnow.Publish).Flags&espnow.PublishAck != 0; asks && !all {
				drops[espnow.DropReasonNoSession]++ // who asks believes to have a session
			} else {
				publishes++
			}
		case all && !search:
			drops[espnow.DropReasonWrongAddress]++
		case p.Type() == espnow.TypeSealed,
			p.Type() == espnow.TypeConnect && p.(*espnow.Connect).Flags&espnow.ConnectSecure != 0:
			drops[espnow.DropReasonSealedOnOpen]++
		case search:
			key := fmt.Sprint(f.Src, p.(*espnow.Connect).Nonce)
			if searched[key] || l.searches[key] {
				repeats++
			}
			searched[key] = true
			if p.(*espnow.Connect).Version != espnow.Version {
				drops[espnow.DropReasonVersion]++
			}
		case p.Type() == espnow.TypeConnect:
			drops[espnow.DropReasonBadCookie]++
		default:
			drops[espnow.DropReasonNoSession]++
		}
	}
	if err := w.Err(); err != nil {
		drops[espnow.Reason(err)]++
		ours = false
	}
	if l.mode == link.PassAll || l.mode == link.PassUnknown && all && !ours {
		l.raw++
		return
	}
	l.packets += packets
	l.publishes += publishes
	l.repeats += repeats
	maps.Copy(l.searches, searched)
	for reason, n := range drops {
		l.drops[reason] += n
	}
}

func (l *ledger) check(t *testing.T, s link.GatewayStats, messages uint64) {
	t.Helper()
	drops := counts{}
	for reason, n := range s.Drops.All() {
		drops[reason] = n
	}
	parts := s.Messages + uint64(s.Partial)
	for _, reason := range publishReasons {
		parts += drops[reason]
		delete(drops, reason)
	}
	// Answers have a rate: what has no session, and a repeated search, may go under that instead.
	answered := []espnow.DropReason{espnow.DropReasonNoSession, espnow.DropReasonVersion}
	all, least := drops[espnow.DropReasonRate], uint64(0)
	for _, reason := range answered {
		all, least = all+drops[reason], least+l.drops[reason]
	}
	if all < least || all > least+l.repeats {
		t.Errorf("%v: %d answers refused or for their rate, want %d, or up to %d more", drops, all, least, l.repeats)
	}
	want := maps.Clone(l.drops)
	for _, m := range []counts{want, drops} {
		for _, reason := range append(answered, espnow.DropReasonRate) {
			delete(m, reason)
		}
	}
	if !maps.Equal(want, drops) {
		t.Errorf("drops (-want +got):\n%s", cmp.Diff(want, drops))
	}
	if s.Frames != l.frames || s.Packets != l.packets || s.Raw != l.raw || s.Messages+s.Raw != messages {
		t.Errorf("%+v, want %+v and %d messages", s, l, messages)
	}
	if parts > l.publishes {
		t.Errorf("%d messages, held and dropped, of %d PUBLISH packets: %+v", parts, l.publishes, s)
	}
}

// TestGatewayVectors feeds each vector to a gateway of its own, by broadcast and by unicast.
func TestGatewayVectors(t *testing.T) {
	messages := uint64(0)
	for _, v := range vectortest.Read(t, vectors) {
		body := v.Frame()
		for _, f := range []link.Frame{broadcast(nodeA, string(body)), unicast(nodeA, string(body))} {
			for mode := link.PassOff; mode <= link.PassAll; mode++ {
				g := newGateway(t, func(c *link.GatewayConfig) { c.Passthrough = mode })
				l := ledger{mode: mode, drops: counts{}, searches: map[string]bool{}}
				l.frame(f)
				all := handle(t, g, 0, f)
				l.check(t, g.Stats(), uint64(len(all)))
				messages += g.Stats().Messages
				if want := wholeMessages(f); mode == link.PassOff && g.Stats().Drops[espnow.DropReasonFrameTooLong] == 0 {
					wantTold(t, all, want)
				}
				if t.Failed() {
					t.Fatalf("vector %s to %v, passthrough %v", v.Name, f.Dst, mode)
				}
			}
		}
	}
	if messages < 20 {
		t.Errorf("only %d messages in all vectors", messages)
	}
}

// wholeMessages are the messages of a frame to a gateway that knows nothing yet. Fragments must come in order.
func wholeMessages(f link.Frame) (all []told) {
	known, parts := map[uint16]bool{}, map[uint16]string{}
	for p, err := range espnow.Packets(f.Body) {
		publish, ok := p.(*espnow.Publish)
		if err != nil || !ok || known[publish.MessageID] || publish.Flags&espnow.PublishAck != 0 && !f.Dst.IsBroadcast() {
			continue
		}
		data := string(publish.Data)
		if publish.Flags&espnow.PublishFragment != 0 {
			if int(publish.Offset) != len(parts[publish.MessageID]) {
				continue
			}
			parts[publish.MessageID] += data
			if data = parts[publish.MessageID]; publish.Flags&espnow.PublishMore != 0 {
				continue
			}
		}
		var m espnow.Message
		if _, err := m.Decode([]byte(data)); err != nil || espnow.CheckTopic(m.Topic) != nil {
			continue
		}
		known[publish.MessageID] = true
		all = append(all, told{
			From: f.Src, Topic: string(m.Topic), Payload: string(m.Payload), Broadcast: f.Dst.IsBroadcast(),
			Retain: publish.Flags&espnow.PublishRetain != 0, ID: publish.MessageID,
		})
	}
	return all
}

// FuzzGateway reads its input as a mode of passthrough and frames: source, destination, milliseconds since the one
// before, length, body.
func FuzzGateway(f *testing.F) {
	for some := range slices.Chunk(vectortest.Read(f, vectors), 16) { // a gateway costs more than many frames
		var all []byte
		for _, v := range some {
			all = appendFrame(appendFrame(all, 0, 0, 0, v.Frame()), 1, 0, 1, v.Frame())
		}
		f.Add(append([]byte{0}, all...))
		f.Add(append([]byte{1}, all...))
	}
	for _, c := range gatewayCases {
		input, last := []byte{0}, time.Duration(0)
		for _, s := range c.steps {
			destination := byte(0)
			if !s.frame.Dst.IsBroadcast() {
				destination = 1
			}
			ms := min((s.at-last)/time.Millisecond, 255)
			input = appendFrame(input, s.frame.Src[5], destination, byte(ms), s.frame.Body)
			last = s.at
		}
		f.Add(input)
	}
	sources := []espnow.Addr{nodeA, nodeB, {2}, {4}, {6}, gatewayAddr, group, espnow.Broadcast}
	destinations := []espnow.Addr{espnow.Broadcast, gatewayAddr, nodeB, group}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 {
			return
		}
		cfg := link.DefaultGatewayConfig(gatewayAddr)
		cfg.RecentIDs, cfg.RecentFor = 4, 100*time.Millisecond
		cfg.Passthrough = link.Passthrough(input[0] % 3)
		l := &cfg.Fragments
		l.MaxMessage, l.MaxParts, l.MaxMessages, l.SourceMessages, l.Timeout = 2000, 300, 6, 3, 200*time.Millisecond
		l.SourceBytes = l.MessageBytes()
		l.MaxBytes = 2 * l.SourceBytes
		g, err := link.NewGateway(cfg)
		if err != nil {
			t.Fatal(err)
		}
		want := ledger{mode: cfg.Passthrough, drops: counts{}, searches: map[string]bool{}}
		now, messages := time.Duration(0), uint64(0)
		for rest := input[1:]; len(rest) >= 5; {
			n := min(int(binary.LittleEndian.Uint16(rest[3:])), len(rest)-5)
			frame := link.Frame{
				Src: sources[int(rest[0])%len(sources)], Dst: destinations[int(rest[1])%len(destinations)], Body: rest[5 : 5+n],
			}
			now += time.Duration(rest[2]) * time.Millisecond
			want.frame(frame)
			messages += uint64(len(handle(t, g, now, frame)))
			rest = rest[5+n:]

			s := g.Stats()
			want.check(t, s, messages)
			if s.Held > l.MaxBytes || s.Partial > l.MaxMessages {
				t.Fatalf("beyond the limits: %+v", s)
			}
			if at, ok := g.NextDeadline(); ok && at <= now || s.Partial > 0 && !ok {
				t.Fatalf("deadline %v, %v at %v", at, ok, now)
			}
		}
		poll(t, g, now+l.Timeout, link.Frame{})
		poll(t, g, now+2*l.Timeout, link.Frame{}) // what has expired is remembered for as long
		if s := g.Stats(); s.Partial > 0 {
			t.Fatalf("%d messages do not expire", s.Partial)
		}
		if at, ok := g.NextDeadline(); ok {
			t.Fatalf("waits until %v for nothing", at)
		}
	})
}

func appendFrame(b []byte, source, destination, ms byte, body []byte) []byte {
	b = binary.LittleEndian.AppendUint16(append(b, source, destination, ms), uint16(len(body)))
	return append(b, body...)
}
