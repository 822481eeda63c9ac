package schema

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestName(t *testing.T) {
	for _, test := range []struct{ name, snake, upper, pascal, camel, lower string }{
		{"message_id", "message_id", "MESSAGE_ID", "MessageID", "messageID", "messageid"},
		{"MaxFrameV1", "max_frame_v1", "MAX_FRAME_V1", "MaxFrameV1", "maxFrameV1", "maxframev1"},
		{"CriticalTLV", "critical_tlv", "CRITICAL_TLV", "CriticalTLV", "criticalTLV", "criticaltlv"},
		{"TLVs", "tlvs", "TLVS", "TLVs", "tlvs", "tlvs"},
		{"SomeTLVsHere", "some_tlvs_here", "SOME_TLVS_HERE", "SomeTLVsHere", "someTLVsHere", "sometlvshere"},
		{"XSize", "x_size", "X_SIZE", "XSize", "xSize", "xsize"},
		{"UUIDSize", "uuid_size", "UUID_SIZE", "UUIDSize", "uuidSize", "uuidsize"},
		{"ID", "id", "ID", "ID", "id", "id"},
		{"Id", "id", "ID", "ID", "id", "id"},
		{"id_x", "id_x", "ID_X", "IDX", "idX", "idx"},
		{"idx", "idx", "IDX", "Idx", "idx", "idx"},
		{"a_1", "a_1", "A_1", "A1", "a1", "a1"},
		{"a1", "a1", "A1", "A1", "a1", "a1"},
		{"V2Frame", "v2_frame", "V2_FRAME", "V2Frame", "v2Frame", "v2frame"},
		{"A", "a", "A", "A", "a", "a"},
		{"", "", "", "", "", ""},
	} {
		n := Name(test.name)
		got := []string{n.Snake(), n.Upper(), n.Pascal(), n.Camel(), n.Lower()}
		want := []string{test.snake, test.upper, test.pascal, test.camel, test.lower}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestReservedWords wants each language's reserved words, as its standard lists them, to be refused as names of fields.
func TestReservedWords(t *testing.T) {
	for language, words := range map[string]string{
		"Go": "break case chan const continue default defer else fallthrough for func go goto if import interface map package " +
			"range return select struct switch type var",
		"C23": "alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float " +
			"for goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct switch " +
			"thread_local true typedef typeof typeof_unqual union unsigned void volatile while",
		"C++23": "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl " +
			"concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do " +
			"double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace " +
			"new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return " +
			"short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef " +
			"typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq",
		"Python": "and as assert async await break class continue def del elif else except finally for from global if import in is " +
			"lambda nonlocal not or pass raise return try while with yield",
		"TypeScript": "break case catch class const continue debugger default delete do else enum export extends false finally for " +
			"function if import in instanceof new null return super switch this throw true try typeof var void while with " +
			"implements interface let package private protected public static yield",
		"Lua": "and break do else elseif end false for function goto if in local nil not or repeat return then true until while",
	} {
		for _, word := range strings.Fields(words) {
			want := fmt.Sprintf("x.yaml:4:37: the name %q, it is a reserved word in a generated language, choose another", word)
			_, err := Parse("x.yaml", []byte(head+"structs: [{name: S, fields: [{name: \""+word+"\", type: u8}]}]"))
			if err == nil || err.Error() != want {
				t.Errorf("%s: %s: %v", language, word, err)
			}
		}
	}
}

// TestTypeString prints types as the spec writes them.
func TestTypeString(t *testing.T) {
	const src = head + `
enums: [{name: Mode, type: u8, values: [{name: A, value: 0}]}]
flags: [{name: Alarm, type: u8, bits: [{name: A, bit: 0}]}]
structs: [{name: Place, fields: [{name: a, type: f32}]}]
`
	message := func(keys string) string {
		return src + "messages: [{name: M, id: 1, fields: [{name: a, " + keys + "}]}]"
	}
	for _, keys := range []string{
		"u8", "i64", "f32", "f64", "bool", "Mode", "Alarm", "Place", "bytes, size: 6", "bytes, size: {max: 6}", "string, size: {max: 300}",
		"u16, count: 3", "Mode, count: {max: 3}", "Place, count: 2", "Alarm, count: {max: 256}",
	} {
		if got := parse(t, message("type: "+keys)).Messages[0].Fields[0].Type.String(); got != keys {
			t.Errorf("%s is printed %s", keys, got)
		}
	}
	if got := parse(t, message("type: union, variants: [{name: p, tag: 1, type: Place}]")).Messages[0].Fields[0].Type.String(); got != "union" {
		t.Errorf("a union is printed %s", got)
	}
	for _, keys := range []string{"tlv", "bytes, size: {min: 1, max: 2}", "bytes, rest: {}", "bytes, rest: {min: 1, max: 2}"} {
		spec := parse(t, head+"packets: [{name: P, type: 1, direction: up, fields: [{name: a, type: "+keys+"}]}]")
		if got := spec.Packets[0].Fields[0].Type.String(); got != keys {
			t.Errorf("%s is printed %s", keys, got)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"", "ab", 2},
		{"gen", "gen", 0},
		{"gne", "gen", 1},
		{"egn", "gen", 1},
		{"neg", "gen", 2},
		{"lint", "line", 1},
		{"sitting", "kitten", 3},
		{"abcdef", "bacdfe", 2},
		{"ca", "abc", 3},
	} {
		if got := editDistance(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := editDistance(test.b, test.a); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

const condSpec = head + `
enums: [{name: Mode, type: u8, values: [{name: Off, value: 0}, {name: Slow, value: 1}]}]
packets:
  - name: P
    type: 1
    direction: up
    flags: [{name: A, bit: 0}, {name: B, bit: 1}, {name: C, bit: 2}, {name: D, bit: 3}]
    fields: [{name: mode, type: Mode}, {name: x, type: u8, if: %q}]
`

func TestCond(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"A", "A"},
		{" A ", "A"},
		{"!A", "!A"},
		{"! !A", "!(!A)"},
		{"A&&B", "A && B"},
		{"A || B && C", "A || B && C"},
		{"(A || B) && C", "(A || B) && C"},
		{"A && B || C && D", "A && B || C && D"},
		{"A && (B || C) && D", "A && (B || C) && D"},
		{"A || B || C", "A || B || C"},
		{"A || (B || C)", "A || B || C"},
		{"(A && B) && C", "A && B && C"},
		{"!A && B", "!A && B"},
		{"!(A && B)", "!(A && B)"},
		{"!(A || B) && C", "!(A || B) && C"},
		{"((A))", "A"},
		{"mode == Slow", "mode == Slow"},
		{"mode==Slow&&A", "mode == Slow && A"},
		{"!(mode == Slow)", "!(mode == Slow)"},
		{"!mode == Slow", "!(mode == Slow)"},
		{"A || mode == Off && !B", "A || mode == Off && !B"},
	} {
		got := parse(t, fmt.Sprintf(condSpec, test.text)).Packets[0].Fields[1].If
		if s := CondString(got); s != test.want {
			t.Errorf("%s: %s, want %s", test.text, s, test.want)
			continue
		}
		again := parse(t, fmt.Sprintf(condSpec, test.want)).Packets[0].Fields[1].If
		if s := CondString(again); s != test.want {
			t.Errorf("%s: again %s", test.text, s)
		}
		for mask := range 16 { // the text printed means the same
			if got, again := holdsFor(got, mask), holdsFor(again, mask); got != again {
				t.Errorf("%s with flags %04b: %v, printed %v", test.text, mask, got, again)
			}
		}
	}
	if s := CondString(nil) + CondString(Always); s != "" {
		t.Errorf("nil and Always: %q", s)
	}
}

// holdsFor reports whether the condition holds with these flags while every enum field has the value Slow.
func holdsFor(c Cond, mask int) bool {
	w := world{map[*Flag]bool{}, map[*Field]*EnumValue{}}
	var fill func(Cond)
	fill = func(c Cond) {
		switch c := c.(type) {
		case *FlagSet:
			w.flags[c.Flag] = mask>>c.Flag.Bit&1 == 1
		case *Equals:
			w.enums[c.Field] = c.Field.Type.Enum.value("Slow")
		case *Not:
			fill(c.C)
		case *And:
			fill(c.A)
			fill(c.B)
		case *Or:
			fill(c.A)
			fill(c.B)
		}
	}
	fill(c)
	return w.holds(c)
}

func TestHolds(t *testing.T) {
	for _, test := range []struct {
		text string
		want uint16 // bit i: holds with the flags i
	}{
		{"A", 0b1010101010101010},
		{"A || B && C", 0b1110101011101010},
		{"(A || B) && C", 0b1110000011100000},
		{"!A && D", 0b0101010100000000},
		{"mode == Slow && A", 0b1010101010101010},
		{"mode == Off || A", 0b1010101010101010},
		{"!(mode == Off)", 0xffff},
	} {
		c := parse(t, fmt.Sprintf(condSpec, test.text)).Packets[0].Fields[1].If
		var got uint16
		for mask := range 16 {
			if holdsFor(c, mask) {
				got |= 1 << mask
			}
		}
		if got != test.want {
			t.Errorf("%s: %016b, want %016b", test.text, got, test.want)
		}
	}
}

func listOf(fields []*Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, string(f.Name))
	}
	return strings.Join(names, " ")
}

// describe writes steps in short: a run as {fields} with its bytes, a field of no fixed size by its name.
func describe(steps []Step) string {
	var parts []string
	cond := func(c Cond) string {
		if c == nil {
			return ""
		}
		return " if " + CondString(c)
	}
	for _, s := range steps {
		switch s := s.(type) {
		case *Run:
			parts = append(parts, fmt.Sprintf("{%s}=%d%s", listOf(s.Fields), s.Size, cond(s.If)))
		case *Var:
			parts = append(parts, string(s.Field.Name)+cond(s.If))
		case *Choose:
			var cases []string
			for _, c := range s.Switch.Cases {
				cases = append(cases, fmt.Sprintf("%s: %s", c.Value.Name, describe(c.Steps)))
			}
			parts = append(parts, fmt.Sprintf("%s ? (%s)", s.Switch.On.Name, strings.Join(cases, "; ")))
		case *Presence:
			parts = append(parts, fmt.Sprintf("presence %d(%s)", s.Index, listOf(s.Fields)))
		case *Optional:
			parts = append(parts, string(s.Field.Name)+"?")
		case *Generation:
			parts = append(parts, fmt.Sprintf("since %d(%s)", s.Since, listOf(s.Fields)))
		}
	}
	return strings.Join(parts, ", ")
}

// TestProtocol compares the steps and sizes of the project's own protocol with those of its document.
func TestProtocol(t *testing.T) {
	src, err := os.ReadFile("../../espnow/protocol.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec := parse(t, string(src))
	type body struct {
		Min, Max int
		Steps    string
	}
	want := map[string]body{
		"Hello":    {13, Unbounded, "{boot max_message max_frame keep_alive window}=13, tlvs"},
		"Welcome":  {15, Unbounded, "{boot max_message max_frame keep_alive session window channel}=15, tlvs"},
		"Message":  {1, Unbounded, "topic, payload"},
		"Reserved": {0, 0, ""},
		"Connect": {6, Unbounded, "{version key_id nonce}=6, {proof}=8 if Secure && !Join, {cookie}=8 if Join, hello if Join && !Secure, " +
			"{ephemeral}=32 if Join && Secure, ciphertext if Join && Secure, {tag}=16 if Join && Secure"},
		"Connack": {6, Unbounded, "{status echo}=5, {proof}=8 if Secure, status ? (Accepted: welcome if !Secure, {ephemeral}=32 if Secure, " +
			"ciphertext if Secure, {tag}=16 if Secure; Here: {cookie load channel}=10; Busy: {retry_after}=2; Refused: {reason}=1)"},
		"Publish":     {2, Unbounded, "{message_id}=2, {offset}=4 if Fragment, data"},
		"Puback":      {7, 15, "{message_id status received}=7, bitmap"},
		"Subscribe":   {2, Unbounded, "{message_id}=2, filter"},
		"Suback":      {3, 3, "{message_id status}=3"},
		"Unsubscribe": {2, Unbounded, "{message_id}=2, filter"},
		"Unsuback":    {3, 3, "{message_id status}=3"},
		"Pingreq":     {4, 4, "{time}=4"},
		"Pingresp":    {12, 12, "{time unix_ms}=12"},
		"Disconnect":  {1, 14, "{reason}=1, {session counter proof}=13 if Reset"},
		"Sealed":      {21, Unbounded, "{session counter}=5, ciphertext, {tag}=16"},
	}
	got := map[string]body{}
	for _, s := range spec.Structs {
		got[string(s.Name)] = body{s.Min, s.Max, describe(s.Steps)}
	}
	for _, p := range spec.Packets {
		got[string(p.Name)] = body{p.Min, p.Max, describe(p.Steps)}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestMeasure(t *testing.T) {
	for _, test := range []struct {
		fields   string
		min, max int
	}{
		{"", 0, 0},
		{"{name: a, type: u64}, {name: b, type: bytes, size: 3}", 11, 11},
		{"{name: a, type: bytes, size: {min: 2, max: 255}}", 3, 256},
		{"{name: a, type: bytes, size: {min: 2, max: 256}}", 4, 258},
		{"{name: a, type: bytes, rest: {min: 2, max: 9}}", 2, 9},
		{"{name: a, type: u8, if: A}, {name: b, type: u16, if: '!A'}", 1, 2},
		{"{name: a, type: u8, if: A}, {name: b, type: u16, if: A}", 0, 3},
		{"{name: a, type: u32, if: 'B && !A'}", 0, 0}, // B requires A
		{"{name: m, type: Mode}, {name: a, type: u32, if: m == Off}, {name: b, type: u16, if: '!(m == Off)'}", 3, 5},
		{"{name: m, type: Mode}, {switch: m, cases: {Off: [], Slow: [{name: a, type: u8}, {name: b, type: u16, if: A}]}}", 1, 4},
		{"{name: m, type: Mode}, {switch: m, cases: {Slow: [{name: a, type: u8}]}}, {name: b, type: Inner}", 5, 6},
		{"{name: m, type: Mode}, {switch: m, cases: {Off: []}}, {name: b, type: u8, if: m == Slow}", 1, 1}, // no case for Slow
		{"{name: a, type: bytes, rest: {less: 1}}, {name: b, type: u8}", 1, Unbounded},
	} {
		spec := parse(t, head+`
enums: [{name: Mode, type: u8, values: [{name: Off, value: 0}, {name: Slow, value: 1}]}]
structs: [{name: Inner, fields: [{name: a, type: u16}, {name: b, type: bytes, size: {max: 1}}]}]
packets: [{name: P, type: 1, direction: up, flags: [{name: A, bit: 0}, {name: B, bit: 1, requires: A}], fields: [`+test.fields+"]}]")
		if p := spec.Packets[0]; p.Min != test.min || p.Max != test.max {
			t.Errorf("%s: %d to %d bytes, want %d to %d", test.fields, p.Min, p.Max, test.min, test.max)
		}
	}
}

// TestSpec checks that what a spec says arrives in the checked form.
func TestSpec(t *testing.T) {
	spec, err := Parse("some/where/room-climate.yaml", []byte(`
spec: 1
name: room-climate_x
version: 1.2.0-rc.1
license: (MIT OR Apache-2.0)
doc: "  What a room says.\nMore.  "
constants: [{name: A, type: i64, value: -5, doc: Five below.}]
packets:
  - {name: P, type: 15, direction: both, broadcast: true, flags: [{name: F, bit: 3}, {name: G, bit: 1, requires: F}]}
  - {name: Q, type: 0, forbidden: true}
  - {name: R, type: 7, direction: down, broadcast: "!H", flags: [{name: H, bit: 0}], fields: [{name: a, type: i8, min: -128, max: -1, unit: "°C"}]}
  - {name: S, type: 8, direction: up, broadcast: false}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := []string{spec.Source, spec.Name, spec.Version, spec.License, spec.Doc, spec.Go.Package, spec.C.Prefix, spec.C.Component, spec.C.Description},
		[]string{
			"room-climate.yaml", "room-climate_x", "1.2.0-rc.1", "(MIT OR Apache-2.0)", "What a room says.\nMore.", "roomclimatex",
			"room_climate_x", "room-climate_x", "What a room says.",
		}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if c := spec.Constants[0]; c.Kind != I64 || c.Value.String() != "-5" || c.Doc != "Five below." {
		t.Errorf("%+v", c)
	}
	p, q, r, s := spec.Packets[0], spec.Packets[1], spec.Packets[2], spec.Packets[3]
	if p.Type != 15 || !p.Up || !p.Down || p.Broadcast != Always || p.FlagMask() != 0b1010 || p.Flags[1].Requires != p.Flags[0] {
		t.Errorf("%+v", p)
	}
	if !q.Forbidden || q.Up || q.Down || r.Up || !r.Down || CondString(r.Broadcast) != "!H" || s.Broadcast != nil || !s.Up {
		t.Errorf("%+v, %+v, %+v", q, r, s)
	}
	f := r.Fields[0]
	if got := f.Ranges[0]; f.Unit != "°C" || got.HasMin || !got.HasMax || got.Min.String() != "-128" || got.Max.String() != "-1" {
		t.Errorf("%+v", f)
	}
}
