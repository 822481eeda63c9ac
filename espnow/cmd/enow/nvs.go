package main

import (
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

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
			switch {
			case f.addr == "" && !gateway:
				return errors.New("whose? want --addr with the address of a device, or --gateway")
			case f.addr != "" && gateway:
				return errors.New("--addr and --gateway: a device gets a key of its own, a gateway the network's: want one of the two")
			case f.id != 0 && gateway:
				return errors.New("--key-id and --gateway: a gateway gets all keys of the file: leave --key-id out")
			case !csv:
				return errors.New("--csv is missing: want the form of what is written, and there is this one")
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

// isNVS tells the input of nvs_partition_gen.py by its first line, which names the columns.
func isNVS(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return strings.HasPrefix(line, "key,type,")
		}
	}
	return false
}

// parseNVS reads the keys in the input of nvs_partition_gen.py. An error names the line and never repeats a key.
func parseNVS(text string) (keyFile, error) {
	settings, err := readNVS(text)
	if err != nil {
		return keyFile{}, err
	}
	var f keyFile
	none := true
	for _, suffix := range []string{"", "2"} {
		digits, there := settings["network_key"+suffix]
		if !there {
			continue
		}
		none = false
		id, err := settings.keyID("key_id" + suffix)
		if err != nil {
			return keyFile{}, err
		}
		key, err := link.ParseNetworkKey(digits.value)
		if err == nil {
			err = f.network.Add(id, key)
		}
		if err != nil {
			return keyFile{}, digits.fault(err)
		}
	}
	digits, there := settings["device_key"]
	switch {
	case !there && none:
		return keyFile{}, errors.New("no key in namespace enow: want what enow keys provision writes")
	case !there:
		return f, nil
	}
	if f.device.KeyID, err = settings.keyID("key_id"); err != nil {
		return keyFile{}, err
	}
	if f.device.Addr, err = settings.station("address"); err != nil {
		return keyFile{}, err
	}
	if f.device.Key, err = link.ParseDeviceKey(digits.value); err != nil {
		return keyFile{}, digits.fault(err)
	}
	return f, nil
}

// nvsSettings are the values of namespace enow by their keys.
type nvsSettings map[string]nvsValue

type nvsValue struct {
	line       int
	key, value string
}

func (v nvsValue) fault(err error) error { return fmt.Errorf("line %d: %s: %w", v.line, v.key, err) }

// readNVS reads quotes as nvs_partition_gen.py does.
func readNVS(text string) (nvsSettings, error) {
	settings := nvsSettings{}
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.LazyQuotes, r.FieldsPerRecord = '#', true, -1
	ours := false
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return settings, nil
		}
		if err != nil {
			return nil, err
		}
		if len(row) > 1 && row[1] == "namespace" {
			ours = row[0] == "enow"
			continue
		}
		if !ours {
			continue
		}
		line, _ := r.FieldPos(0)
		v := nvsValue{line: line, key: row[0], value: row[len(row)-1]}
		if _, again := settings[v.key]; again {
			return nil, v.fault(errors.New("a second time: want one"))
		}
		settings[v.key] = v
	}
}

func (s nvsSettings) get(key string) (nvsValue, error) {
	v, there := s[key]
	if !there {
		return nvsValue{}, fmt.Errorf("a key without %s: enow keys provision writes both", key)
	}
	return v, nil
}

func (s nvsSettings) keyID(key string) (uint8, error) {
	v, err := s.get(key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v.value, 10, 8)
	if err != nil || n == 0 {
		return 0, v.fault(errors.New("want 1 to 255"))
	}
	return uint8(n), nil
}

func (s nvsSettings) station(key string) (espnow.Addr, error) {
	v, err := s.get(key)
	if err != nil {
		return espnow.Addr{}, err
	}
	var addr espnow.Addr
	octets, err := hex.DecodeString(v.value)
	if copy(addr[:], octets); err != nil || len(octets) != len(addr) || !isStation(addr) {
		return espnow.Addr{}, v.fault(errors.New("want that of one station, 12 hexadecimal digits"))
	}
	return addr, nil
}
