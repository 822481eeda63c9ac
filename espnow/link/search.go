package link

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// Times of a search and a join (SPEC.md, section 3).
const (
	firstSearch  = 250 * time.Millisecond // a node that starts, or has lost its gateway, waits up to so long
	firstBackOff = 250 * time.Millisecond
	maxBackOff   = 30 * time.Second
	maxFailures  = 7 // in a row, after which waits grow no more
	joinTimeout  = time.Second
	joinRepeats  = 3
	confirmEvery = 200 * time.Millisecond
	confirmPings = 10
	loadPenalty  = 12 // dB that a gateway with a full table is worth less
	fullLoad     = 255
)

// seek is how a node comes to a session: it rests, asks the gateway it had, asks on each channel, joins the best, and
// confirms. To have new keys it asks the gateway it has, while the old session goes on.
type seek struct {
	phase    phase
	at       time.Duration // when the next thing is due
	send     bool          // a frame is to go first
	renew    bool          // the session in use goes on meanwhile
	failures int           // passes in a row that led to nothing
	failed   espnow.Addr   // the gateway whose join did, the last time

	nonce   uint32
	targets []target // of the pass
	next    int      // of them
	best    answer
	answers int           // of the pass that may be joined
	retry   time.Duration // not before, says a gateway that was busy
	refused Reason        // why a gateway will not have the node

	join    *join  // of a secure network
	packet  []byte // the CONNECT
	sent    int    // how often it went, or how many PINGREQ
	gateway espnow.Addr
	channel uint8 // of the session in use, too
	rssi    int8
}

type phase uint8

const (
	seekIdle    phase = 0
	seekStart   phase = 1
	seekRest    phase = 2
	seekSearch  phase = 3
	seekJoin    phase = 4
	seekConfirm phase = 5
)

// target is where one question of a pass goes.
type target struct {
	channel uint8
	to      espnow.Addr
}

// answer is a gateway that may be joined.
type answer struct {
	gateway espnow.Addr
	channel uint8
	rssi    int8
	load    uint8
	cookie  proof
}

// renewing reports whether another session is near: no message begins until then.
func (k *seek) renewing() bool { return k.renew && k.phase >= seekSearch }

// rest has the node search after a while.
func (n *Node) rest(now, wait time.Duration) {
	n.seek.forget()
	n.seek.phase, n.seek.at, n.seek.send = seekRest, now+wait, false
}

// backOff has the node search again after a failure: with full jitter, for twice as long each time, and not before a busy
// gateway's word.
func (n *Node) backOff(now time.Duration) {
	k := &n.seek
	if k.phase >= seekJoin {
		k.failed = k.gateway
	}
	most := min(firstBackOff<<k.failures, maxBackOff)
	k.failures = min(k.failures+1, maxFailures)
	wait := n.jitter(most)
	if k.retry > now {
		wait = k.retry - now + n.jitter(firstBackOff)
	}
	k.retry = 0
	n.rest(now, wait)
}

// forget wipes the keys of a join.
func (k *seek) forget() {
	if k.join != nil {
		k.join.wipe()
		k.join = nil
	}
}

// seekDue does what is due of the search, and what is due at once after that: a wait may be none.
func (n *Node) seekDue(now time.Duration) {
	k := &n.seek
	for {
		if k.phase == seekIdle && n.up && n.wantsKeys(now) && n.between(now) {
			k.renew = true
			n.beginPass(now)
		}
		if k.phase == seekIdle || k.send || now < k.at {
			return
		}
		n.seekStep(now)
	}
}

// seekStep does the next thing, which is due.
func (n *Node) seekStep(now time.Duration) {
	k := &n.seek
	switch k.phase {
	case seekStart:
		n.rest(now, n.jitter(firstSearch))
	case seekRest:
		if k.renew {
			k.phase = seekIdle // until no message is under way
			return
		}
		n.beginPass(now)
	case seekSearch:
		n.nextTarget(now)
	case seekJoin:
		if k.sent <= joinRepeats {
			k.send = true
		} else {
			n.backOff(now)
		}
	case seekConfirm:
		if k.sent < confirmPings {
			k.send = true
		} else {
			n.lose(now, ReasonSilent)
		}
	}
}

func (n *Node) seekDeadline() (time.Duration, bool) {
	return n.seek.at, n.seek.phase != seekIdle && !n.seek.send
}

// beginPass plans a pass: the gateway that the node had or has, then every channel.
func (n *Node) beginPass(now time.Duration) {
	k := &n.seek
	k.phase, k.next, k.best, k.answers, k.refused = seekSearch, 0, answer{}, 0, ReasonNone
	k.targets = k.targets[:0]
	if n.home.Channel != 0 {
		k.targets = append(k.targets, target{n.home.Channel, n.home.Gateway})
	}
	for _, channel := range n.cfg.Channels {
		if !k.renew {
			k.targets = append(k.targets, target{channel, espnow.Broadcast})
		}
	}
	var err error
	if k.nonce, err = n.nonce(); err != nil {
		n.backOff(now)
		return
	}
	n.stats.Searches++
	n.nextTarget(now)
}

// nonce draws what no other search or join has.
func (n *Node) nonce() (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(n.cfg.Random, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

// nextTarget asks on, or ends the pass.
func (n *Node) nextTarget(now time.Duration) {
	k := &n.seek
	if k.next < len(k.targets) {
		k.send = true
		return
	}
	switch {
	case k.answers > 0:
		n.beginJoin(now)
	case k.refused != ReasonNone:
		n.refusedFor(now, k.refused)
	default:
		n.backOff(now)
	}
}

// writeSeek makes n.out the frame that the search is to send.
func (n *Node) writeSeek(now time.Duration) bool {
	k := &n.seek
	k.send = false
	switch k.phase {
	case seekSearch:
		t := k.targets[k.next]
		k.next++
		k.at = now + n.cfg.Listen
		c := espnow.Connect{Version: espnow.Version, KeyID: n.cfg.KeyID, Nonce: k.nonce}
		if n.cfg.Sleepy {
			c.Flags |= espnow.ConnectSleepy
		}
		if n.cfg.secure() {
			c.Flags |= espnow.ConnectSecure
			n.out.Body = must(appendSearch(n.body[:0], n.keys.search, n.cfg.Addr, &c))
		} else {
			n.out.Body = must(c.Append(n.body[:0]))
		}
		n.out.Dst, n.out.Channel = t.to, t.channel
	case seekJoin:
		k.sent++
		k.at = now + joinTimeout
		n.body = append(n.body[:0], k.packet...) // which the next join makes anew
		n.out.Dst, n.out.Channel, n.out.Body = k.gateway, k.channel, n.body
	case seekConfirm:
		k.sent++
		k.at = now + confirmEvery
		b := n.session.begin(n.body[:0])
		b = n.appendPing(now, b)
		return n.seal(now, b)
	}
	return true
}

// connack takes a CONNACK; packet is all of it.
func (n *Node) connack(now time.Duration, p *espnow.Connack, packet []byte) {
	k, src := &n.seek, n.frame.Src
	if p.Flags&espnow.ConnackSecure != 0 != n.cfg.secure() {
		n.drop(otherKind(n.cfg.secure()))
		return
	}
	if n.cfg.secure() && !checkAnswer(n.keys.search, src, n.cfg.Addr, packet) {
		n.drop(espnow.DropReasonBadProof)
		return
	}
	switch {
	case p.Echo != k.nonce:
		n.drop(espnow.DropReasonUnexpected)
	case k.phase == seekSearch || k.phase == seekRest && p.Status == espnow.ConnackStatusHere:
		n.found(now, p)
	case k.phase == seekJoin && src == k.gateway:
		n.joined(now, p)
	default:
		n.drop(espnow.DropReasonUnexpected)
	}
}

// found takes the answer to a search.
func (n *Node) found(now time.Duration, p *espnow.Connack) {
	k, src := &n.seek, n.frame.Src
	switch p.Status {
	case espnow.ConnackStatusHere:
		if !n.cfg.uses(p.Channel) || k.renew && (src != n.session.peer || !n.between(now)) {
			n.drop(espnow.DropReasonUnexpected)
			return
		}
		a := answer{src, p.Channel, n.frame.RSSI, p.Load, p.Cookie}
		if k.phase == seekRest { // the pass is over, and none had answered: a gateway may be slow
			k.best = a
			n.beginJoin(now)
			return
		}
		if k.answers++; k.answers == 1 || n.better(a, k.best) {
			k.best = a
		}
		if k.next == 1 && k.targets[0].to == src && (k.renew || n.willDo(a)) {
			k.next, k.send = len(k.targets), false
			k.at = now
		}
	case espnow.ConnackStatusBusy:
		k.retry = max(k.retry, now+time.Duration(p.RetryAfter)*time.Millisecond)
	case espnow.ConnackStatusRefused:
		k.refused, k.gateway = refusal(p.Reason), src
	default:
		n.drop(espnow.DropReasonUnexpected)
	}
}

// willDo reports whether nobody else needs to be asked.
func (n *Node) willDo(a answer) bool {
	return a.rssi >= n.cfg.MinRSSI && a.load < fullLoad && a.gateway != n.seek.failed
}

// better reports whether a is to be preferred to b: one that has not just failed, then one that is heard well, then one
// that has room, then the louder, where the gateway that the node had is worth a little more, and a crowded one a little
// less.
func (n *Node) better(a, b answer) bool {
	if failed := a.gateway == n.seek.failed; failed != (b.gateway == n.seek.failed) {
		return !failed
	}
	if well := a.rssi >= n.cfg.MinRSSI; well != (b.rssi >= n.cfg.MinRSSI) {
		return well
	}
	if full := a.load == fullLoad; full != (b.load == fullLoad) {
		return !full
	}
	return n.worth(a) > n.worth(b)
}

func (n *Node) worth(a answer) int {
	worth := int(a.rssi) - loadPenalty*int(a.load)/fullLoad
	if a.gateway == n.home.Gateway {
		worth += n.cfg.Hysteresis
	}
	return worth
}
