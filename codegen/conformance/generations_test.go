package conformance

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// since returns the generation of a field.
func since(field *yaml.Node) int {
	n := get(field, "since")
	if n == nil {
		return 1
	}
	var g int
	if _, err := fmt.Sscan(n.Value, &g); err != nil {
		panic(err)
	}
	return g
}

func messagesOf(spec *yaml.Node) []*yaml.Node {
	if list := get(spec, "messages"); list != nil {
		return list.Content
	}
	return nil
}

// generations returns those of a spec's messages, from 2, without gaps.
func generations(spec *yaml.Node) []int {
	var all []int
	for _, m := range messagesOf(spec) {
		for _, f := range get(m, "fields").Content {
			if g := since(f); g > 1 {
				all = append(all, g)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// before returns the spec as it was before a generation, under another name.
func before(spec *yaml.Node, generation int, name string) *yaml.Node {
	old := clone(spec)
	get(old, "name").Value = name
	for _, m := range messagesOf(old) {
		fields := get(m, "fields")
		fields.Content = slices.DeleteFunc(fields.Content, func(f *yaml.Node) bool { return since(f) >= generation })
	}
	return old
}

// readOthers returns vectors of what another generation writes, as the reader of this one takes it. Fields of both must be
// alike, and those that an older writer leaves out have their defaults.
func readOthers(t *testing.T, reader, writer *schema.Spec, rng *rand.Rand, each int) string {
	t.Helper()
	w := &vectorWriter{spec: reader, made: map[string]int{}}
	for _, m := range writer.Messages {
		for range each {
			sent := maker{rng, valid}.record(&m.Body)
			payload := encodeAny(m, sent)
			d, err := decode(reader, payload)
			if err != "" {
				t.Fatalf("%s of %s: %s", m.Name, writer.Name, err)
			}
			wrote, read := dump(sent), dump(d.value)
			if len(read) > len(wrote) {
				missing := dump(initial(d.value.body))
				wrote = append(wrote, missing[len(missing)-(len(read)-len(wrote)):]...)
			}
			if diff := cmp.Diff(wrote[:len(read)], read, cmp.AllowUnexported(line{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s of %s (-wrote +read):\n%s", m.Name, writer.Name, diff)
			}
			w.vector("other_"+m.Name.Snake(), "Of another generation's writer.", payload)
		}
	}
	return w.String()
}

// TestClimate runs what the old and the new version of a spec send each other, calculated by hand, in every language.
func TestClimate(t *testing.T) {
	dir := workspace(t)
	var samples []*sample
	for spec, vectors := range map[string]string{"old.yaml": "old_reads_new.txt", "new.yaml": "new_reads_old.txt"} {
		s := newSample(t, dir, read(t, "testdata/climate/"+spec))
		s.writeVectors(t, messages, string(read(t, "testdata/climate/"+vectors)))
		checkMessages(t, s.Spec, s.vectorsPath(messages))
		samples = append(samples, s)
	}
	checkAll(t, dir, samples)
}
