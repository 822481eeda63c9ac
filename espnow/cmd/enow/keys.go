package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

// maxKeyFile bounds a key file, in bytes: two keys, with room for comments.
const maxKeyFile = 64 << 10

func keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make, derive and check the keys of a secure network",
		Long: "A secure network has one network key. Its gateways hold it. A device holds its own key alone, which follows from the\n" +
			"network key and the device's address; so a gateway knows every device, and a stolen device gives away no other.\n\n" +
			"Keys are read from a file that only its owner can read, or from standard input; never from the command line, which\n" +
			"other users of the machine can see. They are written to standard output, or with --out to a new file of mode 0600.\n\n" +
			"A rotation: add a second network key with a key id of its own to the key file of every gateway, give each device a key\n" +
			"that follows from it, then remove the old line.",
		Example: "  enow keys new --out network.key\n" +
			"  enow keys derive --addr 24:6f:28:aa:bb:cc --keys network.key --out device.key\n" +
			"  enow keys provision --addr 24:6f:28:aa:bb:cc --csv --keys network.key --out nvs.csv\n" +
			"  enow keys provision --gateway --csv --keys network.key --out gateway.csv\n" +
			"  enow keys check --keys network.key nvs.csv gateway.csv\n" +
			"  enow keys new --key-id 2 >> network.key   # begin a rotation",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(keysNewCommand(), keysDeriveCommand(), keysProvisionCommand(), keysCheckCommand())
	return c
}

func keysNewCommand() *cobra.Command {
	var out string
	id := keyID(1)
	c := &cobra.Command{
		Use:   "new",
		Short: "Make a network key",
		Long:  "new makes a random network key and writes it as a line of a gateway's key file: network KEY_ID DIGITS.",
		Example: "  enow keys new --out network.key\n" +
			"  enow keys new --key-id 2 >> network.key   # begin a rotation",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			key, err := link.NewNetworkKey(rand.Reader)
			if err != nil {
				return failure{err}
			}
			defer key.Wipe()
			var ring link.Keyring
			if err := ring.Add(uint8(id), key); err != nil {
				return err
			}
			return writeNew(c, out, ring.Reveal())
		},
	}
	c.Flags().Var(&id, "key-id", "1 to 255: names the key on the air")
	outFlag(c, &out)
	return c
}

func keysDeriveCommand() *cobra.Command {
	var f deviceFlags
	c := &cobra.Command{
		Use:   "derive --addr MAC",
		Short: "Derive a device's key from the network key",
		Long:  "derive writes the key file of a device: device KEY_ID ADDRESS DIGITS. The address is the MAC of the device's station.",
		Example: "  enow keys derive --addr 24:6f:28:aa:bb:cc --keys network.key --out device.key\n" +
			"  enow keys derive --addr 24:6f:28:aa:bb:cc < network.key",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := f.device(c)
			if err != nil {
				return err
			}
			defer d.Key.Wipe()
			return writeNew(c, f.out, d.Reveal())
		},
	}
	f.add(c)
	return c
}

// deviceFlags choose a device, the network key it follows from, and where the result goes.
type deviceFlags struct {
	addr, keys, out string
	id              keyID
}

func (f *deviceFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.addr, "addr", "", "the device's address, such as 24:6f:28:aa:bb:cc")
	c.Flags().Var(&f.id, "key-id", "the network key to derive from (default: the last one of the file)")
	c.Flags().StringVar(&f.keys, "keys", "-", "the file of the network's keys; - is standard input")
	outFlag(c, &f.out)
}

func (f *deviceFlags) device(c *cobra.Command) (link.Device, error) {
	addr, err := parseStation(f.addr)
	if err != nil {
		return link.Device{}, err
	}
	ring, err := f.keyring(c)
	if err != nil {
		return link.Device{}, err
	}
	d := link.Device{Addr: addr}
	for id, key := range ring.All() {
		if f.id == 0 || uint8(f.id) == id {
			d.KeyID, d.Key = id, key.Device(addr)
		}
		key.Wipe()
	}
	if d.KeyID == 0 {
		return link.Device{}, failure{fmt.Errorf("%[1]s: no network key %[2]d; enow keys check %[3]s shows those it has", nameOf(f.keys), f.id, f.keys)}
	}
	return d, nil
}

func (f *deviceFlags) keyring(c *cobra.Command) (*link.Keyring, error) {
	if f.keys == "-" {
		announceInput(c, "the network's keys", "--keys FILE names a file of them")
	}
	return readKeyring(c, f.keys)
}

// readKeyring reads the key file of a gateway.
func readKeyring(c *cobra.Command, name string) (*link.Keyring, error) {
	text, err := readSecret(c, name)
	if err != nil {
		return nil, err
	}
	ring, err := link.ParseKeyring(text)
	if err != nil {
		return nil, failure{fmt.Errorf("%s: %w", nameOf(name), err)}
	}
	return ring, nil
}

// parseStation reads the address of a device as people and tools write it: with colons, with dashes, or the digits alone.
func parseStation(text string) (espnow.Addr, error) {
	const want = "want the address of one device, such as 24:6f:28:aa:bb:cc: esptool.py read_mac tells it"
	if text == "" {
		return espnow.Addr{}, errors.New("--addr is missing: " + want)
	}
	octets := strings.ReplaceAll(text, "-", ":")
	if len(text) == 2*len(espnow.Addr{}) {
		octets = strings.Join([]string{text[:2], text[2:4], text[4:6], text[6:8], text[8:10], text[10:]}, ":")
	}
	addr, err := espnow.ParseAddr(octets)
	if err != nil || !isStation(addr) {
		return espnow.Addr{}, fmt.Errorf("--addr %s: %s", text, want)
	}
	return addr, nil
}

func isStation(addr espnow.Addr) bool { return !addr.IsGroup() && addr != (espnow.Addr{}) }

// keyID is the value of a flag: 1 to 255, and 0 where none was given.
type keyID uint8

func (id *keyID) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n == 0 {
		return errors.New("want a number, 1 to 255: the key's name on the air")
	}
	*id = keyID(n)
	return nil
}

func (id *keyID) String() string { return strconv.Itoa(int(*id)) }

func (id *keyID) Type() string { return "id" }

func outFlag(c *cobra.Command, out *string) {
	c.Flags().StringVar(out, "out", "-", "a new file, of mode 0600; - is standard output")
}

func nameOf(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// readSecret reads a key file that nobody else can.
func readSecret(c *cobra.Command, name string) (string, error) {
	in := c.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", failure{err}
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return "", failure{err}
		}
		if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			return "", failure{fmt.Errorf("%s: others can read or change it (mode %04o): chmod 600 %s", name, mode.Perm(), name)}
		}
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxKeyFile+1))
	if err == nil && len(text) > maxKeyFile {
		err = fmt.Errorf("%s: more than %d bytes: no key file", nameOf(name), maxKeyFile)
	}
	if err != nil {
		return "", failure{err}
	}
	return string(text), nil
}

// writeNew writes to standard output, or to a file that is not there yet and that nobody else will read.
func writeNew(c *cobra.Command, name, text string) error {
	if name == "-" {
		if _, err := io.WriteString(c.OutOrStdout(), text); err != nil {
			return failure{err}
		}
		return nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failure{fmt.Errorf("%s is there already, and a key is never overwritten: name another file, or move it away", name)}
	}
	if err != nil {
		return failure{err}
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return failure{errors.Join(err, os.Remove(name))}
	}
	return nil
}
