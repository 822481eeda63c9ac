// Package floor is what generated code is measured against: code written by hand, with the same checks.
package floor

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading"
)

// Example returns the reading of 39 bytes.
func Example() *reading.Reading {
	return &reading.Reading{
		Uptime: 86400, Temperature: 2150, Humidity: 4020, Battery: 2980, Mode: 1, Pressure: 101325, Room: "kitchen", Samples: [8]uint16{1, 2, 3, 4, 5, 6, 7, 8},
	}
}

// Append appends the payload of a reading, the id included.
func Append(r *reading.Reading, b []byte) ([]byte, error) {
	if r.Temperature < -4000 || r.Temperature > 12500 || r.Humidity > 10000 || r.Mode > 3 {
		return b, reading.ErrRange
	}
	if len(r.Room) > 16 {
		return b, reading.ErrLength
	}
	if !utf8.ValidString(r.Room) {
		return b, reading.ErrText
	}
	b = append(b, 1)
	b = binary.LittleEndian.AppendUint32(b, r.Uptime)
	b = binary.LittleEndian.AppendUint16(b, uint16(r.Temperature))
	b = binary.LittleEndian.AppendUint16(b, r.Humidity)
	b = binary.LittleEndian.AppendUint16(b, r.Battery)
	b = append(b, r.Mode)
	b = binary.LittleEndian.AppendUint32(b, r.Pressure)
	b = append(b, byte(len(r.Room)))
	b = append(b, r.Room...)
	for _, s := range r.Samples {
		b = binary.LittleEndian.AppendUint16(b, s)
	}
	return b, nil
}

// Decode fills r from a payload and leaves it as it is on error.
func Decode(r *reading.Reading, payload []byte) (int, error) {
	if len(payload) == 0 {
		return 0, reading.ErrShort
	}
	if payload[0] != reading.ReadingID {
		return 0, reading.UnknownIDError(payload[0])
	}
	b := payload[1:]
	if len(b) < 16 {
		return 0, reading.ErrShort
	}
	size := int(b[15])
	if size > 16 {
		return 0, reading.ErrLength
	}
	if len(b) < 32+size {
		return 0, reading.ErrShort
	}
	room := b[16 : 16+size]
	if !utf8.Valid(room) {
		return 0, reading.ErrText
	}
	r.Uptime = binary.LittleEndian.Uint32(b)
	r.Temperature = int16(binary.LittleEndian.Uint16(b[4:]))
	r.Humidity = binary.LittleEndian.Uint16(b[6:])
	r.Battery = binary.LittleEndian.Uint16(b[8:])
	r.Mode = b[10]
	r.Pressure = binary.LittleEndian.Uint32(b[11:])
	if r.Room != string(room) {
		r.Room = string(room)
	}
	samples := b[16+size : 32+size]
	for i := range r.Samples {
		r.Samples[i] = binary.LittleEndian.Uint16(samples[2*i:])
	}
	return 33 + size, nil
}
