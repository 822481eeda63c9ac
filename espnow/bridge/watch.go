package bridge

import (
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
)

// watch follows the connection: it says when to try again and logs what changed, and only what changed. Its methods are
// called by autopaho's one goroutine.
type watch struct {
	log    *slog.Logger
	delay  autopaho.Backoff
	steady time.Duration // a connection that lasted this long starts the back-off anew

	state    string // last one logged
	attempts int    // since the last steady connection
	since    time.Time
}

func newWatch(cfg Config, server *url.URL) *watch {
	first := min(2*cfg.BackoffMin, cfg.BackoffMax) // the longest second wait; it doubles from there
	return &watch{
		log:    cfg.Logger.With("broker", server.String()),
		delay:  autopaho.NewExponentialBackoff(cfg.BackoffMin, cfg.BackoffMax, first, 2),
		steady: cfg.BackoffMax,
	}
}

// backoff is the wait before the next attempt. It does not use autopaho's count of attempts, which starts again with
// each connection: a broker that accepts and hangs up at once would be called without a pause.
func (w *watch) backoff(int) time.Duration {
	d := w.delay(w.attempts)
	w.attempts++
	return d
}

func (w *watch) up() {
	w.since = time.Now()
	w.state = "up"
	w.log.Info("connected to the broker")
}

func (w *watch) down(end reason) {
	if time.Since(w.since) >= w.steady {
		w.attempts = 0
	}
	w.state = "down"
	if end == 0 {
		w.log.Warn("lost the broker; messages are kept")
	} else {
		w.log.Warn("the broker ended the connection; messages are kept", "reason", end)
	}
}

func (w *watch) failed(err error) {
	var refusal *autopaho.ConnackError
	if errors.As(err, &refusal) && reason(refusal.ReasonCode).refused() {
		r := reason(refusal.ReasonCode)
		if w.state != r.String() {
			w.state = r.String()
			w.log.Warn("the broker refuses the connection; messages are kept", "reason", r)
		}
		return
	}
	if w.state != "down" {
		w.state = "down"
		w.log.Warn("cannot reach the broker; messages are kept", "error", err)
	}
}
