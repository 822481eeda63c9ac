package sim_test

import (
	"fmt"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio/sim"
)

// Events come in virtual time, as fast as the program can take them.
func ExampleMedium() {
	medium, err := sim.NewMedium(sim.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	node, _ := medium.NewStation(espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 1}, espnow.MaxFrameV1)
	gateway, _ := medium.NewStation(espnow.Addr{0x24, 0x6f, 0x28, 0, 0, 2}, espnow.MaxFrameV2)
	if err := node.Send(gateway.Addr(), []byte("21.5 C")); err != nil {
		fmt.Println(err)
		return
	}
	for at, ok := medium.NextDeadline(); ok; at, ok = medium.NextDeadline() {
		for e, ok := medium.Poll(at); ok; e, ok = medium.Poll(at) {
			switch e.Kind {
			case sim.Received:
				fmt.Printf("%v %v hears %q\n", medium.Now(), e.Station.Addr(), e.Frame.Body)
			case sim.Sent:
				fmt.Printf("%v %v is done: %v\n", medium.Now(), e.Station.Addr(), e.Err)
			}
		}
	}
	// Output:
	// 993.5µs 24:6f:28:00:00:02 hears "21.5 C"
	// 993.5µs 24:6f:28:00:00:01 is done: <nil>
}
