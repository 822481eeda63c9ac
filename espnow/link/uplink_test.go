package link

import (
	"bytes"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestGatewayTime(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.SetUnixTime(d.now, time.UnixMilli(1_700_000_000_000))
	d.wait(1500 * time.Millisecond)
	n.ping(9)
	if got := n.hears()[0].(*espnow.Pingresp); got.UnixMs != 1_700_000_001_500 {
		t.Errorf("%+v", got)
	}
}

func TestGatewayGoodbye(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(&espnow.Disconnect{}, n.message(1, 0, "", "too late"))
	if len(d.presence) != 2 || d.presence[1].Reason != ReasonNormal || len(d.messages) != 0 {
		t.Errorf("%+v %+v", d.presence, d.messages)
	}
}

func TestGatewayMessages(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(n.message(1, 0, "t", "free"))
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure"))
	if len(d.messages) != 2 {
		t.Fatalf("%+v", d.messages)
	}
	free, sure := d.messages[0], d.messages[1]
	if free.Receipt != (Receipt{}) || string(free.Payload) != "free" || string(free.Topic) != "t" || free.Boot != 7 || free.From != n.addr {
		t.Errorf("%+v", free)
	}
	if sure.Receipt == (Receipt{}) || !sure.Retain || sure.ID != 2 {
		t.Errorf("%+v", sure)
	}
	want := func(status espnow.PubackStatus, received uint32) {
		t.Helper()
		got := n.hears()
		if len(got) != 1 {
			t.Fatalf("%v", got)
		}
		if ack, ok := got[0].(*espnow.Puback); !ok || ack.MessageID != 2 || ack.Status != status || ack.Received != received || ack.Flags != 0 {
			t.Errorf("%+v, want %v with %d received", got[0], status, received)
		}
	}
	want(espnow.PubackStatusPartial, 5)
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure")) // asked again, nobody has taken responsibility yet
	want(espnow.PubackStatusPartial, 5)
	if !d.Accept(d.now, sure.Receipt) || d.Accept(d.now, sure.Receipt) {
		t.Error("accepted not once")
	}
	d.transmit()
	want(espnow.PubackStatusComplete, 5) // unasked
	n.says(n.message(2, askAck|espnow.PublishRetain, "", "sure"))
	want(espnow.PubackStatusComplete, 0)
	n.says(n.message(1, 0, "t", "free"))
	if len(d.messages) != 2 {
		t.Errorf("told again: %+v", d.messages[2:])
	}
	d.wantDrop(espnow.DropReasonDuplicate, 3)
}

func TestGatewayAcceptAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	d.Handle(d.now, Frame{Src: n.addr, Dst: gwAddr, Body: n.sealed(n.message(3, askAck, "", "x"))})
	d.poll()
	d.Accept(d.now, d.messages[0].Receipt)
	d.transmit()
	if got := n.hears(); len(got) != 1 || got[0].(*espnow.Puback).Status != espnow.PubackStatusComplete {
		t.Errorf("%+v: want one answer, the final one", got)
	}
}

func TestGatewayRefuse(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(n.message(1, askAck, "", "x"), n.message(2, askAck, "$bad", "x"), &espnow.Publish{Flags: askAck, MessageID: 3, Data: []byte{9}})
	if len(d.messages) != 1 {
		t.Fatalf("%+v", d.messages)
	}
	d.take(n.addr)
	if !d.Refuse(d.now, d.messages[0].Receipt) {
		t.Error("not refused")
	}
	d.transmit()
	for _, id := range []uint16{1, 2, 3} {
		n.says(n.message(id, askAck, "", "x"))
	}
	statuses := map[espnow.PubackStatus]int{}
	for _, body := range d.take(n.addr) {
		inner, err := n.tunnel.open(body)
		if err != nil {
			continue
		}
		w := espnow.Walk(inner)
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			var p espnow.Puback
			if _, err := p.Decode(raw.Flags, raw.Body); err == nil {
				statuses[p.Status]++
			}
		}
	}
	if statuses[espnow.PubackStatusRefused] < 4 || len(statuses) != 1 {
		t.Errorf("%v", statuses)
	}
	d.wantDrop(espnow.DropReasonBadTopic, 1)
	d.wantDrop(espnow.DropReasonBadMessage, 1)
}

// A message that is told and not accepted outlives the session, and is acknowledged in the next one of the same boot.
func TestGatewayAcceptAcrossSessions(t *testing.T) {
	for _, boot := range []uint32{7, 8} {
		d := newDesk(t, nil)
		n := d.node(nodeAddr)
		n.joins()
		n.says(n.message(1, askAck, "", "x"), n.message(2, 0, "", "y"))
		d.take(n.addr)
		n.hello.Boot = boot
		n.joins()
		if len(d.messages) != 2 {
			t.Fatalf("%+v", d.messages)
		}
		n.says(n.message(1, askAck, "", "x"), n.message(2, 0, "", "y"))
		told := len(d.messages)
		d.take(n.addr)
		if !d.Accept(d.now, d.messages[0].Receipt) {
			t.Error("not accepted")
		}
		d.transmit()
		answers := n.hears()
		if boot == 7 && (told != 2 || len(answers) != 1) || boot == 8 && (told != 4 || len(answers) != 0) {
			t.Errorf("boot %d: %d messages told, answers %v", boot, told, answers)
		}
		joins := 0
		for _, p := range d.presence {
			if p.Present {
				joins++
			}
		}
		if want := map[uint32]int{7: 1, 8: 2}[boot]; joins != want {
			t.Errorf("boot %d: %+v", boot, d.presence)
		}
	}
}

func TestGatewayReplayAndForgery(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	frame := n.sealed(n.message(1, 0, "", "x"))
	for i := range frame {
		if i >= 2 && i != 2 { // not the type, the length, the session
			bad := bytes.Clone(frame)
			bad[i] ^= 0x10
			d.hear(n.addr, gwAddr, bad)
		}
	}
	if len(d.messages) != 0 {
		t.Fatal("a forged frame was taken")
	}
	d.hear(espnow.Addr{2, 9}, gwAddr, frame) // of another address
	d.hear(n.addr, gwAddr, frame)
	d.hear(n.addr, gwAddr, frame)
	if len(d.messages) != 1 {
		t.Errorf("%d messages", len(d.messages))
	}
	d.wantDrop(espnow.DropReasonReplay, 1)
	d.wantDrop(espnow.DropReasonNoSession, 1)
	d.wantDrop(espnow.DropReasonForged, uint64(len(frame)-3))
}

func TestGatewayNested(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	n.says(&espnow.Connect{Version: 1}, &espnow.Connack{Status: espnow.ConnackStatusBusy}, &espnow.Sealed{Session: 1})
	n.says(&espnow.Pingresp{}, &espnow.Subscribe{Filter: []byte("a")}, &espnow.Puback{MessageID: 4})
	d.wantDrop(espnow.DropReasonNested, 3)
	d.wantDrop(espnow.DropReasonWrongDirection, 1)
	d.wantDrop(espnow.DropReasonUnserved, 1)
	d.wantDrop(espnow.DropReasonUnexpected, 1)
	if len(d.take(n.addr)) != 0 {
		t.Error("answered")
	}
}

func TestGatewayOpenNetwork(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) { c.Keys = Keyring{} })
	addr := nodeAddr
	frame := func(p espnow.Packet) []byte {
		b, err := p.AppendLast(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	read := func(body []byte) espnow.Packet {
		w := espnow.Walk(body)
		raw, _ := w.Next()
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	d.hear(addr, espnow.Broadcast, frame(&espnow.Connect{Version: 1, Nonce: 5}))
	here := read(d.one(addr)).(*espnow.Connack)
	join := &espnow.Connect{
		Flags: espnow.ConnectJoin, Version: 1, Nonce: 6, Cookie: here.Cookie,
		Hello: espnow.Hello{Boot: 7, MaxMessage: 1000, MaxFrame: 250, Window: 8},
	}
	before := *join
	before.Nonce, before.Hello.Boot = 4, 8
	d.hear(addr, gwAddr, frame(&before)) // and a restart
	d.wait(time.Second)
	d.take(addr)
	d.hear(addr, gwAddr, frame(join))
	ack := read(d.one(addr)).(*espnow.Connack)
	if ack.Status != espnow.ConnackStatusAccepted || ack.Echo != 6 || ack.Welcome.KeepAlive != 60 || ack.Welcome.Session == 0 {
		t.Fatalf("%+v", ack)
	}
	d.hear(addr, gwAddr, frame(&espnow.Pingreq{Time: 3}))
	if got := read(d.one(addr)).(*espnow.Pingresp); got.Time != 3 || d.Stats().Sessions != 1 {
		t.Errorf("%+v", got)
	}
	d.hear(addr, gwAddr, frame(&espnow.Pingreq{Time: 4}))
	if len(d.presence) != 1 || d.presence[0].Boot != 7 {
		t.Errorf("%+v: want the boot of the last join, once", d.presence)
	}
	d.take(addr)
	d.hear(addr, gwAddr, frame(&espnow.Publish{Flags: askAck, MessageID: 1, Data: []byte("\x00x")}))
	d.Accept(d.now, d.messages[0].Receipt)
	d.take(addr)
	d.hear(addr, gwAddr, frame(&espnow.Publish{Flags: askAck, MessageID: 1, Data: []byte("\x00x")}))
	if got := read(d.one(addr)).(*espnow.Puback); got.Status != espnow.PubackStatusComplete || len(d.messages) != 1 {
		t.Errorf("%+v", got)
	}
	last := frame(&espnow.Publish{MessageID: 2, Data: []byte("\x00y")})
	d.hear(addr, gwAddr, last)
	d.hear(addr, gwAddr, frame(&espnow.Disconnect{}))
	if d.hear(addr, gwAddr, last); len(d.messages) != 2 || d.Stats().Sessions != 0 {
		t.Errorf("a message and its repeat after a goodbye: %d messages were told, want 2; %d sessions", len(d.messages), d.Stats().Sessions)
	}
	d.hear(espnow.Addr{2, 9}, gwAddr, frame(&espnow.Pingreq{}))
	if got := read(d.one(espnow.Addr{2, 9})).(*espnow.Disconnect); got.Flags != espnow.DisconnectReset || got.Reason != espnow.DisconnectReasonUnknownSession {
		t.Errorf("%+v", got)
	}
}

// Messages that nobody asks about, each without one of its parts, keep no place from the one that comes next.
func TestGatewayLostPartsTakeNoPlace(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	for id := uint16(1); id <= 8; id++ {
		n.says(&espnow.Publish{Flags: espnow.PublishFragment | espnow.PublishMore, MessageID: id, Data: make([]byte, 100)})
	}
	d.take(nodeAddr)
	var took time.Duration
	for start := d.now; len(d.messages) == 0; d.wait(100 * time.Millisecond) {
		n.says(n.message(9, askAck, "", "to be acknowledged"))
		took = d.now - start
	}
	if took > time.Second {
		t.Errorf("a message to be acknowledged is busy for %v behind parts of others that never come", took)
	}
}
