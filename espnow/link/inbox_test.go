package link

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// tray is an inbox with one sender, and the time.
type tray struct {
	t testing.TB
	*inbox
	from sender
	now  time.Duration
}

func newTray(t testing.TB, set func(*frag.Limits)) *tray {
	t.Helper()
	limits := frag.DefaultLimits()
	if set != nil {
		set(&limits)
	}
	b, err := newInbox(limits)
	if err != nil {
		t.Fatal(err)
	}
	return &tray{t: t, inbox: b, from: b.newSender(1)}
}

// took is an arrival in words: what came, what is answered, why it was dropped.
type took struct {
	whole  string
	retain bool
	waits  bool // for accept or refuse
	answer string
	drop   espnow.DropReason
}

func (b *tray) takes(flags espnow.PublishFlags, id uint16, offset uint32, data string) took {
	a := b.push(b.now, &b.from, &espnow.Publish{Flags: flags, MessageID: id, Offset: offset, Data: []byte(data)})
	got := took{whole: string(a.whole), retain: a.retain, waits: a.receipt != (Receipt{}), drop: a.drop}
	if a.answer {
		got.answer = words(a.ack)
	}
	if got.waits && a.receipt != (Receipt{b.from.source, id}) {
		b.t.Errorf("%+v is the receipt of message %d of %d", a.receipt, id, b.from.source)
	}
	return got
}

func words(a frag.Ack) string { return fmt.Sprintf("%v %d %b", a.Status, a.Received, a.Bitmap) }

func (b *tray) wants(name string, got, want took) {
	b.t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(took{})); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

const (
	ack      = espnow.PublishAck
	firstOf  = espnow.PublishFragment | espnow.PublishMore
	lastOf   = espnow.PublishFragment
	complete = "complete 0 0"
	refused  = "refused 0 0"
)

// A message that nobody acknowledges is done with when it is given out.
func TestInboxUnacknowledged(t *testing.T) {
	b := newTray(t, func(l *frag.Limits) { l.MaxMessage = 4 })
	b.wants("whole", b.takes(espnow.PublishRetain, 7, 0, "abcd"), took{whole: "abcd", retain: true})
	b.wants("again", b.takes(0, 7, 0, "abcd"), took{drop: espnow.DropReasonDuplicate})
	b.wants("again, and it asks now", b.takes(ack, 7, 0, "abcd"), took{drop: espnow.DropReasonDuplicate, answer: complete})
	b.wants("a byte too long", b.takes(0, 8, 0, "abcde"), took{drop: espnow.DropReasonTooLarge})
	b.wants("which leaves no trace", b.takes(0, 8, 0, "efgh"), took{whole: "efgh"})
	b.wants("64 later", b.takes(0, 72, 0, "x"), took{whole: "x"})
	b.wants("fallen out of the window", b.takes(0, 8, 0, "efgh"), took{drop: espnow.DropReasonOldMessage})
	b.wants("which nobody can tell", b.takes(ack, 8, 0, "efgh"), took{drop: espnow.DropReasonOldMessage, answer: refused})
	b.wants("the last of the window", b.takes(0, 9, 0, "y"), took{whole: "y"})

	b.wants("the first of two", b.takes(firstOf, 73, 0, "ab"), took{})
	b.wants("the second", b.takes(lastOf, 73, 2, "cd"), took{whole: "abcd", waits: true})
	if final, asked, ok := b.accept(&b.from, 73); asked || !ok || final.Status != frag.StatusComplete {
		t.Errorf("%+v, asked %v, %v", final, asked, ok)
	}
	b.wants("a part of it", b.takes(firstOf, 73, 0, "ab"), took{drop: espnow.DropReasonDuplicate})
	if got := b.parts.Stats(); got.Partial+got.Delivered+got.Aborted != 0 {
		t.Errorf("%+v is kept", got)
	}
}

// A message that asks is given out once and then waits, for as long as it takes; its sender learns what became of it.
func TestInboxAcknowledged(t *testing.T) {
	for name, end := range map[string]struct {
		end    func(*tray) (frag.Ack, bool, bool)
		status frag.Status
		after  string
	}{
		"accepted": {func(b *tray) (frag.Ack, bool, bool) { return b.accept(&b.from, 5) }, frag.StatusComplete, complete},
		"refused":  {func(b *tray) (frag.Ack, bool, bool) { return b.refuse(b.now, &b.from, 5) }, frag.StatusRefused, refused},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTray(t, nil)
			if _, asked, ok := end.end(b); asked || ok {
				t.Error("before it came")
			}
			b.wants("the first half", b.takes(firstOf|ack|espnow.PublishRetain, 5, 0, "ab"), took{answer: "partial 2 0"})
			b.wants("the second", b.takes(lastOf, 5, 2, "c"), took{whole: "abc", retain: true, waits: true})
			b.wants("again", b.takes(lastOf|ack, 5, 2, "c"), took{answer: "partial 3 0"})
			b.now += 10 * time.Minute
			b.parts.Expire(b.now)
			b.parts.Forget(b.from.source) // as another session does
			b.wants("in parts of another size", b.takes(ack, 5, 0, "abc"), took{answer: "partial 3 0"})
			final, asked, ok := end.end(b)
			if final.Status != end.status || !asked || !ok {
				t.Errorf("%+v, asked %v, %v", final, asked, ok)
			}
			if _, asked, ok := end.end(b); asked || ok {
				t.Error("twice")
			}
			b.wants("its answer was lost", b.takes(lastOf|ack, 5, 2, "c"), took{answer: end.after, drop: espnow.DropReasonDuplicate})
			b.now += 10 * time.Minute
			b.parts.Expire(b.now)
			b.parts.Forget(b.from.source)
			b.wants("and again in another session", b.takes(ack, 5, 0, "abc"), took{answer: end.after, drop: espnow.DropReasonDuplicate})
			b.wants("without a question", b.takes(0, 5, 0, "abc"), took{drop: espnow.DropReasonDuplicate})
		})
	}
}

// Two senders share an id; two boots of one sender do too.
func TestInboxSenders(t *testing.T) {
	b := newTray(t, nil)
	first := b.from
	b.wants("of the first", b.takes(ack, 5, 0, "a"), took{whole: "a", waits: true, answer: "partial 1 0"})
	b.from = b.newSender(2)
	if b.from.source == first.source || b.from.boot != 2 || b.from.source&sessionSource == 0 {
		t.Errorf("%+v after %+v", b.from, first)
	}
	b.wants("of the second", b.takes(ack, 5, 0, "b"), took{whole: "b", waits: true, answer: "partial 1 0"})
	if _, _, ok := b.accept(&first, 5); !ok {
		t.Error("the first does not wait")
	}
	b.wants("the second waits still", b.takes(ack, 5, 0, "b"), took{answer: "partial 1 0"})
	b.from = first
	b.wants("the first is done with", b.takes(ack, 5, 0, "a"), took{answer: complete, drop: espnow.DropReasonDuplicate})
}

// Each way in which a part is refused, its counter and what its sender is told.
func TestInboxRefuses(t *testing.T) {
	b := newTray(t, func(l *frag.Limits) {
		l.MaxMessage, l.MaxParts, l.MaxMessages, l.SourceMessages = 8, 3, 2, 2
		l.SourceBytes = l.MessageBytes()
		l.MaxBytes = l.SourceBytes
	})
	b.wants("as long as can be", b.takes(ack, 1, 0, "12345678"), took{whole: "12345678", waits: true, answer: "partial 8 0"})
	b.accept(&b.from, 1)
	b.wants("a byte more", b.takes(ack, 2, 0, "123456789"), took{answer: "too large 0 0", drop: espnow.DropReasonTooLarge})
	b.wants("three parts: the end", b.takes(lastOf|ack, 3, 4, "5"), took{answer: "partial 0 0"})
	b.wants("three parts: the middle", b.takes(firstOf|ack, 3, 2, "34"), took{answer: "partial 0 11"})
	b.wants("three parts: the start", b.takes(firstOf|ack, 3, 0, "12"), took{whole: "12345", waits: true, answer: "partial 5 0"})
	b.accept(&b.from, 3)
	b.wants("four", b.takes(lastOf|ack, 4, 3, "4"), took{answer: "partial 0 0"})
	b.wants("four: a part", b.takes(firstOf|ack, 4, 0, "1"), took{answer: "too large 0 0", drop: espnow.DropReasonTooLarge})
	b.wants("four: another", b.takes(firstOf|ack, 4, 1, "2"), took{answer: "too large 0 0", drop: espnow.DropReasonBadFragment})
	b.wants("an empty part", b.takes(firstOf|ack, 5, 0, ""), took{answer: refused, drop: espnow.DropReasonBadFragment})
	b.wants("two wait", b.takes(ack, 6, 0, "6"), took{whole: "6", waits: true, answer: "partial 1 0"})
	b.wants("two wait", b.takes(ack, 7, 0, "7"), took{whole: "7", waits: true, answer: "partial 1 0"})
	b.wants("a third", b.takes(ack, 8, 0, "8"), took{answer: "busy 0 0", drop: espnow.DropReasonNoRoom})
	b.accept(&b.from, 6)
	b.wants("the third, later", b.takes(firstOf|ack, 8, 0, "8"), took{answer: "partial 1 0"})
	b.now += time.Minute
	b.wants("given up meanwhile", b.takes(lastOf|ack, 8, 1, "8"), took{answer: "restart 0 0", drop: espnow.DropReasonBadFragment})
	b.wants("it begins again", b.takes(firstOf|ack, 8, 0, "8"), took{answer: "partial 1 0"})

	if _, err := newInbox(frag.Limits{}); err == nil || !strings.Contains(err.Error(), "MaxMessage") {
		t.Errorf("an inbox without limits: %v", err)
	}
}
