//go:build enow_ccore

package ccore

/*
#include "codec.h"
*/
import "C"

import "github.com/esp-now-network/esp-now-network/espnow"

// Packet is a packet of a frame as the codec in C sees it.
type Packet struct {
	Type    espnow.Type
	Flags   uint8
	Offset  int
	BodyLen int
	Drop    espnow.DropReason // 0: it decodes
	Took    int               // bytes of the body that its fields are
	Encoded []byte            // as it encodes again; nil: it does not decode, or not encode
}

// Packets walks over a frame in C. It returns why the walk ended, 0 at the end of the frame.
func Packets(frame []byte) (packets []Packet, end espnow.DropReason) {
	buffer := make([]byte, espnow.MaxFrameV2)
	data := append([]byte{}, frame...)
	for offset := C.size_t(0); ; {
		var p C.ccore_packet_t
		result := C.ccore_packet(bytesOf(data), C.size_t(len(data)), &offset, &p, bytesOf(buffer), C.size_t(len(buffer)))
		if result != 1 {
			return packets, espnow.DropReason(-result)
		}
		packet := Packet{Type: espnow.Type(p._type), Flags: uint8(p.flags), Offset: int(p.offset), BodyLen: int(p.body_len)}
		if p.decoded < 0 {
			packet.Drop = espnow.DropReason(-p.decoded)
		} else {
			packet.Took = int(p.decoded)
		}
		if p.encoded > 0 {
			packet.Encoded = append([]byte{}, buffer[:p.encoded]...)
		}
		packets = append(packets, packet)
	}
}

// bytesOf is b for C, which takes null where there are none.
func bytesOf(b []byte) *C.uint8_t {
	if len(b) == 0 {
		return nil
	}
	return (*C.uint8_t)(&b[0])
}
