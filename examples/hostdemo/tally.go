package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// counts are those of one device.
type counts struct {
	kind
	acknowledged map[string]int // messages by name
	arrived      map[string]int // likewise, each message once
	identities   map[string]bool
	duplicates   int
	obeyed       bool
}

// tally compares what devices say is acknowledged with what arrives, and tells the journal of both. It is safe for
// concurrent use.
type tally struct {
	journal  *journal
	wholeLog bool         // prints all of it
	orders   chan<- *kind // of devices that are there and have not got theirs

	mu      sync.Mutex
	devices []*counts
	damaged int
	faults  []faultTotals
	died    string
}

func newTally(j *journal, wholeLog bool, orders chan<- *kind) *tally {
	t := &tally{journal: j, wholeLog: wholeLog, orders: orders}
	for _, k := range kinds {
		t.devices = append(t.devices, &counts{
			kind: k, acknowledged: map[string]int{}, arrived: map[string]int{}, identities: map[string]bool{},
		})
	}
	return t
}

// ended takes that a process ended by itself.
func (t *tally) ended(name, how string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.died == "" {
		t.died = fmt.Sprintf("the process of %s ended by itself (%s)", name, how)
	}
	t.journal.say("%s has ended by itself: %s", name, how)
}

// logged takes a line of a chip's log, whose first letter is its level.
func (t *tally) logged(name, line string) {
	note := t.note(name, line)
	if quiet := strings.HasPrefix(line, "I (") || strings.HasPrefix(line, "D ("); note != "" || t.wholeLog || !quiet {
		t.journal.say("%s: %s%s", name, line, note)
	}
	t.journal.saw(name, line)
}

// note counts what a line tells, and returns what there is to say to it.
func (t *tally) note(name, line string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.devices {
		if d.firmware != name {
			continue
		}
		if m := d.acknowledges.FindStringSubmatch(line); m != nil {
			d.acknowledged[m[1]]++
		}
		if !d.obeyed && strings.Contains(line, d.taken) {
			d.obeyed = true
			return "  <- the order"
		}
	}
	return ""
}

// delivered takes what the broker delivers.
func (t *tally) delivered(p *paho.Publish) {
	if words := t.words(p); words != "" {
		t.journal.say("%s  %s", p.Topic, words)
	}
	t.journal.saw(p.Topic, string(p.Payload))
}

// words counts a message, and returns what it says.
func (t *tally) words(p *paho.Publish) string {
	addr, sub, err := espnow.ParseTopic(p.Topic)
	switch {
	case sub == "$set":
		return "" // our own
	case p.Topic == statsTopic:
		return "" // too long to read along
	case err != nil:
		return string(p.Payload) // a gateway's
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.devices {
		if d.addr != addr {
			continue
		}
		if sub == "$status" {
			if strings.HasPrefix(string(p.Payload), `{"online":true`) && !d.obeyed {
				select {
				case t.orders <- &d.kind:
				default: // the application is away
				}
			}
			return string(p.Payload)
		}
		return t.message(d, string(sub), p)
	}
	t.damaged++
	return "of a device that is none"
}

// message counts a message of a device. A device repeats what may not have arrived, with the boot and the number that the
// message had, which is how an application knows a second copy.
func (t *tally) message(d *counts, topic string, p *paho.Publish) string {
	name, words, err := d.read(topic, p.Payload)
	if err != nil {
		t.damaged++
		return fmt.Sprintf("%d bytes that nobody sent: %v", len(p.Payload), err)
	}
	identity := p.Properties.User.Get("boot") + " " + p.Properties.User.Get("message_id")
	if d.identities[identity] {
		d.duplicates++
		return words + "  (again)"
	}
	d.identities[identity] = true
	d.arrived[name]++
	return words
}

// recovered notes how long a fault was felt.
func (t *tally) recovered(f faultTotals) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, f)
}

// complete reports whether all that was acknowledged has arrived.
func (t *tally) complete() bool { return t.totals().Lost == 0 }

func (t *tally) totals() totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := totals{Damaged: t.damaged, Faults: t.faults, Died: t.died}
	for _, d := range t.devices {
		of := deviceTotals{Addr: d.addr, Firmware: d.firmware, Duplicates: d.duplicates, Obeyed: d.obeyed}
		for _, n := range d.arrived {
			of.Arrived += n
		}
		for message, n := range d.acknowledged {
			of.Acknowledged += n
			of.Lost += max(0, n-d.arrived[message])
		}
		sum.Devices = append(sum.Devices, of)
		sum.Acknowledged += of.Acknowledged
		sum.Arrived += of.Arrived
		sum.Duplicates += of.Duplicates
		sum.Lost += of.Lost
	}
	return sum
}
