package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func keysCheckCommand() *cobra.Command {
	var keys string
	c := &cobra.Command{
		Use:   "check [--keys NETWORK_KEY] FILE...",
		Short: "Print fingerprints, and whether keys are of one network",
		Long: "check reads key files, and the CSV that provision wrote, and prints a line for each key with a fingerprint: it tells\n" +
			"keys apart and nothing about them, so it may be shown. With --keys it says of each key whether it is of that network.\n" +
			"A device's key has another fingerprint than the network key that it follows from: check derives it again, for the\n" +
			"device's address. A FILE of - is standard input.\n\n" +
			"It exits with 1 where a key is not of the network, where a file is malformed, where a key is none (all bytes the\n" +
			"same), or where others can read a file.",
		Example: "  enow keys check network.key\n" +
			"  enow keys check --keys network.key nvs.csv gateway.csv",
		RunE: func(c *cobra.Command, files []string) error {
			all := files
			if keys != "" {
				all = append(slices.Clone(files), keys)
			}
			switch i := slices.Index(all, "-"); {
			case len(all) == 0:
				return errors.New("nothing to check: want key files or the CSV of provision, such as enow keys check --keys network.key nvs.csv, or - for standard input")
			case i >= 0 && slices.Contains(all[i+1:], "-"):
				return errors.New("standard input, -, can be read once: name a file for the other")
			}
			return checkKeys(c, keys, files)
		},
	}
	c.Flags().StringVar(&keys, "keys", "", "the key file of the network that the keys in FILE should be of; - is standard input")
	return c
}

// checkKeys prints what files hold, and whether it is of the network whose key file is named. One that is bad hides no other.
func checkKeys(c *cobra.Command, networkFile string, files []string) error {
	var out strings.Builder
	var network *link.Keyring
	if networkFile != "" {
		var err error
		if network, err = readKeyring(c, networkFile); err != nil {
			return err
		}
		keyFile{network: *network}.describe(&out, networkFile, nil)
	}
	var faults []error
	var strangers []string
	for _, name := range files {
		f, err := readKeyFile(c, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if !f.describe(&out, name, network) {
			strangers = append(strangers, nameOf(name))
		}
	}
	if len(strangers) > 0 {
		faults = append(faults, fmt.Errorf("not of the network of %s: %s; enow keys provision --keys %[1]s makes new ones, or name the right key file",
			nameOf(networkFile), strings.Join(strangers, ", ")))
	}
	if err := writeNew(c, "-", out.String()); err != nil {
		return err
	}
	if len(faults) > 0 {
		return failure{errors.Join(faults...)}
	}
	return nil
}

// keyFile is what a file of keys holds: that of a device, or those of a network.
type keyFile struct {
	device  link.Device // KeyID 0: none
	network link.Keyring
}

func readKeyFile(c *cobra.Command, name string) (keyFile, error) {
	text, err := readSecret(c, name)
	if err != nil {
		return keyFile{}, err
	}
	if isNVS(text) {
		f, err := parseNVS(text)
		if err != nil {
			return keyFile{}, failure{fmt.Errorf("%s: %w", nameOf(name), err)}
		}
		return f, nil
	}
	device, notDevice := link.ParseDevice(text)
	if notDevice == nil {
		return keyFile{device: device}, nil
	}
	ring, notGateway := link.ParseKeyring(text)
	if notGateway == nil {
		return keyFile{network: *ring}, nil
	}
	return keyFile{}, failure{fmt.Errorf("%s: no key file of a gateway (%w), nor of a device (%w), nor CSV of enow keys provision",
		nameOf(name), notGateway, notDevice)}
}

// describe writes a line for each key and reports whether all are of the network, or nobody asked for one.
func (f keyFile) describe(out *strings.Builder, name string, network *link.Keyring) bool {
	all := true
	line := func(what string, id uint8, fingerprint string, isOf func(link.NetworkKey) bool) {
		verdict, ok := compare(network, id, isOf)
		all = all && ok
		fmt.Fprintf(out, "%s: %s, fingerprint %s%s\n", nameOf(name), what, fingerprint, verdict)
	}
	for id, key := range f.network.All() {
		line(fmt.Sprintf("network key %d", id), id, key.Fingerprint(), func(own link.NetworkKey) bool { return own.Reveal() == key.Reveal() })
	}
	if d := f.device; d.KeyID != 0 {
		line(fmt.Sprintf("device %v, key id %d", d.Addr, d.KeyID), d.KeyID, d.Key.Fingerprint(),
			func(own link.NetworkKey) bool { return own.Device(d.Addr).Reveal() == d.Key.Reveal() })
	}
	return all
}

func compare(network *link.Keyring, id uint8, isOf func(link.NetworkKey) bool) (verdict string, ok bool) {
	if network == nil {
		return "", true
	}
	switch own, there := network.Get(id); {
	case !there:
		return fmt.Sprintf(": NOT of this network, which has no key %d", id), false
	case !isOf(own):
		return fmt.Sprintf(": NOT of this network, whose key %d is another", id), false
	}
	return ": of this network", true
}
