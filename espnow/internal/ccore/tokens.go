//go:build enow_ccore

package ccore

// #include "tokens.h"
// #include <stdlib.h>
import "C"

import (
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Tokens are buckets for addresses, in C's memory.
type Tokens struct{ c C.enow_link_tokens_t }

// NewTokens returns as many buckets.
func NewTokens(capacity int) *Tokens {
	var t Tokens
	buckets := (*C.enow_link_bucket_t)(C.calloc(C.size_t(capacity), C.sizeof_enow_link_bucket_t))
	C.enow_link_tokens_init(&t.c, buckets, C.size_t(capacity))
	return &t
}

// Take reports whether the address has a token, and takes it.
func (t *Tokens) Take(now time.Duration, addr espnow.Addr) bool {
	return bool(C.enow_link_tokens_take(&t.c, C.uint64_t(now.Microseconds()), cAddr(addr)))
}
