package cgen

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	readingSpec = "../gogen/internal/reading/reading.yaml"
	codecLimit  = 1.1  // of code by hand: instructions and bytes
	tolerance   = 1.25 // of the limit: other compilers count otherwise
)

// cross is a compiler for a machine, and what runs its programs one instruction at a time.
type cross struct {
	t        *testing.T
	dir      string // for what it makes
	cc, size string
	flags    []string
	emulator string
}

// rv32 is the machine of an ESP32-C3, compiled for size.
func rv32(t *testing.T, include string) cross {
	t.Helper()
	return cross{
		t: t, dir: t.TempDir(), cc: tool(t, "riscv64-unknown-elf-gcc"), size: tool(t, "riscv64-unknown-elf-size"), emulator: tool(t, "qemu-riscv32"),
		flags: []string{
			"--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32", "-Os", "-ffunction-sections", "-fdata-sections", "-std=c99", "-nostartfiles",
			"-Wl,--gc-sections", "-I", include, "-I", "testdata/reading",
		},
	}
}

// link returns a program of the sources.
func (c cross) link(name string, sources ...string) string {
	c.t.Helper()
	program := filepath.Join(c.dir, name)
	if out, err := run(c.t, ".", c.cc, append(append(c.flags, "-o", program), sources...)...); err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// text returns the bytes of code and constants of a program.
func (c cross) text(program string) int {
	c.t.Helper()
	out, err := run(c.t, ".", c.size, program)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(out, "\n")
	n, err := strconv.Atoi(strings.Fields(lines[1])[0])
	if err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	return n
}

// instructions returns how many a program executes for one more of the same.
func (c cross) instructions(program string, args ...string) int {
	c.t.Helper()
	return c.count(program, append(args, "2")...) - c.count(program, append(args, "1")...)
}

func (c cross) count(program string, args ...string) int {
	c.t.Helper()
	single := "-singlestep"
	if help, _ := exec.Command(c.emulator, "-h").Output(); bytes.Contains(help, []byte("-one-insn-per-tb")) { // its name since QEMU 8.1
		single = "-one-insn-per-tb"
	}
	trace := filepath.Join(c.dir, "trace")
	if out, err := run(c.t, ".", c.emulator, append([]string{single, "-d", "exec,nochain", "-D", trace, program}, args...)...); err != nil {
		c.t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	f, err := os.Open(trace)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "Trace ") {
			n++
		}
	}
	return n
}

// TestNumbers compares the generated codec of the reading with one by hand that has the same checks, on rv32imc.
func TestNumbers(t *testing.T) {
	component := t.TempDir()
	write(t, component, files(t, readSpec(t, readingSpec)))
	c := rv32(t, filepath.Join(component, "include"))
	ours := sources(t, filepath.Join(component, "src"), "*.c")
	measure, floor := "testdata/reading/measure.c", "testdata/reading/floor.c"

	program := c.link("measure", append([]string{measure, floor}, ours...)...)
	if out, err := run(t, ".", c.emulator, program, "compare"); err != nil {
		t.Fatalf("they do not do the same: %v\n%s", err, out)
	}
	report := func(name string, ours, floor int) {
		ratio := float64(ours) / float64(floor)
		t.Logf("%s: %d of %d", name, ours, floor)
		fmt.Printf("BENCH codec_c_%s_ratio=%.3f\nLIMIT codec_c_%s_ratio=%.2f\n", name, ratio, name, codecLimit)
		if ratio > codecLimit*tolerance {
			t.Errorf("%s is %.3f of what it is by hand, the limit %.2f", name, ratio, codecLimit)
		}
	}
	for _, what := range []string{"encode", "decode"} {
		report("insns_"+what, c.instructions(program, "ours", what), c.instructions(program, "floor", what))
	}
	empty := c.text(c.link("empty", "testdata/reading/text.c"))
	report("text",
		c.text(c.link("ours", append([]string{"testdata/reading/text.c", "-DENCODE=reading_reading_encode", "-DDECODE=reading_reading_decode"}, ours...)...))-empty,
		c.text(c.link("floor", "testdata/reading/text.c", "-DENCODE=floor_encode", "-DDECODE=floor_decode", floor))-empty)
}
