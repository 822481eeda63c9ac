package conformance

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/codegen/cgen"
	"github.com/esp-now-network/esp-now-network/codegen/gogen"
	"github.com/esp-now-network/esp-now-network/codegen/pygen"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
	"github.com/esp-now-network/esp-now-network/codegen/tsgen"
)

// setting returns a number from the environment.
func setting(t *testing.T, name string, fallback int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// specs generates the YAML of valid specs.
func specs(params *gopter.GenParameters) *gopter.GenResult {
	return gopter.NewGenResult(string(marshal(randomSpec(params.Rng, "sample"))), gopter.NoShrinker)
}

// TestValid wants what is made as valid to be so, and to be generated twice alike.
func TestValid(t *testing.T) {
	parameters := gopter.DefaultTestParametersWithSeed(int64(setting(t, "ENOW_SEED", 1)))
	parameters.MinSuccessfulTests = 10 * setting(t, "ENOW_SPECS", 10)
	properties := gopter.NewProperties(parameters)
	rng := rand.New(rand.NewSource(1))
	properties.Property("a valid spec lints and is generated twice alike", prop.ForAll(func(source string) string {
		spec, err := schema.Parse("spec.yaml", []byte(source))
		if err != nil {
			return err.Error()
		}
		for _, m := range spec.Messages {
			shortest, longest := encodeAny(m, maker{rng, least}.record(&m.Body)), encodeAny(m, maker{rng, most}.record(&m.Body))
			if len(shortest) != m.MinSize() || len(longest) != m.MaxSize() {
				return fmt.Sprintf("%s takes %d to %d bytes, and the schema says %d to %d", m.Name, len(shortest), len(longest), m.MinSize(), m.MaxSize())
			}
		}
		s := &sample{Spec: spec, source: []byte(source)}
		s.files(t, gogen.Files)
		s.files(t, cgen.Files)
		s.files(t, pygen.Files)
		s.files(t, tsgen.Files)
		return ""
	}, specs))
	properties.TestingRun(t)
}

// TestSpecs makes random specs and vectors of them, which every language must pass. ENOW_SPECS is how many, ENOW_SEED the
// first of their seeds; spec sample-N is that of seed N.
func TestSpecs(t *testing.T) {
	count, seed := setting(t, "ENOW_SPECS", 8), setting(t, "ENOW_SEED", 1)
	dir := workspace(t)
	var samples []*sample
	for n := seed; n < seed+count; n++ {
		samples = append(samples, randomSamples(t, dir, n)...)
	}
	checkAll(t, dir, samples)
}

// TestEverything runs the vectors that were calculated by hand in Go; the other languages have tests of their own for them.
func TestEverything(t *testing.T) {
	dir := workspace(t)
	every := newSample(t, dir, read(t, everything))
	every.writeVectors(t, messages, string(read(t, everythingMessages)))
	every.writeVectors(t, packets, string(read(t, everythingPackets)))
	runGo(t, filepath.Join(dir, "go"), []*sample{every})
}

// checkAll checks the samples in every language.
func checkAll(t *testing.T, dir string, samples []*sample) {
	t.Helper()
	t.Run("languages", func(t *testing.T) { // which ends when all of them have
		for name, check := range map[string]func(*testing.T, string, []*sample){"go": runGo, "c": runC, "python": runPython, "typescript": runTypeScript} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, filepath.Join(dir, name), samples)
			})
		}
	})
}

// randomSamples makes a spec, and the same before it grew, each with random vectors and with what the other one writes.
func randomSamples(t *testing.T, dir string, seed int) []*sample {
	t.Helper()
	const each = 4 // vectors of a kind
	rng := rand.New(rand.NewSource(int64(seed)))
	root := randomSpec(rng, fmt.Sprintf("sample-%d", seed))
	now := newSample(t, dir, marshal(root))
	now.writeVectors(t, packets, frameVectors(now.Spec, rng, each))
	grown := generations(root)
	if len(grown) == 0 {
		now.writeVectors(t, messages, messageVectors(now.Spec, rng, each))
		return []*sample{now}
	}
	old := newSample(t, dir, marshal(before(root, pick(rng, grown), now.Spec.Name+"-old")))
	now.writeVectors(t, messages, messageVectors(now.Spec, rng, each), readOthers(t, now.Spec, old.Spec, rng, each))
	old.writeVectors(t, messages, messageVectors(old.Spec, rng, 1), readOthers(t, old.Spec, now.Spec, rng, each))
	old.writeVectors(t, packets, frameVectors(old.Spec, rng, 1))
	return []*sample{now, old}
}
