package mosquittotest

import (
	"net"
	"testing"
)

func listens(b *Broker) bool {
	conn, err := net.Dial("tcp", b.Addr)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestBroker(t *testing.T) {
	b := Start(t, Options{Persistent: true, Users: map[string]string{"gateway": "secret"}, ACL: "topic readwrite #\n"})
	if !listens(b) {
		t.Error("Start returned before the broker listens")
	}
	for name, end := range map[string]func(){"Stop": b.Stop, "Kill": b.Kill} {
		end()
		if listens(b) {
			t.Errorf("listens after %s", name)
		}
		end() // again, for nothing
		b.Restart()
		if !listens(b) {
			t.Errorf("does not listen after Restart after %s", name)
		}
	}
	b.Restart() // while it runs
	if !listens(b) {
		t.Error("does not listen after Restart")
	}
}
