package link

import (
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// FuzzGatewaySession reads its input as steps of a node that holds the right keys and says what it likes: a byte for what is
// done, a length, and as many bytes.
func FuzzGatewaySession(f *testing.F) {
	step := func(kind byte, body []byte) []byte { return append([]byte{kind, byte(len(body))}, body...) }
	packet := func(p espnow.Packet) []byte {
		b, err := p.AppendLast(nil)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	var all []byte
	for _, p := range []espnow.Packet{
		&espnow.Pingreq{Time: 1},
		&espnow.Publish{Flags: espnow.PublishAck, MessageID: 1, Data: []byte("\x00x")},
		&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore | espnow.PublishAck, MessageID: 2, Data: []byte("\x00x")},
		&espnow.Publish{Flags: espnow.PublishFragment, MessageID: 2, Offset: 2, Data: []byte("y")},
		&espnow.Puback{MessageID: 0, Status: espnow.PubackStatusPartial, Received: 9, Bitmap: []byte{1}},
		&espnow.Disconnect{},
	} {
		f.Add(step(0, packet(p)))
		all = append(append(all, step(0, packet(p))...), step(3, []byte{10})...)
	}
	f.Add(all)
	f.Add(append(step(4, []byte("mail")), all...))
	f.Add(append(all, step(2, []byte{0xf0, 1, 2})...))
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDesk(t, func(c *GatewayConfig) {
			c.Sessions = 2
			c.Mail = MailLimits{NodeMessages: 4, NodeBytes: 2000, Bytes: 3000, Keep: time.Minute}
			l := &c.Fragments
			l.MaxMessage, l.MaxParts, l.MaxMessages, l.SourceMessages, l.Timeout = 2000, 300, 6, 3, time.Second
			l.SourceBytes = l.MessageBytes()
			l.MaxBytes = 2 * l.SourceBytes
		})
		n := d.node(nodeAddr)
		n.joins()
		accepted := 0
		for rest := input; len(rest) >= 2; {
			size := min(int(rest[1]), len(rest)-2, 200)
			kind, body := rest[0], rest[2:2+size]
			rest = rest[2+size:]
			switch kind % 6 {
			case 0, 1:
				b := append(make([]byte, sealedClearLen), body...)
				d.hear(n.addr, gwAddr, n.must(n.tunnel.seal(b, 0)))
			case 2:
				d.hear(n.addr, gwAddr, body)
			case 3:
				for _, tenths := range body {
					d.wait(time.Duration(tenths) * 100 * time.Millisecond)
				}
			case 4:
				_, _ = d.Send(d.now, n.addr, Outgoing{Payload: body, Acknowledge: size%2 == 0})
				d.transmit()
			case 5:
				for ; accepted < len(d.messages); accepted++ {
					if r := d.messages[accepted].Receipt; size%2 == 0 {
						d.Accept(d.now, r)
					} else {
						d.Refuse(d.now, r)
					}
				}
				d.transmit()
			}
			d.sent = nil
			s, c := d.Stats(), d.cfg
			if s.Sessions > c.Sessions || s.Known > 2*c.Sessions || s.Mail > c.Mail.Bytes || s.Held > c.Fragments.MaxBytes ||
				s.Partial+s.Waiting > c.Fragments.MaxMessages || s.HalfOpen > maxHalfOpen {
				t.Fatalf("beyond the limits: %+v", s)
			}
		}
		for _, m := range d.messages {
			d.Accept(d.now, m.Receipt)
		}
		d.wait(time.Hour)
		if s := d.Stats(); s.Sessions != 0 || s.Known != 0 || s.Mail != 0 || s.Partial != 0 || s.Waiting != 0 {
			t.Fatalf("an hour later: %+v", s)
		}
	})
}
