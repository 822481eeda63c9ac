package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
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
			"  enow keys new --key-id 2 >> network.key   # begin a rotation",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(keysNewCommand(), keysDeriveCommand(), keysProvisionCommand(), keysCheckCommand())
	return c
}

func keysNewCommand() *cobra.Command {
	var out string
	var id uint8
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
			if err := ring.Add(id, key); err != nil {
				return err
			}
			return writeNew(c, out, ring.Reveal())
		},
	}
	c.Flags().Uint8Var(&id, "key-id", 1, "1 to 255: names the key on the air")
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
	_ = c.MarkFlagRequired("addr")
	return c
}

// The NVS namespace and keys that firmware reads; at most 15 characters each.
const (
	nvsHead    = "key,type,encoding,value\nenow,namespace,,\n"
	nvsDevice  = "key_id,data,u8,%d\naddress,data,hex2bin,%x\ndevice_key,data,hex2bin,%s\n"
	nvsGateway = "key_id%[1]s,data,u8,%[2]d\nnetwork_key%[1]s,data,hex2bin,%[3]s\n"
)

func keysProvisionCommand() *cobra.Command {
	var f deviceFlags
	var csv, gateway bool
	c := &cobra.Command{
		Use:   "provision {--addr MAC | --gateway} --csv",
		Short: "Write what a device or a gateway is flashed with",
		Long: "provision writes the input of ESP-IDF's nvs_partition_gen.py, namespace enow. That of a device has key_id (u8), address\n" +
			"(6 bytes, by which firmware can tell that it was given another device's partition) and device_key (32 bytes). That of a\n" +
			"gateway has key_id and network_key, and key_id2 and network_key2 while keys are changed. Lines may be added for other\n" +
			"settings. The partition made of it holds keys: encrypt it, or burn and lock the flash encryption, where a device can be\n" +
			"stolen; a gateway holds the key of the whole network.",
		Example: "  enow keys provision --addr 24:6f:28:aa:bb:cc --csv --keys network.key --out nvs.csv\n" +
			"  enow keys provision --gateway --csv --keys network.key --out nvs.csv\n" +
			"  nvs_partition_gen.py generate nvs.csv nvs.bin 0x6000 && esptool.py write_flash 0x9000 nvs.bin",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			provision := f.provisionDevice
			if gateway {
				provision = f.provisionGateway
			}
			text, err := provision(c)
			if err != nil {
				return err
			}
			return writeNew(c, f.out, text)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&csv, "csv", false, "the form: CSV for nvs_partition_gen.py")
	c.Flags().BoolVar(&gateway, "gateway", false, "a gateway's, with the network keys themselves")
	_ = c.MarkFlagRequired("csv")
	c.MarkFlagsOneRequired("addr", "gateway")
	c.MarkFlagsMutuallyExclusive("addr", "gateway")
	c.MarkFlagsMutuallyExclusive("key-id", "gateway")
	return c
}

func (f *deviceFlags) provisionDevice(c *cobra.Command) (string, error) {
	d, err := f.device(c)
	if err != nil {
		return "", err
	}
	defer d.Key.Wipe()
	return nvsHead + fmt.Sprintf(nvsDevice, d.KeyID, d.Addr[:], d.Key.Reveal()), nil
}

func (f *deviceFlags) provisionGateway(c *cobra.Command) (string, error) {
	ring, err := f.keyring(c)
	if err != nil {
		return "", err
	}
	text, suffix := nvsHead, ""
	for id, key := range ring.All() {
		text += fmt.Sprintf(nvsGateway, suffix, id, key.Reveal())
		suffix = "2" // a keyring has two keys at most
		key.Wipe()
	}
	return text, nil
}

func keysCheckCommand() *cobra.Command {
	var keys string
	c := &cobra.Command{
		Use:   "check",
		Short: "Check a key file and print fingerprints",
		Long: "check reads the key file of a gateway or of a device and prints a line for each key, with a fingerprint: it tells keys\n" +
			"apart and nothing about them, so it may be shown. It exits with 1 where the file is malformed, where a key is none\n" +
			"(all bytes the same), or where others can read the file.",
		Example: "  enow keys check --keys network.key",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := readSecret(c, keys)
			if err != nil {
				return err
			}
			var out strings.Builder
			d, notDevice := link.ParseDevice(text)
			ring, notGateway := link.ParseKeyring(text)
			switch {
			case notDevice == nil:
				fmt.Fprintf(&out, "device %v, key id %d, fingerprint %s\n", d.Addr, d.KeyID, d.Key.Fingerprint())
				d.Key.Wipe()
			case notGateway == nil:
				for id, key := range ring.All() {
					fmt.Fprintf(&out, "network key %d, fingerprint %s\n", id, key.Fingerprint())
					key.Wipe()
				}
			default:
				return failure{fmt.Errorf("%s: no key file of a gateway (%w), nor of a device (%w)", nameOf(keys), notGateway, notDevice)}
			}
			return writeNew(c, "-", out.String())
		},
	}
	keysFlag(c, &keys)
	return c
}

// deviceFlags choose a device, the network key it follows from, and where the result goes.
type deviceFlags struct {
	addr, keys, out string
	id              uint8
}

func (f *deviceFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.addr, "addr", "", "the device's address, such as 24:6f:28:aa:bb:cc")
	c.Flags().Uint8Var(&f.id, "key-id", 0, "the network key to derive from (default: the last one of the file)")
	keysFlag(c, &f.keys)
	outFlag(c, &f.out)
}

func (f *deviceFlags) device(c *cobra.Command) (link.Device, error) {
	addr, err := espnow.ParseAddr(f.addr)
	if err != nil {
		return link.Device{}, err
	}
	if addr.IsGroup() || addr == (espnow.Addr{}) {
		return link.Device{}, fmt.Errorf("address %v: want that of one station", addr)
	}
	ring, err := f.keyring(c)
	if err != nil {
		return link.Device{}, err
	}
	d := link.Device{Addr: addr}
	for id, key := range ring.All() {
		if f.id == 0 || f.id == id {
			d.KeyID, d.Key = id, key.Device(addr)
		}
		key.Wipe()
	}
	if d.KeyID == 0 {
		return link.Device{}, failure{fmt.Errorf("%s: no network key %d; enow keys check shows those it has", nameOf(f.keys), f.id)}
	}
	return d, nil
}

func (f *deviceFlags) keyring(c *cobra.Command) (*link.Keyring, error) {
	text, err := readSecret(c, f.keys)
	if err != nil {
		return nil, err
	}
	ring, err := link.ParseKeyring(text)
	if err != nil {
		return nil, failure{fmt.Errorf("%s: %w", nameOf(f.keys), err)}
	}
	return ring, nil
}

func keysFlag(c *cobra.Command, keys *string) {
	c.Flags().StringVar(keys, "keys", "-", "the key file; - is standard input")
}

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
	if file, ok := in.(*os.File); ok && name == "-" {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintln(c.ErrOrStderr(), "reading the key file from standard input; --keys FILE names one")
		}
	}
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
