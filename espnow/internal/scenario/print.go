package scenario

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/frag"
)

const (
	maxShown  = 64 // bytes of a frame that are shown whole
	shownHead = 24 // of a longer one
)

// digits shows bytes; of many it shows some, and a sum of all.
func digits(b []byte) string {
	if len(b) <= maxShown {
		return fmt.Sprintf("%x", b)
	}
	sum := sha256.Sum256(b)
	return fmt.Sprintf("%x.. %d bytes, sum %x", b[:shownHead], len(b), sum[:6])
}

// payload shows bytes as text, but many.
func payload(b []byte) string {
	if len(b) <= maxShown {
		return quoted(b)
	}
	return digits(b)
}

// quoted shows what is printable ASCII as it is.
func quoted[T string | []byte](text T) string {
	b := []byte{'"'}
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			b = fmt.Appendf(b, `\x%02x`, c)
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// event tells what a machine has told.
func (w *world) event(d *device, e link.Event) {
	switch e := e.(type) {
	case *link.Message:
		w.message(d, e)
	case *link.Result:
		w.tell("%s: message %d to %s: %s", d.name, e.Ticket, w.name(e.To), verdict(e.Err))
	case *link.Connection:
		if e.Up {
			w.tell("%s: connected to %s on %d at %d dBm, boot %08x", d.name, w.name(e.Gateway), e.Channel, e.RSSI, e.Boot)
		} else {
			w.tell("%s: not connected to %s: %v", d.name, w.name(e.Gateway), e.Reason)
		}
	case *link.Presence:
		if e.Present {
			w.tell("%s: %s is here on %d at %d dBm, boot %08x%s", d.name, w.name(e.Addr), e.Channel, e.RSSI, e.Boot, word(e.Sleepy, ", sleepy"))
		} else {
			w.tell("%s: %s is gone: %v", d.name, w.name(e.Addr), e.Reason)
		}
	}
}

func (w *world) message(d *device, m *link.Message) {
	waits := m.Receipt != (link.Receipt{})
	w.tell("%s: message %d of %s on %d at %d dBm, boot %08x%s%s%s%s: %s %s", d.name, m.ID, w.name(m.From), m.Channel, m.RSSI, m.Boot,
		word(m.Retain, ", retain"), word(m.Broadcast, ", broadcast"), word(m.Raw, ", raw"), word(waits, ", waits"), quoted(m.Topic), payload(m.Payload))
	switch {
	case waits && d.accepts:
		d.gateway.Accept(w.now, m.Receipt)
	case waits:
		d.waiting = append(d.waiting, m.Receipt)
	}
}

func word(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// verdict is the same word for the same error in every language.
func verdict(err error) string {
	var status frag.StatusError
	if errors.As(err, &status) {
		return fmt.Sprintf("status %d", status.Status)
	}
	for _, known := range []struct {
		err  error
		word string
	}{
		{nil, "acknowledged"},
		{espnow.ErrTopic, "bad topic"},
		{link.ErrTooLarge, "too large"},
		{link.ErrFull, "full"},
		{link.ErrExpired, "expired"},
		{link.ErrDenied, "denied"},
		{link.ErrElsewhere, "elsewhere"},
		{link.ErrNoSession, "no session"},
		{link.ErrAsleep, "asleep"},
		{link.ErrGone, "gone"},
		{link.ErrUnfinished, "unfinished"},
		{link.ErrSnapshot, "unusable snapshot"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return err.Error()
}

// explain says what the packets of a frame mean.
func (w *world) explain(m fleet.Machine, body []byte) {
	w.packets("", body, func(sealed []byte) []byte {
		if m == nil {
			return nil
		}
		return w.inside.Reveal(m, sealed)
	})
}

func (w *world) packets(indent string, body []byte, open func(sealed []byte) []byte) {
	note := func(format string, args ...any) {
		w.out = append(w.out, "         # "+indent+fmt.Sprintf(format, args...))
	}
	walk := espnow.Walk(body)
	for raw, ok := walk.Next(); ok; raw, ok = walk.Next() {
		p, err := new(espnow.Decoder).Decode(raw)
		if err != nil {
			note("%v: %v", raw.Type, err)
			continue
		}
		note("%v%s", raw.Type, fields(reflect.ValueOf(p).Elem()))
		if raw.Type == espnow.TypeSealed {
			if inner := open(body[raw.Offset:][:2+len(raw.Body)]); inner != nil {
				w.packets(indent+"  ", inner, open)
			}
		}
	}
	if err := walk.Err(); err != nil {
		note("then %v", err)
	}
}

// fields are those of a packet that are not zero.
func fields(packet reflect.Value) string {
	var b strings.Builder
	for i := range packet.NumField() {
		field, name := packet.Field(i), packet.Type().Field(i).Name
		switch {
		case field.IsZero():
		case field.Kind() == reflect.Struct:
			fmt.Fprintf(&b, " %s{%s}", name, strings.TrimSpace(fields(field)))
		case field.Kind() == reflect.Array:
			fmt.Fprintf(&b, " %s=%x", name, field.Interface())
		case field.Kind() == reflect.Slice:
			fmt.Fprintf(&b, " %s=%d bytes", name, field.Len())
		default:
			fmt.Fprintf(&b, " %s=%v", name, field.Interface())
		}
	}
	return b.String()
}
