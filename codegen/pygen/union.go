package pygen

import (
	"fmt"
	"slices"
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
		types := strings.Join(variantTypes(f), " | ")
		r.line("value: %s | bytes | None = None", types)
		r.line("")
		variants := make([]string, len(f.Type.Variants))
		for i, v := range f.Type.Variants {
			variants[i] = "Tag." + v.Name.Upper() + ": " + class(v.Struct.Name)
		}
		r.list("VARIANTS: "+r.from("typing", "ClassVar")+"[dict[int, type["+types+"]]] = {", variants, "}")
		r.unionMethods(name, f)
	})
}

// variantTypes are the types of the variants, each once.
func variantTypes(f *schema.Field) []string {
	var types []string
	for _, v := range f.Type.Variants {
		if t := class(v.Struct.Name); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

func (r *record) unionMethods(name string, f *schema.Field) {
	where, unlike := r.where(f), `f"with tag {self.tag}, value is no {type(self.value).__name__}"`
	r.method("def validate(self) -> None", "Raise the error of the first value that cannot be encoded.", func() {
		r.block("if self.tag in self.VARIANTS:", func() {
			r.block("if not isinstance(self.value, self.VARIANTS[self.tag]):", func() { r.raise("RANGE", where, unlike) })
			r.line("self.value.validate()")
		})
		r.block("elif self.tag != 0:", func() {
			r.checkCall("check_range", "self.tag", "0", "255", where)
			r.block("if not isinstance(self.value, bytes):", func() { r.raise("RANGE", where, unlike) })
			r.checkCall("check_length", "self.value", "0", "65535", where)
		})
		r.block("elif self.value is not None:", func() { r.raise("RANGE", where, unlike) })
	})
	r.method(fmt.Sprintf("def _read(cls, r: %s) -> %s", r.wire("Reader"), name), "", func() {
		r.line(`tag, size = r.unpack("<BH")`)
		r.line("body = r.within(size)")
		r.block("if tag == 0:", func() { r.line("return cls()") })
		r.block("if tag not in cls.VARIANTS:", func() { r.line("return cls(tag, body.take(size))") })
		r.line("value = cls.VARIANTS[tag]._read(body)")
		r.line("body.finish()")
		r.line("return cls(cls.Tag(tag), value)")
	}, "classmethod")
	r.method("def _write(self, out: bytearray) -> None", "Append what has been validated.", func() {
		r.line("body = bytearray()")
		r.block("if isinstance(self.value, bytes):", func() { r.line("body += self.value") })
		r.block("elif self.value is not None:", func() { r.line("self.value._write(body)") })
		r.line(`out += %s("<BH", self.tag, len(body)) + body`, r.from("struct", "pack"))
	})
}
