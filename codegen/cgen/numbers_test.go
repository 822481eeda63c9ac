package cgen

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

const (
	readingSpec = "../gogen/internal/reading/reading.yaml"
	codecLimit  = 1.1 // of code by hand: instructions and bytes
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
		t: t, dir: t.TempDir(), cc: tooltest.Find(t, "riscv64-unknown-elf-gcc"), size: tooltest.Find(t, "riscv64-unknown-elf-size"), emulator: tooltest.Find(t, "qemu-riscv32"),
		flags: []string{
			"--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32", "-Os", "-ffunction-sections", "-fdata-sections", "-std=c99", "-nostartfiles",
			"-Wl,--gc-sections", "-I", include, "-I", "testdata/reading",
		},
	}
}

// link returns a program of the sources, which may have flags among them.
func (c cross) link(name string, sources ...string) string {
	c.t.Helper()
	program := filepath.Join(c.dir, name)
	if out, err := tooltest.Run(".", c.cc, slices.Concat(c.flags, []string{"-o", program}, sources)...); err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// added returns the bytes of code and constants that a codec adds to a program.
func (c cross) added(codec string, sources ...string) int {
	c.t.Helper()
	const program = "testdata/reading/text.c"
	with := c.link(codec, append([]string{program, "-DENCODE=" + codec + "_encode", "-DDECODE=" + codec + "_decode"}, sources...)...)
	return c.text(with) - c.text(c.link("none", program))
}

// text returns the bytes of code and constants of a program.
func (c cross) text(program string) int {
	c.t.Helper()
	out, err := tooltest.Run(".", c.size, program)
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
	if out, err := tooltest.Run(".", c.emulator, append([]string{single, "-d", "exec,nochain", "-D", trace, program}, args...)...); err != nil {
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

// host is this machine, which is what Debian has nanopb compiled for.
func host(t *testing.T, include string) cross {
	t.Helper()
	machine, ok := map[string]string{"amd64": "x86_64", "386": "i386", "arm64": "aarch64"}[runtime.GOARCH]
	if !ok {
		t.Skipf("no name of %s in QEMU", runtime.GOARCH)
	}
	return cross{
		t: t, dir: t.TempDir(), cc: tooltest.Find(t, "gcc"), size: tooltest.Find(t, "size"), emulator: tooltest.Find(t, "qemu-"+machine),
		flags: []string{"-Os", "-std=c99", "-ffunction-sections", "-fdata-sections", "-static", "-Wl,--gc-sections", "-I", include, "-I", "testdata/reading"},
	}
}

const (
	measureC = "testdata/reading/measure.c"
	floorC   = "testdata/reading/floor.c"
)

// TestNumbers compares the generated codec of the reading with one by hand that has the same checks.
func TestNumbers(t *testing.T) {
	component := t.TempDir()
	write(t, component, files(t, readSpec(t, readingSpec)))
	include := filepath.Join(component, "include")
	t.Run("rv32imc", func(t *testing.T) {
		c, ours := rv32(t, include), sources(t, filepath.Join(component, "src"), "*.c")
		program := c.link("measure", append([]string{measureC, floorC}, ours...)...)
		if out, err := tooltest.Run(".", c.emulator, program, "compare"); err != nil {
			t.Fatalf("they do not do the same: %v\n%s", err, out)
		}
		report := func(name string, ours, floor int) {
			ratio := float64(ours) / float64(floor)
			t.Logf("%s: %d of %d", name, ours, floor)
			fmt.Printf("BENCH codec_c_%s_ratio=%.3f\nLIMIT codec_c_%s_ratio=%.2f\n", name, ratio, name, codecLimit)
			if ratio > codecLimit {
				t.Errorf("%s is %.3f of what it is by hand, the limit %.2f", name, ratio, codecLimit)
			}
		}
		for _, what := range []string{"encode", "decode"} {
			report("insns_"+what, c.instructions(program, "ours", what), c.instructions(program, "floor", what))
		}
		report("text", c.added("reading_reading", ours...), c.added("floor", floorC))
	})
	t.Run("nanopb", func(t *testing.T) { nanopb(t, host(t, include)) })
}

// nanopb measures what one would use instead, against the same floor. Debian has it compiled for its own machines only, and
// not in sections.
func nanopb(t *testing.T, c cross) {
	tooltest.Find(t, "protoc-gen-nanopb")
	const proto = "../gogen/internal/reading/protobuf"
	if out, err := tooltest.Run(".", tooltest.Find(t, "protoc"), "-I", proto, "--nanopb_out=-Itestdata/reading:"+c.dir, "reading.proto"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	theirs := []string{"-I", c.dir, "testdata/reading/nanopb.c", filepath.Join(c.dir, "reading.pb.c")}
	const library = "-lprotobuf-nanopb"
	program := c.link("measure", slices.Concat([]string{"testdata/reading/measure_nanopb.c", floorC}, theirs, []string{library})...)
	report := func(name string, theirs, floor int) {
		t.Logf("%s: %d of %d", name, theirs, floor)
		fmt.Printf("BENCH codec_c_nanopb_%s_ratio=%.1f\n", name, float64(theirs)/float64(floor))
	}
	for _, what := range []string{"encode", "decode"} {
		report("insns_"+what, c.instructions(program, "nanopb", what), c.instructions(program, "floor", what))
	}
	c.flags = append(c.flags, "-nostartfiles")
	report("text", c.added("nanopb", slices.Concat(theirs, []string{"-DHEADER=\"nanopb.h\"", library})...), c.added("floor", floorC))
}
