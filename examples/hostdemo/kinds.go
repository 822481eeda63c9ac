package main

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/examples/climate/climate"
)

// kind is the firmware of a device, and how to read what it logs and what it publishes.
type kind struct {
	firmware string
	addr     espnow.Addr
	settings string // lines of its NVS partition

	// acknowledges matches the line of its log that says of a message, which it names, that it is acknowledged.
	acknowledges *regexp.Regexp
	// read gives the name of a message that arrived, and the message in words; or says what is wrong with it.
	read func(topic string, payload []byte) (name, words string, err error)

	order string // that the application sends it
	taken string // is in the line of its log that says that it has got it
}

// kinds are one device each. The last one sends 30 KB at a time.
var kinds = []kind{
	{
		firmware: "sensor", addr: espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1},
		settings:     "sleepy,data,u8,1\nkeep_alive_s,data,u16,120\nsleep_anyway,data,u8,1\n", // its sdkconfig.defaults
		acknowledges: regexp.MustCompile(`sensor: (\S+ \S+): acknowledged$`),
		read: func(topic string, payload []byte) (string, string, error) {
			if _, err := strconv.ParseFloat(string(payload), 64); err != nil {
				return "", "", err
			}
			return topic + " " + string(payload), string(payload), nil
		},
		order: "1", taken: "a reading every 1 s",
	},
	{
		firmware: "climate", addr: espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 2},
		acknowledges: regexp.MustCompile(`climate: reading at (\d+) s: acknowledged$`),
		read:         readClimate,
		order:        "1", taken: "a reading every 1 s",
	},
	{
		firmware: "bulk", addr: espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 3},
		acknowledges: bulkAcknowledges,
		read:         readBulk,
		order:        "500", taken: "a pause of 500 ms",
	},
}

func readClimate(topic string, payload []byte) (name, words string, err error) {
	message, err := new(climate.Decoder).Decode(payload)
	if err != nil {
		return "", "", err
	}
	r, ok := message.(*climate.Reading)
	if !ok || topic != climate.ReadingTopic {
		return "", "", fmt.Errorf("a %T", message)
	}
	return strconv.FormatUint(uint64(r.Uptime), 10),
		fmt.Sprintf("uptime %d s  %.2f °C  %.2f %%  %v  room %q", r.Uptime, r.TemperatureCelsius(), r.HumidityPercent(), r.Mode, r.Room), nil
}

// bulkBegins is in the line of its log that says that it sends a message, and bulkAcknowledges what comes of it.
const bulkBegins = ": 30720 bytes"

var bulkAcknowledges = regexp.MustCompile(`bulk: message (\d+): acknowledged$`)

// readBulk checks each byte of what firmware/bulk.c sends.
func readBulk(_ string, payload []byte) (name, words string, err error) {
	if len(payload) != bulkLen {
		return "", "", fmt.Errorf("want %d", bulkLen)
	}
	number := binary.LittleEndian.Uint32(payload)
	for i, x := 0, number; i < bulkLen; i, x = i+4, x*1664525+1013904223 {
		if got := binary.LittleEndian.Uint32(payload[i:]); got != x {
			return "", "", fmt.Errorf("message %d is not what was sent from byte %d on", number, i)
		}
	}
	return strconv.FormatUint(uint64(number), 10), fmt.Sprintf("message %d, %d bytes, equal to those sent", number, bulkLen), nil
}

// bulkLen is the length of its messages, in bytes.
const bulkLen = 30 << 10
