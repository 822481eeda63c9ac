// Package frag splits messages into parts and puts them together again (SPEC.md, section 5).
//
// It knows bytes, offsets and time, and nothing of packets, radios or topics. A message of 10 bytes in parts of 4:
//
//	message   0 1 2 3 4 5 6 7 8 9
//	part      |0  more|4  more|8|        offset, and whether more parts follow
//
// Every part but the last has the same size, at least 1 byte, and an offset that is a multiple of it. The last is not
// larger and may be empty; what marks it is that no more follow, and it tells the length of the message. A part at
// offset 0 that no more follow is a whole message, even one of 0 bytes.
//
// A [Splitter] gives the parts of a message. A [Reassembler] takes parts of many messages of many senders, in any
// order and any number of times, and gives each message once all its parts are here. Both are machines without
// goroutines, clocks or globals: time is a monotonic clock of the caller's, as a duration since any fixed moment. They
// are not safe for concurrent use.
package frag
