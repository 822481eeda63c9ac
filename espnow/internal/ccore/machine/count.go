//go:build enow_ccore

package machine

/*
#include "../../../../components/enow_link/host_test/scenario/count.h"
*/
import "C"

import (
	"runtime"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// CountFrom has a machine count the packets of its session with a peer from a number on, for scenarios. It reports whether
// there is such a session.
func CountFrom(machine any, peer espnow.Addr, counter uint32) bool {
	defer runtime.KeepAlive(machine)
	switch m := machine.(type) {
	case *Node:
		return bool(C.count_node_from(m.c, C.uint32_t(counter)))
	case *Gateway:
		return bool(C.count_gateway_from(m.c, addrOf(peer), C.uint32_t(counter)))
	}
	return false
}
