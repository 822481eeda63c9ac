package pygen

import (
	"fmt"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// union writes the type of a field that is one of several structs.
func (r *record) union(f *schema.Field) {
	name := unionClass(r.name, f)
	r.from("dataclasses", "dataclass")
	r.line("")
	r.line("")
	r.line("@dataclass(slots=True)")
	r.block("class "+name+":", func() {
		r.doc(oneOr(f.Doc, fmt.Sprintf("The %s of %s.", f.Name.Snake(), r.name)))
		r.line("")
		tags := make([]member, len(f.Type.Variants))
		for i, v := range f.Type.Variants {
			tags[i] = member{v.Name, v.Doc, fmt.Sprint(v.Tag)}
		}
		r.members("Tag", "IntEnum", "What value is.", tags)
		r.line("")
		r.line("tag: Tag | int = 0")
		r.line(`"""0 is nothing; one without a name has bytes."""`)
		r.line("")
		r.list("value: "+strings.Join(variantTypes(f), " | ")+" | bytes | None = None", nil, "")
		r.unionMethods(name, f)
	})
}

// variantTypes are the types of the variants, each once.
func variantTypes(f *schema.Field) []string {
	var types []string
	given := map[string]bool{}
	for _, v := range f.Type.Variants {
		if t := class(v.Struct.Name); !given[t] {
			given[t] = true
			types = append(types, t)
		}
	}
	return types
}

func (r *record) unionMethods(name string, f *schema.Field) {
	where := r.where(f)
	r.method("def validate(self) -> None", "Raise the error of the first value that cannot be encoded.", func() {
		keyword := "if"
		for _, v := range f.Type.Variants {
			t := class(v.Struct.Name)
			r.block(fmt.Sprintf("%s self.tag == self.Tag.%s:", keyword, v.Name.Upper()), func() {
				r.block(fmt.Sprintf("if not isinstance(self.value, %s):", t), func() { r.raise("RANGE", where) })
				r.line("self.value.validate()")
			})
			keyword = "elif"
		}
		r.block(keyword+" self.tag != 0:", func() {
			r.checkCall("check_range", "self.tag", "0", "255", where)
			r.block("if not isinstance(self.value, bytes):", func() { r.raise("RANGE", where) })
			r.checkCall("check_length", "self.value", "0", "65535", where)
		})
	})
	r.method(fmt.Sprintf("def _read(cls, r: %s) -> %s", r.wire("Reader"), name), "", func() {
		r.line(`tag, size = r.unpack("<BH")`)
		r.line("body = r.within(size)")
		keyword := "if"
		for _, v := range f.Type.Variants {
			r.block(fmt.Sprintf("%s tag == cls.Tag.%s:", keyword, v.Name.Upper()), func() {
				r.list("u = cls(", []string{"cls.Tag." + v.Name.Upper(), class(v.Struct.Name) + "._read(body)"}, ")")
			})
			keyword = "elif"
		}
		r.block(keyword+" tag == 0:", func() { r.line("return cls()") })
		r.block("else:", func() { r.line("return cls(tag, body.take(size))") })
		r.line("body.finish()")
		r.line("return u")
	}, "classmethod")
	r.method("def _write(self, out: bytearray) -> None", "Append what has been validated.", func() {
		r.line("body = bytearray()")
		r.block("if self.tag == 0 or self.value is None:", func() { r.line("pass") })
		r.block("elif isinstance(self.value, bytes):", func() { r.line("body += self.value") })
		r.block("else:", func() { r.line("self.value._write(body)") })
		r.line(`out += %s("<BH", self.tag, len(body)) + body`, r.from("struct", "pack"))
	})
}
