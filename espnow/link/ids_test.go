package link

import (
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestIDWindow(t *testing.T) {
	type step struct {
		id   uint16
		want idState
	}
	for name, steps := range map[string][]step{
		"in order":                       {{0, idNew}, {1, idNew}, {1, idDone}, {0, idDone}, {2, idNew}},
		"the first is any":               {{40000, idNew}, {40000, idDone}, {39999, idNew}, {39999, idDone}},
		"63 behind, and 64":              {{100, idNew}, {37, idNew}, {37, idDone}, {36, idOld}, {36, idOld}},
		"a leap of 63":                   {{5, idNew}, {68, idNew}, {5, idDone}, {6, idNew}},
		"a leap of 64":                   {{5, idNew}, {69, idNew}, {5, idOld}, {6, idNew}},
		"a leap of 65":                   {{5, idNew}, {6, idNew}, {70, idNew}, {6, idOld}, {7, idNew}},
		"over the end of 16 bits":        {{65535, idNew}, {0, idNew}, {65535, idDone}, {65534, idNew}, {1, idNew}},
		"63 behind over the end":         {{10, idNew}, {65483, idNew}, {65483, idDone}, {65482, idOld}},
		"32,767 ahead is new":            {{1, idNew}, {32768, idNew}, {1, idOld}},
		"32,768 away is old":             {{1, idNew}, {32769, idOld}, {1, idDone}},
		"32,767 ahead, over the end":     {{40000, idNew}, {7231, idNew}},
		"32,768 away, over the end":      {{40000, idNew}, {7232, idOld}},
		"all the way round step by step": {{0, idNew}, {30000, idNew}, {60000, idNew}, {24464, idNew}, {24464, idDone}, {60000, idOld}},
	} {
		var w idWindow
		for i, s := range steps {
			got := w.of(s.id)
			if got != s.want {
				t.Errorf("%s: step %d: id %d is %d, want %d", name, i, s.id, got, s.want)
			}
			w.mark(s.id)
		}
	}
}

// What was refused stays so as long as what was accepted does.
func TestIDWindowRefused(t *testing.T) {
	var w idWindow
	w.refuse(65535)
	w.mark(0)
	w.refuse(1)
	want := func(id uint16, want idState) {
		t.Helper()
		if got := w.of(id); got != want {
			t.Errorf("id %d is %d, want %d", id, got, want)
		}
	}
	want(65535, idRefused)
	want(0, idDone)
	want(1, idRefused)
	want(2, idNew)
	w.mark(62)
	want(65535, idRefused)
	w.mark(63)
	want(65535, idOld)
	want(0, idDone)
	want(1, idRefused)
	w.refuse(65535) // old it stays
	want(65535, idOld)
}

// idWindow against a list of all that was marked, over the end of 16 bits.
func TestIDWindowAgainstModel(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("like a set", prop.ForAll(
		func(first uint16, steps []int) bool {
			var w idWindow
			marked, newest, base := map[int]idState{}, -1, 1<<17 // by ids that do not wrap
			for i, step := range steps {
				at := base + step
				id := first + uint16(at)
				want := marked[at]
				if newest >= 0 && at <= newest-windowSize {
					want = idOld
				}
				if w.of(id) != want {
					return false
				}
				if want != idNew {
					continue
				}
				switch i % 3 {
				case 0:
					w.mark(id)
					marked[at] = idDone
				case 1:
					w.refuse(id)
					marked[at] = idRefused
				default: // nothing becomes of it yet
					continue
				}
				newest = max(newest, at)
				base = newest
			}
			return true
		},
		gen.UInt16(),
		gen.SliceOfN(200, gen.Frequency(map[int]gopter.Gen{
			20: gen.IntRange(-70, 10),
			4:  gen.IntRange(60, 70),
			2:  gen.IntRange(-32768, 32767),
		})),
	))
	properties.TestingRun(t)
}
