package sim

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/espnow/radio"
)

// inAir runs f in a bubble of false time, on air that is closed at the end. The bubble fails if a goroutine is left.
func inAir(t *testing.T, cfg Config, f func(*testing.T, *Air)) {
	synctest.Test(t, func(t *testing.T) {
		a, err := NewAir(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		f(t, a)
	})
}

func newRadioAt(t *testing.T, a *Air, i, maxFrame int) *Radio {
	t.Helper()
	r, err := a.NewStation(addr(i), maxFrame)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustReceive(t *testing.T, r *Radio, want string) {
	t.Helper()
	f, err := r.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(f.Body) != want {
		t.Fatalf("received %q, want %q", f.Body, want)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func TestAirSendTakesItsTime(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 1470)
		if from.Addr() != addr(1) || from.MaxFrame() != 250 || to.MaxFrame() != 1470 {
			t.Errorf("radio %v, %d bytes", from.Addr(), from.MaxFrame())
		}
		var took time.Duration
		for range 3 {
			time.Sleep(time.Second)
			start := time.Now()
			if err := from.Send(t.Context(), to.Addr(), []byte("one")); err != nil {
				t.Fatal(err)
			}
			took += time.Since(start)
			mustReceive(t, to, "one")
		}
		if got, want := took, 3*Rate1M.Airtime(3, true, 0); got != want {
			t.Errorf("3 frames took %v, want %v", got, want)
		}
		if want := (Stats{Sent: 3, Delivered: 3, Airtime: took}); a.Stats() != want {
			t.Errorf("%+v, want %+v", a.Stats(), want)
		}
	})
}

func TestAirNotAcknowledged(t *testing.T) {
	inAir(t, Config{Loss: 1, Retries: 7}, func(t *testing.T, a *Air) {
		from := newRadioAt(t, a, 1, 250)
		newRadioAt(t, a, 2, 250)
		wantErr(t, "Send", from.Send(t.Context(), addr(2), []byte("x")), radio.ErrNotAcknowledged)
		if got := from.Stats(); got.Retries != 7 || got.Sent != 1 {
			t.Errorf("%+v, want 7 retries of 1 frame", got)
		}
	})
}

func TestAirRefusals(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		r := newRadioAt(t, a, 1, 250)
		wantErr(t, "251 bytes", r.Send(t.Context(), addr(2), make([]byte, 251)), radio.ErrTooLong)
		// The refusal gave the turn back.
		if err := r.Send(t.Context(), espnow.Broadcast, make([]byte, 250)); err != nil {
			t.Error(err)
		}
		_, err := a.NewStation(addr(1), 250)
		wantErr(t, "address twice", err, ErrAddr)
		if _, err := a.NewStation(addr(2), 249); err == nil {
			t.Error("a station with frames of 249 bytes was made")
		}
	})
}

func TestAirTuneAndPeers(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxPeers = 2
	inAir(t, cfg, func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		send := func() error { return from.Send(t.Context(), to.Addr(), []byte("x")) }
		wantErr(t, "to a stranger", send(), ErrNoPeer)
		wantErr(t, "first peer", from.AddPeer(to.Addr()), nil)
		wantErr(t, "second peer", from.AddPeer(espnow.Broadcast), nil)
		wantErr(t, "third peer", from.AddPeer(addr(3)), ErrPeersFull)
		wantErr(t, "to a peer", send(), nil)
		mustReceive(t, to, "x")
		wantErr(t, "tune", from.Tune(t.Context(), 6), nil)
		wantErr(t, "to a peer on another channel", send(), radio.ErrNotAcknowledged)
		wantErr(t, "tune", to.Tune(t.Context(), 6), nil)
		wantErr(t, "to a peer on the same channel", send(), nil)
		if err := to.Tune(t.Context(), 15); err == nil {
			t.Error("channel 15 is taken")
		}
		wantErr(t, "remove", from.RemovePeer(to.Addr()), nil)
		wantErr(t, "to one that was removed", send(), ErrNoPeer)

		from.Close()
		wantErr(t, "tune a closed radio", from.Tune(t.Context(), 1), net.ErrClosed)
		wantErr(t, "a closed radio's new peer", from.AddPeer(addr(3)), net.ErrClosed)
		wantErr(t, "a closed radio's old peer", from.RemovePeer(espnow.Broadcast), net.ErrClosed)
	})
}

func TestAirQueueIsBounded(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		send := func(n int) {
			for i := range n {
				if err := from.Send(t.Context(), to.Addr(), []byte{'a' + byte(i)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 { // the second time around the ring from its middle
			before := to.Stats().Dropped
			send(32)
			if got := to.Stats().Dropped - before; got != 0 {
				t.Fatalf("%d of 32 frames dropped", got)
			}
			send(3)
			if got := to.Stats().Dropped - before; got != 3 {
				t.Fatalf("%d dropped of 3 frames beyond 32", got)
			}
			for i := range 32 { // the oldest stay
				mustReceive(t, to, string([]byte{'a' + byte(i)}))
			}
			send(10)
			for i := range 10 {
				mustReceive(t, to, string([]byte{'a' + byte(i)}))
			}
		}
	})
}

func TestAirReceiveKeepsBodyUntilNext(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		must := func(body string) {
			t.Helper()
			if err := from.Send(t.Context(), to.Addr(), []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		must("first")
		f, err := to.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 * radio.QueueLen {
			must("later")
		}
		if string(f.Body) != "first" {
			t.Errorf("body became %q", f.Body)
		}
	})
}

func TestAirReceiveWaits(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		go func() {
			time.Sleep(time.Second)
			for _, body := range []string{"one", "two"} {
				if err := from.Send(t.Context(), espnow.Broadcast, []byte(body)); err != nil {
					t.Error(err)
				}
			}
		}()
		mustReceive(t, to, "one")
		mustReceive(t, to, "two")
	})
}

func TestAirReceiveEnds(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		r := newRadioAt(t, a, 1, 250)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := r.Receive(ctx)
		wantErr(t, "Receive past its deadline", err, context.DeadlineExceeded)

		if err := newRadioAt(t, a, 2, 250).Send(t.Context(), r.Addr(), []byte("unread")); err != nil {
			t.Fatal(err)
		}
		_, err = r.Receive(ctx)
		wantErr(t, "Receive with a frame there and a dead context", err, context.DeadlineExceeded)
		mustReceive(t, r, "unread")

		result := make(chan error)
		go func() {
			_, err := r.Receive(t.Context())
			result <- err
		}()
		synctest.Wait()
		r.Close()
		wantErr(t, "blocked Receive at Close", <-result, net.ErrClosed)
	})
}

func TestAirCloseDropsUnread(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		if err := from.Send(t.Context(), to.Addr(), []byte("unread")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := to.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		_, err := to.Receive(t.Context())
		wantErr(t, "Receive after Close", err, net.ErrClosed)
		wantErr(t, "Send after Close", to.Send(t.Context(), from.Addr(), []byte("x")), net.ErrClosed)
		newRadioAt(t, a, 2, 250) // its address is free
	})
}

// Both a Send in flight and one that waits for its turn end when the radio is closed.
func TestAirCloseWhileSending(t *testing.T) {
	inAir(t, DefaultConfig(), func(t *testing.T, a *Air) {
		for _, closer := range []func(*Radio) error{(*Radio).Close, func(*Radio) error { return a.Close() }} {
			r := newRadioAt(t, a, 1, 250)
			other := newRadioAt(t, a, 2, 250)
			result := make(chan error)
			for range 2 {
				go func() { result <- r.Send(t.Context(), addr(9), make([]byte, 250)) }()
			}
			time.Sleep(time.Millisecond)
			if err := closer(r); err != nil {
				t.Errorf("Close: %v", err)
			}
			wantErr(t, "first Send", <-result, net.ErrClosed)
			wantErr(t, "second Send", <-result, net.ErrClosed)
			other.Close()
		}
		if err := a.Close(); err != nil {
			t.Errorf("second Close of the air: %v", err)
		}
		_, err := a.NewStation(addr(1), 250)
		wantErr(t, "NewStation on closed air", err, net.ErrClosed)
	})
}

// A Send that gives up leaves its frame in the air. It arrives, and the next Send waits for its end and gets its own
// outcome, not the left one's.
func TestAirCancelSend(t *testing.T) {
	inAir(t, Config{Retries: 1}, func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		wantErr(t, "in flight", from.Send(short, addr(9), []byte("to nobody")), context.DeadlineExceeded)
		wantErr(t, "dead context", from.Send(short, to.Addr(), []byte("never sent")), context.DeadlineExceeded)

		turn, cancel := context.WithTimeout(t.Context(), time.Microsecond)
		defer cancel()
		wantErr(t, "waiting for its turn", from.Send(turn, to.Addr(), []byte("never sent")), context.DeadlineExceeded)

		if err := from.Send(t.Context(), to.Addr(), []byte("mine")); err != nil {
			t.Errorf("next Send: %v, want nil and not the outcome of the frame before", err)
		}
		want := Rate1M.Airtime(9, true, 0) + Rate1M.Airtime(9, true, 1) + Rate1M.Airtime(4, true, 0)
		if got := time.Since(start); got != want {
			t.Errorf("took %v, want %v", got, want)
		}
		if want := (Stats{Sent: 2, Retries: 1, Unacknowledged: 1, Unheard: 1, Airtime: want}); from.Stats() != want {
			t.Errorf("%+v, want %+v", from.Stats(), want)
		}
		mustReceive(t, to, "mine")
	})
}

// An outcome that comes at the very moment of the cancellation is not left for the next Send to find.
func TestAirCancelAtOutcome(t *testing.T) {
	inAir(t, Config{}, func(t *testing.T, a *Air) {
		from, to := newRadioAt(t, a, 1, 250), newRadioAt(t, a, 2, 250)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), Rate1M.Airtime(1, true, 0))
			err := from.Send(ctx, addr(9), []byte("x"))
			if !errors.Is(err, radio.ErrNotAcknowledged) && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("Send: %v", err)
			}
			cancel()
			if err := from.Send(t.Context(), to.Addr(), []byte("y")); err != nil {
				t.Fatalf("next Send: %v", err)
			}
			mustReceive(t, to, "y")
		}
	})
}

// Real time, for the race detector: stations come, talk and go at once.
func TestAirConcurrent(t *testing.T) {
	const stations, frames = 6, 20
	a, err := NewAir(Config{Loss: .1, Duplicate: .1, Reorder: .1, Retries: 7, Rate: Rate54M})
	if err != nil {
		t.Fatal(err)
	}
	var senders, receivers sync.WaitGroup
	var radios []*Radio
	for i := range stations {
		r := newRadioAt(t, a, i, 250)
		radios = append(radios, r)
		receivers.Go(func() {
			for {
				if f, err := r.Receive(context.Background()); err != nil {
					wantErr(t, "Receive", err, net.ErrClosed)
					return
				} else if len(f.Body) != 200 || f.Body[0] != f.Src[5] {
					t.Errorf("received %+v", f)
				}
			}
		})
		for range 2 {
			senders.Go(func() {
				body := make([]byte, 200)
				body[0] = r.Addr()[5]
				for n := range frames {
					dst := espnow.Broadcast
					if n%2 == 0 {
						dst = addr((i + 1) % stations)
					}
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n)*time.Millisecond)
					err := r.Send(ctx, dst, body)
					cancel()
					if err != nil && !errors.Is(err, radio.ErrNotAcknowledged) &&
						!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
						t.Errorf("Send: %v", err)
					}
					r.Stats()
					a.Stats()
				}
			})
		}
	}
	radios[0].Close()
	senders.Wait()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	receivers.Wait()
	if s := a.Stats(); s.Sent == 0 || s.Delivered == 0 {
		t.Errorf("%+v: nothing happened", s)
	}
}
