package link

import (
	"errors"
	"time"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/frag"
)

// sender is what a receiver remembers of one peer between two of the peer's starts.
type sender struct {
	source uint64 // names it in the inbox, and no other
	boot   uint32
	done   idWindow
}

// inbox takes the messages of peers with sessions. It remembers what is under way; what is done with stands in the window
// of each sender.
//
// Invariants: a message is given out once for each (sender, id); it is done with once somebody has taken responsibility,
// or has said that nobody ever will, and no sooner.
type inbox struct {
	parts      *frag.Receiver
	maxMessage int
	sources    uint64 // of sender that were given
	arrival    arrival
}

// sessionSource sets the sources of peers with sessions apart from those that are addresses.
const sessionSource = 1 << 63

func newInbox(limits frag.Limits) (*inbox, error) {
	parts, err := frag.NewReceiver(limits)
	if err != nil {
		return nil, err
	}
	return &inbox{parts: parts, maxMessage: limits.MaxMessage}, nil
}

// arrival is what one PUBLISH did.
type arrival struct {
	whole   []byte // the message, until the inbox is used again; nil: there is none yet
	retain  bool
	receipt Receipt // of whole: it waits for accept or refuse; zero: it is done with

	answer bool // ack is to be sent
	ack    frag.Ack
	drop   espnow.DropReason // why the part was dropped; 0: it was not
}

// push takes one PUBLISH of a sender. What it returns is valid until the next call: it is too large to be copied for each
// part.
func (b *inbox) push(now time.Duration, s *sender, p *espnow.Publish) *arrival {
	a := &b.arrival
	*a = arrival{answer: p.Flags&espnow.PublishAck != 0}
	switch s.done.of(p.MessageID) {
	case idDone:
		a.drop, a.ack.Status = espnow.DropReasonDuplicate, frag.StatusComplete
		return a
	case idRefused:
		a.drop, a.ack.Status = espnow.DropReasonDuplicate, frag.StatusRefused
		return a
	case idOld:
		a.drop, a.ack.Status = espnow.DropReasonOldMessage, frag.StatusRefused
		return a
	}
	retain := p.Flags&espnow.PublishRetain != 0
	if !a.answer && p.Flags&espnow.PublishFragment == 0 { // nobody asks for responsibility: it is taken here
		if len(p.Data) > b.maxMessage {
			a.drop = espnow.DropReasonTooLarge
			return a
		}
		s.done.mark(p.MessageID)
		a.whole, a.retain = p.Data, retain
		return a
	}
	key := frag.Key{Source: s.source, ID: p.MessageID}
	part := frag.Part{Offset: p.Offset, Data: p.Data, More: p.Flags&espnow.PublishMore != 0, Mark: retain}
	whole, done, ack, err := b.parts.Push(now, key, part, a.answer)
	a.ack = ack
	switch {
	case err != nil:
		a.drop = fragmentReason(err)
	case done:
		a.whole, a.retain, a.receipt = whole.Data, whole.Mark, Receipt{key.Source, key.ID}
	}
	return a
}

// accept says that somebody has taken responsibility for a message of a sender. It returns the final answer and whether
// the sender awaits one; ok is false if no such message waits.
func (b *inbox) accept(s *sender, id uint16) (ack frag.Ack, asked, ok bool) {
	key := frag.Key{Source: s.source, ID: id}
	asked = b.parts.Asked(key)
	if ack, ok = b.parts.Accept(key); ok {
		s.done.mark(id)
	}
	return ack, asked, ok
}

// refuse says that nobody ever takes responsibility for a message. It returns the final answer as accept does.
func (b *inbox) refuse(now time.Duration, s *sender, id uint16) (ack frag.Ack, asked, ok bool) {
	key := frag.Key{Source: s.source, ID: id}
	asked = b.parts.Asked(key)
	if ack, ok = b.parts.Refuse(now, key); ok {
		s.done.refuse(id)
	}
	return ack, asked, ok
}

// newSender begins the memory of a peer's boot.
func (b *inbox) newSender(boot uint32) sender {
	b.sources++
	return sender{source: sessionSource | b.sources, boot: boot}
}

func fragmentReason(err error) espnow.DropReason {
	switch {
	case errors.Is(err, frag.ErrFull):
		return espnow.DropReasonNoRoom
	case errors.Is(err, frag.ErrAborted): // which wraps its reason too, that of an earlier part
		return espnow.DropReasonBadFragment
	case errors.Is(err, frag.ErrTooLarge), errors.Is(err, frag.ErrTooManyParts):
		return espnow.DropReasonTooLarge
	}
	return espnow.DropReasonBadFragment
}
