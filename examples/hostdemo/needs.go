package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/esp-now-network/esp-now-network/internal/mosquitto"
)

const module = "github.com/esp-now-network/esp-now-network"

// sources returns the root of the clone.
func sources(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("the sources of the firmware: %w: run it in a clone of %s", err, module)
	}
	return strings.TrimSpace(string(out)), nil
}

// need is what this PC must have, and the Debian package that has it.
type need struct {
	what, pkg string
	there     func(ctx context.Context, compiler string) bool
}

func program(name string) func(context.Context, string) bool {
	return func(context.Context, string) bool { _, err := exec.LookPath(name); return err == nil }
}

func header(name string) func(context.Context, string) bool {
	return func(ctx context.Context, compiler string) bool {
		cmd := exec.CommandContext(ctx, compiler, "-fsyntax-only", "-x", "c", "-")
		cmd.Stdin = strings.NewReader("#include <" + name + ">\n")
		return cmd.Run() == nil
	}
}

var needs = []need{
	{"a C compiler, gcc or clang", "gcc", func(_ context.Context, compiler string) bool { return compiler != "" }},
	{"cmake", "cmake", program("cmake")},
	{"make", "make", program("make")},
	{"mosquitto", "mosquitto", func(context.Context, string) bool { _, err := mosquitto.Find(); return err == nil }},
	{"mosquitto.h", "libmosquitto-dev", header("mosquitto.h")},
	{"psa/crypto.h", "libmbedtls-dev", header("psa/crypto.h")},
	{"cjson/cJSON.h", "libcjson-dev", header("cjson/cJSON.h")},
}

// kconfig is the Python package that turns Kconfig into a C header.
const kconfig = "esp-idf-kconfig"

var errNotLinux = errors.New("the stand-in of ESP-IDF needs Linux: run it in a virtual machine or a container")

// checkNeeds says all that is missing at once, and how to get it.
func checkNeeds(ctx context.Context, root string) error {
	if runtime.GOOS != "linux" {
		return errNotLinux
	}
	compiler, _ := exec.LookPath("cc")
	for _, name := range []string{"gcc", "clang"} {
		if compiler == "" {
			compiler, _ = exec.LookPath(name)
		}
	}
	var what, packages []string
	for _, n := range needs {
		if !n.there(ctx, compiler) {
			what, packages = append(what, n.what), append(packages, n.pkg)
		}
	}
	var how []string
	if len(packages) > 0 {
		how = append(how, "sudo apt-get install "+strings.Join(packages, " "))
	}
	if exec.CommandContext(ctx, python(root), "-c", "import kconfgen").Run() != nil {
		what = append(what, kconfig+" of Python")
		how = append(how, "python3 -m venv .venv && .venv/bin/pip install "+kconfig)
	}
	if len(what) == 0 {
		return nil
	}
	return fmt.Errorf("missing: %s: 'make host-demo' installs it on Debian and Ubuntu; without make: %s",
		strings.Join(what, ", "), strings.Join(how, "; "))
}

// python returns the Python that make tools installs, or else that of this PC.
func python(root string) string {
	for _, name := range []string{filepath.Join(root, ".venv", "bin", "python3"), "python3"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "python3"
}

// command runs a tool and puts what it says into the error.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
