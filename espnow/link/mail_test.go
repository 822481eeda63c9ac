package link

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

func TestGatewaySend(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.joins()
	ticket, err := d.Send(d.now, n.addr, Outgoing{Topic: "a/b", Payload: []byte("hi"), Retain: true, Acknowledge: true})
	if err != nil {
		t.Fatal(err)
	}
	d.transmit()
	got := n.hears()
	p, ok := got[0].(*espnow.Publish)
	if !ok || len(got) != 1 || string(p.Data) != "\x03a/bhi" || p.Flags != askAck|espnow.PublishRetain {
		t.Fatalf("%+v", got)
	}
	n.ping(1)
	if got := n.hears()[0].(*espnow.Pingresp); got.Flags != espnow.PingrespPending {
		t.Errorf("%+v", got)
	}
	n.says(&espnow.Puback{MessageID: p.MessageID, Status: espnow.PubackStatusComplete, Received: 6})
	if diff := cmp.Diff([]Result{{Ticket: ticket, To: n.addr}}, d.results); diff != "" {
		t.Error(diff)
	}
	if d.Stats().Mail != 0 {
		t.Errorf("%+v", d.Stats())
	}
	// The second has the next id, and is refused for good.
	if _, err = d.Send(d.now, n.addr, Outgoing{Payload: []byte("no"), Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.transmit()
	next := n.hears()[0].(*espnow.Publish)
	if next.MessageID != p.MessageID+1 {
		t.Errorf("id %d after %d", next.MessageID, p.MessageID)
	}
	n.says(&espnow.Puback{MessageID: next.MessageID, Status: espnow.PubackStatusRefused})
	var status frag.StatusError
	if len(d.results) != 2 || !errors.As(d.results[1].Err, &status) || status.Status != frag.StatusRefused {
		t.Errorf("%+v", d.results)
	}
}

func TestGatewaySendLimits(t *testing.T) {
	d := newDesk(t, func(c *GatewayConfig) {
		c.Sessions = 1
		c.Mail = MailLimits{NodeMessages: 2, NodeBytes: 2000, Bytes: 3000, Keep: time.Hour}
	})
	n := d.node(nodeAddr)
	n.joins()
	send := func(to espnow.Addr, size int, want error) {
		t.Helper()
		if _, err := d.Send(d.now, to, Outgoing{Payload: make([]byte, size-1), Acknowledge: true}); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
	send(n.addr, 1001, ErrTooLarge) // its hello says 1000
	send(n.addr, 1000, nil)
	away := espnow.Addr{2, 2}
	send(away, 2001, ErrTooLarge)
	send(away, 1000, nil)
	send(away, 1001, ErrFull) // in all
	send(away, 1000, nil)
	send(n.addr, 1, ErrFull) // in all
	send(espnow.Addr{2, 3}, 1, ErrFull)
	if _, err := d.Send(d.now, espnow.Broadcast, Outgoing{}); err == nil {
		t.Error("sent to everybody")
	}
	if _, err := d.Send(d.now, n.addr, Outgoing{Topic: strings.Repeat("t", 256)}); !errors.Is(err, espnow.ErrTopic) {
		t.Error(err)
	}
	d.wait(time.Hour - 1)
	if len(d.results) != 0 {
		t.Errorf("%+v", d.results)
	}
	d.wait(1)
	if len(d.results) != 3 || !errors.Is(d.results[0].Err, ErrExpired) || d.Stats().Mail != 0 {
		t.Errorf("%+v %+v", d.results, d.Stats())
	}
}

func TestGatewaySleepyMail(t *testing.T) {
	d := newDesk(t, nil)
	n := d.node(nodeAddr)
	n.sleepy = true
	n.joins()
	d.wait(awakeFor)
	if _, err := d.Send(d.now, n.addr, Outgoing{Payload: []byte("mail"), Acknowledge: true}); err != nil {
		t.Fatal(err)
	}
	d.wait(30 * time.Second)
	if got := d.take(n.addr); len(got) != 0 {
		t.Fatalf("%d frames to a node that sleeps", len(got))
	}
	n.says(n.message(1, 0, "", "awake"))
	got := n.hears()
	p, ok := got[0].(*espnow.Publish)
	if !ok {
		t.Fatalf("%+v", got)
	}
	d.wait(time.Second)
	if again := n.hears(); len(again) != 0 {
		t.Errorf("%+v after it went to sleep again", again)
	}
	n.ping(1) // it comes back, and has not acknowledged
	again := n.hears()
	if len(again) != 2 || again[0].(*espnow.Pingresp).Flags != espnow.PingrespPending || again[1].(*espnow.Publish).MessageID != p.MessageID {
		t.Errorf("%+v", again)
	}
	n.says(&espnow.Puback{MessageID: p.MessageID})
	if len(d.results) != 1 || d.results[0].Err != nil {
		t.Errorf("%+v", d.results)
	}
}
