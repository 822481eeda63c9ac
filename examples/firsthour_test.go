package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/esp-now-network/esp-now-network/internal/tooltest"
)

// firstHourTools stand in for what needs a board, a broker or the network. They fail for what the real ones would not find.
var firstHourTools = map[string]string{
	"git":           `mkdir esp-now-network`,
	"idf.py":        `test "$1" = -C && test -e "$2/main/idf_component.yml"`,
	"mosquitto_sub": `exit 0`,
	"mosquitto_pub": `exit 0`,
	"esptool.py":    `case "$*" in *write_flash*) test "$(wc -c <"${@: -1}")" = $((0x6000));; *read_mac*) ;; *) exit 1;; esac`,
}

// TestFirstHour does what components/FIRST-HOUR.md says, with real keys and real partitions of them.
func TestFirstHour(t *testing.T) {
	python := tooltest.Find(t, "python", "python3")
	if err := exec.Command(python, "-c", "import esp_idf_nvs_partition_gen").Run(); err != nil {
		tooltest.Missing(t, "no esp-idf-nvs-partition-gen of PyPI here")
	}
	bin, clone, idf := t.TempDir(), t.TempDir(), t.TempDir()
	for name, does := range firstHourTools {
		script(t, filepath.Join(bin, name), "#!/usr/bin/env bash\n"+does+"\n")
	}
	script(t, filepath.Join(idf, "components/nvs_flash/nvs_partition_generator/nvs_partition_gen.py"),
		"import runpy\nrunpy.run_module('esp_idf_nvs_partition_gen', run_name='__main__')\n")
	script(t, filepath.Join(bin, "python"), "#!/bin/sh\nexec '"+python+"' \"$@\"\n")
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Symlink(filepath.Join(root(t), e.Name()), filepath.Join(clone, e.Name())); err != nil {
			t.Fatal(err)
		}
	}

	page := read(t, "../components/FIRST-HOUR.md")
	ran := 0
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		if m[1] != "sh" {
			continue
		}
		cmd := exec.Command("bash", "-euc", m[3])
		cmd.Dir = clone
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "IDF_PATH="+idf)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", m[3], err, out)
		}
		ran++
	}
	if ran < 7 {
		t.Errorf("%d blocks ran: too few to be all of the page", ran)
	}

	settings := read(t, "../components/enow_gateway/src/settings.c")
	for _, m := range regexp.MustCompile(`(?m)^(\w+),data,string,`).FindAllStringSubmatch(page, -1) {
		if !regexp.MustCompile(`(?m)^    STRING\(` + m[1] + `\b`).MatchString(settings) {
			t.Errorf("the gateway has no setting %s", m[1])
		}
	}
}

func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
