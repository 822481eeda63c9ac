package everything

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// unhex reads hex with spaces.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var point = Point{X: -2, Y: -5, Mark: [3]byte{1, 2, 3}}

const pointHex = "feffffff fb 010203"

// packets are written by hand.
var packets = []struct {
	name string
	p    Packet
	hex  string
}{
	{"nothing", &Nothing{}, "10 00"},
	{"numbers, least", &Numbers{A: 3, C: math.MaxUint32, D: 2, E: -128, F: -300, H: -math.MaxInt64, SignedEnum: SignedMinus}, "20 28" +
		"03 0000 ffffffff 0200000000000000 80 d4fe 00000000 0100000000000080 feff 0000000000000000"},
	{"numbers, most", &Numbers{250, 1000, math.MaxUint32, math.MaxUint64 - 1, -1, 300, math.MaxInt32, math.MaxInt64, 99, BigAll}, "20 28" +
		"fa e803 ffffffff feffffffffffffff ff 2c01 ffffff7f ffffffffffffff7f 6300 ffffffffffffffff"},
	{"flagged, none", &Flagged{Body: []byte("hi")}, "30 05 00 0200 6869"},
	{"flagged, first", &Flagged{Flags: FlaggedFirst, Out: ModeFast, Len: 7, N: 8, At: -1, V: 0x04030201}, "31 09 02 07 08 ffff 01020304"},
	{"flagged, late", &Flagged{Flags: FlaggedLate, Out: ModeSlow, N: 8, V: 7, Body: []byte{}, More: []byte("abc")}, "38 0b 01 08 07000000 0000 616263"},
	{"flagged, only", &Flagged{Flags: FlaggedFirst | FlaggedOnly, Out: 77, Len: 1, N: 2}, "33 03 4d 01 02"},
	{"sizes, least", &Sizes{ShortOne: []byte{9}, LongOne: []byte{}, Fixed: [5]byte{1, 2, 3, 4, 5}, Number: 0x0706, Middle: []byte{8, 9}, After: [4]byte{10, 11, 12, 13}, Check: 0x7fff, Last: 14}, "40 14" +
		"01 09 0000 0102030405 0607 0809 0a0b0c0d ff7f 0e"},
	{"nested", &Nested{Flags: NestedMarked, First: point, Second: Label{Text: []byte("abcd"), Kind: ModeFast, Extra: 10}, Third: point, Rest: Tail{Kind: ModeSlow, Speed: 99, Notes: TLVs{1, 1, 0xaa, 2, 0}}}, "54 20" +
		pointHex + "04 61626364 02 0a00" + pointHex + "01 6300 0101aa 0200"},
	{"nested, empty", &Nested{Second: Label{Text: []byte{}}, Rest: Tail{Kind: ModeFast, Point: point, Notes: TLVs{}}}, "50 13" +
		"0000000000000000 00 00 02" + pointHex},
	{"chosen, off", &Chosen{Level: 5}, "e0 02 00 05"},
	{"chosen, slow", &Chosen{Mode: ModeSlow, Level: 5, Narrow: 1}, "e0 03 01 05 01"},
	{"chosen, slow and wide", &Chosen{Flags: ChosenWide, Mode: ModeSlow, Wide: 2, Suffix: 3}, "e1 08 01 00 02000000 0300"},
	{"chosen, fast and wide", &Chosen{Flags: ChosenWide, Mode: ModeFast, Label: Label{Text: []byte("a")}, Key: [2]byte{6, 7}, Suffix: 3}, "e1 09 02 00 01 61 00 0607 0300"},
	{"answer", &TheAnswerToALongQuestion{Flags: 1, AMemberWithALongName: [2]byte{1, 2}, TheLastField: []byte{3}}, "f1 03 0102 03"},
}

// TestPackets compares packets with their bytes, both ways.
func TestPackets(t *testing.T) {
	for _, test := range packets {
		t.Run(test.name, func(t *testing.T) {
			want := unhex(t, test.hex)
			frame, err := test.p.Append([]byte{0xcc})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(frame[1:], want) || frame[0] != 0xcc {
				t.Fatalf("got  %x\nwant %x", frame[1:], want)
			}
			if test.p.Length() != len(want)-2 {
				t.Errorf("Length %d of %d", test.p.Length(), len(want)-2)
			}
			w := Walk(want)
			raw, ok := w.Next()
			if !ok {
				t.Fatal(w.Err())
			}
			var d Decoder
			got, err := d.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.p) {
				t.Errorf("got  %+v\nwant %+v", got, test.p)
			}
			fields := 0
			for range got.Fields() {
				fields++
			}
			if fields == 0 && len(want) > 2 {
				t.Error("no fields")
			}
		})
	}
}

// TestRefused changes a good packet in one place, and wants both ways to refuse it alike.
func TestRefused(t *testing.T) {
	numbers := func(change func(*Numbers)) Packet {
		p := &Numbers{A: 3, C: math.MaxUint32, D: 2, E: -1}
		change(p)
		return p
	}
	sizes := func(change func(*Sizes)) Packet {
		p := &Sizes{ShortOne: []byte{1}, Middle: []byte{1, 2}}
		change(p)
		return p
	}
	for name, test := range map[string]struct {
		p   Packet
		err error
	}{
		"as it should be": {numbers(func(*Numbers) {}), nil},
		"a below":         {numbers(func(p *Numbers) { p.A = 2 }), ErrRange},
		"a above":         {numbers(func(p *Numbers) { p.A = 251 }), ErrRange},
		"b above":         {numbers(func(p *Numbers) { p.B = 1001 }), ErrRange},
		"c below":         {numbers(func(p *Numbers) { p.C-- }), ErrRange},
		"d below":         {numbers(func(p *Numbers) { p.D = 1 }), ErrRange},
		"d above":         {numbers(func(p *Numbers) { p.D = math.MaxUint64 }), ErrRange},
		"e above":         {numbers(func(p *Numbers) { p.E = 0 }), ErrRange},
		"f below":         {numbers(func(p *Numbers) { p.F = -301 }), ErrRange},
		"f above":         {numbers(func(p *Numbers) { p.F = 301 }), ErrRange},
		"g below":         {numbers(func(p *Numbers) { p.G = -1 }), ErrRange},
		"h below":         {numbers(func(p *Numbers) { p.H = math.MinInt64 }), ErrRange},

		"unknown flag":     {&Flagged{Flags: 4}, ErrUnknownFlag},
		"fifth flag":       {&Flagged{Flags: 16}, ErrUnknownFlag},
		"missing flag":     {&Flagged{Flags: FlaggedOnly}, ErrMissingFlag},
		"v above if late":  {&Flagged{Flags: FlaggedLate, Out: ModeFast, V: 8, More: []byte{1}}, ErrRange},
		"v may be without": {&Flagged{Out: ModeFast, V: 8}, nil},
		"v below if slow":  {&Flagged{Out: ModeSlow}, ErrRange},
		"body at its most": {&Flagged{Body: make([]byte, 300)}, nil},
		"body above":       {&Flagged{Body: make([]byte, 301)}, ErrRange},
		"more above":       {&Flagged{Flags: FlaggedLate, More: make([]byte, 4)}, ErrRange},
		"more at its most": {&Flagged{Flags: FlaggedLate, More: make([]byte, 3)}, nil},

		"sizes as they should be": {sizes(func(*Sizes) {}), nil},
		"middle above":            {sizes(func(p *Sizes) { p.Middle = make([]byte, 7) }), ErrRange},
		"middle at its most":      {sizes(func(p *Sizes) { p.Middle = make([]byte, 6) }), nil},
		"long at its most":        {sizes(func(p *Sizes) { p.LongOne = make([]byte, 256) }), nil},
		"long above":              {sizes(func(p *Sizes) { p.LongOne = make([]byte, 257) }), ErrRange},
		"short below":             {sizes(func(p *Sizes) { p.ShortOne = nil }), ErrRange},
		"check below":             {sizes(func(p *Sizes) { p.Check = -1 }), ErrRange},

		"choice without a case": {&Chosen{Mode: ModeOdd}, ErrRange},
		"choice without a name": {&Chosen{Mode: 77}, ErrRange},
		"choice within":         {&Nested{Rest: Tail{Kind: ModeOdd}}, ErrRange},
		"number within":         {&Nested{First: Point{X: 1_000_001}}, ErrRange},
		"label within":          {&Nested{Second: Label{Kind: ModeFast, Extra: 9}}, ErrRange},
		"TLVs within":           {&Nested{Rest: Tail{Notes: TLVs{1, 2, 3}}}, ErrShort},
		"narrow below":          {&Chosen{Mode: ModeSlow}, ErrRange},
	} {
		t.Run(name, func(t *testing.T) {
			b := []byte{1, 2}
			out, err := test.p.AppendLast(b)
			if !errors.Is(err, test.err) {
				t.Errorf("AppendLast: %v, want %v", err, test.err)
			}
			if err != nil && !bytes.Equal(out, b) {
				t.Errorf("AppendLast returns %x with an error", out)
			}
			flags, body := bare(test.p)
			target := reflect.New(reflect.TypeOf(test.p).Elem()).Interface().(Packet)
			if _, err := target.Decode(flags, body); !errors.Is(err, test.err) {
				t.Errorf("Decode of %x: %v, want %v", body, err, test.err)
			}
			if test.err != nil && !reflect.ValueOf(target).Elem().IsZero() {
				t.Errorf("Decode fills %+v with an error", target)
			}
		})
	}
}

// bare writes what Fields yields: a packet without the checks of its encoder.
func bare(p Packet) (flags uint8, body []byte) {
	prefixes := map[string]int{"short_one": 1, "long_one": 2, "body": 2, "text": 1}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		yield := reflect.MakeFunc(reflect.TypeFor[func(string, any) bool](), func(args []reflect.Value) []reflect.Value {
			name, value := args[0].String(), args[1].Elem()
			switch {
			case name == "flags":
				flags = uint8(value.Uint())
			case value.Kind() == reflect.Pointer:
				walk(value)
			case value.Kind() == reflect.Slice:
				for i := range prefixes[name] {
					body = append(body, byte(value.Len()>>(8*i)))
				}
				body = append(body, value.Bytes()...)
			case value.CanInt():
				for i := range value.Type().Size() {
					body = append(body, byte(value.Int()>>(8*i)))
				}
			default:
				for i := range value.Type().Size() {
					body = append(body, byte(value.Uint()>>(8*i)))
				}
			}
			return []reflect.Value{reflect.ValueOf(true)}
		})
		v.MethodByName("Fields").Call(nil)[0].Call([]reflect.Value{yield})
	}
	walk(reflect.ValueOf(p))
	return flags, body
}

// TestRandom decodes good packets with a few bytes changed, cut off or added: what is accepted encodes to the same bytes,
// from a dirty target as from a fresh one, and what is refused leaves the target alone.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	dirty := map[Type]Packet{}
	for _, seed := range packets {
		good := unhex(t, seed.hex)
		typ := reflect.TypeOf(seed.p).Elem()
		target := dirty[seed.p.Type()]
		if target == nil {
			target = reflect.New(typ).Interface().(Packet)
			dirty[seed.p.Type()] = target
		}
		accepted := 0
		for range 2_000 {
			flags, body := good[0]&15, slices.Clone(good[2:])
			for range r.IntN(3) {
				if len(body) > 0 {
					body[r.IntN(len(body))] = byte(r.IntN(5) - 2)
				}
			}
			switch r.IntN(4) {
			case 0:
				body = body[:r.IntN(len(body)+1)]
			case 1:
				body = append(body, byte(r.IntN(3)), byte(r.IntN(3)))
			case 2:
				flags = byte(r.IntN(16))
			}
			before := reflect.ValueOf(target).Elem().Interface()
			n, err := target.Decode(flags, body)
			if err != nil {
				if after := reflect.ValueOf(target).Elem().Interface(); !reflect.DeepEqual(before, after) {
					t.Fatalf("%T: changed by %x: %v", target, body, err)
				}
				continue
			}
			accepted++
			fresh := reflect.New(typ).Interface().(Packet)
			if m, err := fresh.Decode(flags, body); m != n || err != nil || !reflect.DeepEqual(fresh, target) {
				t.Fatalf("%T: fresh %+v, dirty %+v", target, fresh, target)
			}
			out, err := target.Append(nil)
			if err != nil || out[0] != good[0]&0xf0|flags || int(out[1]) != n || !bytes.Equal(out[2:], body[:n]) {
				t.Fatalf("%T: %x became %x, %v", target, body[:n], out, err)
			}
		}
		if accepted < 100 {
			t.Errorf("%s: only %d accepted", seed.name, accepted)
		}
	}
}

// TestLimits tries the longest bodies.
func TestLimits(t *testing.T) {
	p := TheAnswerToALongQuestion{TheLastField: make([]byte, 254)}
	if b, err := p.Append(nil); err != nil || b[1] != 254 {
		t.Error(err)
	}
	p.TheLastField = make([]byte, 255)
	if _, err := p.Append(nil); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	b, err := p.AppendLast(nil)
	if err != nil || b[1] != 255 || len(b) != 257 {
		t.Error(err)
	}
	p.TheLastField = make([]byte, 1468)
	if b, err = p.AppendLast(nil); err != nil || b[1] != 255 || len(b) != 1470 {
		t.Error(err)
	}
	w := Walk(b)
	if raw, ok := w.Next(); !ok || len(raw.Body) != 1468 {
		t.Error(w.Err())
	}
	p.TheLastField = make([]byte, 1469)
	if _, err := p.AppendLast(nil); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}

func TestWalk(t *testing.T) {
	for _, test := range []struct {
		hex   string
		types []Type
		err   error
		at    int
	}{
		{"", nil, nil, 0},
		{"10 00 e0 02 0005", []Type{TypeNothing, TypeChosen}, nil, 6},
		{"1f 00 60 01 ff", []Type{TypeNothing, 6}, nil, 5},
		{"10 00 10", []Type{TypeNothing}, ErrOverrun, 2},
		{"10 00 10 01", []Type{TypeNothing}, ErrOverrun, 2},
		{"10 00 00 00", []Type{TypeNothing}, ErrReservedType, 2},
		{"10 00 0f", []Type{TypeNothing}, ErrReservedType, 2},
		{"10 ff" + strings.Repeat("00", 254), nil, ErrOverrun, 0},
		{"10 ff" + strings.Repeat("00", 255), []Type{TypeNothing}, nil, 257},
		{"10 ff" + strings.Repeat("00", 256), []Type{TypeNothing}, nil, 258},
	} {
		w := Walk(unhex(t, test.hex))
		var types []Type
		for raw, ok := w.Next(); ok; raw, ok = w.Next() {
			types = append(types, raw.Type)
		}
		if again, ok := w.Next(); ok {
			t.Errorf("%s: %v after the end", test.hex, again)
		}
		err := w.Err()
		if !slices.Equal(types, test.types) || !errors.Is(err, test.err) || w.Offset() != test.at {
			t.Errorf("%.20s: %v, %v at %d; want %v, %v at %d", test.hex, types, err, w.Offset(), test.types, test.err, test.at)
		}
	}
	var d Decoder
	if _, err := d.Decode(RawPacket{Type: 6}); !errors.Is(err, ErrUnknownType) {
		t.Error(err)
	}
}

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		p    Packet
		want bool
	}{
		{&Nothing{}, false},
		{&Sizes{}, true},
		{&Flagged{}, false},
		{&Flagged{Flags: FlaggedFirst}, true},
		{&Flagged{Flags: FlaggedFirst | FlaggedLate}, false},
		{&Flagged{Flags: FlaggedFirst | FlaggedOnly}, true},
	} {
		if test.p.Broadcast() != test.want {
			t.Errorf("%+v: Broadcast %v", test.p, !test.want)
		}
	}
	if TypeVoid.Up() || TypeVoid.Down() || !TypeNothing.Up() || TypeNothing.Down() || TypeSizes.Up() || !TypeSizes.Down() || !TypeNested.Up() || !TypeNested.Down() {
		t.Error("directions")
	}
	if got := (FlaggedFirst | FlaggedLate | 4).Names(); !slices.Equal(got, []string{"FIRST", "LATE"}) {
		t.Error(got)
	}
}

func TestTLVs(t *testing.T) {
	var list TLVs
	for _, value := range [][]byte{{1, 2}, {}, make([]byte, 255)} {
		var err error
		if list, err = list.Append(7, value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := list.Append(7, make([]byte, 256)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	count := func(list TLVs) (n int) {
		for range list.All() {
			n++
		}
		return n
	}
	if got := count(list); got != 3 {
		t.Error(got)
	}
	if got := count(list[:len(list)-1]); got != 2 {
		t.Error(got)
	}
	for range list.All() {
		break
	}
}

func TestNoAllocations(t *testing.T) {
	p := Nested{Flags: NestedMarked, First: point, Second: Label{Text: []byte("abcd")}, Rest: Tail{Notes: TLVs{2, 1, 3}}}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		b, err := p.Append(buf)
		if err != nil {
			t.Fatal(err)
		}
		var d Nested
		if _, err := d.Decode(b[0]&15, b[2:]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
