package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// A snapshot is what a node keeps in memory that survives deep sleep (SPEC.md, section 4):
//
//	version u8 | length u16 | state | CRC-32 of all before
//
// It holds keys, so it belongs where nobody reads it. Integers are little-endian, times and ages in microseconds.

const (
	snapshotVersion = 1
	snapshotHeadLen = 1 + 2
	snapshotSumLen  = 4
	// snapshotMaxLen is the length of a secure node's with all the gateways that one remembers.
	snapshotMaxLen = snapshotHeadLen + 63 + maxGateways*37 + 84 + snapshotSumLen
)

// Errors of snapshots that callers branch on.
var (
	// ErrUnfinished: a message is under way in either direction, or there is no session to keep.
	ErrUnfinished = errors.New("not at rest")
	// ErrSnapshot: it is damaged, used, of another version, or of another node or key. The node joins anew.
	ErrSnapshot = errors.New("unusable snapshot")
)

// Snapshot returns what [ResumeNode] goes on from after deep sleep, and stops the node: from now on it sends nothing. The
// error is [ErrUnfinished] unless the node is at rest, or that of a node that has stopped.
func (n *Node) Snapshot(now time.Duration) ([]byte, error) {
	switch {
	case n.stopped != nil:
		return nil, n.stopped
	case !n.Resting(now):
		return nil, ErrUnfinished
	}
	n.stopped = ErrAsleep
	s := n.session
	b := make([]byte, snapshotHeadLen, snapshotMaxLen) // not to grow: that would leave keys behind
	b = append(b, n.cfg.Addr[:]...)
	b = append(b, n.keyPrint()...)
	b = binary.LittleEndian.AppendUint32(b, n.boot)
	b = binary.LittleEndian.AppendUint16(b, n.outbox.nextID)
	b = binary.LittleEndian.AppendUint32(b, uint32(n.ticket))
	b = append(b, n.home.Gateway[:]...)
	b = append(b, n.home.Channel, uint8(n.seek.rssi), s.id)
	b = binary.LittleEndian.AppendUint32(b, s.boot)
	b = binary.LittleEndian.AppendUint16(b, uint16(s.maxFrame))
	b = binary.LittleEndian.AppendUint32(b, uint32(s.maxMessage))
	b = append(b, uint8(s.window))
	b = binary.LittleEndian.AppendUint16(b, uint16(s.keepAlive/time.Second))
	b = binary.LittleEndian.AppendUint64(b, microseconds(now-n.alive.heardAt))
	b = binary.LittleEndian.AppendUint64(b, microseconds(n.unixNow(now)))
	b = append(b, uint8(len(n.memory)))
	for _, m := range n.memory {
		b = append(b, m.addr[:]...)
		b = binary.LittleEndian.AppendUint32(b, m.sender.boot)
		b = append(b, boolByte(m.sender.done.any))
		b = binary.LittleEndian.AppendUint16(b, m.sender.done.newest)
		b = binary.LittleEndian.AppendUint64(b, m.sender.done.done)
		b = binary.LittleEndian.AppendUint64(b, m.sender.done.refused)
		b = binary.LittleEndian.AppendUint64(b, microseconds(now-m.heard))
	}
	if t := s.tunnel; t != nil {
		b = append(b, t.sealer.key.bytes()[:]...)
		b = append(b, t.opener.key.bytes()[:]...)
		b = binary.LittleEndian.AppendUint32(b, t.next)
		b = binary.LittleEndian.AppendUint64(b, t.window.next)
		b = binary.LittleEndian.AppendUint64(b, microseconds(now-t.born))
	}
	s.wipe()
	b[0] = snapshotVersion
	binary.LittleEndian.PutUint16(b[1:], uint16(len(b)+snapshotSumLen))
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

// ResumeNode returns a node that goes on with the session of a snapshot after a sleep of slept, and overwrites the
// snapshot, so that no second node goes on from it: its counters would come twice. Only a wake from deep sleep may resume;
// after any other reset, and after an error, which wraps [ErrSnapshot] unless cfg is wrong, a node joins anew by [NewNode].
func ResumeNode(cfg NodeConfig, now, slept time.Duration, snapshot []byte) (*Node, error) {
	n, err := NewNode(cfg)
	if err != nil {
		return nil, err
	}
	defer clear(snapshot)
	r, err := openSnapshot(snapshot)
	if err != nil {
		return nil, err
	}
	if r.addr() != cfg.Addr || !slices.Equal(r.take(8), n.keyPrint()) || n.free() {
		return nil, fmt.Errorf("%w: it is of another node or key", ErrSnapshot)
	}
	n.boot, n.outbox.nextID, n.ticket = r.u32(), r.u16(), Ticket(r.u32())
	n.home.Gateway, n.home.Channel = r.addr(), r.u8()
	n.seek.rssi = int8(r.u8())
	s := &session{peer: n.home.Gateway, id: r.u8(), boot: r.u32()}
	s.maxFrame, s.maxMessage, s.window = int(r.u16()), int(r.u32()), int(r.u8())
	s.keepAlive = time.Duration(r.u16()) * time.Second
	heard := r.duration()
	if unix := r.duration(); unix != 0 {
		n.unix = unix + slept - now
	}
	for range r.u8() {
		m := gatewayMemory{addr: r.addr()}
		m.sender = n.inbox.newSender(r.u32())
		m.sender.done = idWindow{any: r.u8() != 0, newest: r.u16(), done: r.u64(), refused: r.u64()}
		m.heard = now - slept - r.duration()
		n.memory = append(n.memory, m)
	}
	if cfg.secure() {
		up, down := secretOf((*[keyLen]byte)(slices.Clone(r.take(keyLen)))), secretOf((*[keyLen]byte)(slices.Clone(r.take(keyLen))))
		s.tunnel = newNodeTunnel(now, sessionKeys{up, down}, s.id)
		s.tunnel.tell(cfg.Sealed)
		s.tunnel.next = r.u32()
		s.tunnel.window = window{next: r.u64(), seen: ^uint64(0)} // all up to the highest count as seen
		s.tunnel.born = now - slept - r.duration()
	}
	if r.short || len(r.rest) != 0 || len(n.memory) > maxGateways || !s.fits(cfg) || !cfg.uses(n.home.Channel) {
		return nil, fmt.Errorf("%w: what it holds does not fit", ErrSnapshot)
	}
	n.session, n.up = s, true
	n.seek.phase, n.seek.gateway, n.seek.channel = seekIdle, n.home.Gateway, n.home.Channel
	n.tags = sentTags{session: s.id}
	n.alive.begin(now)
	n.alive.awake = now
	n.alive.heardAt = now - slept - heard
	n.alive.next = max(now, n.alive.heardAt+s.keepAlive*3/4)
	return n, nil
}

// fits reports whether what was read lies within what a join would have led to.
func (s *session) fits(cfg NodeConfig) bool {
	return s.id != 0 && s.keepAlive != 0 && s.window >= 1 && s.window <= frag.MaxWindow &&
		s.maxFrame >= espnow.MaxFrameV1 && s.maxFrame <= cfg.MaxFrame && uint32(s.maxMessage) <= espnow.MaxMessage
}

// keyPrint returns what tells the node's key from others, zeros on an open network.
func (n *Node) keyPrint() []byte {
	if !n.cfg.secure() {
		return make([]byte, 8)
	}
	return n.cfg.Key.derive(printLabel).bytes()[:8]
}

// unixNow returns the time since 1970, or 0 if it is unknown.
func (n *Node) unixNow(now time.Duration) time.Duration {
	if n.unix == 0 {
		return 0
	}
	return n.unix + now
}

func microseconds(t time.Duration) uint64 { return uint64(t / time.Microsecond) }

func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// snapshotReader takes a snapshot apart. Behind the end it reads zeros, and short says so.
type snapshotReader struct {
	rest  []byte
	short bool
}

// openSnapshot checks what holds a snapshot together.
func openSnapshot(b []byte) (*snapshotReader, error) {
	switch {
	case len(b) < snapshotHeadLen+snapshotSumLen:
		return nil, fmt.Errorf("%w: %d bytes", ErrSnapshot, len(b))
	case b[0] != snapshotVersion:
		return nil, fmt.Errorf("%w: version %d, want %d", ErrSnapshot, b[0], snapshotVersion)
	}
	length := int(binary.LittleEndian.Uint16(b[1:]))
	if length < snapshotHeadLen+snapshotSumLen || length > len(b) {
		return nil, fmt.Errorf("%w: %d bytes that should be %d", ErrSnapshot, len(b), length)
	}
	body := b[:length-snapshotSumLen]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[length-snapshotSumLen:]) {
		return nil, fmt.Errorf("%w: damaged", ErrSnapshot)
	}
	return &snapshotReader{rest: body[snapshotHeadLen:]}, nil
}

func (r *snapshotReader) take(n int) []byte {
	if len(r.rest) < n {
		r.short, r.rest = true, nil
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *snapshotReader) addr() espnow.Addr { return espnow.Addr(r.take(len(espnow.Addr{}))) }
func (r *snapshotReader) u8() uint8         { return r.take(1)[0] }
func (r *snapshotReader) u16() uint16       { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *snapshotReader) u32() uint32       { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *snapshotReader) u64() uint64       { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *snapshotReader) duration() time.Duration { return time.Duration(r.u64()) * time.Microsecond }
