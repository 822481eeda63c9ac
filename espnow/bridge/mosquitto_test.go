package bridge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
	"github.com/esp-now-network/esp-now-network/internal/mosquittotest"
)

// childVariable, set to a broker's URL, makes this test binary a gateway that lives until it is killed.
const childVariable = "BRIDGE_TEST_GATEWAY"

func TestMain(m *testing.M) {
	brokerURL := os.Getenv(childVariable)
	if brokerURL == "" {
		os.Exit(m.Run())
	}
	if _, err := Start(context.Background(), Config{URL: brokerURL, Gateway: gatewayAddr}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	time.Sleep(time.Minute)
}

// unlimited lets a Mosquitto keep all that comes for a subscriber that is away.
const unlimited = "max_queued_messages 0\nmax_inflight_messages 0\n"

// TestBrokerDies kills a Mosquitto for three seconds under 200 messages a second.
func TestBrokerDies(t *testing.T) {
	t.Run("QueueLargeEnough", func(t *testing.T) {
		t.Parallel()
		missing, _ := killed(t, 2000)
		if len(missing) > 0 {
			t.Errorf("%d messages are missing: %v", len(missing), missing)
		}
	})
	t.Run("QueueTooSmall", func(t *testing.T) {
		t.Parallel()
		const size = 100
		missing, sent := killed(t, size)
		if len(missing) == 0 {
			t.Fatal("nothing is missing: the test tests nothing")
		}
		if n := missing[len(missing)-1] - missing[0] + 1; n != len(missing) {
			t.Errorf("the missing messages are not one run: %v", missing)
		}
		if newest := sent - 1 - missing[len(missing)-1]; newest < size {
			t.Errorf("only the newest %d messages arrived, with a queue of %d", newest, size)
		}
	})
}

// killed runs the bridge through the death of its broker, checks its counters, and returns the numbers of the messages
// that did not arrive and how many were sent.
func killed(t *testing.T, queueSize int) (missing []int, sent int) {
	const (
		interval = time.Second / 200
		before   = 200 // messages before the broker is killed,
		outage   = 600 // while it is dead,
		after    = 200 // and after it is back
	)
	broker := mosquittotest.Start(t, mosquittotest.Options{Persistent: true, Config: unlimited})
	s := subscribe(t, broker.URL, "/device/#")
	broker.Restart() // saves the subscription, so that it is there as soon as the broker is
	cfg, _ := quick(broker.URL)
	cfg.QueueSize = queueSize
	b := start(t, cfg)
	eventually(t, "connected", func() bool { return b.Stats().Connected })

	tick := time.NewTicker(interval)
	defer tick.Stop()
	deliver := func(n int) {
		for range n {
			<-tick.C
			from := [2]espnow.Addr{nodeAddr, otherAddr}[sent%2]
			b.Deliver(link.Message{From: from, Payload: []byte(strconv.Itoa(sent))}, time.Now(), nil)
			sent++
		}
	}
	deliver(before)
	broker.Kill()
	deliver(outage)
	broker.Restart()
	deliver(after)

	eventually(t, "all published", func() bool { st := b.Stats(); return st.Queued+st.InFlight == 0 })
	st := b.Stats()
	checkSum(t, st)
	if st.Refused != 0 || st.Published != uint64(sent)-st.Dropped || st.Connections != 2 {
		t.Errorf("after %d messages: %+v", sent, st)
	}
	arrived := func() map[int]bool {
		set := make(map[int]bool)
		for _, text := range slices.Concat(s.payloads(nodeTopic), s.payloads(otherTopic)) {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			set[n] = true
		}
		return set
	}
	eventually(t, "all published have arrived", func() bool { return len(arrived()) >= int(st.Published) })
	got := arrived()
	for n := range sent {
		if !got[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) != int(st.Dropped) {
		t.Errorf("%d messages are missing, and %d counted as dropped", len(missing), st.Dropped)
	}
	for _, topic := range []string{nodeTopic, otherTopic} {
		if first := firstCopies(s.payloads(topic)); !slices.IsSortedFunc(first, byNumber) {
			t.Errorf("%s: out of order: %v", topic, first)
		}
	}
	return missing, sent
}

// firstCopies removes all but the first of equal texts.
func firstCopies(texts []string) []string {
	seen := make(map[string]bool)
	return slices.DeleteFunc(texts, func(s string) bool {
		known := seen[s]
		seen[s] = true
		return known
	})
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func TestBrokerAbsentAtStart(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{Persistent: true})
	s := subscribe(t, broker.URL, "/device/#")
	broker.Stop()
	cfg, l := quick(broker.URL)
	b := start(t, cfg)
	b.Deliver(link.Message{From: nodeAddr, Payload: []byte("early")}, arrival, nil)
	eventually(t, "a log of the absent broker", func() bool { return len(l.matching("cannot reach the broker")) > 0 })
	time.Sleep(5 * cfg.BackoffMax) // some more attempts
	if st := b.Stats(); st.Connected || st.Queued != 1 {
		t.Errorf("without a broker: %+v", st)
	}

	broker.Restart()
	eventually(t, "the message", func() bool { return len(s.payloads(nodeTopic)) > 0 })
	broker.Kill()
	eventually(t, "a log of the loss", func() bool { return len(l.matching("lost the broker")) > 0 })
	time.Sleep(5 * cfg.BackoffMax)
	for _, once := range []string{"cannot reach the broker", "connected to the broker", "lost the broker"} {
		if lines := l.matching(once); len(lines) != 1 {
			t.Errorf("logged %d times: %q", len(lines), lines)
		}
	}
	if b.Stats().Connected {
		t.Error("connected to a dead broker")
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{Users: map[string]string{"gateway": "secret"}})
	cfg, l := quick(broker.URL)
	cfg.Username, cfg.Password = "gateway", "guess"
	b := start(t, cfg)
	b.Deliver(link.Message{From: nodeAddr}, arrival, nil)
	eventually(t, "a log of the refusal", func() bool { return len(l.matching("refuses the connection")) > 0 })
	time.Sleep(5 * cfg.BackoffMax) // some more attempts
	const want = `reason="0x87 Not authorized"`
	if lines := l.matching("level=WARN"); len(lines) != 1 || !strings.Contains(lines[0], want) {
		t.Errorf("logged %q", lines)
	}
	if lines := l.matching("guess"); len(lines) > 0 {
		t.Errorf("the password is in the log: %q", lines)
	}
	if st := b.Stats(); st.Connected || st.Queued != 1 {
		t.Errorf("refused: %+v", st)
	}

	cfg.Password = "secret"
	b = start(t, cfg)
	eventually(t, "connected", func() bool { return b.Stats().Connected })
}

func TestMessageAtSubscriber(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{})
	s := subscribe(t, broker.URL, "/device/#", "/gateway/#")
	cfg, _ := quick(broker.URL)
	b := start(t, cfg)
	binary := string([]byte{0, 1, 0xff, '\n', 0x80})
	b.Deliver(link.Message{
		From: nodeAddr, Topic: []byte("kitchen/stove"), Payload: []byte(binary), Retain: true,
		RSSI: -61, Channel: 6, Boot: 0xfffffffe, ID: 65535,
	}, arrival, nil)
	b.Deliver(link.Message{From: nodeAddr, Payload: nil, RSSI: 0}, arrival, nil)
	b.Deliver(link.Message{From: otherAddr, Payload: []byte("raw"), Raw: true, Broadcast: true, RSSI: -128}, arrival, nil)

	type seen struct {
		Topic, Payload string
		Retain         bool
		User           map[string]string
	}
	look := func(p *paho.Publish) seen {
		user := make(map[string]string)
		for _, u := range p.Properties.User {
			user[u.Key] = u.Value
		}
		return seen{Topic: p.Topic, Payload: string(p.Payload), Retain: p.Retain, User: user}
	}
	const when = "2026-11-22T09:30:15.123Z"
	want := []seen{
		{nodeTopic + "/kitchen/stove", binary, true, map[string]string{
			"gateway": gatewayAddr.String(), "rssi": "-61", "boot": "4294967294", "message_id": "65535", "time": when,
		}},
		{nodeTopic, "", false, map[string]string{
			"gateway": gatewayAddr.String(), "rssi": "0", "boot": "0", "message_id": "0", "time": when,
		}},
		{otherTopic, "raw", false, map[string]string{
			"gateway": gatewayAddr.String(), "rssi": "-128", "time": when,
		}},
	}
	eventually(t, "three messages", func() bool {
		return len(s.messages(otherTopic)) > 0 && len(s.messages(statusTopic)) > 0
	})
	for _, w := range want {
		got := s.messages(w.Topic)
		if len(got) != 1 {
			t.Errorf("%s: %d messages", w.Topic, len(got))
			continue
		}
		if diff := cmp.Diff(w, look(got[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.Topic, diff)
		}
		if got[0].QoS != 1 {
			t.Errorf("%s: QoS %d", w.Topic, got[0].QoS)
		}
	}
	drainAndClose(t, b)
	// Who comes later gets what is retained, and the status is that of a gateway gone.
	late := subscribe(t, broker.URL, "#")
	eventually(t, "the retained messages", func() bool {
		return len(late.messages(want[0].Topic)) > 0 && len(late.messages(statusTopic)) > 0
	})
	if got := late.payloads(statusTopic); !slices.Equal(got, []string{string(offline)}) {
		t.Errorf("status after Close: %q", got)
	}
	if n := len(late.messages(nodeTopic)) + len(late.messages(otherTopic)); n > 0 {
		t.Errorf("%d messages retained that should not be", n)
	}
}

// TestStatus follows the gateway's $status through the ways in which it can go.
func TestStatus(t *testing.T) {
	t.Parallel()
	broker := mosquittotest.Start(t, mosquittotest.Options{})
	s := subscribe(t, broker.URL, "/gateway/#")
	next := 0
	status := func(part string) {
		t.Helper()
		eventually(t, "status "+part, func() bool { return len(s.messages(statusTopic)) > next })
		m := s.messages(statusTopic)[next]
		if !strings.Contains(string(m.Payload), part) || !m.Retain {
			t.Errorf("status %q, retained %t; want %s", m.Payload, m.Retain, part)
		}
		next++
	}
	cfg, _ := quick(broker.URL)

	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	status(`{"online":true,"since":"20`)
	cancel()
	status(`{"online":false}`)

	b := start(t, cfg)
	status(`{"online":true`)
	drainAndClose(t, b)
	status(`{"online":false}`)
	drainAndClose(t, b) // again, for nothing

	// A gateway that is killed: the broker speaks for it.
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+broker.URL)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	status(`{"online":true`)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	status(`{"online":false}`)
}

// TestMosquittoRefuses sends what a Mosquitto does not take, in all the ways that it has to say so, each amid messages
// that it does take.
func TestMosquittoRefuses(t *testing.T) {
	t.Parallel()
	const many = 3 * maxWindow
	large := make([]byte, 2000)
	for name, tt := range map[string]struct {
		options mosquittotest.Options
		bad     link.Message
		times   int
		reason  string
	}{
		"NotAuthorized": {
			mosquittotest.Options{ACL: "topic readwrite /gateway/#\ntopic readwrite " + nodeTopic + "\n"},
			link.Message{From: otherAddr},
			many, "0x87 Not authorized",
		},
		"LargerThanItsLimit": {
			mosquittotest.Options{Config: "message_size_limit 1000"},
			link.Message{From: nodeAddr, Payload: large},
			many, "0x95 Packet too large",
		},
		"LargerThanItSays": {
			mosquittotest.Options{Config: "max_packet_size 1000"},
			link.Message{From: nodeAddr, Payload: large},
			many, "0x95 Packet too large",
		},
		"Malformed": { // for this one Mosquitto ends the connection
			mosquittotest.Options{},
			link.Message{From: nodeAddr, Topic: []byte("a\x01b")},
			1, "0x81 Malformed Packet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broker := mosquittotest.Start(t, tt.options)
			s := subscribe(t, broker.URL, nodeTopic)
			cfg, l := quick(broker.URL)
			b := start(t, cfg)
			b.Deliver(link.Message{From: nodeAddr, Payload: []byte("first")}, arrival, nil)
			for range tt.times {
				b.Deliver(tt.bad, arrival, nil)
			}
			b.Deliver(link.Message{From: nodeAddr, Payload: []byte("last")}, arrival, nil)
			eventually(t, "the last message", func() bool { return slices.Contains(s.payloads(nodeTopic), "last") })
			eventually(t, "all settled", func() bool { st := b.Stats(); return st.Queued+st.InFlight == 0 })
			st := b.Stats()
			checkSum(t, st)
			if st.Published != 2 || st.Refused != uint64(tt.times) {
				t.Errorf("%d messages that it refuses, and 2 more: %+v", tt.times, st)
			}
			if lines := l.matching("message refused"); len(lines) != 1 || !strings.Contains(lines[0], tt.reason) {
				t.Errorf("logged %q, want once %s", lines, tt.reason)
			}
		})
	}
}

func TestAtMostOnce(t *testing.T) {
	t.Parallel()
	const n = 10 * maxWindow
	broker := mosquittotest.Start(t, mosquittotest.Options{Config: unlimited})
	s := subscribe(t, broker.URL, "/device/#")
	cfg, _ := quick(broker.URL)
	cfg.AtMostOnce = true
	b := start(t, cfg)
	var want []string
	for i := range n {
		want = append(want, strconv.Itoa(i))
		b.Deliver(link.Message{From: nodeAddr, Payload: []byte(want[i])}, arrival, nil)
	}
	eventually(t, "all messages", func() bool { return len(s.messages(nodeTopic)) >= n })
	if diff := cmp.Diff(want, s.payloads(nodeTopic)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if qos := s.messages(nodeTopic)[0].QoS; qos != 0 {
		t.Errorf("QoS %d", qos)
	}
	if st := b.Stats(); st.Published != n {
		t.Errorf("%+v", st)
	}
}

// TestTransports publishes over what is not plain TCP: more than a window at once, and a message of many TLS records.
func TestTransports(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil) // for its certificate, which is for 127.0.0.1
	defer server.Close()
	certificate := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	mqtts, ws := mosquitto.FreeAddr(), mosquitto.FreeAddr()
	port := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broker := mosquittotest.Start(t, mosquittotest.Options{Config: strings.Join([]string{
		"listener " + port(mqtts) + " 127.0.0.1",
		"certfile " + file("cert", "CERTIFICATE", certificate.Certificate[0]),
		"keyfile " + file("key", "PRIVATE KEY", key),
		"listener " + port(ws) + " 127.0.0.1",
		"protocol websockets",
	}, "\n")})
	for _, tt := range []struct {
		url string
		tls *tls.Config
	}{
		{broker.URL, nil},
		{"mqtts://" + mqtts, server.Client().Transport.(*http.Transport).TLSClientConfig},
		{"ws://" + ws, nil},
	} {
		t.Run(strings.SplitN(tt.url, ":", 2)[0], func(t *testing.T) {
			cfg, l := quick(tt.url)
			cfg.TLS = tt.tls
			b := start(t, cfg)
			const n = 2 * maxWindow
			for range n {
				b.Deliver(link.Message{From: nodeAddr}, arrival, nil)
			}
			b.Deliver(link.Message{From: nodeAddr, Payload: make([]byte, 200_000)}, arrival, nil)
			eventually(t, "all published", func() bool { return b.Stats().Published == n+1 })
			drainAndClose(t, b)
			if lines := l.matching("WARN"); len(lines) > 0 {
				t.Errorf("logged %q", lines)
			}
		})
	}
}

// TestOwnSettings uses roots, names and a user of one's own.
func TestOwnSettings(t *testing.T) {
	t.Parallel()
	users := map[string]string{"gateway": "secret"}
	broker := mosquittotest.Start(t, mosquittotest.Options{Users: users})
	s := subscribe(t, strings.Replace(broker.URL, "tcp://", "mqtt://gateway:secret@", 1), "home/#")
	cfg, _ := quick(broker.URL)
	cfg.Username, cfg.Password, cfg.ClientID = "gateway", "secret", "hall"
	cfg.Roots = espnow.Roots{Device: "home/nodes", Gateway: "home/gateways"}
	b := start(t, cfg)
	b.Deliver(link.Message{From: nodeAddr}, arrival, nil)
	for _, topic := range []string{
		"home/nodes/" + nodeAddr.String(), "home/gateways/" + gatewayAddr.String() + "/$status",
	} {
		eventually(t, topic, func() bool { return len(s.messages(topic)) == 1 })
	}
}
