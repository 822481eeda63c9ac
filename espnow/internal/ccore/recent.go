//go:build enow_ccore

package ccore

// #include "recent.h"
// #include <stdlib.h>
import "C"

import (
	"time"
	"unsafe"
)

// Recent remembers keys for a while, in C's memory.
type Recent struct{ c C.enow_link_recent_t }

// NewRecent returns one that has seen nothing.
func NewRecent(capacity int, keep time.Duration) *Recent {
	var r Recent
	ring := (*C.enow_link_recent_entry_t)(C.calloc(C.size_t(capacity), C.sizeof_enow_link_recent_entry_t))
	C.enow_link_recent_init(&r.c, ring, C.size_t(capacity), C.uint64_t(keep.Microseconds()))
	return &r
}

// Seen reports whether a key was added and is remembered.
func (r *Recent) Seen(now time.Duration, key [16]byte) bool {
	return bool(C.enow_link_recent_seen(&r.c, C.uint64_t(now.Microseconds()), cRecentKey(&key)))
}

// Add notes a key that is not seen.
func (r *Recent) Add(now time.Duration, key [16]byte) {
	C.enow_link_recent_add(&r.c, C.uint64_t(now.Microseconds()), cRecentKey(&key))
}

// Free returns how many keys can be added before one is forgotten before its time.
func (r *Recent) Free(now time.Duration) int {
	return int(C.enow_link_recent_free(&r.c, C.uint64_t(now.Microseconds())))
}

func cRecentKey(key *[16]byte) *C.enow_link_recent_key_t {
	return (*C.enow_link_recent_key_t)(unsafe.Pointer(key))
}
