package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

const (
	channels     = 14
	firstChannel = 1 // of a new station

	// holdFactor times a frame's own airtime is the longest that one of its deliveries is held back.
	holdFactor = 8
	// maxFlips is how many bits of a corrupted frame are flipped at most.
	maxFlips = 8
)

// Errors of a medium that callers branch on.
var (
	// ErrBusy: the station's last frame has not ended yet; wait for its [Sent] event.
	ErrBusy = errors.New("sim: the station has a frame in flight")
	// ErrAddr: the address is taken, or names a group of stations.
	ErrAddr = errors.New("sim: unusable address")
	// ErrNoPeer: the address is not on the radio's list; add it first.
	ErrNoPeer = errors.New("sim: no peer of the radio")
	// ErrPeerExists: the address is on the radio's list.
	ErrPeerExists = errors.New("sim: a peer of the radio already")
	// ErrPeersFull: the radio's list is full; remove a peer first.
	ErrPeersFull = errors.New("sim: the radio's list of peers is full")
)

// EventKind tells what an [Event] is.
type EventKind uint8

// Kinds of event.
const (
	Received EventKind = 1 // a frame arrived at Station
	Sent     EventKind = 2 // the frame that Station had in flight has ended
)

// Event is what a radio would tell its station.
type Event struct {
	Station *Station
	Kind    EventKind
	Frame   link.Frame // Received: Body is valid until the next Poll
	Err     error      // Sent: nil, or radio.ErrNotAcknowledged
}

// Medium is the air. It is driven by its owner:
//
//	station.Send(dst, body)                at the time Now
//	for e, ok := m.Poll(now); ok; …        all that happens until now
//	m.NextDeadline()                       when to call Poll again if nothing is sent
//
// A Medium is not safe for concurrent use, its stations included: one goroutine owns them all.
type Medium struct {
	cfg      Config
	rng      *rand.Rand
	now      time.Duration
	order    uint64
	events   queue
	stations []*Station // in the order they came, which makes broadcasts deterministic
	arrivals uint64     // how many came so far
	grid     grid
	byAddr   map[espnow.Addr]*Station
	links    map[[2]espnow.Addr]*linkState // those that are not like all others, or have a state
	cuts     map[[2]espnow.Addr]struct{}
	taps     []func(Tapped)
	gone     Stats         // of the stations that left
	polled   *transmission // holds the Body of the event that Poll returned last
	spare    []*transmission
}

// transmission is one frame on its way, from Send to its last delivery.
type transmission struct {
	from    *Station
	dst     espnow.Addr
	channel uint8
	body    []byte
	attempt uint
	heardBy *Station // unicast: the station whose MAC knows the frame, and filters its repeats
	err     error    // the outcome
	refs    int      // events, and Medium.polled, that need it
}

// NewMedium makes empty air; its clock stands at 0. The error is that of [Config.Check].
func NewMedium(cfg Config) (*Medium, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return &Medium{
		cfg:    cfg,
		rng:    rand.New(rand.NewPCG(cfg.Seed, 0)),
		grid:   newGrid(cfg.Path, nil),
		byAddr: make(map[espnow.Addr]*Station),
		links:  make(map[[2]espnow.Addr]*linkState),
		cuts:   make(map[[2]espnow.Addr]struct{}),
	}, nil
}

// Configure changes how the air treats frames from now on; what the first seed began goes on. The error is that of [Config.Check], and then
// nothing changes.
func (m *Medium) Configure(cfg Config) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	if cfg.Path != m.cfg.Path {
		m.grid = newGrid(cfg.Path, m.stations)
	}
	m.cfg = cfg
	return nil
}

// NewStation adds a station that sends and hears frames of up to maxFrame bytes, [espnow.MaxFrameV1] to
// [espnow.MaxFrameV2]. The error is [ErrAddr] or names maxFrame.
func (m *Medium) NewStation(addr espnow.Addr, maxFrame int) (*Station, error) {
	if addr.IsGroup() {
		return nil, fmt.Errorf("%w: %v names a group: clear bit 0 of its first octet", ErrAddr, addr)
	}
	if m.byAddr[addr] != nil {
		return nil, fmt.Errorf("%w: %v is on the air already", ErrAddr, addr)
	}
	if maxFrame < espnow.MaxFrameV1 || maxFrame > espnow.MaxFrameV2 {
		return nil, fmt.Errorf("sim: longest frame of %v is %d bytes: want %d to %d",
			addr, maxFrame, espnow.MaxFrameV1, espnow.MaxFrameV2)
	}
	m.arrivals++
	s := &Station{medium: m, number: m.arrivals, addr: addr, maxFrame: maxFrame, channel: firstChannel}
	m.stations = append(m.stations, s)
	m.grid.add(s)
	m.byAddr[addr] = s
	return s, nil
}

// Now is the virtual time: of the event that Poll returned last, or the time Poll was last told.
func (m *Medium) Now() time.Duration { return m.now }

// Stats are the sums over all stations, those that left included.
func (m *Medium) Stats() Stats {
	sum := m.gone
	for _, s := range m.stations {
		sum.add(s.stats)
	}
	return sum
}

// NextDeadline is the time of the next thing to happen; ok is false if nothing will unless a station sends. What
// happens then may be internal: Poll at that time need not return an event.
func (m *Medium) NextDeadline() (at time.Duration, ok bool) {
	if len(m.events) == 0 {
		return 0, false
	}
	return m.events[0].at, true
}

// Poll advances the virtual time to the next event, but not beyond now. ok is false when there is none left until now,
// which then is the virtual time; it never goes back.
func (m *Medium) Poll(now time.Duration) (e Event, ok bool) {
	if m.polled != nil {
		m.release(m.polled)
		m.polled = nil
	}
	for len(m.events) > 0 && m.events[0].at <= now {
		next := m.events.pop()
		m.now = next.at
		if e, ok := m.happen(next); ok {
			m.polled = next.tx
			return e, true
		}
		m.release(next.tx)
	}
	m.now = max(m.now, now)
	return Event{}, false
}

// happen carries out an event, and tells whether somebody outside learns of it.
func (m *Medium) happen(e event) (Event, bool) {
	tx := e.tx
	switch {
	case e.done:
		tx.from.sending = false
		if tx.from.gone || tx.from.ghost {
			return Event{}, false
		}
		if m.chance(m.cfg.LostCallbacks) {
			tx.from.stats.LostCallbacks++
			return Event{}, false
		}
		return Event{Station: tx.from, Kind: Sent, Err: tx.err}, true
	case e.to != nil:
		if e.to.gone {
			return Event{}, false
		}
		e.to.stats.Delivered++
		frame := link.Frame{Src: tx.from.addr, Dst: tx.dst, RSSI: e.rssi, Channel: e.to.channel, Body: tx.body}
		return Event{Station: e.to, Kind: Received, Frame: frame}, true
	case tx.from.gone: // its frame was cut off
	case tx.dst.IsBroadcast():
		m.endBroadcast(tx)
	default:
		m.endAttempt(tx)
	}
	return Event{}, false
}

// occupy takes the air around the sender for the next attempt of tx, as soon as it is free.
func (m *Medium) occupy(tx *transmission) {
	airtime := m.cfg.Rate.Airtime(len(tx.body), !tx.dst.IsBroadcast(), tx.attempt)
	tx.from.stats.Airtime += airtime
	m.schedule(event{at: m.grid.occupy(tx.channel, tx.from.place, m.now, airtime), tx: tx})
}

func (m *Medium) endBroadcast(tx *transmission) {
	m.tap(tx)
	for _, s := range m.audience(tx) {
		rssi, heard := m.hears(tx, s)
		switch {
		case s == tx.from || !heard:
		case m.loses(tx.from, s):
			s.stats.Lost++
		default:
			m.arrive(tx, s, rssi)
		}
	}
	m.schedule(event{at: m.now, tx: tx, done: true})
}

// endAttempt ends one attempt to send a unicast frame.
func (m *Medium) endAttempt(tx *transmission) {
	if tx.attempt == 0 {
		m.tap(tx)
	}
	to := m.byAddr[tx.dst]
	var rssi int8
	if to != nil {
		var heard bool
		if rssi, heard = m.hears(tx, to); !heard || to == tx.from { // nobody hears themselves
			to = nil
		}
	}
	acknowledged := false
	if to != nil && !m.loses(tx.from, to) {
		if tx.heardBy != to {
			tx.heardBy = to
			m.arrive(tx, to, rssi)
		}
		acknowledged = !m.loses(to, tx.from)
	}
	if !acknowledged && tx.attempt < uint(m.cfg.Retries) {
		tx.attempt++
		tx.from.stats.Retries++
		m.occupy(tx)
		return
	}
	if !acknowledged {
		tx.from.stats.Unacknowledged++
		tx.err = radio.ErrNotAcknowledged
	}
	switch {
	case to == nil && tx.heardBy == nil:
		tx.from.stats.Unheard++
	case to != nil && tx.heardBy != to:
		to.stats.Lost++
	}
	m.schedule(event{at: m.now, tx: tx, done: true})
}

// arrive delivers a copy of tx that reached the antenna of to. What the version of ESP-NOW there does not hear is lost
// above the MAC, which has acknowledged it.
func (m *Medium) arrive(tx *transmission, to *Station, rssi int8) {
	if len(tx.body) > to.maxFrame {
		to.stats.TooLong++
		return
	}
	if tx.channel != to.channel {
		to.stats.Overheard++
	}
	m.deliver(tx, to, rssi)
	if m.chance(m.cfg.Duplicate) {
		to.stats.Duplicated++
		m.deliver(tx, to, rssi)
	}
}

func (m *Medium) deliver(tx *transmission, to *Station, rssi int8) {
	at := m.now
	if m.cfg.Delay > 0 {
		at += time.Duration(m.rng.Int64N(int64(m.cfg.Delay) + 1))
	}
	if m.chance(m.cfg.Reorder) {
		to.stats.Reordered++
		longest := holdFactor * m.cfg.Rate.Airtime(len(tx.body), false, 0)
		at += 1 + time.Duration(m.rng.Int64N(int64(longest)))
	}
	if m.chance(m.cfg.Corrupt) {
		to.stats.Corrupted++
		tx = m.corrupted(tx)
	}
	m.schedule(event{at: at, tx: tx, to: to, rssi: rssi})
}

// corrupted returns a copy of a frame with bits flipped.
func (m *Medium) corrupted(tx *transmission) *transmission {
	bad := m.acquire()
	bad.from, bad.dst, bad.channel = tx.from, tx.dst, tx.channel
	bad.body = append(bad.body, tx.body...)
	for range 1 + m.rng.IntN(maxFlips) {
		bad.body[m.rng.IntN(len(bad.body))] ^= 1 << m.rng.IntN(8)
	}
	return bad
}

func (m *Medium) schedule(e event) {
	m.order++
	e.order = m.order
	e.tx.refs++
	m.events.push(e)
}

// chance is true with probability p.
func (m *Medium) chance(p float64) bool { return p > 0 && m.rng.Float64() < p }

// acquire gives an empty transmission, with a body to append to.
func (m *Medium) acquire() *transmission {
	last := len(m.spare) - 1
	if last < 0 {
		return new(transmission)
	}
	tx := m.spare[last]
	m.spare = m.spare[:last]
	return tx
}

func (m *Medium) release(tx *transmission) {
	tx.refs--
	if tx.refs == 0 {
		*tx = transmission{body: tx.body[:0]}
		m.spare = append(m.spare, tx)
	}
}
