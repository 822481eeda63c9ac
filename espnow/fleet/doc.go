// Package fleet simulates whole networks: nodes and gateways, each a machine of package link with its driver, on one medium
// of package sim, with applications, faults, and invariants that are checked after every event.
//
// [New] builds a fleet from a [Config]; [Fleet.At] schedules what a scenario does with its devices; [Fleet.Run] and
// [Fleet.RunUntil] let virtual time pass; [Fleet.Report] sums up. [Fleet.Trial] has a fleet go through random faults, and
// judges whether it recovers. All randomness comes from the seed: two runs of a configuration are the same to the byte, which
// the trace in their reports shows.
//
// What is modelled beyond the air: drivers that send one frame at a time, wait for its callback and give up on it after 100
// ms, try again when the radio has no memory, and keep the radio's list of peers; queues of 32 frames in which what
// arrives waits while a machine computes a key exchange; crystals that are a little off, and the oscillator of deep sleep,
// which is 5 % off; power that fails, flash that remembers a node's last gateway, RTC memory that may not; gateways whose
// access point changes its channel; a broker that takes responsibility for messages a while after it got them, that can be
// away, and that tells gateways who is where. What is not: the time that anything but a key exchange takes to compute.
//
// Applications number their messages, and their payloads follow from the numbers, so that a byte that differs, a message
// that comes twice and one that nobody sent are seen as soon as an application is told of them.
package fleet
