//go:build enow_ccore

package link

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/internal/ccore"
)

// Go and C, given the same randomness, make the same bytes, and what one accepts the other accepts, to the byte.

const coreRuns = 200

// coreRandom makes what both are given.
type coreRandom struct{ *rand.Rand }

func eachCoreRun(t *testing.T, run func(t *testing.T, r coreRandom)) {
	for seed := range uint64(coreRuns) {
		run(t, coreRandom{rand.New(rand.NewPCG(seed, 1))})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func (r coreRandom) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (r coreRandom) key() ccore.Key { return ccore.Key(r.bytes(keyLen)) }

func (r coreRandom) addr() espnow.Addr { return espnow.Addr(r.bytes(len(espnow.Addr{}))) }

// tlvs are some that are whole.
func (r coreRandom) tlvs() (t espnow.TLVs) {
	for range r.IntN(3) {
		t, _ = t.Append(byte(r.Uint32()), r.bytes(r.IntN(40)))
	}
	return t
}

func (r coreRandom) hello() *espnow.Hello {
	return &espnow.Hello{
		Boot: r.Uint32(), MaxMessage: r.Uint32(), MaxFrame: uint16(250 + r.IntN(1221)), KeepAlive: uint16(r.Uint32()),
		Window: uint8(1 + r.IntN(64)), TLVs: r.tlvs(),
	}
}

func (r coreRandom) welcome() *espnow.Welcome {
	return &espnow.Welcome{
		Boot: r.Uint32(), MaxMessage: r.Uint32(), MaxFrame: uint16(250 + r.IntN(1221)), KeepAlive: uint16(1 + r.IntN(65535)),
		Session: uint8(1 + r.IntN(255)), Window: uint8(1 + r.IntN(64)), Channel: uint8(r.Uint32()), TLVs: r.tlvs(),
	}
}

// damage returns a copy that differs from from on: in a bit, in a byte, or in its end.
func (r coreRandom) damage(b []byte, from int) []byte {
	b = bytes.Clone(b)
	switch at := from + r.IntN(len(b)-from); r.IntN(4) {
	case 0:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = byte(r.Uint32())
	case 2:
		b = b[:at]
	default:
		b = append(b, r.bytes(1+r.IntN(3))...)
	}
	return b
}

func coreSecret(k ccore.Key) secret { return secretOf(&k) }

// sameCore checks that Go and C said the same.
func sameCore(t *testing.T, what string, got, cGot []byte, err, cErr error) {
	t.Helper()
	for goErr, want := range map[error]error{
		errForged: ccore.ErrForged, errReplay: ccore.ErrReplay, errSpent: ccore.ErrSpent,
		espnow.ErrShort: espnow.ErrShort, espnow.ErrRange: espnow.ErrRange, espnow.ErrTooLong: espnow.ErrTooLong,
	} {
		if errors.Is(err, goErr) != errors.Is(cErr, want) {
			t.Errorf("%s: %v in Go, %v in C", what, err, cErr)
		}
	}
	if (err == nil) != (cErr == nil) || err == nil && !bytes.Equal(got, cGot) {
		t.Errorf("%s:\n%x, %v in Go\n%x, %v in C", what, got, err, cGot, cErr)
	}
}

func TestCoreKeys(t *testing.T) {
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		network, node := r.key(), r.addr()
		device := NetworkKey{coreSecret(network)}.Device(node)
		keys := device.deviceKeys()
		cDevice := ccore.DeviceKey(network, node)
		psk, search, reset := ccore.DeviceKeys(cDevice)
		if *device.bytes() != cDevice || *keys.psk.bytes() != psk || *keys.search.bytes() != search || *keys.reset.bytes() != reset {
			t.Errorf("keys of %x, node %v", network, node)
		}
	})
}

func TestCoreProofs(t *testing.T) {
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		key, gateway, node := r.key(), r.addr(), r.addr()
		search, err := appendSearch(nil, coreSecret(key), node, &espnow.Connect{
			Flags:   espnow.ConnectSecure | espnow.ConnectFlags(r.IntN(2))*espnow.ConnectSleepy,
			Version: uint8(r.Uint32()), KeyID: uint8(1 + r.IntN(255)), Nonce: r.Uint32(),
		})
		again, cErr := ccore.ProveAgain(key, gateway, node, search)
		sameCore(t, "search", search, again, err, cErr)

		answer, err := appendAnswer(nil, coreSecret(key), gateway, node, &espnow.Connack{
			Flags: espnow.ConnackSecure, Status: espnow.ConnackStatus(r.IntN(4)), Echo: r.Uint32(), Ephemeral: r.key(),
			Ciphertext: r.bytes(r.IntN(300)), Tag: ccore.Tag(r.bytes(16)), Cookie: proof(r.bytes(8)),
			Load: uint8(r.Uint32()), Channel: uint8(r.Uint32()), RetryAfter: uint16(r.Uint32()), Reason: espnow.RefuseReason(r.Uint32()),
		})
		cAnswer, cErr := ccore.ProveAgain(key, gateway, node, answer)
		sameCore(t, "answer", answer, cAnswer, err, cErr)

		for range 10 {
			damaged := r.damage(search, 0)
			if got := checkSearch(coreSecret(key), node, damaged); got != ccore.CheckSearch(key, node, damaged) {
				t.Errorf("search %x: %v in Go alone", damaged, got)
			}
			damaged = r.damage(answer, 0)
			if got := checkAnswer(coreSecret(key), gateway, node, damaged); got != ccore.CheckAnswer(key, gateway, node, damaged) {
				t.Errorf("answer %x: %v in Go alone", damaged, got)
			}
		}
		if !ccore.CheckSearch(key, node, search) || !ccore.CheckAnswer(key, gateway, node, answer) {
			t.Error("C does not take what Go has proven")
		}

		tag := ccore.Tag(r.bytes(16))
		p := &espnow.Disconnect{Reason: espnow.DisconnectReason(r.Uint32()), Session: uint8(r.Uint32()), Counter: r.Uint32()}
		if got, c := resetProof(coreSecret(key), gateway, node, p, tag), ccore.ResetProof(key, gateway, node, p, tag); got != c {
			t.Errorf("reset: %x in Go, %x in C", got, c)
		}
	})
}

func TestCoreCookies(t *testing.T) {
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		root, node := r.key(), r.addr()
		jar := cookies{coreSecret(root)}
		made := time.Duration(r.Int64N(1<<40)) * time.Microsecond
		cookie := jar.make(made, node)
		if c := ccore.Cookie(root, made, node); c != cookie {
			t.Errorf("at %v: %x in Go, %x in C", made, cookie, c)
		}
		for range 10 {
			at := max(0, made+time.Duration(r.Int64N(5*60e6)-2*60e6)*time.Microsecond)
			if got := jar.check(at, node, cookie); got != ccore.CheckCookie(root, at, node, cookie) {
				t.Errorf("made at %v, at %v: %v in Go alone", made, at, got)
			}
		}
		cookie[r.IntN(8)] ^= 1 << r.IntN(8)
		if ccore.CheckCookie(root, made, node, cookie) {
			t.Error("C takes a damaged cookie")
		}
	})
}

// Packets come out of order, twice, damaged and cut, around the ends of the counter too.
func TestCoreSealed(t *testing.T) {
	opened, replayed := 0, 0
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		key, session := r.key(), uint8(1+r.IntN(255))
		s, o := newSealer(coreSecret(key), session), newOpener(coreSecret(key))
		s.next = []uint32{0, r.Uint32(), counterEnd - 50}[r.IntN(3)]
		cSealer, cOpener := ccore.NewSealer(key, session, s.next), ccore.NewOpener(key)
		var sent [][]byte
		for range 200 {
			packets := r.bytes(r.IntN(300))
			if r.IntN(20) == 0 {
				packets = make([]byte, espnow.MaxFrameV2-espnow.SealedOverhead+r.IntN(2))
			}
			sealed, err := s.seal(append(make([]byte, sealedClearLen), packets...), 0)
			cSealed, cErr := cSealer.Seal(packets)
			sameCore(t, "seal", sealed, cSealed, err, cErr)
			if err == nil {
				sent = append(sent, sealed)
			}
			for range min(r.IntN(3), len(sent)) {
				packet := bytes.Clone(sent[max(0, len(sent)-1-r.IntN(80))])
				if r.IntN(4) == 0 {
					packet = r.damage(packet, 0)
				}
				got, err := o.open(bytes.Clone(packet))
				cGot, cErr := cOpener.Open(packet)
				sameCore(t, "open", got, cGot, err, cErr)
				if err == nil {
					opened++
				} else if errors.Is(err, errReplay) {
					replayed++
				}
			}
		}
	})
	if opened < 100*coreRuns/2 || replayed < 10*coreRuns {
		t.Errorf("only %d opened, %d replayed", opened, replayed)
	}
}

// Resets that answer packets of any age, of this session and another, proven and not.
func TestCoreResets(t *testing.T) {
	obeyed := 0
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		key, gateway, node, session := r.key(), r.addr(), r.addr(), uint8(1+r.IntN(255))
		tags, cTags := sentTags{session: session}, ccore.NewSentTags(session)
		sent, now := map[uint32]ccore.Tag{}, time.Duration(0)
		for counter := range uint32(60) {
			now += time.Duration(r.IntN(800)) * time.Millisecond
			sent[counter] = ccore.Tag(r.bytes(16))
			tags.add(now, counter, sent[counter])
			cTags.Add(now, counter, sent[counter])
			p := &espnow.Disconnect{
				Reason: espnow.DisconnectReasonUnknownSession, Session: session, Counter: counter + 1 - uint32(r.IntN(20)),
			}
			p.Proof = resetProof(coreSecret(key), gateway, node, p, sent[p.Counter])
			switch r.IntN(6) {
			case 0:
				p.Session++
			case 1:
				p.Proof[r.IntN(8)] ^= 1 << r.IntN(8)
			}
			at := now + []time.Duration{0, resetAge, resetAge + time.Microsecond}[r.IntN(3)]
			got := tags.check(at, coreSecret(key), gateway, node, p)
			if c := cTags.Check(at, key, gateway, node, p); got != c {
				t.Errorf("%+v after %d packets: %v in Go, %v in C", p, counter+1, got, c)
			}
			if got {
				obeyed++
			}
		}
	})
	if obeyed < coreRuns {
		t.Errorf("only %d obeyed", obeyed)
	}
}

// What bounds a gateway's work says the same at the same times.
func TestCoreBounds(t *testing.T) {
	refused, repeats := 0, 0
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		capacity, keep := 1+r.IntN(8), time.Duration(1+r.IntN(40))*time.Millisecond
		buckets, cBuckets := newTokens(capacity), ccore.NewTokens(capacity)
		keys, cKeys := newRecent[[16]byte](capacity, keep), ccore.NewRecent(capacity, keep)
		var now, at time.Duration
		for range 500 {
			now += time.Duration(r.IntN(9)) * tokenEvery / 16
			addr := espnow.Addr{5: byte(r.IntN(capacity + 3))}
			taken := buckets.take(now, addr)
			if c := cBuckets.Take(now, addr); taken != c {
				t.Fatalf("%v at %v: a token: %v in Go, %v in C", addr, now, taken, c)
			}
			if !taken {
				refused++
			}
			at += time.Duration(r.IntN(9)) * time.Millisecond
			key := [16]byte{15: byte(r.IntN(capacity + 3))}
			seen := keys.seen(at, key)
			if c := cKeys.Seen(at, key); seen != c {
				t.Fatalf("%x at %v: seen: %v in Go, %v in C", key, at, seen, c)
			}
			if got, c := keys.free(at), cKeys.Free(at); got != c {
				t.Fatalf("at %v: free: %v in Go, %v in C", at, got, c)
			}
			if seen {
				repeats++
			} else {
				keys.add(at, key)
				cKeys.Add(at, key)
			}
		}
	})
	if refused < 10*coreRuns || repeats < 10*coreRuns {
		t.Errorf("only %d tokens refused, %d repeats", refused, repeats)
	}
}

// A whole join: the same CONNECT, CONNACK and keys, whichever side is in C, and the same judgement of what is damaged.
func TestCoreJoin(t *testing.T) {
	eachCoreRun(t, func(t *testing.T, r coreRandom) {
		psk, search, node, gateway := r.key(), r.key(), r.addr(), r.addr()
		nodePrivate, gatewayPrivate := r.key(), r.key()
		c := espnow.Connect{
			Flags: espnow.ConnectFlags(r.IntN(2)) * espnow.ConnectSleepy, Version: espnow.Version, KeyID: uint8(r.IntN(20)),
			Nonce: r.Uint32(), Cookie: proof(r.bytes(8)),
		}
		hello := r.hello()
		j, err := newJoin(bytes.NewReader(nodePrivate[:]), coreSecret(psk), node, gateway, c, hello)
		cJoin, connect, cErr := ccore.NewJoin(nodePrivate, psk, node, gateway, &c, mustAppend(t, hello))
		if err != nil || cErr != nil { // key_id 0
			sameCore(t, "CONNECT", nil, connect, err, cErr)
			return
		}
		defer cJoin.Free()
		sameCore(t, "CONNECT", j.packet, connect, err, cErr)

		read := func(packet []byte) (*joinRequest, *ccore.Request) {
			cRequest, cHello, cErr := ccore.ReadJoin(psk, node, gateway, packet)
			var p espnow.Connect
			var request *joinRequest
			var hello []byte
			_, err := p.Decode(packet[0]&0x0f, packet[2:])
			if err == nil {
				request, err = readJoin(bytes.NewReader(gatewayPrivate[:]), coreSecret(psk), node, gateway, &p, packet)
			}
			if err == nil {
				hello = mustAppend(t, &request.hello)
			}
			sameCore(t, "hello", hello, cHello, err, cErr)
			return request, cRequest
		}
		for range 10 {
			if damaged := r.damage(connect, joinClearLen-len(c.Cookie)); len(damaged) >= joinClearLen {
				read(damaged)
			}
		}
		request, cRequest := read(connect)
		welcome := r.welcome()
		answer, keys, err := request.accept(welcome)
		if err != nil {
			t.Fatal(err)
		}
		connack, err := appendAnswer(nil, coreSecret(search), gateway, node, &answer)
		cConnack, cUp, cDown, cErr := cRequest.Accept(gatewayPrivate, search, node, gateway, mustAppend(t, welcome))
		sameCore(t, "CONNACK", connack, cConnack, err, cErr)
		sameCore(t, "keys of the gateway", bothKeys(*keys.up.bytes(), *keys.down.bytes()), bothKeys(cUp, cDown), nil, nil)

		finish := func(packet []byte) {
			var p espnow.Connack
			var got, gotKeys []byte
			_, err := p.Decode(packet[0]&0x0f, packet[2:])
			if err == nil {
				var welcome espnow.Welcome
				var keys sessionKeys
				if welcome, keys, err = j.finish(&p); err == nil {
					got, gotKeys = mustAppend(t, &welcome), bothKeys(*keys.up.bytes(), *keys.down.bytes())
				}
			}
			cGot, cUp, cDown, cErr := cJoin.Finish(bytes.Clone(packet))
			sameCore(t, "welcome", got, cGot, err, cErr)
			if err == nil && !bytes.Equal(gotKeys, bothKeys(cUp, cDown)) {
				t.Error("keys of the node differ")
			}
		}
		for range 10 {
			finish(r.damage(connack, answerProofAt+len(proof{})))
		}
		finish(connack)
		if t.Failed() {
			t.Logf("connect %x\nconnack %x", connect, connack)
		}
	})
}

func bothKeys(up, down ccore.Key) []byte { return slices.Concat(up[:], down[:]) }

func mustAppend(t *testing.T, p interface{ Append([]byte) ([]byte, error) }) []byte {
	t.Helper()
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
