package link

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// cookiePeriod is how long one secret makes cookies; the one before it is accepted still.
const cookiePeriod = time.Minute

// cookies gives a searching node a cookie, and knows it again in its join: who joins hears what is sent to the address
// he claims. It keeps nothing for a node. The secret of a minute follows from a random root by HMAC, so nothing has to
// be rotated in time; a gateway that restarts has another root and knows no old cookie.
type cookies struct{ root secret }

func newCookies(random io.Reader) (cookies, error) {
	root, err := randomSecret(random)
	return cookies{root}, err
}

func (c cookies) make(now time.Duration, node espnow.Addr) proof {
	return c.of(minute(now), node)
}

// check reports whether a cookie was made for the node in this minute or the last.
func (c cookies) check(now time.Duration, node espnow.Addr, cookie proof) bool {
	m := minute(now)
	current, last := same(cookie, c.of(m, node)), same(cookie, c.of(m-1, node))
	return current || last
}

func (c cookies) of(minute uint64, node espnow.Addr) proof {
	return prove(secretOf(hmacOf(c.root, binary.LittleEndian.AppendUint64(nil, minute))), node[:])
}

// expires returns when no cookie made up to now is accepted any more.
func (c cookies) expires(now time.Duration) time.Duration {
	return (now/cookiePeriod + 2) * cookiePeriod
}

func minute(now time.Duration) uint64 { return uint64(now / cookiePeriod) }
