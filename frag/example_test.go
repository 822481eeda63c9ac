package frag_test

import (
	"fmt"
	"time"

	"github.com/esp-now-network/esp-now-network/frag"
)

// A message is cut for the radio, its parts arrive in another order, one of them twice.
func Example() {
	splitter, err := frag.Split([]byte("any length at all"), 6)
	if err != nil {
		fmt.Println(err)
		return
	}
	var air []frag.Part
	for part, ok := splitter.Next(); ok; part, ok = splitter.Next() {
		fmt.Printf("send    %2d %q more=%v\n", part.Offset, part.Data, part.More)
		air = append(air, part)
	}
	air[0], air[2] = air[2], air[0]
	air = append(air[:2], air[1:]...)

	reassembler, err := frag.NewReassembler(frag.DefaultLimits())
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Now()
	key := frag.Key{Source: 0x246f28aabbcc, ID: 7}
	for _, part := range air {
		message, done, err := reassembler.Push(time.Since(start), key, part)
		fmt.Printf("receive %2d %v %v %q\n", part.Offset, err, done, message.Data)
	}
	// Output:
	// send     0 "any le" more=true
	// send     6 "ngth a" more=true
	// send    12 "t all" more=false
	// receive 12 <nil> false ""
	// receive  6 <nil> false ""
	// receive  6 <nil> false ""
	// receive  0 <nil> true "any length at all"
}

// A message of 5 parts, of which the third is lost.
func ExampleSender() {
	var sender frag.Sender
	var trip frag.RoundTrip // of this receiver
	if err := sender.Start([]byte("however bad the air may be"), 6, frag.MaxWindow, &trip); err != nil {
		fmt.Println(err)
		return
	}
	receiver, err := frag.NewReceiver(frag.DefaultLimits())
	if err != nil {
		fmt.Println(err)
		return
	}
	start, lost := time.Now(), false
	key := frag.Key{Source: 0x246f28aabbcc, ID: 8}
	for !sender.Done() {
		now := time.Since(start)
		part, ask, ok := sender.Poll(now)
		if !ok {
			continue // a program sleeps until NextDeadline
		}
		fmt.Printf("send %2d %q ask=%v\n", part.Offset, part.Data, ask)
		if part.Offset == 12 && !lost {
			lost = true
			continue
		}
		message, done, ack, err := receiver.Push(now, key, part, ask)
		if err != nil {
			fmt.Println(err)
		}
		if done {
			fmt.Printf("received %q\n", message.Data)
			ack, _ = receiver.Accept(key) // somebody has taken responsibility
		}
		if ask {
			fmt.Printf("answer %v, %d bytes, then %b\n", ack.Status, ack.Received, ack.Bitmap)
			sender.Handle(now, ack)
		}
	}
	fmt.Println(sender.Err())
	// Output:
	// send  0 "howeve" ask=false
	// send  6 "r bad " ask=false
	// send 12 "the ai" ask=false
	// send 18 "r may " ask=false
	// send 24 "be" ask=true
	// answer partial, 12 bytes, then 11
	// send 12 "the ai" ask=true
	// received "however bad the air may be"
	// answer complete, 26 bytes, then 0
	// <nil>
}
