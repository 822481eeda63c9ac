package link_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/link"
	"github.com/esp-now-network/esp-now-network/frag"
)

// step is a frame that arrives at a time.
type step struct {
	at    time.Duration
	frame link.Frame
}

func at0(frames ...link.Frame) (steps []step) {
	for _, f := range frames {
		steps = append(steps, step{0, f})
	}
	return steps
}

// Packets other than PUBLISH, by hand.
const (
	connectSearch  = "\x10\x06\x01\x00\x78\x56\x34\x12"
	connectSecure  = "\x11\x0e\x01\x01\x78\x56\x34\x12PPPPPPPP"
	connackBusy    = "\x20\x07\x02\x78\x56\x34\x12\xfa\x00"
	pubackComplete = "\x40\x07\x34\x12\x00\x00\x00\x00\x00"
	subscribe      = "\x80\x04\x01\x00ab"
	suback         = "\x90\x03\x01\x00\x00"
	pingreq        = "\xc0\x04\x01\x00\x00\x00"
	pingresp       = "\xd0\x0c\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	goodbye        = "\xe0\x01\x00"
	reset          = "\xe1\x0e\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	sealed         = "\xf0\x17\x01\x00\x00\x00\x00ccTTTTTTTTTTTTTTTT"
	connectJoin    = "\x12\x1b\x01\x00\x78\x56\x34\x12CCCCCCCC" + hello
	hello          = "\x01\x00\x00\x00\x00\x10\x00\x00\xfa\x00\x3c\x00\x08"
)

var bcast = told{From: nodeA, Payload: "hi", Broadcast: true, ID: 7}

// gatewayCases are frames, what is told of them and what is dropped.
var gatewayCases = []struct {
	name  string
	set   func(*link.GatewayConfig)
	steps []step
	end   time.Duration // a last Poll without a frame; 0: none
	told  []told
	drops counts
}{
	{
		name:  "whole message by broadcast",
		steps: at0(broadcast(nodeA, publish(0, 7, 0, wire("", "hi")))),
		told:  []told{bcast},
	},
	{
		name:  "whole message by unicast, retained, with a topic",
		steps: at0(unicast(nodeA, publish(retain, 65535, 0, wire("a/b", "\x00\xff")))),
		told:  []told{{From: nodeA, Topic: "a/b", Payload: "\x00\xff", Retain: true, ID: 65535}},
	},
	{
		name:  "empty message",
		steps: at0(unicast(nodeA, publish(0, 0, 0, wire("", "")))),
		told:  []told{{From: nodeA}},
	},
	{
		name:  "offset 0 without MORE is whole",
		steps: at0(broadcast(nodeA, publish(fragment, 7, 0, wire("", "hi")))),
		told:  []told{bcast},
	},
	{
		name:  "frame without a byte",
		steps: at0(broadcast(nodeA, ""), unicast(nodeA, "")),
	},
	{
		name: "several packets in a frame",
		steps: at0(unicast(nodeA, publish(0, 1, 0, wire("", "one"))+"\x60\x01?"+pingreq+
			publish(retain, 2, 0, wire("t", "two"))+"\xc1\x04\x01\x00\x00\x00"+publish(0, 3, 0, wire("", "three"))+"\xc0")),
		told: []told{
			{From: nodeA, Payload: "one", ID: 1},
			{From: nodeA, Topic: "t", Payload: "two", ID: 2, Retain: true},
			{From: nodeA, Payload: "three", ID: 3},
		},
		drops: counts{
			espnow.DropReasonUnknownType: 1, espnow.DropReasonNoSession: 1, espnow.DropReasonUnknownFlag: 1,
			espnow.DropReasonOverrun: 1,
		},
	},
	{
		name: "fragments of one message in one frame",
		steps: at0(unicast(nodeA, publish(more, 1, 0, "\x01t")+publish(more, 1, 2, "ab")+publish(fragment, 1, 4, "c")+
			publish(0, 2, 0, wire("", "next")))),
		told: []told{{From: nodeA, Topic: "t", Payload: "abc", ID: 1}, {From: nodeA, Payload: "next", ID: 2}},
	},
	{
		name: "interleaved senders with the same id",
		steps: at0(
			broadcast(nodeA, publish(more, 1, 0, "\x00A")), broadcast(nodeB, publish(more, 1, 0, "\x00B")),
			unicast(nodeA, publish(more, 1, 0, "\x00C")), broadcast(nodeB, publish(fragment, 1, 2, "b")),
			unicast(nodeA, publish(fragment, 1, 2, "c")), broadcast(nodeA, publish(fragment, 1, 2, "a")),
		),
		told: []told{
			{From: nodeB, Payload: "Bb", Broadcast: true, ID: 1},
			{From: nodeA, Payload: "Cc", ID: 1},
			{From: nodeA, Payload: "Aa", Broadcast: true, ID: 1},
		},
	},
	{
		name: "RETAIN counts from offset 0, in order",
		steps: at0(
			unicast(nodeA, publish(more|retain, 1, 0, "\x00A")), unicast(nodeA, publish(fragment, 1, 2, "B")),
			unicast(nodeA, publish(more, 2, 0, "\x00C")), unicast(nodeA, publish(fragment|retain, 2, 2, "D")),
		),
		told: []told{{From: nodeA, Payload: "AB", ID: 1, Retain: true}, {From: nodeA, Payload: "CD", ID: 2}},
	},
	{
		name: "RETAIN counts from offset 0, the last first",
		steps: at0(
			unicast(nodeA, publish(fragment, 1, 2, "B")), unicast(nodeA, publish(more|retain, 1, 0, "\x00A")),
			unicast(nodeA, publish(fragment|retain, 2, 2, "D")), unicast(nodeA, publish(more, 2, 0, "\x00C")),
		),
		told: []told{{From: nodeA, Payload: "AB", ID: 1, Retain: true}, {From: nodeA, Payload: "CD", ID: 2}},
	},
	{
		name: "a whole message again",
		steps: at0(
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))), broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))),
			broadcast(nodeA, publish(0, 7, 0, wire("", "other"))),
		),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonDuplicate: 2},
	},
	{
		name: "fragments again, before and after the message is whole",
		steps: at0(
			unicast(nodeA, publish(more, 1, 0, "\x00a")), unicast(nodeA, publish(more, 1, 0, "\x00a")),
			unicast(nodeA, publish(fragment, 1, 4, "z")), unicast(nodeA, publish(fragment, 1, 4, "z")),
			unicast(nodeA, publish(more, 1, 2, "bc")), unicast(nodeA, publish(more, 1, 2, "bc")),
			unicast(nodeA, publish(fragment, 1, 4, "z")),
		),
		told:  []told{{From: nodeA, Payload: "abcz", ID: 1}},
		drops: counts{espnow.DropReasonDuplicate: 4},
	},
	{
		name: "broadcast and unicast of one id are two messages",
		steps: at0(
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))), unicast(nodeA, publish(0, 7, 0, wire("", "hi"))),
			broadcast(nodeB, publish(0, 7, 0, wire("", "hi"))),
		),
		told: []told{
			bcast, {From: nodeA, Payload: "hi", ID: 7}, {From: nodeB, Payload: "hi", Broadcast: true, ID: 7},
		},
	},
	{
		name:  "short body",
		steps: at0(unicast(nodeA, "\x30\x01a"), unicast(nodeA, "\x34\x05abcde")),
		drops: counts{espnow.DropReasonShort: 2},
	},
	{
		name:  "value out of range",
		steps: at0(unicast(nodeA, "\x10\x06\x01\x01\x00\x00\x00\x00")),
		drops: counts{espnow.DropReasonRange: 1},
	},
	{
		name:  "unknown flag",
		steps: at0(unicast(nodeA, "\xc1\x04\x01\x00\x00\x00")),
		drops: counts{espnow.DropReasonUnknownFlag: 1},
	},
	{
		name:  "flag without the one it needs",
		steps: at0(unicast(nodeA, "\x38\x03ab\x00")),
		drops: counts{espnow.DropReasonMissingFlag: 1},
	},
	{
		name:  "unknown type",
		steps: at0(broadcast(nodeA, "\x50\x00"+publish(0, 7, 0, wire("", "hi")))),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonUnknownType: 1},
	},
	{
		name:  "reserved type ends the frame",
		steps: at0(broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))+"\x00\x00"+publish(0, 8, 0, wire("", "lost")))),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonReservedType: 1},
	},
	{
		name:  "overrun ends the frame",
		steps: at0(broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))+"\x30\x09ab")),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonOverrun: 1},
	},
	{
		name: "broadcast of 250 and 251 bytes",
		steps: at0(
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))+"\x60\xef"+strings.Repeat("-", 250-7-2-2)+"\x60\x00"),
			broadcast(nodeA, publish(0, 8, 0, wire("", "lost"))+strings.Repeat("\x60\x00", 121)),
		),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonUnknownType: 2, espnow.DropReasonFrameTooLong: 1},
	},
	{
		name: "unicast of 1470 and 1471 bytes",
		steps: at0(
			unicast(nodeA, publish(0, 1, 0, wire("", strings.Repeat("x", 1465)))),
			unicast(nodeA, "\x60\xff"+strings.Repeat("x", 1469)),
		),
		told:  []told{{From: nodeA, Payload: strings.Repeat("x", 1465), ID: 1}},
		drops: counts{espnow.DropReasonFrameTooLong: 1},
	},
	{
		name: "packets that only a gateway sends",
		steps: at0(
			unicast(nodeA, connackBusy+suback+pingresp+"\xb0\x03\x01\x00\x00"+reset), broadcast(nodeA, connackBusy+reset),
		),
		drops: counts{espnow.DropReasonWrongDirection: 7},
	},
	{
		name:  "packets that may not be broadcast",
		steps: at0(broadcast(nodeA, pubackComplete+subscribe+pingreq+goodbye+sealed+connectJoin+"\xa0\x02ab")),
		drops: counts{espnow.DropReasonWrongAddress: 7},
	},
	{
		name: "frames of and to the wrong stations",
		steps: at0(
			link.Frame{Src: nodeA, Dst: nodeB, Body: []byte(publish(0, 1, 0, wire("", "not for me")))},
			link.Frame{Src: nodeA, Dst: group, Body: []byte(publish(0, 2, 0, wire("", "not for me")))},
			broadcast(group, publish(0, 3, 0, wire("", "nobody's"))),
			broadcast(espnow.Broadcast, publish(0, 4, 0, wire("", "nobody's"))),
			broadcast(gatewayAddr, publish(0, 5, 0, wire("", "my own"))),
		),
		drops: counts{espnow.DropReasonWrongAddress: 5},
	},
	{
		name:  "secure packets",
		steps: at0(unicast(nodeA, sealed+connectSecure), broadcast(nodeA, connectSecure)),
		drops: counts{espnow.DropReasonSealedOnOpen: 3},
	},
	{
		name:  "packets that need a session",
		steps: at0(unicast(nodeA, pubackComplete+subscribe+"\xa0\x02ab"+pingreq+goodbye)),
		drops: counts{espnow.DropReasonNoSession: 5},
	},
	{
		name:  "a join without a cookie of this gateway",
		steps: at0(unicast(nodeA, connectSearch+connectJoin), broadcast(nodeA, connectSearch)),
		drops: counts{espnow.DropReasonBadCookie: 1},
	},
	{
		name:  "a message to be acknowledged, of a node that has no session",
		steps: at0(unicast(nodeA, publish(espnow.PublishAck, 1, 0, wire("", "x")))),
		drops: counts{espnow.DropReasonNoSession: 1},
	},
	{
		name: "topics that a node may not use",
		steps: at0(unicast(nodeA, publish(0, 1, 0, wire("$set", "x"))+publish(0, 2, 0, wire("a/#", "x"))+
			publish(0, 3, 0, wire("/a", "x"))+publish(0, 4, 0, wire("a//b", "x"))+publish(0, 5, 0, wire("../b", "x"))+
			publish(0, 6, 0, wire("\xff", "x"))+publish(0, 7, 0, wire("a/", "x"))+publish(0, 8, 0, wire("a\x00", "x")))),
		drops: counts{espnow.DropReasonBadTopic: 8},
	},
	{
		name: "topic of 255 and of 256 bytes",
		steps: at0(
			unicast(nodeA, publish(0, 1, 0, wire(strings.Repeat("t", 255), "x"))),
			// 256 is 0 in topic_length: what was meant as topic becomes payload.
			unicast(nodeA, publish(0, 2, 0, wire(strings.Repeat("t", 256), "x"))),
			unicast(nodeA, publish(0, 3, 0, "\xff"+strings.Repeat("t", 254))),
		),
		told: []told{
			{From: nodeA, Topic: strings.Repeat("t", 255), Payload: "x", ID: 1},
			{From: nodeA, Payload: strings.Repeat("t", 256) + "x", ID: 2},
		},
		drops: counts{espnow.DropReasonBadMessage: 1},
	},
	{
		name: "malformed messages leave no trace",
		steps: at0(
			broadcast(nodeA, publish(0, 7, 0, "")), broadcast(nodeA, publish(0, 7, 0, "\x03ab")),
			broadcast(nodeA, publish(0, 7, 0, wire("+", "x"))), broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))),
		),
		told:  []told{bcast},
		drops: counts{espnow.DropReasonBadMessage: 2, espnow.DropReasonBadTopic: 1},
	},
	{
		name:  "malformed message in fragments",
		steps: at0(unicast(nodeA, publish(more, 1, 0, "\x04a")), unicast(nodeA, publish(fragment, 1, 2, "bc"))),
		drops: counts{espnow.DropReasonBadMessage: 1},
	},
	{
		name: "fragments that contradict each other",
		steps: at0(
			unicast(nodeA, publish(more, 1, 0, "\x00a")), unicast(nodeA, publish(more, 1, 2, "b")), // another size
			unicast(nodeA, publish(fragment, 1, 2, "b")),                                               // given up
			unicast(nodeA, publish(more, 2, 3, "ab")),                                                  // not a multiple
			unicast(nodeA, publish(more, 3, 0, "")),                                                    // empty, yet more follow
			unicast(nodeA, publish(fragment, 4, 4, "a")), unicast(nodeA, publish(fragment, 4, 6, "a")), // two ends
			unicast(nodeA, publish(0, 5, 0, wire("", "fine"))),
		),
		told:  []told{{From: nodeA, Payload: "fine", ID: 5}},
		drops: counts{espnow.DropReasonBadFragment: 5},
	},
	{
		name: "message of MaxMessage, and one byte more",
		set:  func(c *link.GatewayConfig) { c.Fragments.MaxMessage = 5 },
		steps: at0(
			unicast(nodeA, publish(more, 1, 0, "\x00ab")), unicast(nodeA, publish(fragment, 1, 3, "cd")),
			unicast(nodeA, publish(more, 2, 0, "\x00ab")), unicast(nodeA, publish(fragment, 2, 3, "cde")),
			unicast(nodeA, publish(fragment, 3, 1<<32-1, "x")),
			unicast(nodeA, publish(fragment, 2, 3, "cd")), // given up
		),
		told:  []told{{From: nodeA, Payload: "abcd", ID: 1}},
		drops: counts{espnow.DropReasonTooLarge: 2, espnow.DropReasonBadFragment: 1},
	},
	{
		name: "message of MaxParts, and one part more",
		set:  func(c *link.GatewayConfig) { c.Fragments.MaxParts = 3 },
		steps: at0(
			unicast(nodeA, publish(more, 1, 0, "\x00")+publish(more, 1, 1, "a")+publish(fragment, 1, 2, "b")),
			unicast(nodeA, publish(more, 2, 0, "\x00")+publish(more, 2, 1, "a")+publish(more, 2, 2, "b")),
		),
		told:  []told{{From: nodeA, Payload: "ab", ID: 1}},
		drops: counts{espnow.DropReasonTooLarge: 1},
	},
	{
		name: "a sender's share, and the pool",
		set: func(c *link.GatewayConfig) {
			c.Fragments.SourceMessages, c.Fragments.MaxMessages = 2, 3
		},
		steps: at0(
			unicast(nodeA, publish(more, 1, 0, "\x00a")), unicast(nodeA, publish(more, 2, 0, "\x00a")),
			unicast(nodeA, publish(more, 3, 0, "\x00a")), // over A's share: 1 gives way
			unicast(nodeA, publish(more, 1, 0, "\x00a")), // and gets no place from newer ones
			unicast(nodeB, publish(more, 2, 0, "\x00b")),
			unicast(nodeB, publish(more, 1, 0, "\x00b")), // over the pool
			unicast(nodeA, publish(fragment, 2, 2, "z")), // makes room
			unicast(nodeB, publish(more, 1, 0, "\x00b")), unicast(nodeB, publish(fragment, 1, 2, "z")),
		),
		told:  []told{{From: nodeA, Payload: "az", ID: 2}, {From: nodeB, Payload: "bz", ID: 1}},
		drops: counts{espnow.DropReasonNoRoom: 2, espnow.DropReasonExpired: 1},
	},
	{
		name: "fragments that stop coming: the last moment",
		set:  func(c *link.GatewayConfig) { c.Fragments.Timeout = time.Second },
		steps: []step{
			{0, unicast(nodeA, publish(more, 1, 0, "\x00a"))},
			{time.Second - 1, unicast(nodeA, publish(fragment, 1, 2, "z"))},
		},
		end:  time.Hour,
		told: []told{{From: nodeA, Payload: "az", ID: 1}},
	},
	{
		name: "fragments that stop coming: a moment too late",
		set:  func(c *link.GatewayConfig) { c.Fragments.Timeout = time.Second },
		steps: []step{
			{0, unicast(nodeA, publish(more, 1, 0, "\x00a"))},
			{time.Second, unicast(nodeA, publish(fragment, 1, 2, "z"))},
		},
		drops: counts{espnow.DropReasonExpired: 1, espnow.DropReasonBadFragment: 1},
	},
	{
		name:  "fragments that stop coming: no further frame",
		set:   func(c *link.GatewayConfig) { c.Fragments.Timeout = time.Second },
		steps: at0(unicast(nodeA, publish(more, 1, 0, "\x00a")), unicast(nodeB, publish(more, 1, 0, "\x00a"))),
		end:   time.Second,
		drops: counts{espnow.DropReasonExpired: 2},
	},
	{
		name: "an id is remembered for RecentFor",
		set:  func(c *link.GatewayConfig) { c.RecentFor = time.Second },
		steps: []step{
			{time.Minute, broadcast(nodeA, publish(0, 7, 0, wire("", "hi")))},
			{time.Minute + time.Second - 1, broadcast(nodeA, publish(0, 7, 0, wire("", "hi")))},
			{time.Minute + time.Second, broadcast(nodeA, publish(0, 7, 0, wire("", "hi")))},
			{time.Minute + time.Second, broadcast(nodeA, publish(0, 7, 0, wire("", "hi")))},
		},
		told:  []told{bcast, bcast},
		drops: counts{espnow.DropReasonDuplicate: 2},
	},
	{
		name: "RecentIDs ids are remembered",
		set:  func(c *link.GatewayConfig) { c.RecentIDs = 2 },
		steps: at0(
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))), broadcast(nodeA, publish(0, 8, 0, wire("", "8"))),
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))), // known
			broadcast(nodeA, publish(0, 9, 0, wire("", "9"))),
			broadcast(nodeA, publish(0, 8, 0, wire("", "8"))),  // known
			broadcast(nodeA, publish(0, 7, 0, wire("", "hi"))), // forgotten
		),
		told: []told{
			bcast,
			{From: nodeA, Payload: "8", Broadcast: true, ID: 8},
			{From: nodeA, Payload: "9", Broadcast: true, ID: 9},
			bcast,
		},
		drops: counts{espnow.DropReasonDuplicate: 2},
	},
}

func TestGateway(t *testing.T) {
	seen := counts{}
	for _, c := range gatewayCases {
		t.Run(c.name, func(t *testing.T) {
			g := newGateway(t, c.set)
			var all []told
			for _, s := range c.steps {
				all = append(all, handle(t, g, s.at, s.frame)...)
			}
			if c.end > 0 {
				all = append(all, poll(t, g, c.end, link.Frame{})...)
			}
			wantTold(t, all, c.told)
			wantDrops(t, g, c.drops)
			if s := g.Stats(); s.Frames != uint64(len(c.steps)) || s.Messages != uint64(len(c.told)) || s.Raw != 0 {
				t.Errorf("%+v after %d frames and %d messages", s, len(c.steps), len(c.told))
			}
		})
		for reason := range c.drops {
			seen[reason]++
		}
	}
	for reason := range espnow.DropReasonUnserved { // of networks without sessions
		if named := reason.String() != strconv.Itoa(int(reason)); named && seen[reason] == 0 {
			t.Errorf("no case drops for the reason %v", reason)
		}
	}
}

func TestDropsHasRoomForAllReasons(t *testing.T) {
	for reason := range 256 {
		if espnow.DropReason(reason).String() != strconv.Itoa(reason) && reason >= len(link.Drops{}) {
			t.Errorf("reason %d does not fit Drops", reason)
		}
	}
}

func TestGatewayStats(t *testing.T) {
	g := newGateway(t, nil)
	if _, ok := g.NextDeadline(); ok {
		t.Error("a new gateway waits for something")
	}
	handle(t, g, time.Second, unicast(nodeA, publish(more, 1, 0, "\x00a")+publish(more, 2, 0, "\x00a")))
	handle(t, g, 2*time.Second, unicast(nodeA, publish(more, 1, 2, "bc")+pingreq+"\x00"))
	s := g.Stats()
	if s.Frames != 2 || s.Packets != 4 || s.Messages != 0 || s.Partial != 2 || s.Held == 0 || s.Drops.Total() != 2 {
		t.Errorf("%+v", s)
	}
	if at, ok := g.NextDeadline(); !ok || at != 31*time.Second {
		t.Errorf("deadline %v, %v", at, ok)
	}
	handle(t, g, 31*time.Second, unicast(nodeA, publish(fragment, 1, 4, "d")))
	if s := g.Stats(); s.Partial != 0 || s.Messages != 1 {
		t.Errorf("%+v", s)
	}
}

func TestNewGatewayRefuses(t *testing.T) {
	for _, c := range []struct {
		set  func(*link.GatewayConfig)
		want string // part of the error; empty: none
	}{
		{func(*link.GatewayConfig) {}, ""},
		{func(c *link.GatewayConfig) { c.RecentIDs, c.RecentFor, c.Passthrough = 1, 1, link.PassAll }, ""},
		{func(c *link.GatewayConfig) { c.Addr = espnow.Addr{} }, "00:00:00:00:00:00"},
		{func(c *link.GatewayConfig) { c.Addr = group }, "01:00:5e:00:00:01"},
		{func(c *link.GatewayConfig) { c.Addr = espnow.Broadcast }, "ff:ff:ff:ff:ff:ff"},
		{func(c *link.GatewayConfig) { c.Passthrough = 3 }, "passthrough 3"},
		{func(c *link.GatewayConfig) { c.RecentIDs = 0 }, "RecentIDs 0"},
		{func(c *link.GatewayConfig) { c.RecentFor = 0 }, "RecentFor 0s"},
		{func(c *link.GatewayConfig) { c.Fragments = frag.Limits{} }, "MaxMessage"},
	} {
		cfg := link.DefaultGatewayConfig(gatewayAddr)
		c.set(&cfg)
		g, err := link.NewGateway(cfg)
		wantErr(t, err, c.want)
		if (g == nil) != (err != nil) {
			t.Errorf("%v beside the error %v", g, err)
		}
	}
}
