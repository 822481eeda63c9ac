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
