package bridge

import (
	"cmp"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// What a zero field of [Config] stands for.
const (
	DefaultQueueSize  = 10_000
	DefaultQueueBytes = 64 << 20
	DefaultKeepAlive  = 30 * time.Second
	DefaultBackoffMin = 250 * time.Millisecond
	DefaultBackoffMax = 30 * time.Second
)

const (
	maxQueueSize = 1 << 24
	maxKeepAlive = math.MaxUint16 * time.Second // two bytes of CONNECT
	maxString    = math.MaxUint16               // bytes of an MQTT string
	maxRoot      = 1024                         // bytes, so that every topic fits an MQTT string
	maxBackoff   = 24 * time.Hour
)

// Config says which broker to use, and as whom. URL and Gateway are required; every other zero value has a default.
type Config struct {
	URL     string      // tcp:// or mqtt://, ssl://, tls:// or mqtts://, ws://, wss://; the port may be left out
	Gateway espnow.Addr // this gateway's own address

	ClientID string // default: "enow" and the twelve digits of Gateway; no two clients of a broker may share one
	Username string
	Password string
	TLS      *tls.Config // for the schemes with TLS; nil trusts what the system trusts

	// Roots are the first levels of the topics, up to 1,024 bytes each; an empty one is that of [espnow.DefaultRoots].
	Roots espnow.Roots

	// AtMostOnce publishes messages at QoS 0 instead of QoS 1. What a dying connection had taken and the broker had not
	// read is then lost, and counted as published.
	AtMostOnce bool

	QueueSize  int           // messages without a Receipt that may wait, 1..16,777,216
	QueueBytes int           // bytes that their topics and payloads may take together, >= 1
	KeepAlive  time.Duration // a silent broker is lost after twice that; whole seconds, 1..65,535
	BackoffMin time.Duration // shortest wait between two attempts to connect, >= 1 ms
	BackoffMax time.Duration // longest; at least 1 ms above BackoffMin, up to 24 h
	Logger     *slog.Logger  // default: slog.Default(); its handler must not call the bridge
}

// withDefaults returns c with its zero fields filled in.
func (c Config) withDefaults() Config {
	c.ClientID = cmp.Or(c.ClientID, "enow"+hex.EncodeToString(c.Gateway[:]))
	c.Roots.Device = cmp.Or(c.Roots.Device, espnow.DefaultRoots.Device)
	c.Roots.Gateway = cmp.Or(c.Roots.Gateway, espnow.DefaultRoots.Gateway)
	c.QueueSize = cmp.Or(c.QueueSize, DefaultQueueSize)
	c.QueueBytes = cmp.Or(c.QueueBytes, DefaultQueueBytes)
	c.KeepAlive = cmp.Or(c.KeepAlive, DefaultKeepAlive)
	c.BackoffMin = cmp.Or(c.BackoffMin, DefaultBackoffMin)
	c.BackoffMax = cmp.Or(c.BackoffMax, max(DefaultBackoffMax, 2*c.BackoffMin))
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c
}

// check reports the first field of c, defaults filled in, that cannot be, and what it may be.
func (c Config) check() error {
	if c.Gateway == (espnow.Addr{}) || c.Gateway.IsGroup() {
		return fmt.Errorf("bridge: gateway %s: want the address of one station", c.Gateway)
	}
	for _, f := range []struct{ name, value string }{
		{"client id", c.ClientID}, {"user name", c.Username}, {"password", c.Password},
	} {
		if len(f.value) > maxString || !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) {
			return fmt.Errorf("bridge: %s: want UTF-8 without NUL, up to %d bytes", f.name, maxString)
		}
	}
	for _, root := range []string{c.Roots.Device, c.Roots.Gateway} {
		if len(root) > maxRoot {
			return fmt.Errorf("bridge: topic root of %d bytes: want %d at most", len(root), maxRoot)
		}
		if err := espnow.CheckTopic(strings.TrimPrefix(root, "/") + "/x"); err != nil {
			return fmt.Errorf("bridge: topic root %q: %w", root, err)
		}
	}
	switch {
	case c.Roots.Device == c.Roots.Gateway:
		return fmt.Errorf("bridge: topic root %q stands for both devices and gateways: want two", c.Roots.Device)
	case c.QueueSize < 1 || c.QueueSize > maxQueueSize:
		return fmt.Errorf("bridge: queue of %d messages: want 1 to %d", c.QueueSize, maxQueueSize)
	case c.QueueBytes < 1:
		return fmt.Errorf("bridge: queue of %d bytes: want 1 or more", c.QueueBytes)
	case c.KeepAlive < time.Second || c.KeepAlive > maxKeepAlive || c.KeepAlive%time.Second != 0:
		return fmt.Errorf("bridge: keep-alive %v: want whole seconds from 1s to %v", c.KeepAlive, maxKeepAlive)
	case c.BackoffMin < time.Millisecond:
		return fmt.Errorf("bridge: shortest back-off %v: want 1ms or more", c.BackoffMin)
	case c.BackoffMax-c.BackoffMin < time.Millisecond || c.BackoffMax > maxBackoff:
		return fmt.Errorf("bridge: longest back-off %v: want more than the shortest, %v, and up to %v",
			c.BackoffMax, c.BackoffMin, maxBackoff)
	}
	return nil
}

// defaultPorts has the schemes that [Config.URL] takes; the dialer knows the ports of the empty ones.
var defaultPorts = map[string]string{
	"tcp": "1883", "mqtt": "1883",
	"ssl": "8883", "tls": "8883", "mqtts": "8883",
	"ws": "", "wss": "",
}

// ParseURL reads the URL of a broker as it stands in [Config] and adds the port where it has none: what else talks to the
// same broker needs it too. The error says in one line what is wrong; none repeats a password.
func ParseURL(text string) (*url.URL, error) {
	shown := text[strings.LastIndexByte(text, '@')+1:]
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("bridge: URL %q does not parse: want one such as tcp://127.0.0.1:1883", shown)
	}
	port, known := defaultPorts[u.Scheme]
	web := known && port == ""
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("bridge: URL of %q: user name and password have settings of their own", shown)
	case !known:
		return nil, fmt.Errorf("bridge: URL %q: want tcp, mqtt, ssl, tls, mqtts, ws or wss in front, as in "+
			"tcp://127.0.0.1:1883", shown)
	case u.Hostname() == "":
		return nil, fmt.Errorf("bridge: URL %q: want a host, as in tcp://127.0.0.1:1883", shown)
	case !validPort(u.Port()):
		return nil, fmt.Errorf("bridge: URL %q: want a port from 1 to %d", shown, math.MaxUint16)
	case !web && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != ""):
		return nil, fmt.Errorf("bridge: URL %q: nothing may follow the host and port of %s://", shown, u.Scheme)
	}
	if u.Port() == "" && !web {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

// validPort reports whether port, of a URL, is none or one that can be dialled.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}
