package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// connect takes a CONNECT; packet is all of it.
func (g *Gateway) connect(now time.Duration, p *espnow.Connect, packet []byte) {
	isJoin := p.Flags&espnow.ConnectJoin != 0
	if isJoin && !g.door.cookies.check(now, g.frame.Src, p.Cookie) {
		g.drop(espnow.DropReasonBadCookie)
		return
	}
	keys, ok := g.deviceKeys(p)
	defer keys.wipe()
	switch {
	case !ok:
		g.drop(espnow.DropReasonUnknownKey)
	case isJoin:
		g.join(now, keys, p, packet)
	default:
		g.search(now, keys, p, packet)
	}
}

// deviceKeys returns the keys that the sender of a CONNECT must have; none on an open network. ok is false if its network
// key is not known here.
func (g *Gateway) deviceKeys(p *espnow.Connect) (keys deviceKeys, ok bool) {
	if !g.cfg.secure() {
		return deviceKeys{}, true
	}
	network, ok := g.cfg.Keys.Get(p.KeyID)
	if !ok {
		return deviceKeys{}, false
	}
	return network.deviceKeys(g.frame.Src), true
}

// search answers a CONNECT without JOIN.
func (g *Gateway) search(now time.Duration, keys deviceKeys, p *espnow.Connect, packet []byte) {
	src := g.frame.Src
	if g.cfg.secure() && !checkSearch(keys.search, src, packet) {
		g.drop(espnow.DropReasonBadProof)
		return
	}
	if !g.maySearch(now, search{src, p.Nonce}) {
		g.drop(espnow.DropReasonRate)
		return
	}
	answer := espnow.Connack{Echo: p.Nonce}
	if why, reason := g.refusal(p); why != 0 {
		g.drop(why)
		answer.Status, answer.Reason = espnow.ConnackStatusRefused, reason
	} else {
		answer.Status, answer.Cookie = espnow.ConnackStatusHere, g.door.cookies.make(now, src)
		answer.Load, answer.Channel = uint8(255*g.sessions/g.cfg.Sessions), g.cfg.Channel
	}
	g.stats.Searches++
	g.replyConnack(keys, &answer)
}

// maySearch reports whether a search is answered. On a secure network its first is free, for it is proven; a repeat takes a
// token, and so do all while a repeat might not be known. On an open network anybody can search under any address.
func (g *Gateway) maySearch(now time.Duration, asked search) bool {
	if !g.cfg.secure() && !g.door.strangers.take(now, strangerEvery, strangerBurst) {
		return false
	}
	if g.door.searches.seen(now, asked) || g.door.searches.free(now) == 0 {
		return g.door.answers.take(now, asked.addr)
	}
	g.door.searches.add(now, asked)
	return true
}

// replyConnack queues a CONNACK for the sender of the frame, and returns its bytes; nil: there is no room for it.
func (g *Gateway) replyConnack(keys deviceKeys, answer *espnow.Connack) []byte {
	r := g.door.push(g.frame.Src)
	if r == nil {
		g.drop(espnow.DropReasonNoRoom)
		return nil
	}
	b := r.body[:0]
	if g.cfg.secure() {
		answer.Flags |= espnow.ConnackSecure
		b = must(appendAnswer(b, keys.search, g.cfg.Addr, g.frame.Src, answer))
	} else {
		b = must(answer.AppendLast(b))
	}
	r.size = len(b)
	return b
}

// join takes a CONNECT with JOIN whose cookie is right. What is cheap comes first, and nothing is kept before the tag is
// verified.
func (g *Gateway) join(now time.Duration, keys deviceKeys, p *espnow.Connect, packet []byte) {
	src := g.frame.Src
	request, hello, ok := g.hello(keys, p, packet)
	if !ok {
		return
	}
	hash := joinHashOf(src, packet)
	if g.door.joins.seen(now, hash) {
		g.repeatJoin(now, hash)
		return
	}
	if g.door.waits(src, packet) {
		g.drop(espnow.DropReasonDuplicate)
		return
	}
	if g.door.full() { // a join that is answered must be, for its repeats are not
		g.drop(espnow.DropReasonNoRoom)
		return
	}
	why, reason := g.refusal(p)
	if why == 0 && unknownCritical(hello.TLVs) {
		why, reason = espnow.DropReasonBadTLV, espnow.RefuseReasonCriticalTLV
	}
	if why != 0 {
		if !g.door.answers.take(now, src) {
			g.drop(espnow.DropReasonRate)
			return
		}
		g.drop(why)
		g.replyConnack(keys, &espnow.Connack{Status: espnow.ConnackStatusRefused, Echo: p.Nonce, Reason: reason})
		return
	}
	if !g.door.shakes.take(now, src) {
		g.drop(espnow.DropReasonRate)
		return
	}
	if wait := g.busy(now, src); wait > 0 {
		g.stats.Busy++
		g.replyConnack(keys, &espnow.Connack{
			Status: espnow.ConnackStatusBusy, Echo: p.Nonce, RetryAfter: uint16(wait / time.Millisecond),
		})
		return
	}
	if now < g.door.nextJoin {
		g.door.pending = append(g.door.pending, pendingJoin{src, bytes.Clone(packet)})
		return
	}
	g.accept(now, keys, p, request, &hello, hash)
}

// refusal returns why a node is not let in whatever it states of itself, for the counter and for the node; zeros: it may be.
func (g *Gateway) refusal(p *espnow.Connect) (espnow.DropReason, espnow.RefuseReason) {
	switch {
	case p.Version != espnow.Version:
		return espnow.DropReasonVersion, espnow.RefuseReasonVersion
	case g.isDenied(g.frame.Src):
		return espnow.DropReasonDenied, espnow.RefuseReasonDenied
	}
	return 0, 0
}

// joinsDue takes the next join that waits, if it is its turn.
func (g *Gateway) joinsDue(now time.Duration) {
	if len(g.door.pending) == 0 || now < g.door.nextJoin || g.door.full() {
		return
	}
	next := g.door.pending[0]
	g.door.pending = slices.Delete(g.door.pending, 0, 1)
	g.frame = Frame{Src: next.addr, Dst: g.cfg.Addr}
	w := espnow.Walk(next.packet)
	raw, _ := w.Next()
	var p espnow.Connect
	if _, err := p.Decode(raw.Flags, raw.Body); err != nil {
		panic("link: a CONNECT that was decoded before: " + err.Error())
	}
	keys, ok := g.deviceKeys(&p)
	defer keys.wipe()
	if !ok { // its network key was removed meanwhile
		g.drop(espnow.DropReasonUnknownKey)
		return
	}
	if request, hello, ok := g.hello(keys, &p, next.packet); ok {
		g.accept(now, keys, &p, request, &hello, joinHashOf(next.addr, next.packet))
	}
}

func joinHashOf(addr espnow.Addr, packet []byte) joinHash {
	sum := sha256.Sum256(append(addr[:], packet...))
	return joinHash(sum[:])
}

// hello reads what a joining node states. request is nil on an open network.
func (g *Gateway) hello(keys deviceKeys, p *espnow.Connect, packet []byte) (request *joinRequest, hello espnow.Hello, ok bool) {
	if !g.cfg.secure() {
		return nil, p.Hello, true
	}
	request, err := readJoin(g.cfg.Random, keys.psk, g.frame.Src, g.cfg.Addr, p, packet)
	if errors.Is(err, errForged) {
		g.drop(espnow.DropReasonForged)
		return nil, espnow.Hello{}, false
	}
	if err != nil { // of a hello that its node has sealed
		g.drop(espnow.Reason(err))
		return nil, espnow.Hello{}, false
	}
	return request, request.hello, true
}

// repeatJoin answers a repeated join with the very same CONNACK, while its session is half-open.
func (g *Gateway) repeatJoin(now time.Duration, hash joinHash) {
	for _, h := range g.door.half {
		if h.hash != hash {
			continue
		}
		if !g.door.answers.take(now, h.addr) {
			g.drop(espnow.DropReasonRate)
			return
		}
		r := g.door.push(h.addr)
		if r == nil {
			g.drop(espnow.DropReasonNoRoom)
			return
		}
		r.size = copy(r.body[:], h.connack)
		return
	}
	g.drop(espnow.DropReasonReplay)
}

// busy returns how long a node that would join is to wait; 0: it can join now.
func (g *Gateway) busy(now time.Duration, src espnow.Addr) time.Duration {
	if !g.present(src) && g.sessions+g.door.countIf(func(addr espnow.Addr) bool { return !g.present(addr) }) >= g.cfg.Sessions && !g.evict(now) {
		return tableRetryAfter
	}
	waiting := len(g.door.pending)
	if len(g.door.half)+waiting >= maxHalfOpen || waiting == maxPending || g.door.joins.free(now) <= waiting ||
		g.door.countIf(func(addr espnow.Addr) bool { return addr == src }) == addrHalfOpen {
		return g.door.later(now, max(g.cfg.JoinEvery, time.Millisecond), g.jitter())
	}
	return 0
}

// present reports whether a node has a session.
func (g *Gateway) present(addr espnow.Addr) bool {
	p := g.peers[addr]
	return p != nil && p.session != nil
}

// evict makes room in the table if the node heard longest ago is silent for too long, which its timer is about to find.
func (g *Gateway) evict(now time.Duration) bool {
	oldest := g.oldest(func(p *peer) bool { return p.session != nil && now >= p.silentAt() })
	if oldest != nil {
		g.leave(now, oldest, ReasonEvicted)
	}
	return oldest != nil
}

// jitter spreads what many nodes are told alike. Where randomness fails it does not.
func (g *Gateway) jitter() uint16 {
	var b [2]byte
	_, _ = io.ReadFull(g.cfg.Random, b[:])
	return binary.LittleEndian.Uint16(b[:])
}

// accept takes a join, whose turn it is: it opens a session by half, and answers.
func (g *Gateway) accept(now time.Duration, keys deviceKeys, p *espnow.Connect, request *joinRequest, hello *espnow.Hello, hash joinHash) {
	g.door.joins.add(now, hash)
	g.door.nextJoin = now + g.cfg.JoinEvery
	src := g.frame.Src
	keepAlive := time.Duration(hello.KeepAlive) * time.Second
	if keepAlive == 0 {
		keepAlive = g.cfg.KeepAlive
	}
	welcome := espnow.Welcome{
		Boot: g.bootFor(src), MaxMessage: uint32(g.cfg.Fragments.MaxMessage), MaxFrame: uint16(g.cfg.MaxFrame),
		KeepAlive: uint16(keepAlive / time.Second), Session: g.sessionID(src), Window: 64, Channel: g.cfg.Channel,
	}
	s := &session{
		peer: src, id: welcome.Session, boot: hello.Boot, maxFrame: min(g.cfg.MaxFrame, int(hello.MaxFrame)),
		maxMessage: int(min(hello.MaxMessage, espnow.MaxMessage)), window: int(hello.Window), keepAlive: keepAlive,
	}
	answer := espnow.Connack{Status: espnow.ConnackStatusAccepted, Echo: p.Nonce, Welcome: welcome}
	if request != nil {
		g.stats.KeyExchanges += 2
		accepted, sessionKeys, err := request.accept(&welcome)
		if err != nil {
			g.drop(espnow.DropReasonForged)
			return
		}
		answer = accepted
		s.tunnel = newGatewayTunnel(now, sessionKeys, s.id)
		s.tunnel.tell(g.cfg.Sealed)
	}
	h := &halfOpen{
		addr: src, boot: welcome.Boot, session: s, sleepy: p.Flags&espnow.ConnectSleepy != 0, hash: hash, expires: now + halfOpenFor,
	}
	h.connack = bytes.Clone(g.replyConnack(keys, &answer))
	g.door.half = append(g.door.half, h)
	g.stats.Joins++
}

// sessionID returns an id that no session of this node has, nor had of late.
func (g *Gateway) sessionID(addr espnow.Addr) uint8 {
	var id uint8
	if p := g.peers[addr]; p != nil && p.lastID > 0 {
		id = p.lastID
	} else {
		id = uint8(g.jitter())
	}
	for {
		if id++; id == 0 {
			id = 1
		}
		if g.peers[addr].sessionWith(id) == nil && g.door.find(addr, id) == nil {
			return id
		}
	}
}

// unknownSession answers a SEALED packet that no session opens: its node is to join anew. The proof is over the packet's
// own tag, so that it is worth nothing for another.
func (g *Gateway) unknownSession(now time.Duration, p *espnow.Sealed) {
	r := g.resetReply(now)
	if r == nil {
		return
	}
	b := r.body[:0]
	for _, network := range g.cfg.Keys.All() {
		keys := network.deviceKeys(g.frame.Src)
		b = appendReset(b, keys.reset, g.cfg.Addr, g.frame.Src, p)
		keys.wipe()
	}
	r.size = len(b)
}

// resetReply counts a packet of a node that has no session, and returns where the reset goes; nil: there is none, for want of
// a token or of room.
func (g *Gateway) resetReply(now time.Duration) *reply {
	if !g.door.resets.take(now, g.frame.Src) || !g.door.strangers.take(now, strangerEvery, strangerBurst) {
		g.drop(espnow.DropReasonRate)
		return nil
	}
	g.drop(espnow.DropReasonNoSession)
	return g.door.push(g.frame.Src)
}

// appendReset appends a reset that answers a SEALED packet.
func appendReset(b []byte, key secret, gateway, node espnow.Addr, p *espnow.Sealed) []byte {
	reset := espnow.Disconnect{
		Flags: espnow.DisconnectReset, Reason: espnow.DisconnectReasonUnknownSession, Session: p.Session, Counter: p.Counter,
	}
	reset.Proof = resetProof(key, gateway, node, &reset, p.Tag)
	return must(reset.Append(b))
}

// unknownCritical reports whether there is an extension that this version does not know and may not skip.
func unknownCritical(tlvs espnow.TLVs) bool {
	for kind := range tlvs.All() {
		if kind&1 != 0 {
			return true
		}
	}
	return false
}
