package espnow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestParseTopic(t *testing.T) {
	want := espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}
	for _, c := range []struct {
		topic    string
		sub      espnow.Subtopic
		reserved bool
	}{
		{"/device/24:6f:28:aa:bb:cc", "", false},
		{"/device/24:6f:28:aa:bb:cc/a", "a", false},
		{"/device/24:6F:28:AA:BB:CC/soil/moisture", "soil/moisture", false},
		{"/device/24:6f:28:aa:bb:cc/$status", "$status", true},
		{"/device/24:6f:28:aa:bb:cc/a/$b", "a/$b", false},
	} {
		a, sub, err := espnow.ParseTopic(c.topic)
		if err != nil || a != want || sub != c.sub || sub.Reserved() != c.reserved {
			t.Errorf("%q: %v, %q (reserved %t), %v", c.topic, a, sub, sub.Reserved(), err)
		}
	}
	for _, topic := range []string{
		"", "/device", "/device/", "device/24:6f:28:aa:bb:cc", "/gateway/24:6f:28:aa:bb:cc", "/device/24:6f:28:aa:bb:cc/",
		"/device/24:6f:28:aa:bb", "/device//24:6f:28:aa:bb:cc", "/devices/24:6f:28:aa:bb:cc",
	} {
		if a, sub, err := espnow.ParseTopic(topic); err == nil {
			t.Errorf("%q: %v, %q, want an error", topic, a, sub)
		}
	}
}

func TestRoots(t *testing.T) {
	a := espnow.Addr{1: 1}
	r := espnow.Roots{Device: "home/nodes", Gateway: "home/gateways"}
	topic := string(r.AppendDevice(nil, a, []byte("x/y")))
	if topic != "home/nodes/00:01:00:00:00:00/x/y" {
		t.Error(topic)
	}
	if got, sub, err := r.ParseDevice(topic); err != nil || got != a || sub != "x/y" {
		t.Errorf("%v, %q, %v", got, sub, err)
	}
	if topic := string(r.AppendGateway(nil, a, []byte("$stats"))); topic != "home/gateways/00:01:00:00:00:00/$stats" {
		t.Error(topic)
	}
}

func TestCheckTopic(t *testing.T) {
	for _, topic := range []string{"", "a", "a/b/c", "température", "a$", "a/$b", "...", "a..b", ".", "a b", "a~", "\u00a0", "\ufdcf\ufdf0", "\ufffd", "😀", strings.Repeat("x", 255)} {
		if err := espnow.CheckTopic(topic); err != nil {
			t.Errorf("%q: %v", topic, err)
		}
	}
	for _, topic := range []string{"/a", "a/", "/", "a//b", "+", "a/+", "#", "a#b", "a\x00", "..", "a/..", "../a", "a/../b", "$", "$status", "\xff", "a/\xc3", "a\x01", "\x1f", "\x7f", "\u0080", "\u009f", "\ufdd0", "\ufdef", "\ufffe", "a/\uffff", "\U0010ffff"} {
		if err := espnow.CheckTopic(topic); !errors.Is(err, espnow.ErrTopic) {
			t.Errorf("%q: %v, want ErrTopic", topic, err)
		}
		if err := espnow.CheckTopic([]byte(topic)); !errors.Is(err, espnow.ErrTopic) {
			t.Errorf("%q as bytes: %v, want ErrTopic", topic, err)
		}
	}
	long := []byte(strings.Repeat("soil/moisture/", 10) + "x")
	if n := testing.AllocsPerRun(100, func() {
		if espnow.CheckTopic(long) != nil {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzTopic(f *testing.F) {
	for _, topic := range []string{"/device/24:6f:28:aa:bb:cc", "/device/24:6f:28:aa:bb:cc/a/b", "/device/24:6f:28:aa:bb:cc/$set", "a/../b", "/device//"} {
		f.Add(topic)
	}
	f.Fuzz(func(t *testing.T, topic string) {
		a, sub, err := espnow.ParseTopic(topic)
		if err != nil {
			return
		}
		again := string(espnow.DefaultRoots.AppendDevice(nil, a, []byte(sub)))
		if !strings.EqualFold(again, topic) {
			t.Errorf("%q is taken apart and put together as %q", topic, again)
		}
		if espnow.CheckTopic(string(sub)) == nil && strings.ContainsAny(string(sub), "+#\x00") {
			t.Errorf("CheckTopic lets %q pass", sub)
		}
	})
}
