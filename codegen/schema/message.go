package schema

import (
	"fmt"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// What bounds a message: lengths of two bytes.
const (
	maxMessage     = 1<<16 - 1
	maxMessageBody = maxMessage - 1 // less the id
	maxTopic       = 1<<8 - 1
)

// taken are ids and names that a message cannot have, and the lines that say so.
type taken struct {
	reserved bool // by the list of reserved ones, not by another message
	line     int
}

// reservations are the ids and names, in the form that no target tells apart, that are given or reserved.
type reservations struct {
	ids   map[int]taken
	names map[string]taken
}

// parseReserved reads what messages once had.
func (p *parser) parseReserved(spec *object) reservations {
	r := reservations{map[int]taken{}, map[string]taken{}}
	v := spec.values["reserved"]
	if v == nil {
		return r
	}
	o := p.object(v, reservedObject)
	if o == nil {
		return r
	}
	for _, n := range o.list("ids") {
		const none = -1
		one := p.single(n, "id", Number{})
		if id := one.small("id", 1, 255, none); id != none {
			if t, again := r.ids[id]; again {
				p.nodeFault(n, fmt.Sprintf("id %d again", id), fmt.Sprintf("line %d reserves it", t.line), "remove one")
			}
			r.ids[id] = taken{true, n.Line}
			p.spec.Reserved.IDs = append(p.spec.Reserved.IDs, uint8(id))
		}
	}
	for _, n := range o.list("names") {
		one := p.single(n, "name", Text{Form: pascal})
		name := one.name()
		if name == "" {
			continue
		}
		if t, again := r.names[name.Lower()]; again {
			p.nodeFault(n, fmt.Sprintf("the name %s again", quote(string(name))), fmt.Sprintf("line %d reserves it", t.line), "remove one")
		}
		r.names[name.Lower()] = taken{true, n.Line}
		p.spec.Reserved.Names = append(p.spec.Reserved.Names, name)
	}
	return r
}

func (p *parser) parseMessage(n *yaml.Node, r reservations) {
	o := p.object(n, messageObject)
	if o == nil {
		return
	}
	m := &Message{At: o.pos(), Name: o.name(), Doc: o.text("doc"), ID: o.messageID(r), Topic: o.topic(), Limit: o.small("limit", 1, maxMessage, maxMessage)}
	p.spec.Messages = append(p.spec.Messages, m)
	if t, ok := r.names[m.Name.Lower()]; ok && o.has("name") {
		o.nodeFault(o.values["name"], "the name "+quote(string(m.Name)), fmt.Sprintf("line %d reserves it", t.line), "choose another")
	}
	if o.claim(p.named, "", m.Name) {
		for _, derived := range []Name{"ID", "Topic", "MaxSize"} {
			o.claim(p.named, m.Name, derived)
		}
	}
	m.Body = p.parseBody(n, owner{m.Name, "a message", &use{side: forMessages}}, o.list("fields"), nil)
	if m.MaxSize() > m.Limit {
		do := "shorten it or raise its limit"
		if m.Limit == maxMessage {
			do = "shorten it"
		}
		o.nodeFault(o.at("limit"), string(m.Name)+" takes "+upTo(m.MaxSize()), m.overLimit(), do)
	}
}

// overLimit says which field of a message that is too long is the largest.
func (m *Message) overLimit() string {
	var largest *Field
	most := 0
	for _, f := range m.Fields {
		if _, hi := f.Type.Span(); hi > most {
			largest, most = f, hi
		}
	}
	return fmt.Sprintf("its limit is %d and its largest field, %q, takes %s", m.Limit, largest.Name, upTo(most))
}

// upTo prints the most bytes that something takes.
func upTo(bytes int) string {
	if bytes >= huge-unionHead {
		return "a gigabyte or more"
	}
	return fmt.Sprintf("up to %d bytes", bytes)
}

func (o *object) messageID(r reservations) uint8 {
	const none = -1
	id := o.small("id", 1, 255, none)
	if id == none {
		return 0
	}
	t, given := r.ids[id]
	switch {
	case given && t.reserved:
		o.nodeFault(o.values["id"], fmt.Sprintf("id %d", id), fmt.Sprintf("line %d reserves it", t.line), "choose another")
	case given:
		o.nodeFault(o.values["id"], fmt.Sprintf("id %d again", id), fmt.Sprintf("line %d has it", t.line), "choose another")
	default:
		r.ids[id] = taken{line: o.values["id"].Line}
	}
	return uint8(id)
}

// topic returns the topic of a message, which follows SPEC.md, section 5.
func (o *object) topic() string {
	v := o.values["topic"]
	if v == nil {
		return ""
	}
	topic, ok := o.scalar(v, "topic")
	if !ok {
		return ""
	}
	if why := topicFault(topic); why != "" {
		o.nodeFault(v, "topic "+quote(topic), why, "write levels joined by /, such as room/reading")
	}
	return topic
}

// topicFault says why a topic cannot be used, or "".
func topicFault(topic string) string {
	if topic == "" {
		return ""
	}
	bad := strings.IndexFunc(topic, func(r rune) bool {
		return unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
	})
	switch {
	case len(topic) > maxTopic:
		return fmt.Sprintf("it has %d bytes and the limit is %d", len(topic), maxTopic)
	case topic[0] == '$':
		return "topics with $ in front are the network's own"
	case strings.ContainsAny(topic, "+#"):
		return "MQTT keeps + and # for itself"
	case bad >= 0:
		return fmt.Sprintf("byte %d is a character for which brokers hang up", bad)
	}
	for _, level := range strings.Split(topic, "/") {
		switch level {
		case "":
			return "it has an empty level"
		case "..":
			return `it has a level ".."`
		}
	}
	return ""
}
