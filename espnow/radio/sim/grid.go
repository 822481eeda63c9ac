package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// grid finds the stations that may hear a frame without asking all others: it keeps them by channel and by the square of
// the plane where they are, which is as wide as frames are heard. It also knows when the air of each square is free: a
// frame takes that of its own and of those around, so that what is far enough away is sent at the same time.
type grid struct {
	reach float64 // metres
	cells map[cell][]*Station
	free  map[cell]time.Duration // where it is not known: always
	found []*Station             // by the last search; its memory is used again
}

type cell struct {
	channel uint8
	x, y    int64
}

func newGrid(p Path, stations []*Station) grid {
	g := grid{reach: p.reach(), cells: make(map[cell][]*Station), free: make(map[cell]time.Duration)}
	for _, s := range stations {
		g.add(s)
	}
	return g
}

func (g *grid) cell(channel uint8, p place) cell {
	return cell{channel, int64(math.Floor(p.x / g.reach)), int64(math.Floor(p.y / g.reach))}
}

func (g *grid) add(s *Station) {
	s.cell = g.cell(s.channel, s.place)
	s.slot = len(g.cells[s.cell])
	g.cells[s.cell] = append(g.cells[s.cell], s)
}

func (g *grid) remove(s *Station) {
	in := g.cells[s.cell]
	last := len(in) - 1
	in[s.slot] = in[last]
	in[s.slot].slot = s.slot
	in[last] = nil
	if last == 0 {
		delete(g.cells, s.cell)
		return
	}
	g.cells[s.cell] = in[:last]
}

// moved finds the cell of a station that was tuned or moved.
func (g *grid) moved(s *Station) {
	if g.cell(s.channel, s.place) != s.cell {
		g.remove(s)
		g.add(s)
	}
}

// occupy takes the air about a station for a frame, as soon as it is free after now, and returns when the frame ends.
func (g *grid) occupy(channel uint8, p place, now, airtime time.Duration) time.Duration {
	start := now
	center := g.cell(channel, p)
	for x := center.x - 1; x <= center.x+1; x++ {
		for y := center.y - 1; y <= center.y+1; y++ {
			start = max(start, g.free[cell{channel, x, y}])
		}
	}
	for x := center.x - 1; x <= center.x+1; x++ {
		for y := center.y - 1; y <= center.y+1; y++ {
			g.free[cell{channel, x, y}] = start + airtime
		}
	}
	return start + airtime
}

// around finds the stations within reach of a place, and some that are not, on a channel and on so many at each side of
// it: in the order in which they came on the air, so that what is drawn for them does not depend on the grid. They are
// valid until the next search.
func (g *grid) around(channel uint8, p place, beside uint8) []*Station {
	g.found = g.found[:0]
	center := g.cell(channel, p)
	for c := max(channel, beside+1) - beside; c <= min(channel+beside, channels); c++ {
		for x := center.x - 1; x <= center.x+1; x++ {
			for y := center.y - 1; y <= center.y+1; y++ {
				g.found = append(g.found, g.cells[cell{c, x, y}]...)
			}
		}
	}
	slices.SortFunc(g.found, func(a, b *Station) int { return cmp.Compare(a.number, b.number) })
	return g.found
}
