package edges

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestNames(t *testing.T) {
	in := Names{
		Flags: NamesSet, Hello: Range{Boot: 1, Text: []byte("a")}, HelloBoot: 2, HelloTextLen: 3, Topic: []byte("bc"), TopicLen: 4,
		Nest: Nest{Inner: Range{Boot: 5, Text: []byte("d")}}, NestInner: Range{Boot: 6, Text: []byte("ef")}, String: 7, Int8: -8, Int16: -9,
		Uint16: 10, Uint32: 11, Uint64: 12, Cap: 13, Body: 14, Set: 15, B: 16, P: 17, Err: 18, Any: 19, Binary: 20, Slices: 21, Iter: 22, IDY: 23,
	}
	frame, err := in.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "1136" + "010161" + "02" + "03" + "026263" + "04" + "050164" + "06026566" + "07" + "f8" + "f7ff" + "0a00" + "0b000000" +
		"0c00000000000000" + "0d0e0f10111213" + "140000001500000016000000" + "17"
	if got := hex.EncodeToString(frame); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var out Names
	if n, err := out.Decode(1, frame[2:]); err != nil || n != len(frame)-2 || n != in.Length() {
		t.Fatal(n, err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("got  %+v\nwant %+v", out, in)
	}
}

func TestBounds(t *testing.T) {
	good := Bounds{Above: 1, Something: 1}
	for name, change := range map[string]struct {
		set func(*Bounds)
		err error
	}{
		"least":            {func(*Bounds) {}, nil},
		"most":             {func(p *Bounds) { p.Above, p.Below, p.Something = 127, -128, 255 }, nil},
		"above 0":          {func(p *Bounds) { p.Above = 0 }, ErrRange},
		"above -1":         {func(p *Bounds) { p.Above = -1 }, ErrRange},
		"above -128":       {func(p *Bounds) { p.Above = -128 }, ErrRange},
		"below 1":          {func(p *Bounds) { p.Below = 1 }, ErrRange},
		"below -1":         {func(p *Bounds) { p.Below = -1 }, nil},
		"zero 1":           {func(p *Bounds) { p.Zero = 1 }, ErrRange},
		"zero -1":          {func(p *Bounds) { p.Zero = -1 }, ErrRange},
		"nothing":          {func(p *Bounds) { p.Nothing = 1 }, ErrRange},
		"without anything": {func(p *Bounds) { p.Something = 0 }, ErrRange},
	} {
		p := good
		change.set(&p)
		if _, err := p.Append(nil); !errors.Is(err, change.err) {
			t.Errorf("%s: Append: %v, want %v", name, err, change.err)
		}
		body := []byte{byte(p.Above), byte(p.Below), byte(p.Zero), byte(p.Zero >> 8), p.Nothing, p.Something}
		if _, err := new(Bounds).Decode(0, body); !errors.Is(err, change.err) {
			t.Errorf("%s: Decode: %v, want %v", name, err, change.err)
		}
	}
}

func TestEnumStrings(t *testing.T) {
	for got, want := range map[string]string{
		WideOne.String(): "one", Wide(math.MaxUint32).String(): "4294967295",
		Wider(math.MaxUint64).String(): "18446744073709551615", Deep(math.MinInt64).String(): "-9223372036854775808",
		TypeMap.String(): "MAP", Type(9).String(): "9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
