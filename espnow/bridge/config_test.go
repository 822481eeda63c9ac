package bridge

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
)

func TestParseURL(t *testing.T) {
	for _, tt := range []struct {
		in, want, err string // err is a part of it, the URL as shown first
	}{
		{in: "tcp://127.0.0.1:1883", want: "tcp://127.0.0.1:1883"},
		{in: "mqtt://broker", want: "mqtt://broker:1883"},
		{in: "tcp://[::1]", want: "tcp://[::1]:1883"},
		{in: "TCP://broker/", want: "tcp://broker:1883/"},
		{in: "ssl://broker", want: "ssl://broker:8883"},
		{in: "tls://broker:1", want: "tls://broker:1"},
		{in: "mqtts://broker", want: "mqtts://broker:8883"},
		{in: "ws://broker/mqtt?x=1", want: "ws://broker/mqtt?x=1"},
		{in: "wss://broker:9001/mqtt", want: "wss://broker:9001/mqtt"},
		{in: "", err: `"": want tcp`},
		{in: "127.0.0.1:1883", err: `"127.0.0.1:1883" does not parse`},
		{in: "http://broker", err: `"http://broker": want tcp`},
		{in: "broker", err: `"broker": want tcp`},
		{in: "tcp://", err: `"tcp://": want a host`},
		{in: "tcp:broker", err: `"tcp:broker": want a host`},
		{in: "tcp://:1883", err: `"tcp://:1883": want a host`},
		{in: "tcp://broker:port", err: `"tcp://broker:port" does not parse`},
		{in: "tcp://broker:65535", want: "tcp://broker:65535"},
		{in: "tcp://broker:65536", err: `"tcp://broker:65536": want a port from 1 to 65535`},
		{in: "tcp://broker:0", err: `"tcp://broker:0": want a port`},
		{in: "ws://broker:99999/mqtt", err: `"ws://broker:99999/mqtt": want a port`},
		{in: "tcp://broker/topic", err: `"tcp://broker/topic": nothing may follow`},
		{in: "mqtt://broker?q", err: `"mqtt://broker?q": nothing may follow`},
		{in: "mqtt://broker#f", err: `"mqtt://broker#f": nothing may follow`},
		{in: "tcp://user:secret@broker", err: `"broker": user name and password`},
		{in: "tcp://user:secret%zz@broker", err: `"broker" does not parse`},
		{in: "tcp:user:secret@broker", err: `"broker": want a host`},
	} {
		u, err := ParseURL(tt.in)
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("%q: %v", tt.in, err)
		case tt.err == "":
			if u.String() != tt.want {
				t.Errorf("%q: %s, want %s", tt.in, u, tt.want)
			}
		case err == nil:
			t.Errorf("%q: no error, want %s", tt.in, tt.err)
		case !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: %v, want %s", tt.in, err, tt.err)
		}
	}
}

func TestConfigLimits(t *testing.T) {
	good := Config{URL: "tcp://127.0.0.1:1", Gateway: gatewayAddr}
	for _, tt := range []struct {
		name string
		set  func(*Config)
		err  string // a part of it; empty if there is none
	}{
		{"defaults", func(*Config) {}, ""},
		{"URL", func(c *Config) { c.URL = "http://broker" }, `URL "http://broker"`},
		{"no gateway", func(c *Config) { c.Gateway = espnow.Addr{} }, "gateway 00:00:00:00:00:00"},
		{"broadcast", func(c *Config) { c.Gateway = espnow.Broadcast }, "gateway ff:ff:ff:ff:ff:ff"},
		{"longest id", func(c *Config) { c.ClientID = strings.Repeat("i", 65_535) }, ""},
		{"id too long", func(c *Config) { c.ClientID = strings.Repeat("i", 65_536) }, "client id"},
		{"user with NUL", func(c *Config) { c.Username = "a\x00" }, "user name"},
		{"password not UTF-8", func(c *Config) { c.Password = "\xff" }, "password"},
		{"root with a wildcard", func(c *Config) { c.Roots.Device = "/+" }, `topic root "/+"`},
		{"root with nothing", func(c *Config) { c.Roots.Gateway = "/" }, `topic root "/"`},
		{"root with an end", func(c *Config) { c.Roots.Gateway = "/gateway/" }, `topic root "/gateway/"`},
		{"root of the broker's", func(c *Config) { c.Roots.Gateway = "$SYS" }, `topic root "$SYS"`},
		{"one root", func(c *Config) { c.Roots.Gateway = "/device" }, "both"},
		{"longest root", func(c *Config) { c.Roots.Device = strings.Repeat("r", 1024) }, ""},
		{"root too long", func(c *Config) { c.Roots.Device = strings.Repeat("r", 1025) }, "1025 bytes"},
		{"queue of 1", func(c *Config) { c.QueueSize = 1 }, ""},
		{"queue of -1", func(c *Config) { c.QueueSize = -1 }, "queue of -1 messages"},
		{"longest queue", func(c *Config) { c.QueueSize = 1 << 24 }, ""},
		{"queue too long", func(c *Config) { c.QueueSize = 1<<24 + 1 }, "queue of 16777217 messages"},
		{"one byte", func(c *Config) { c.QueueBytes = 1 }, ""},
		{"bytes below 0", func(c *Config) { c.QueueBytes = -1 }, "queue of -1 bytes"},
		{"shortest keep-alive", func(c *Config) { c.KeepAlive = time.Second }, ""},
		{"keep-alive too short", func(c *Config) { c.KeepAlive = time.Second - 1 }, "keep-alive 999.999999ms"},
		{"keep-alive below 0", func(c *Config) { c.KeepAlive = -time.Second }, "keep-alive -1s"},
		{"keep-alive and a half", func(c *Config) { c.KeepAlive = 1500 * time.Millisecond }, "keep-alive 1.5s"},
		{"longest keep-alive", func(c *Config) { c.KeepAlive = 65_535 * time.Second }, ""},
		{"keep-alive too long", func(c *Config) { c.KeepAlive = 65_536 * time.Second }, "keep-alive 18h12m16s"},
		{"shortest back-off", func(c *Config) { c.BackoffMin = time.Millisecond }, ""},
		{"back-off too short", func(c *Config) { c.BackoffMin = time.Millisecond - 1 }, "shortest back-off"},
		{"back-off of a minute", func(c *Config) { c.BackoffMin = time.Minute }, ""},
		{"hardly any range", func(c *Config) { c.BackoffMin, c.BackoffMax = 5e6, 6e6 }, ""},
		{"no range", func(c *Config) { c.BackoffMin, c.BackoffMax = 5e6, 6e6-1 }, "longest back-off"},
		{"longest back-off", func(c *Config) { c.BackoffMax = 24 * time.Hour }, ""},
		{"back-off too long", func(c *Config) { c.BackoffMax = 24*time.Hour + 1 }, "longest back-off"},
		{"back-off for ever", func(c *Config) { c.BackoffMin = math.MaxInt64 }, "longest back-off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			cfg.Logger = slog.New(slog.DiscardHandler)
			tt.set(&cfg)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			_, err := Start(ctx, cfg)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), "bridge: ") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("not one line of the bridge: %q", err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	got := Config{Gateway: gatewayAddr}.withDefaults()
	got.Logger = nil
	want := Config{
		Gateway:    gatewayAddr,
		ClientID:   "enow246f28000001",
		Roots:      espnow.Roots{Device: "/device", Gateway: "/gateway"},
		QueueSize:  10_000,
		QueueBytes: 64 << 20,
		KeepAlive:  30 * time.Second,
		BackoffMin: 250 * time.Millisecond,
		BackoffMax: 30 * time.Second,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tls.Config{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBackoff follows a broker that accepts and hangs up at once, as happens to two gateways of one client id.
func TestBackoff(t *testing.T) {
	cfg := Config{
		BackoffMin: 100 * time.Millisecond,
		BackoffMax: time.Second,
		Logger:     slog.New(slog.DiscardHandler),
	}
	w := newWatch(cfg, &url.URL{})
	if d := w.backoff(0); d != 0 {
		t.Errorf("the first attempt waits %v", d)
	}
	longest := time.Duration(0)
	for range 100 {
		w.up()
		w.down(0)
		d := w.backoff(0)
		if d < cfg.BackoffMin || d > cfg.BackoffMax {
			t.Fatalf("wait of %v", d)
		}
		longest = max(longest, d)
	}
	if longest < cfg.BackoffMax/2 {
		t.Errorf("the longest of 100 waits is %v: it does not grow", longest)
	}
	w.since = time.Now().Add(-cfg.BackoffMax) // a connection that lasted
	w.down(0)
	if d := w.backoff(0); d != 0 {
		t.Errorf("the first attempt after a steady connection waits %v", d)
	}
}
