//go:build !race && unix

package main

import (
	"bytes"
	"fmt"
	"go/format"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/esp-now-network/esp-now-network/internal/numberstest"
)

const (
	generateLimit = 4    // times what gofmt takes for the Go among it
	tolerance     = 1.25 // of the limit, in a test on a machine that does other things too
)

// manyMessages returns a spec with n messages of eight fields.
func manyMessages(n int) string {
	var b strings.Builder
	b.WriteString(`spec: 1
name: many
version: 1.0.0
enums: [{name: Mode, type: u8, values: [{name: Idle, value: 0}, {name: Busy, value: 1}]}]
structs: [{name: Place, fields: [{name: x, type: i16, scale: 0.1, unit: m}, {name: y, type: i16}]}]
messages:
`)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `  - name: Reading%d
    id: %d
    topic: reading/%d
    doc: What the sensor of room %d says.
    fields:
      - {name: uptime, type: u32, unit: s}
      - {name: temperature, type: i16, scale: 0.01, unit: "°C", min: -40, max: 125, doc: Of the air.}
      - {name: mode, type: Mode}
      - {name: samples, type: u16, count: {max: 8}}
      - {name: room, type: string, size: {max: 16}}
      - {name: place, type: Place}
      - {name: battery, type: u16, unit: mV, optional: true}
      - {name: pressure, type: u16, unit: hPa, since: 2, default: 1013}
`, i, i, i, i)
	}
	return b.String()
}

// TestNumbers compares generating messages in every language with what go/format takes for the Go among it: the least time that
// each takes of one processor, for what disturbs either only adds to it. The limit stands for 2 s for 1,000 messages, whose Go a
// processor of these days formats in half a second.
func TestNumbers(t *testing.T) {
	if os.Getenv("ENOW_NUMBERS") == "" {
		t.Skip("make numbers measures it")
	}
	const (
		messages = 250 // one spec holds 255
		formats  = 3   // as often as it takes to take as long
	)
	spec := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(spec, []byte(manyMessages(messages)), 0o644); err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // formatting does not use more
	var ours, floor time.Duration = math.MaxInt64, math.MaxInt64
	rounds := 8
	if os.Getenv("ENOW_BENCH") != "" {
		rounds = 30
	}
	for range rounds {
		dir := t.TempDir()
		ours = min(ours, numberstest.ProcessorTime(t, func() { generateAll(t, spec, dir) }))
		files, err := filepath.Glob(filepath.Join(dir, "go", "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		floor = min(floor, numberstest.ProcessorTime(t, func() {
			for range formats {
				formatAll(t, files)
			}
		}))
	}
	ratio := float64(ours) / float64(floor) * formats
	t.Logf("%v for %d messages, %v to format", ours, messages, floor/formats)
	fmt.Printf("BENCH enowgen_format_ratio=%.2f\nLIMIT enowgen_format_ratio=%d\n", ratio, generateLimit)
	if ratio > generateLimit*tolerance {
		t.Errorf("it took %.2f times as long as formatting, the limit is %d", ratio, generateLimit)
	}
}

func formatAll(t *testing.T, files []string) {
	t.Helper()
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := format.Source(source); err != nil {
			t.Fatal(err)
		}
	}
}

// generateAll writes every target into a folder of its own.
func generateAll(t *testing.T, spec, dir string) {
	t.Helper()
	args := []string{"gen", spec}
	genCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "string" { // a target
			args = append(args, "--"+f.Name, filepath.Join(dir, f.Name))
		}
	})
	var out bytes.Buffer
	if code := run(args, &out, &out); code != 0 {
		t.Fatalf("%q ends with %d: %s", args, code, &out)
	}
}
