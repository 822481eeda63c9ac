package fleet

import (
	"fmt"
	"time"
)

// Invariant is something that holds after every event of every run.
type Invariant uint8

// The invariants.
const (
	nonces     Invariant = 0  // no key encrypts twice with a counter, and no e goes with two packets
	origin     Invariant = 1  // applications are told what was sent, by whom it was sent, to whom it was sent
	content    Invariant = 2  // topic, payload and RETAIN are what they were
	naming     Invariant = 3  // (node, boot, id) names one message
	once       Invariant = 4  // a message comes once to everybody, restarts of the receiver apart
	results    Invariant = 5  // an acknowledged message has one result, and nobody says yes before somebody is responsible
	presence   Invariant = 6  // a gateway tells of joins and leaves in turns
	memory     Invariant = 7  // machines stay within their bounds
	radioPeers Invariant = 8  // no machine sends what its radio cannot
	progress   Invariant = 9  // what waits for time waits for a time to come, and what rests can sleep
	liveness   Invariant = 10 // once faults have ended, within a bound: everybody is connected and has all results
	frames     Invariant = 11 // what a machine sends parses, to its last byte
	invariants           = 12
)

var invariantNames = [invariants]string{
	"nonces", "origin", "content", "naming", "once", "results", "presence", "memory", "radio", "progress", "liveness", "frames",
}

// Invariants are all there are.
func Invariants() []Invariant {
	all := make([]Invariant, invariants)
	for i := range all {
		all[i] = Invariant(i)
	}
	return all
}

// String is the name, as reports have it.
func (i Invariant) String() string { return invariantNames[i] }

// Violation is the error of a run in which an invariant did not hold. The run stops at it.
type Violation struct {
	Invariant Invariant
	At        time.Duration // virtual time
	What      string
	Seed      uint64
	Repeat    string // the command that repeats the run
}

// Error says all there is to know.
func (v *Violation) Error() string {
	return fmt.Sprintf("%v broken at %v: %s; seed %d, repeat it by: %s", v.Invariant, v.At, v.What, v.Seed, v.Repeat)
}

// violate ends the run.
func (f *Fleet) violate(i Invariant, format string, args ...any) {
	f.fail(&Violation{Invariant: i, At: f.clock.now, What: fmt.Sprintf(format, args...), Seed: f.cfg.Seed, Repeat: f.cfg.Repeat})
}

// Stop ends the run that calls it, by At or After, with an error; then the fleet stands still for good.
func (f *Fleet) Stop(err error) { f.fail(err) }

// fail ends the run with its first error; nil is none.
func (f *Fleet) fail(err error) {
	if f.err == nil && err != nil {
		f.err = err
	}
}

// held counts a check that an invariant has passed.
func (f *Fleet) held(i Invariant) { f.checks[i]++ }
