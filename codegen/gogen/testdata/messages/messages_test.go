package messages

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// point is a Point with its y.
func point(x int16, y int8) Point { return Point{X: x, HasY: true, Y: y} }

func scalars() *Scalars {
	return &Scalars{
		A: 3, B: 1000, C: 0x01020304, D: 0x0102030405060708, E: -2, F: -3, G: -4, H: -5, I: -1.5, J: 0.1, On: true, Mode: ModeOdd,
		Wide: WideMinus, Alarm: AlarmFrost | AlarmBattery, Full: FullHigh, Fixed: [3]byte{7, 8, 9}, Text: "hé", Data: []byte{0xaa},
	}
}

// vectors are messages and their payloads, put together by hand.
var vectors = []struct {
	name string
	m    Message
	want string
}{
	{"scalars", scalars(), "01 03 e803 04030201 0807060504030201 fe fdff fcffffff fbffffffffffffff 0000c0bf 9a9999999999b93f 01 ff feff 0102" +
		" 0000000000000080 070809 03 68c3a9 0100 aa"},
	{"least scalars", &Scalars{A: 3, Data: []byte{}}, "01 03 0000 00000000 0000000000000000 00 0000 00000000 0000000000000000 00000000" +
		" 0000000000000000 00 00 0000 0000 0000000000000000 000000 00 0000"},
	{"scaled", &Scaled{Temperature: -4000, Shifted: 255, Big: 1, Least: -1, Row: [2]uint8{1, 2}, HasMaybe: true, Maybe: 0x1234},
		"02 60f0 ff 0100000000000000 ffffffffffffffff 0102 01 3412"},
	{"scaled without", &Scaled{}, "02 0000 00 0000000000000000 0000000000000000 0000 00"},
	{"lists", &Lists{
		BytesFixed: [2]uint8{1, 2}, Words: [2]uint16{9, 8}, FlagsSet: [2]bool{true, false}, Counted: []int32{-1, 2, 3}, Small: []uint8{5, 6},
		Modes: []Mode{ModeSlow, ModeOdd}, Bools: []bool{false, true}, Floats: []float32{1}, Points: []Point{point(1, 2), {X: 3}},
		Pair: [2]Point{{X: -1}, point(-2, -3)}, Nine: [9]int16{1, 8: -1},
	}, "03 0102 09000800 0100 03 ffffffff 02000000 03000000 0200 0506 02 01ff 02 0001 01 0000803f 02 0100 01 02 0300 00 ffff 00 feff 01 fd 0100 00000000 00000000 00000000 0000 ffff"},
	{"options", &Options{
		HasP0: true, P0: 1, HasP1: true, P1: "x", Middle: 2, HasP2: true, P2: Point{X: 3}, HasP3: true, P3: []byte{4}, HasP4: true, P4: []uint16{5},
		HasP5: true, P5: true, HasP6: true, P6: [2]byte{6, 7}, HasP7: true, P7: 1, HasP8: true, P8: ModeSlow,
	}, "04 ff 01 01 78 02 0300 00 01 04 01 0500 01 0607 000000000000f03f 01 01"},
	{"no options", &Options{Middle: 2}, "04 00 02 00"},
	{"one option", &Options{Middle: 2, HasP4: true, P4: []uint16{}}, "04 10 02 00 00"},
	{"grown", &Grown{
		First: 1, HasMight: true, Might: 2, Second: 3, Mode: ModeOff, HasLater: true, Later: 4, Text: "ab", Ratio: 1, Sure: true, List: []uint16{5},
		Place: point(6, 7),
	}, "05 01 03 02 0300 00 04 02 6162 0000803f 01 01 0500 0600 01 07"},
	{"choice", &Choice{Event: ChoiceEvent{Tag: ChoiceEventMotion, Motion: Motion{point(1, 2), "abc"}}, After: 3, HasOther: true,
		Other: ChoiceOther{Tag: ChoiceOtherDoor, Door: Door{true}}}, "06 01 0800 0100 01 02 03 616263 03 01 09 0100 01"},
	{"unknown choice", &Choice{Event: ChoiceEvent{Tag: 77, Raw: []byte{1, 2}}, After: 3}, "06 4d 0200 0102 03 00"},
	{"no choice", &Choice{Event: ChoiceEvent{Raw: []byte{}}}, "06 00 0000 00 00"},
	{"groups", &Groups{Status: 0x0d, Whole: 0x0123456789abcdef}, "ff 0d efcdab8967452301"},
	{"empty", &Empty{}, "07"},
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh returns a message of the same type.
func fresh(m Message) Message { return reflect.New(reflect.TypeOf(m).Elem()).Interface().(Message) }

// same tells messages apart, but not an empty slice from none.
func same(a, b Message) bool { return fmt.Sprintf("%#v", norm(a)) == fmt.Sprintf("%#v", norm(b)) }

func norm(m Message) string { return strings.ReplaceAll(fmt.Sprintf("%+v", m), "<nil>", "[]") }

func TestVectors(t *testing.T) {
	var dec Decoder
	for _, v := range vectors {
		want := bytesOf(t, v.want)
		front := []byte{0xee}
		got, err := v.m.Append(front)
		if err != nil || hex.EncodeToString(got[1:]) != hex.EncodeToString(want) || got[0] != 0xee {
			t.Errorf("%s: %v\n got  %x\n want %x", v.name, err, got[1:], want)
		}
		if v.m.Length() != len(want) || v.m.ID() != want[0] {
			t.Errorf("%s: length %d, want %d; id %d", v.name, v.m.Length(), len(want), v.m.ID())
		}
		out := fresh(v.m)
		if n, err := out.Decode(want); n != len(want) || err != nil || !same(out, v.m) {
			t.Errorf("%s: %d %v\n got  %+v\n want %+v", v.name, n, err, out, v.m)
		}
		if n, err := out.Decode(append(slices.Clip(want), 0, 0)); n != len(want) && v.name != "scaled" || err != nil || !same(out, v.m) {
			t.Errorf("%s with a tail: %d %v", v.name, n, err)
		}
		m, err := dec.Decode(want)
		if err != nil || !same(m, v.m) {
			t.Errorf("%s dispatched: %v %+v", v.name, err, m)
		}
	}
}

// TestDirty decodes each message into a target that another of the same type has filled.
func TestDirty(t *testing.T) {
	for _, dirt := range vectors {
		for _, v := range vectors {
			if reflect.TypeOf(dirt.m) != reflect.TypeOf(v.m) {
				continue
			}
			m := fresh(v.m)
			for _, b := range [][]byte{bytesOf(t, dirt.want), bytesOf(t, v.want)} {
				if _, err := m.Decode(b); err != nil {
					t.Fatal(err)
				}
			}
			if !same(m, v.m) {
				t.Errorf("%s after %s:\n got  %+v\n want %+v", v.name, dirt.name, m, v.m)
			}
		}
	}
}

// TestTruncated cuts each payload everywhere: only a generation may end before the last field does.
func TestTruncated(t *testing.T) {
	for _, v := range vectors {
		b := bytesOf(t, v.want)
		for end := 0; end < len(b); end++ {
			generation := v.name == "grown" && (end == 4 || end == 8 || end == 16)
			m := fresh(v.m)
			if _, err := m.Decode(bytesOf(t, vectors[0].want)); v.name == "scalars" && err != nil {
				t.Fatal(err)
			}
			before := norm(m)
			n, err := m.Decode(slices.Clip(b[:end]))
			switch {
			case generation && (err != nil || n != end):
				t.Errorf("%s to %d: %d %v", v.name, end, n, err)
			case !generation && !errors.Is(err, ErrShort):
				t.Errorf("%s to %d: %v", v.name, end, err)
			case !generation && norm(m) != before:
				t.Errorf("%s to %d: the target changes", v.name, end)
			}
		}
	}
}

func TestGenerations(t *testing.T) {
	dirty := Grown{First: 9, HasMight: true, Might: 9, Second: 9, HasLater: true, Later: 9, Text: "zz", Ratio: 9, List: []uint16{9}, Place: point(9, 9)}
	for _, test := range []struct {
		payload string
		want    Grown
	}{
		{"05 01 01 02", Grown{First: 1, HasMight: true, Might: 2, Second: 1013, Mode: ModeSlow, Text: `a"b`, Ratio: 0.5, Sure: true}},
		{"05 01 02", Grown{First: 1, Second: 1013, Mode: ModeSlow, Text: `a"b`, Ratio: 0.5, Sure: true}}, // a bit that an older writer has not
		{"05 01 02 0300 00 04", Grown{First: 1, Second: 3, HasLater: true, Later: 4, Text: `a"b`, Ratio: 0.5, Sure: true}},
		{"05 01 00 0300 00 00 00000000 00", Grown{First: 1, Second: 3}},
		{"05 01 fc 0300 00", Grown{First: 1, Second: 3, Text: `a"b`, Ratio: 0.5, Sure: true}}, // bits without a field
	} {
		m := dirty
		m.List = slices.Clone(dirty.List)
		if n, err := m.Decode(bytesOf(t, test.payload)); err != nil || n != len(bytesOf(t, test.payload)) || !same(&m, &test.want) {
			t.Errorf("%s: %d %v\n got  %+v\n want %+v", test.payload, n, err, m, test.want)
		}
	}
	var m Grown
	m.Reset()
	if want := (Grown{First: 7, Second: 1013, Mode: ModeSlow, Text: `a"b`, Ratio: 0.5, Sure: true}); !same(&m, &want) {
		t.Errorf("reset: %+v", m)
	}
	if _, err := m.Append(nil); err != nil {
		t.Error(err)
	}
}

// TestRefused decodes what no writer sends. The target is unchanged.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		want          error
	}{
		{"nothing", "", ErrShort},
		{"no such id", "08 00", ErrUnknownID},
		{"bool 2", strings.Replace(vectors[0].want, "b93f 01", "b93f 02", 1), ErrBool},
		{"text too long", strings.Replace(vectors[0].want, "03 68c3a9", "06 686868686868", 1), ErrLength},
		{"text too long and short", vectors[0].want[:strings.Index(vectors[0].want, "03 68c3a9")] + "06", ErrLength},
		{"text not UTF-8", strings.Replace(vectors[0].want, "68c3a9", "68c368", 1), ErrText},
		{"data too long", strings.Replace(vectors[0].want, "0100 aa", "2d01"+strings.Repeat("00", 301), 1), ErrLength},
		{"bool in a row, short", "03 0102 09000800 02", ErrShort},
		{"bool in a row", strings.Replace(vectors[4].want, "0100 03", "0102 03", 1), ErrBool},
		{"counted bool", strings.Replace(vectors[4].want, "02 0001 01", "02 0002 01", 1), ErrBool},
		{"count", strings.Replace(vectors[4].want, "0100 03", "0100 04", 1), ErrLength},
		{"structs", strings.Replace(vectors[4].want, "803f 02 0100", "803f 03 0100", 1), ErrLength},
		{"optional bool", "04 20 02 02 00", ErrBool},
		{"variant too long", "06 02 0200 0101 03 00", ErrTrailing},
		{"variant too short", "06 02 0000 03 00", ErrShort},
		{"variant's bool", "06 02 0100 02 03 00", ErrBool},
		{"variant's text", "06 01 0500 0100 00 01 ff 03 00", ErrText},
	} {
		var dec Decoder
		for _, v := range vectors {
			if _, err := dec.Decode(bytesOf(t, v.want)); err != nil {
				t.Fatal(err)
			}
		}
		before := fmt.Sprintf("%+v", dec)
		m, err := dec.Decode(bytesOf(t, test.payload))
		if !errors.Is(err, test.want) || m != nil {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if after := fmt.Sprintf("%+v", dec); after != before {
			t.Errorf("%s: the target changes", test.name)
		}
	}
	var unknown UnknownIDError
	if _, err := new(Decoder).Decode([]byte{8}); !errors.As(err, &unknown) || unknown != 8 || err.Error() != "messages: unexpected id 8" {
		t.Errorf("%v", err)
	}
}

// TestInvalid encodes what is out of its limits, and what is just within.
func TestInvalid(t *testing.T) {
	change := func(f func(*Scalars)) Message {
		m := scalars()
		f(m)
		return m
	}
	for _, test := range []struct {
		name string
		m    Message
		want error
	}{
		{"a 2", change(func(m *Scalars) { m.A = 2 }), ErrRange},
		{"b 1001", change(func(m *Scalars) { m.B = 1001 }), ErrRange},
		{"i most", change(func(m *Scalars) { m.I = 2.5 }), nil},
		{"i too much", change(func(m *Scalars) { m.I = math.Nextafter32(2.5, 3) }), ErrRange},
		{"i too little", change(func(m *Scalars) { m.I = math.Nextafter32(-1.5, -2) }), ErrRange},
		{"i not a number", change(func(m *Scalars) { m.I = float32(math.NaN()) }), ErrRange},
		{"j not a number", change(func(m *Scalars) { m.J = math.NaN() }), nil},
		{"mode", change(func(m *Scalars) { m.Mode = 2 }), ErrRange},
		{"wide", change(func(m *Scalars) { m.Wide = -1 }), ErrRange},
		{"alarm", change(func(m *Scalars) { m.Alarm = 2 }), ErrRange},
		{"full", change(func(m *Scalars) { m.Full = 1 << 62 }), ErrRange},
		{"text of 5", change(func(m *Scalars) { m.Text = "abcde" }), nil},
		{"text of 6", change(func(m *Scalars) { m.Text = "abcdef" }), ErrLength},
		{"text too long, not UTF-8", change(func(m *Scalars) { m.Text = "\xffbcdef" }), ErrLength},
		{"text not UTF-8", change(func(m *Scalars) { m.Text = "\xff" }), ErrText},
		{"data of 300", change(func(m *Scalars) { m.Data = make([]byte, 300) }), nil},
		{"data of 301", change(func(m *Scalars) { m.Data = make([]byte, 301) }), ErrLength},
		{"the first error", change(func(m *Scalars) { m.Text, m.A = "abcdef", 0 }), ErrRange},
		{"words", &Lists{Words: [2]uint16{9, 10}}, ErrRange},
		{"counted", &Lists{Counted: make([]int32, 4)}, ErrLength},
		{"modes", &Lists{Modes: []Mode{0, 3}}, ErrRange},
		{"points", &Lists{Points: make([]Point, 3)}, ErrLength},
		{"a point", &Lists{Points: []Point{{X: 1001}}}, ErrRange},
		{"a pair", &Lists{Pair: [2]Point{{}, {X: -1001}}}, ErrRange},
		{"an option", &Options{HasP8: true, P8: 2}, ErrRange},
		{"none", &Options{P8: 2, P1: "too long"}, nil},
		{"a variant", &Choice{Event: ChoiceEvent{Tag: 1, Motion: Motion{Note: "abcd"}}}, ErrLength},
		{"not that variant", &Choice{Event: ChoiceEvent{Tag: 2, Motion: Motion{Note: "abcd"}}}, nil},
		{"raw", &Choice{Event: ChoiceEvent{Tag: 3, Raw: make([]byte, 65535)}}, nil},
		{"too much raw", &Choice{Event: ChoiceEvent{Tag: 3, Raw: make([]byte, 65536)}}, ErrLength},
		{"bits", &Groups{Status: 16}, ErrRange},
	} {
		front := []byte{1, 2}
		b, err := test.m.Append(front)
		if !errors.Is(err, test.want) || !errors.Is(test.m.Validate(), test.want) {
			t.Errorf("%s: %v, %v, want %v", test.name, err, test.m.Validate(), test.want)
		}
		if err != nil && len(b) != 2 {
			t.Errorf("%s: b changes", test.name)
		}
	}
}

func TestScaled(t *testing.T) {
	var m Scaled
	for _, test := range []struct {
		set  func(float64) error
		v    float64
		want error
		get  func() any
		raw  any
	}{
		{m.SetTemperatureCelsius, 21.345, nil, func() any { return m.Temperature }, int16(2135)}, // 2134.5: away from zero
		{m.SetTemperatureCelsius, -0.005, nil, func() any { return m.Temperature }, int16(-1)},
		{m.SetTemperatureCelsius, 0.0049, nil, func() any { return m.Temperature }, int16(0)},
		{m.SetTemperatureCelsius, 125.004, nil, func() any { return m.Temperature }, int16(12500)},
		{m.SetTemperatureCelsius, 125.005, ErrRange, func() any { return m.Temperature }, int16(12500)},
		{m.SetTemperatureCelsius, -40, nil, func() any { return m.Temperature }, int16(-4000)},
		{m.SetTemperatureCelsius, -40.01, ErrRange, func() any { return m.Temperature }, int16(-4000)},
		{m.SetTemperatureCelsius, math.NaN(), ErrRange, func() any { return m.Temperature }, int16(-4000)},
		{m.SetTemperatureCelsius, math.Inf(1), ErrRange, func() any { return m.Temperature }, int16(-4000)},
		{m.SetShiftedScaled, -40, nil, func() any { return m.Shifted }, uint8(0)},
		{m.SetShiftedScaled, 87.5, nil, func() any { return m.Shifted }, uint8(255)},
		{m.SetShiftedScaled, 87.75, ErrRange, func() any { return m.Shifted }, uint8(255)},
		{m.SetBigScaled, 1 << 62, nil, func() any { return m.Big }, uint64(461168601842738816)}, // 461168601842738790.4 is not exact
		{m.SetBigScaled, math.Nextafter(10*(1<<64), 0), nil, func() any { return m.Big }, uint64(1<<64 - 4096)},
		{m.SetBigScaled, 10 * (1 << 64), ErrRange, func() any { return m.Big }, uint64(1<<64 - 4096)},
		{m.SetLeastScaled, -9223372036854775.808, nil, func() any { return m.Least }, int64(math.MinInt64)},
		{m.SetLeastScaled, 9223372036854775.808, ErrRange, func() any { return m.Least }, int64(math.MinInt64)},
		{m.SetMaybeAmperes, 65.535, nil, func() any { return m.Maybe }, uint16(65535)},
		{func(v float64) error { return m.SetRowVolts(1, v) }, 25.5, nil, func() any { return m.Row }, [2]uint8{0, 255}},
		{func(v float64) error { return m.SetRowVolts(1, v) }, 25.55, ErrRange, func() any { return m.Row }, [2]uint8{0, 255}},
	} {
		if err := test.set(test.v); !errors.Is(err, test.want) || test.get() != test.raw {
			t.Errorf("%v: %v %v, want %v %v", test.v, err, test.get(), test.want, test.raw)
		}
	}
	if !m.HasMaybe || m.MaybeAmperes() != 65.535 || m.ShiftedScaled() != 87.5 || m.TemperatureCelsius() != -40 || m.RowVolts(1) != 25.5 {
		t.Errorf("%+v", m)
	}
}

func TestBits(t *testing.T) {
	var m Groups
	for _, err := range []error{m.SetStatusMode(5), m.SetStatusLow(1), m.SetWholeHead(0xef), m.SetWholeBodyPart(1<<33 - 1), m.SetWholeTail(1)} {
		if err != nil {
			t.Error(err)
		}
	}
	if m.Status != 0x0d || m.Whole != 1<<41|(1<<33-1)<<8|0xef {
		t.Errorf("%#v", m)
	}
	if m.StatusMode() != 5 || m.StatusLow() != 1 || m.WholeHead() != 0xef || m.WholeBodyPart() != 1<<33-1 || m.WholeTail() != 1 {
		t.Errorf("%#v", m)
	}
	if err := m.SetStatusMode(8); !errors.Is(err, ErrRange) || m.StatusMode() != 5 {
		t.Error(err)
	}
	if err := m.SetStatusMode(0); err != nil || m.Status != 8 {
		t.Error(err, m.Status)
	}
}

func TestNames(t *testing.T) {
	if got := (AlarmBattery | AlarmFrost | 4).Names(); !slices.Equal(got, []string{"frost", "battery"}) {
		t.Error(got)
	}
	if got := ChoiceEventDoor.String() + ChoiceEventTag(9).String() + ModeSlow.String(); got != "door9slow" {
		t.Error(got)
	}
	if ScaledTopic != "scaled/of many" || new(Scaled).Topic() != ScaledTopic || new(Grown).Topic() != "" || GroupsID != 255 {
		t.Error("topics or ids")
	}
	var got []string
	for name, value := range (&Options{Middle: 2, HasP5: true, P5: true}).Fields() {
		got = append(got, fmt.Sprint(name, "=", value))
	}
	if want := []string{"middle=2", "p5=true"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestLongest checks the size that the spec gives.
func TestLongest(t *testing.T) {
	m := scalars()
	m.Text, m.Data = "abcde", make([]byte, 300)
	if b, err := m.Append(nil); err != nil || len(b) != ScalarsMaxSize {
		t.Errorf("%d bytes, %v, want %d", len(b), err, ScalarsMaxSize)
	}
}

func TestAllocations(t *testing.T) {
	var dec Decoder
	buf := make([]byte, 0, 1024)
	for _, v := range vectors {
		b := bytesOf(t, v.want)
		if n := testing.AllocsPerRun(10, func() {
			buf, _ = v.m.Append(buf[:0])
			_, _ = dec.Decode(b)
			_, _ = dec.Decode(b[:max(len(b)-1, 1)])
		}); n != 0 {
			t.Errorf("%s: %v allocations", v.name, n)
		}
	}
	unknown := []byte{9}
	if n := testing.AllocsPerRun(10, func() { _, _ = dec.Decode(unknown) }); n != 0 {
		t.Errorf("unknown id: %v allocations", n)
	}
}

// TestStrings wants a string to be kept while it is the same, and allocated once when it is not.
func TestStrings(t *testing.T) {
	var m Options
	a, b := bytesOf(t, "04 02 01 61 02 00"), bytesOf(t, "04 02 01 62 02 00")
	if n := testing.AllocsPerRun(10, func() { _, _ = m.Decode(a) }); n != 0 || m.P1 != "a" {
		t.Errorf("the same: %v allocations, %q", n, m.P1)
	}
	long := [][]byte{bytesOf(t, "04 02 04 61616161 02 00"), bytesOf(t, "04 02 04 62626262 02 00")}
	i := 0
	if n := testing.AllocsPerRun(10, func() { i++; _, _ = m.Decode(long[i%2]) }); n != 1 {
		t.Errorf("another: %v allocations", n)
	}
	if _, err := m.Decode(b); err != nil || m.P1 != "b" {
		t.Errorf("%q, %v", m.P1, err)
	}
}

// TestNoVariant wants the tag 0 to have nothing, whatever a writer or the caller puts there.
func TestNoVariant(t *testing.T) {
	m := Choice{Event: ChoiceEvent{Tag: 9, Raw: []byte{1}}}
	if n, err := m.Decode(bytesOf(t, "06 00 0200 0102 05 00")); err != nil || n != 8 || m.Event.Tag != 0 || m.Event.Raw != nil || m.After != 5 {
		t.Errorf("%d %v %+v", n, err, m)
	}
	m.Event.Raw = make([]byte, 65536)
	if b, err := m.Append(nil); err != nil || hex.EncodeToString(b) != "06000000"+"0500" || m.Length() != len(b) {
		t.Errorf("%x %v", b, err)
	}
}

// TestViews wants what is decoded to view the payload without room to grow into it.
func TestViews(t *testing.T) {
	b := bytesOf(t, "04 08 02 01 04 00")
	var m Options
	if _, err := m.Decode(b); err != nil {
		t.Fatal(err)
	}
	b[4] = 5
	if m.P3[0] != 5 || cap(m.P3) != 1 {
		t.Errorf("%v, room for %d", m.P3, cap(m.P3))
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors {
		b, _ := hex.DecodeString(strings.ReplaceAll(v.want, " ", ""))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var dec, again Decoder
		m, err := dec.Decode(b)
		if err != nil {
			return
		}
		out, err := m.Append(nil)
		if err != nil {
			return // a value out of its range
		}
		if n, err := again.Decode(out); err != nil || !same(n, m) || len(out) != m.Length() {
			t.Errorf("%v\n%+v\n%+v", err, m, n)
		}
	})
}
