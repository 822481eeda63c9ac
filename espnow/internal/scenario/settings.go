package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/frag"
)

// settings reads the settings of an input into a configuration; the first one that is wrong is the error.
type settings struct {
	*arguments
	err error
}

func (s *settings) set(name string, parse func(value string) error) {
	value, ok := s.setting(name)
	if !ok || s.err != nil {
		return
	}
	if err := parse(value); err != nil {
		s.err = fmt.Errorf("%s=%s: %w", name, value, err)
	}
}

func number[N ~int | ~int8 | ~uint8 | ~uint16 | ~uint32](s *settings, name string, at *N) {
	s.set(name, func(value string) error {
		n, err := strconv.ParseInt(value, 0, 64)
		*at = N(n)
		return err
	})
}

func (s *settings) duration(name string, at *time.Duration) {
	s.set(name, func(value string) (err error) {
		*at, err = time.ParseDuration(value)
		return err
	})
}

// channels are numbers with commas between them.
func (s *settings) channels(name string, at *[]uint8) {
	s.set(name, func(value string) error {
		*at = nil
		for text := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(text, 10, 8)
			if err != nil {
				return err
			}
			*at = append(*at, uint8(n))
		}
		return nil
	})
}

// fragments keep the shares of the default where a limit of one message is changed.
func (s *settings) fragments(l *frag.Limits) {
	number(s, "max_message", &l.MaxMessage)
	number(s, "max_parts", &l.MaxParts)
	number(s, "max_messages", &l.MaxMessages)
	number(s, "source_messages", &l.SourceMessages)
	s.duration("timeout", &l.Timeout)
	if _, ok := s.setting("max_message"); ok {
		l.SourceBytes = l.MessageBytes() * l.SourceMessages
		l.MaxBytes = l.MessageBytes() * l.MaxMessages
	}
}

func (w *world) nodeConfig(d *device, a *arguments) (link.NodeConfig, error) {
	cfg := link.DefaultNodeConfig(d.addr)
	cfg.Random = d.entropy()
	cfg.Channels = []uint8{1, 6, 11}
	cfg.Receive.MaxMessage, cfg.Receive.MaxParts = 2048, 64
	cfg.Receive.SourceBytes = 2 * cfg.Receive.MessageBytes()
	cfg.Receive.MaxBytes = 4 * cfg.Receive.MessageBytes()
	if w.secure {
		cfg.Key, cfg.KeyID = w.keys[0].Device(d.addr), 1
	}
	s := &settings{arguments: a}
	s.channels("channels", &cfg.Channels)
	s.duration("listen", &cfg.Listen)
	s.duration("keep_alive", &cfg.KeepAlive)
	number(s, "max_frame", &cfg.MaxFrame)
	number(s, "queue_messages", &cfg.QueueMessages)
	number(s, "queue_bytes", &cfg.QueueBytes)
	number(s, "min_rssi", &cfg.MinRSSI)
	number(s, "hysteresis", &cfg.Hysteresis)
	s.fragments(&cfg.Receive)
	s.set("home", func(value string) error {
		name, channel, _ := strings.Cut(value, "@")
		n, err := strconv.ParseUint(channel, 10, 8)
		if err != nil {
			return err
		}
		cfg.Home.Channel = uint8(n)
		cfg.Home.Gateway, err = parseAddr(name)
		return err
	})
	s.set("to", func(value string) (err error) {
		cfg.Gateway, err = parseAddr(value)
		return err
	})
	s.set("key", func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > len(w.keys) {
			return fmt.Errorf("want 1 to %d", len(w.keys))
		}
		cfg.Key, cfg.KeyID = w.keys[n-1].Device(d.addr), uint8(n)
		return nil
	})
	cfg.Sleepy = a.flag("sleepy")
	return cfg, s.err
}

func (w *world) gatewayConfig(d *device, a *arguments) (link.GatewayConfig, error) {
	cfg := link.DefaultGatewayConfig(d.addr)
	cfg.Random, cfg.RecentIDs, cfg.Sessions = d.entropy(), 16, 8
	cfg.Fragments = frag.Limits{
		MaxMessage: 8192, MaxParts: 256, MaxMessages: 8, SourceMessages: 2, Timeout: cfg.Fragments.Timeout,
	}
	cfg.Fragments.SourceBytes = 2 * cfg.Fragments.MessageBytes()
	cfg.Fragments.MaxBytes = 8 * cfg.Fragments.MessageBytes()
	cfg.Mail = link.MailLimits{NodeMessages: 4, NodeBytes: 4096, Bytes: 8192, Keep: cfg.Mail.Keep}
	if w.secure {
		for i, key := range w.keys[:w.ring] {
			if err := cfg.Keys.Add(uint8(i+1), key); err != nil {
				return cfg, err
			}
		}
	}
	s := &settings{arguments: a}
	number(s, "channel", &cfg.Channel)
	number(s, "max_frame", &cfg.MaxFrame)
	number(s, "sessions", &cfg.Sessions)
	number(s, "peers", &cfg.Peers)
	s.duration("keep_alive", &cfg.KeepAlive)
	s.duration("join_every", &cfg.JoinEvery)
	number(s, "mail_messages", &cfg.Mail.NodeMessages)
	number(s, "mail_bytes", &cfg.Mail.NodeBytes)
	number(s, "mail_all_bytes", &cfg.Mail.Bytes)
	s.duration("mail_keep", &cfg.Mail.Keep)
	s.fragments(&cfg.Fragments)
	number(s, "recent_ids", &cfg.RecentIDs)
	s.duration("recent_for", &cfg.RecentFor)
	s.set("passthrough", func(value string) (err error) {
		cfg.Passthrough, err = link.ParsePassthrough(value)
		return err
	})
	return cfg, s.err
}

// outgoing is a message that an input describes.
func outgoing(a *arguments) (link.Outgoing, error) {
	m := link.Outgoing{Acknowledge: a.flag("ack"), Retain: a.flag("retain")}
	m.Topic, _ = a.setting("topic")
	text, _ := a.setting("payload")
	m.Payload = []byte(text)
	s := &settings{arguments: a}
	var size int
	number(s, "size", &size)
	for i := range size {
		m.Payload = append(m.Payload, byte(i))
	}
	return m, s.err
}

// parseAddr reads the name of a device, or all.
func parseAddr(name string) (espnow.Addr, error) {
	if name == "all" {
		return espnow.Broadcast, nil
	}
	number := uint64(1)
	if len(name) > 1 {
		var err error
		if number, err = strconv.ParseUint(name[1:], 10, 8); err != nil {
			return espnow.Addr{}, fmt.Errorf("%q: want N or G, and a number where there are more", name)
		}
	}
	switch {
	case strings.HasPrefix(name, "N"):
		return espnow.Addr{0x24, 0x6f, 0x28, 0, 0, byte(number)}, nil
	case strings.HasPrefix(name, "G"):
		return espnow.Addr{0x24, 0x6f, 0x28, 0xff, 0, byte(number)}, nil
	}
	return espnow.Addr{}, fmt.Errorf("%q: want N or G, and a number where there are more", name)
}
