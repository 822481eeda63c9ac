package main

import (
	"context"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
)

// building lets one run after the other build: they share the folder.
var building sync.Mutex

// buildFirmware builds all programs, of what has changed since the last time only, and returns the folder in which they
// are.
func buildFirmware(ctx context.Context, root string) (string, error) {
	building.Lock()
	defer building.Unlock()
	env := environment(root)
	dir := filepath.Join(root, ".build", "hostdemo")
	if err := command(ctx, env, "cmake", "-S", filepath.Join(root, "examples", "hostdemo", "firmware"), "-B", dir); err != nil {
		return "", err
	}
	return dir, command(ctx, env, "cmake", "--build", dir, "-j", strconv.Itoa(runtime.NumCPU()))
}
