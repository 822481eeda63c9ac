package bridge_test

import (
	"context"
	"log"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/bridge"
	"github.com/esp-now-network/esp-now-network/espnow/link"
)

func Example() {
	self, err := espnow.ParseAddr("24:6f:28:00:00:01")
	if err != nil {
		log.Fatal(err)
	}
	b, err := bridge.Start(context.Background(), bridge.Config{URL: "tcp://127.0.0.1:1883", Gateway: self})
	if err != nil {
		log.Fatal(err) // a wrong setting; a broker that is away is no error
	}

	node := espnow.Addr{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}
	b.Deliver(link.Message{From: node, Topic: []byte("kitchen"), Payload: []byte("21.5"), RSSI: -61}, time.Now(), nil)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		log.Print(err)
	}
}
