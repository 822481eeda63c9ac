//go:build enow_ccore

package ccore

// #include "reset.h"
import "C"

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// SentTags are the tags of the last packets that a node sent.
type SentTags struct{ c C.enow_link_sent_tags_t }

// NewSentTags returns those of a new session.
func NewSentTags(session uint8) *SentTags {
	var t SentTags
	C.enow_link_sent_tags_init(&t.c, C.uint8_t(session))
	return &t
}

// Add notes a packet that was sent.
func (t *SentTags) Add(now time.Duration, counter uint32, tag Tag) {
	C.enow_link_sent_tags_add(&t.c, C.uint64_t(now.Microseconds()), C.uint32_t(counter), cBytes(tag[:]))
}

// Check reports whether a reset is to be obeyed.
func (t *SentTags) Check(now time.Duration, reset Key, gateway, node espnow.Addr, p *espnow.Disconnect) bool {
	c := cDisconnect(p)
	return bool(C.enow_link_sent_tags_check(&t.c, C.enow_crypto_psa(), C.uint64_t(now.Microseconds()), cSecret(&reset), cAddr(gateway),
		cAddr(node), &c))
}
