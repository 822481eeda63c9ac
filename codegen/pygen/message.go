package pygen

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// messages writes the messages and what they hold, and returns the names.
func (e *emitter) messages() (names []string) {
	if !e.HasMessages() {
		return nil
	}
	s := newSource()
	names = append(names, "LAYOUT_HASH")
	s.line("")
	s.line("LAYOUT_HASH = 0x%016X", e.spec.Hash)
	s.line(`"""Of the ids, and of order, types and scales of all fields. It is not on the wire."""`)
	for _, st := range e.spec.Structs {
		if st.Message {
			r := &record{source: s, name: st.Name, body: &st.Body, message: true}
			names = append(names, r.unions()...)
			r.declare(st.Doc, func() {}, r.codec)
			names = append(names, r.class())
		}
	}
	var classes []string
	for _, m := range e.spec.Messages {
		r := &record{source: s, name: m.Name, body: &m.Body, message: true}
		names = append(names, r.unions()...)
		r.declareMessage(m)
		classes = append(classes, r.class())
	}
	names = append(names, classes...)
	if len(classes) > 0 {
		names = append(names, "MESSAGES", "Message", "decode")
		s.dispatch(classes)
	}
	e.module("messages.py", s, "Messages: a payload is an id, then the fields.")
	return names
}

// unions writes the types of the fields that are unions, and returns their names.
func (r *record) unions() (names []string) {
	for _, f := range r.body.Fields {
		if f.Type.Kind == schema.Union {
			r.union(f)
			names = append(names, unionClass(r.name, f))
		}
	}
	return names
}

func (r *record) declareMessage(m *schema.Message) {
	r.declare(m.Doc, func() {
		r.line("")
		r.constant("ID", "int", fmt.Sprint(m.ID))
		r.constant("TOPIC", "str", quoted(m.Topic))
		r.line(`"""Below that of the device, which is its own where this is empty."""`)
		r.constant("MAX_SIZE", "int", fmt.Sprint(m.MaxSize()))
		r.line(`"""Bytes of the longest payload, as long as unions have tags with names."""`)
	}, func() {
		r.method(fmt.Sprintf("def decode(cls, payload: %s) -> %s", r.wire("Buffer"), r.class()),
			"Decode a payload, its id included. What follows the last field is ignored.",
			func() { r.line("return cls._read(%s(payload, cls.ID, %q))", r.wire("body"), r.name) }, "classmethod")
		r.method("def encode(self) -> bytes", "Return the payload, its id included, or raise what validate does.", func() {
			r.line("self.validate()")
			r.line("out = bytearray([self.ID])")
			r.line("self._write(out)")
			r.line("return bytes(out)")
		})
		r.codec()
	})
}

// codec writes what messages and structs alike have.
func (r *record) codec() {
	r.method("def validate(self) -> None", "Raise the error of the first value that cannot be encoded.", func() { r.checks(r.body.Steps) })
	for _, f := range r.body.Fields {
		r.accessors(f)
	}
	r.reader()
	r.writer()
}

// dispatch writes the way from an id to a message.
func (s *source) dispatch(classes []string) {
	s.line("")
	s.line("")
	s.alternatives("Message: "+s.from("typing", "TypeAlias"), classes)
	s.line("")
	items := make([]string, len(classes))
	for i, c := range classes {
		items[i] = c + ".ID: " + c
	}
	s.list("MESSAGES: dict[int, type[Message]] = {", items, "}")
	s.line(`"""The messages by their ids."""`)
	s.line("")
	s.line("")
	s.block("def decode(payload: "+s.wire("Buffer")+") -> Message:", func() {
		s.doc("Decode a payload. An id that this version does not know is an UnknownIdError, anything else that is wrong a CodecError.")
		s.line("id = %s(payload)", s.wire("id_of"))
		s.block("if id not in MESSAGES:", func() { s.line("raise %s(id)", s.from(".errors", "UnknownIdError")) })
		s.line("return MESSAGES[id].decode(payload)")
	})
}
