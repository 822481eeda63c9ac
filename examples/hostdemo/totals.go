package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/esp-now-network/esp-now-network/espnow"
)

// deviceTotals are the counts of one device.
type deviceTotals struct {
	Addr         espnow.Addr `json:"addr"`
	Firmware     string      `json:"firmware"`
	Acknowledged int         `json:"acknowledged"` // messages that the device was told so of
	Arrived      int         `json:"arrived"`      // each once, acknowledged or not
	Duplicates   int         `json:"duplicates"`   // that arrived again
	Lost         int         `json:"lost"`         // that were acknowledged and did not arrive
	Obeyed       bool        `json:"obeyed"`       // it got its order
}

// faultTotals are what a fault came to.
type faultTotals struct {
	What       string `json:"what"`
	RecoveryMs int64  `json:"recoveryMs"` // from its end until each device had a message acknowledged
}

// totals are the counts of a run.
type totals struct {
	OK           bool           `json:"ok"`
	Error        string         `json:"error,omitempty"` // what the run lacks to be OK
	Acknowledged int            `json:"acknowledged"`
	Arrived      int            `json:"arrived"`
	Duplicates   int            `json:"duplicates"`
	Lost         int            `json:"lost"`
	Damaged      int            `json:"damaged"` // messages that arrived and nobody sent
	Devices      []deviceTotals `json:"devices"`
	Faults       []faultTotals  `json:"faults"`
	Died         string         `json:"died,omitempty"` // the first process that ended by itself, and how
}

// verdict says what a run lacks to be a success; nil if it is one.
func (t totals) verdict() error {
	for _, d := range t.Devices {
		switch {
		case d.Lost > 0:
			return fmt.Errorf("%d messages of the %s %v were acknowledged and did not arrive", d.Lost, d.Firmware, d.Addr)
		case d.Acknowledged == 0:
			return fmt.Errorf("the %s %v has had no message acknowledged: let it run longer, or lower --loss", d.Firmware, d.Addr)
		case !d.Obeyed:
			return fmt.Errorf("the %s %v has not got its order: let it run longer, or lower --loss", d.Firmware, d.Addr)
		}
	}
	switch {
	case t.Damaged > 0:
		return fmt.Errorf("%d messages arrived that were not what was sent", t.Damaged)
	case t.Died != "":
		return errors.New(t.Died + ": --log shows what it said before")
	}
	return nil
}

func (t totals) print(w io.Writer) {
	fmt.Fprintf(w, "  %-17s  %-8s  %12s  %7s  %10s  %4s  %5s\n", "device", "firmware", "acknowledged", "arrived", "duplicates", "lost", "order")
	for _, d := range t.Devices {
		order := "-"
		if d.Obeyed {
			order = "got"
		}
		fmt.Fprintf(w, "  %-17v  %-8s  %12d  %7d  %10d  %4d  %5s\n", d.Addr, d.Firmware, d.Acknowledged, d.Arrived, d.Duplicates, d.Lost, order)
	}
	fmt.Fprintf(w, "%d messages acknowledged, %d arrived, %d of them again, %d lost\n", t.Acknowledged, t.Arrived, t.Duplicates, t.Lost)
	for _, f := range t.Faults {
		fmt.Fprintf(w, "%s: all devices had a message acknowledged %d ms after it was back\n", f.What, f.RecoveryMs)
	}
}
