package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// keys makes what gateway and devices are flashed with.
type keys struct{ tool, dir string }

func newKeys(ctx context.Context, root, dir string) (keys, error) {
	k := keys{filepath.Join(dir, "enow"), dir}
	if err := command(ctx, "go", "build", "-C", root, "-o", k.tool, "./espnow/cmd/enow"); err != nil {
		return k, err
	}
	return k, command(ctx, k.tool, "keys", "new", "--out", k.network())
}

func (k keys) network() string { return filepath.Join(k.dir, "network.key") }

func (k keys) gateway(ctx context.Context, settings string) (file string, err error) {
	return k.provision(ctx, "gateway.csv", settings, "--gateway")
}

func (k keys) device(ctx context.Context, addr espnow.Addr, settings string) (file string, err error) {
	return k.provision(ctx, strings.ReplaceAll(addr.String(), ":", "")+".csv", settings, "--addr", addr.String())
}

// provision makes the NVS partition of one chip: its key, and settings behind it.
func (k keys) provision(ctx context.Context, name, settings string, who ...string) (string, error) {
	file := filepath.Join(k.dir, name)
	args := append([]string{"keys", "provision", "--csv", "--keys", k.network(), "--out", file}, who...)
	if err := command(ctx, k.tool, args...); err != nil {
		return "", err
	}
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return "", err
	}
	defer to.Close()
	_, err = to.WriteString(settings)
	return file, err
}
