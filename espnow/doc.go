// Package espnow is the wire of ESP-NOW Network: addresses, topics, frames and control packets.
//
// A frame is the body of one ESP-NOW transmission: at most 250 bytes on v1 radios, 1470 on v2. It holds one or more
// packets, back to back (SPEC.md, section 1):
//
//	 byte 0           byte 1             remaining length bytes
//	+-------+--------+------------------+----------------------+
//	| type  | flags  | remaining length | body                 |  next packet …
//	| 7 … 4 | 3 … 0  | 0 … 254, 255     | fields of the type   |
//	+-------+--------+------------------+----------------------+
//
// A remaining length of 255 means "to the end of the frame". All integers are little-endian.
//
// To read a frame, range over [Packets]; for each type alone there is a Decode method, and [Walk] steps over packets
// without decoding them. To write one, append packets to it with their Append methods, the last with AppendLast.
//
// The packets are generated from protocol.yaml. A type of packet is added there, and nowhere else.
package espnow

//go:generate go run ../codegen/cmd/enowgen gen protocol.yaml --go . --c ../components/enow_proto --names
//go:generate go run ../codegen/cmd/enowgen doc protocol.yaml ../SPEC.md
