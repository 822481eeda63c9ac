package scenario

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/fleet"
)

// run returns the outputs of each input.
func (s *Script) run(machines fleet.Machines, inside Inside) ([][]string, error) {
	w := &world{machines: machines, inside: inside, now: begin, rssi: map[[2]espnow.Addr]int8{}}
	var outputs [][]string
	for _, step := range s.steps {
		w.out = nil
		if err := w.do(step.input); err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", s.path, step.line, step.input, err)
		}
		outputs = append(outputs, w.out)
	}
	return outputs, nil
}

// Test replays all scenarios of a folder. Where readers are told what frames mean, that is compared too.
func Test(t *testing.T, folder string, machines fleet.Machines, inside Inside) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("no scenarios in %s", folder)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			script, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := script.run(machines, inside)
			if err != nil {
				t.Fatal(err)
			}
			for i, step := range script.steps {
				want := step.want
				if inside.Reveal == nil {
					want = slices.DeleteFunc(slices.Clone(want), explains)
				}
				if diff := cmp.Diff(want, outputs[i]); diff != "" && len(want)+len(outputs[i]) > 0 {
					t.Fatalf("%s:%d: %s (-want +got):\n%s", path, step.line, step.input, diff)
				}
			}
		})
	}
}

// Record runs a scenario and writes what came out for what must.
func Record(path string, machines fleet.Machines, inside Inside) error {
	script, err := Read(path)
	if err != nil {
		return err
	}
	outputs, err := script.run(machines, inside)
	if err != nil {
		return err
	}
	return script.record(outputs)
}
