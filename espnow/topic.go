package espnow

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Roots are the first levels of the MQTT topics (SPEC.md, section 7).
type Roots struct {
	Device  string // "/device": what nodes send and are sent
	Gateway string // "/gateway": what gateways say of themselves
}

// DefaultRoots are the roots where nothing else is configured.
var DefaultRoots = Roots{Device: "/device", Gateway: "/gateway"}

// AppendDevice appends the topic of a device, "/device/<mac>", or "/device/<mac>/<sub>" where sub is not empty.
func (r Roots) AppendDevice(b []byte, a Addr, sub []byte) []byte {
	return appendTopic(b, r.Device, a, sub)
}

// AppendGateway appends the topic of a gateway, "/gateway/<mac>/<sub>".
func (r Roots) AppendGateway(b []byte, a Addr, sub []byte) []byte {
	return appendTopic(b, r.Gateway, a, sub)
}

func appendTopic(b []byte, root string, a Addr, sub []byte) []byte {
	b = append(append(b, root...), '/')
	b, _ = a.AppendText(b)
	if len(sub) > 0 {
		b = append(append(b, '/'), sub...)
	}
	return b
}

// Subtopic is what stands below a device's own topic; empty for that topic itself.
type Subtopic string

// Reserved reports whether s is the network's own, such as "$status" and "$set", and not a node's message.
func (s Subtopic) Reserved() bool { return strings.HasPrefix(string(s), "$") }

// ParseDevice takes a device's topic apart: the inverse of [Roots.AppendDevice]. The address may be in either case.
func (r Roots) ParseDevice(topic string) (Addr, Subtopic, error) {
	rest, ok := strings.CutPrefix(topic, r.Device+"/")
	if !ok {
		return Addr{}, "", fmt.Errorf("topic %q: want %s/<mac> or %s/<mac>/<topic>", topic, r.Device, r.Device)
	}
	mac, sub, deeper := strings.Cut(rest, "/")
	a, ok := parseAddr(mac)
	if !ok {
		return Addr{}, "", fmt.Errorf("topic %q: %q is no address such as 24:6f:28:aa:bb:cc", topic, mac)
	}
	if deeper && sub == "" {
		return Addr{}, "", fmt.Errorf("topic %q: nothing after the last /", topic)
	}
	return a, Subtopic(sub), nil
}

// ParseTopic takes a device's topic under [DefaultRoots] apart: "/device/<mac>" and "/device/<mac>/<sub>".
func ParseTopic(topic string) (Addr, Subtopic, error) { return DefaultRoots.ParseDevice(topic) }

// ErrTopic is the error of a topic that a node may not use.
var ErrTopic = errors.New("bad topic")

// CheckTopic checks the topic that a node gives its message (SPEC.md, section 5): empty, or UTF-8 of levels joined by /,
// without + and #, without control characters and noncharacters, no level empty or "..", and no $ in front. The error wraps
// [ErrTopic].
func CheckTopic[T string | []byte](topic T) error { return checkTopic([]byte(topic)) }

func checkTopic(topic []byte) error {
	if len(topic) == 0 {
		return nil
	}
	if topic[0] == '$' {
		return fmt.Errorf("%w: topics with $ in front are the network's own", ErrTopic)
	}
	level := 0 // where the current one starts
	for i := 0; i < len(topic); {
		if '/' < topic[i] && topic[i] < 0x7f { // as most are
			i++
			continue
		}
		r, n := utf8.DecodeRune(topic[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return fmt.Errorf("%w: not UTF-8 at byte %d", ErrTopic, i)
		case r == '+' || r == '#':
			return fmt.Errorf("%w: byte %d is %q, which MQTT keeps for itself", ErrTopic, i, r)
		case !forTopics(r):
			return fmt.Errorf("%w: the character %U at byte %d, for which brokers hang up", ErrTopic, r, i)
		case r == '/':
			if err := checkLevel(topic[level:i], level); err != nil {
				return err
			}
			level = i + 1
		}
		i += n
	}
	return checkLevel(topic[level:], level)
}

func checkLevel(level []byte, at int) error {
	switch {
	case len(level) == 0:
		return fmt.Errorf("%w: an empty level at byte %d", ErrTopic, at)
	case string(level) == "..":
		return fmt.Errorf("%w: a level \"..\" at byte %d", ErrTopic, at)
	}
	return nil
}

// forTopics reports whether r is no control character and no noncharacter: a broker may close the connection of a client
// that sends one (MQTT 5, section 1.5.4).
func forTopics(r rune) bool {
	return !unicode.IsControl(r) && r&0xfffe != 0xfffe && (r < 0xfdd0 || r > 0xfdef)
}
