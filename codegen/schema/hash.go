package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// layoutHash names the layout of the messages.
func layoutHash(spec *Spec) uint64 {
	h := hasher{map[*Struct]uint64{}}
	return sum(func(w io.Writer) {
		for _, m := range spec.Messages {
			fmt.Fprintf(w, "message %d\n", m.ID)
			h.body(w, &m.Body)
		}
	})
}

func sum(write func(io.Writer)) uint64 {
	var b strings.Builder
	write(&b)
	hash := sha256.Sum256([]byte(b.String()))
	return binary.BigEndian.Uint64(hash[:])
}

// hasher remembers the structs: those of structs within structs would be many.
type hasher struct{ structs map[*Struct]uint64 }

func (h hasher) body(w io.Writer, b *Body) {
	for _, f := range b.Fields {
		fmt.Fprintf(w, "field %d %t ", f.Since, f.Presence != nil)
		if f.Scale != nil {
			fmt.Fprintf(w, "scale %d %d %d ", f.Scale.Num, f.Scale.Den, f.Scale.Add)
		}
		h.value(w, &f.Type)
	}
}

func (h hasher) value(w io.Writer, t *Type) {
	fmt.Fprintf(w, "%d %d %d %d %d\n", t.Kind, t.Size, t.Prefix, t.MaxLen, t.Count)
	for _, b := range t.Bits {
		fmt.Fprintf(w, "bits %d\n", b.Width)
	}
	switch t.Kind {
	case StructValue:
		fmt.Fprintf(w, "struct %x\n", h.group(t.Struct))
	case Array:
		h.value(w, t.Elem)
	case Union:
		for _, v := range t.Variants {
			fmt.Fprintf(w, "variant %d %x\n", v.Tag, h.group(v.Struct))
		}
	}
}

func (h hasher) group(s *Struct) uint64 {
	if _, known := h.structs[s]; !known {
		h.structs[s] = sum(func(w io.Writer) { h.body(w, &s.Body) })
	}
	return h.structs[s]
}
