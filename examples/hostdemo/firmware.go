package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// buildFirmware builds all programs, of what has changed since the last time only, and returns the folder in which they
// are. Runs share it, so one builds after the other.
func buildFirmware(ctx context.Context, root string, j *journal) (string, error) {
	dir := filepath.Join(root, ".build", "hostdemo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	j.say("building the firmware for this PC, which takes a minute the first time")
	source := filepath.Join(root, "examples", "hostdemo", "firmware")
	if err := command(ctx, "cmake", "-S", source, "-B", dir, "-DPYTHON3="+python(root)); err != nil {
		return "", err
	}
	return dir, showProgress(exec.CommandContext(ctx, "cmake", "--build", dir, "-j", strconv.Itoa(runtime.NumCPU())), j)
}

// progressStep is how many percent are between two lines that tell how far the build is.
const progressStep = 20

// showProgress runs a build, and puts what it says into the error.
func showProgress(build *exec.Cmd, j *journal) error {
	var said bytes.Buffer
	read, write := io.Pipe()
	build.Stdout, build.Stderr = write, write
	done := make(chan error, 1)
	go func() {
		err := build.Run()
		_ = write.Close()
		done <- err
	}()
	next := progressStep
	for lines := bufio.NewScanner(io.TeeReader(read, &said)); lines.Scan(); {
		var percent int
		if _, err := fmt.Sscanf(lines.Text(), "[%d%%] Building", &percent); err == nil && percent >= next {
			j.say("building: %d %%", percent)
			next = percent - percent%progressStep + progressStep
		}
	}
	if err := <-done; err != nil {
		return fmt.Errorf("%v: %w\n%s", build, err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
