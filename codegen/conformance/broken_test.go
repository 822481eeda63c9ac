package conformance

import (
	"errors"
	"math/rand"
	"regexp"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/esp-now-network/esp-now-network/codegen/cgen"
	"github.com/esp-now-network/esp-now-network/codegen/gogen"
	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/pygen"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/codegen/tsgen"
)

var lineBreak = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

// faultsOf reads what may be no spec. It is one, or it has faults, each of which is somewhere in the text.
func faultsOf(t *testing.T, source []byte) schema.Errors {
	t.Helper()
	hang := time.AfterFunc(10*time.Second, func() { panic("reading takes too long:\n" + string(source)) })
	defer hang.Stop()
	spec, err := schema.Parse("spec.yaml", source)
	if err == nil {
		if spec == nil {
			t.Errorf("neither a spec nor a fault:\n%s", source)
		}
		return nil
	}
	var faults schema.Errors
	if !errors.As(err, &faults) || len(faults) == 0 || spec != nil {
		t.Fatalf("%T: %v\n%s", err, err, source)
	}
	lines := lineBreak.Split(string(source), -1)
	for _, f := range faults {
		if f.Line < 1 || f.Line > len(lines) || f.Col < 1 || f.Col > utf8.RuneCountInString(lines[f.Line-1])+1 || f.What == "" {
			t.Errorf("a fault that is nowhere: %v\n%s", f, source)
		}
	}
	return faults
}

// TestScribbled changes text and nodes of specs at random. What stays valid is generated.
func TestScribbled(t *testing.T) {
	r := rand.New(rand.NewSource(int64(setting(t, "ENOW_SEED", 1))))
	sources := [][]byte{read(t, everything), read(t, "../../espnow/protocol.yaml"), []byte("? [x]\n: y\n<<: {a: b}\n"), []byte("a: &x [*x]\nb: *x\n")}
	valid := 0
	for range setting(t, "ENOW_BROKEN", 1000) {
		source := pick(r, sources)
		if r.Intn(4) > 0 {
			b := &breaker{r, randomSpec(r, "sample")}
			for range r.Intn(3) {
				b.scribble()
			}
			var err error
			if source, err = yaml.Marshal(b.root); err != nil { // YAML cannot say it
				continue
			}
		}
		if r.Intn(3) > 0 {
			source = mutate(r, source)
		}
		if faultsOf(t, source) == nil {
			valid++
			generates(t, source)
		}
	}
	if valid == 0 {
		t.Error("no spec stayed valid")
	}
}

// generates wants every language to make something of a spec.
func generates(t *testing.T, source []byte) {
	t.Helper()
	spec, err := schema.Parse("spec.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	for _, emit := range []func(*schema.Spec) ([]output.File, error){gogen.Files, cgen.Files, pygen.Files, tsgen.Files} {
		if _, err := emit(spec); err != nil {
			t.Errorf("%v\n%s", err, source)
		}
	}
}

// TestBroken breaks specs for sure: there must be a fault at the place.
func TestBroken(t *testing.T) {
	const tries = 40
	for name, breakage := range breakages {
		t.Run(name, func(t *testing.T) {
			broken := 0
			for seed := range int64(tries) {
				r := rand.New(rand.NewSource(seed))
				b := &breaker{r, randomSpec(r, "sample")}
				if get(b.root, "messages") == nil {
					continue
				}
				if at := breakage(b); at != nil {
					broken++
					wantFault(t, b.root, at)
				}
			}
			if broken < tries/10 {
				t.Errorf("only %d of %d specs could be broken so", broken, tries)
			}
		})
	}
}

// wantFault wants a fault at a node.
func wantFault(t *testing.T, root, at *yaml.Node) {
	t.Helper()
	source := marshal(root)
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	place := counterpart(root, document.Content[0], at)
	for _, f := range faultsOf(t, source) {
		if f.Line == place.Line && f.Col == place.Column {
			return
		}
	}
	t.Errorf("no fault at %d:%d, only %v\n%s", place.Line, place.Column, faultsOf(t, source), source)
}

// counterpart returns the node of b that stands where wanted stands in a.
func counterpart(a, b, wanted *yaml.Node) *yaml.Node {
	if a == wanted {
		return b
	}
	for i, child := range a.Content {
		if i < len(b.Content) && slices.Contains(nodes(child, func(*yaml.Node) bool { return true }), wanted) {
			return counterpart(child, b.Content[i], wanted)
		}
	}
	panic("a node that is not in the spec")
}
