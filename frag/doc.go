// Package frag splits messages into parts, puts them together again, and sends them reliably (SPEC.md, section 5).
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
// A [Splitter] gives the parts of a message, for whoever wants no answer. A [Reassembler] takes parts of many messages of
// many senders, in any order and any number of times, and gives each message once all its parts are here.
//
// Where a message must arrive, a [Sender] sends its parts and asks now and then, a [Receiver] takes them as a
// Reassembler does and answers with an [Ack]:
//
//	Sender                               Receiver                  application
//	0 1 2 3 4?  ->   2 is lost
//	                 <-  2 parts, then xx
//	2?          ->                       the message          ->
//	                 <-  partial, everything received
//	                 <-  complete                             <-   Accept
//
// What frag does not know is which messages were there before. A Receiver forgets a message once it is accepted, so its
// caller, who knows peers and how long they count their messages, keeps the ids of the complete ones: a part of such
// a message is not pushed but answered with [StatusComplete], one with an id too old with [StatusRefused]. What is
// under way, delivered and not yet accepted, refused or expired is the Receiver's to answer. A [Key]'s source must be
// another when a peer counts anew.
//
// All are machines without goroutines, clocks or globals: time is a monotonic clock of the caller's, as a duration since
// any fixed moment. They are not safe for concurrent use.
package frag
