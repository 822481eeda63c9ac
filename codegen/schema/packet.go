package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// parsePacket reads a packet. types are the lines of the types given so far.
func (p *parser) parsePacket(n *yaml.Node, types map[uint8]int) {
	o := p.object(n, packetObject)
	if o == nil {
		return
	}
	k := &Packet{At: o.pos(), Name: o.name(), Doc: o.text("doc"), Forbidden: o.flag("forbidden"), Type: o.packetType(types)}
	p.spec.Packets = append(p.spec.Packets, k)
	own := p.named
	if !o.claim(p.named, "", k.Name) {
		own = names{} // what is wrong with the packet's name is no fault of its flags
	}
	o.claim(own, "Type", k.Name)
	if k.Forbidden {
		for _, key := range []string{"direction", "broadcast", "flags", "fields"} {
			if o.has(key) {
				o.nodeFault(o.keys[key], key+" of a forbidden packet", "it is never sent", "remove it")
			}
		}
		return
	}
	k.Flags = p.parseFlags(o, own, k.Name)
	k.Up, k.Down = o.direction()
	k.Body = p.parseBody(n, owner{k.Name, "a packet", &use{side: forPackets}}, o.list("fields"), k.Flags)
	k.Broadcast = o.broadcast(k.Flags)
	if k.Min > MaxPacketBody {
		o.nodeFault(n, fmt.Sprintf("a packet of %d bytes at least", k.Min), fmt.Sprintf("a frame has room for %d", MaxPacketBody), "shorten it")
	}
}

func (o *object) packetType(given map[uint8]int) uint8 {
	const none = -1
	t := o.small("type", 0, 15, none)
	if t == none {
		return 0
	}
	if line, taken := given[uint8(t)]; taken {
		o.nodeFault(o.values["type"], fmt.Sprintf("type %d again", t), fmt.Sprintf("line %d has it", line), "choose another")
	}
	given[uint8(t)] = o.values["type"].Line
	return uint8(t)
}

var directions = []string{"up", "down", "both"}

func (o *object) direction() (up, down bool) {
	o.require("direction")
	switch d := o.word("direction"); d {
	case "up":
		return true, false
	case "down":
		return false, true
	case "both":
		return true, true
	case "":
	default:
		o.nodeFault(o.values["direction"], "direction "+quote(d), "", Closest(d, directions, "write up (node to gateway), down or both"))
	}
	return false, false
}

// broadcast reads true, false or a condition on flags.
func (o *object) broadcast(flags []*Flag) Cond {
	v := o.values["broadcast"]
	switch {
	case v == nil:
		return nil
	case v.Tag != "!!bool":
		return o.cond(v, scope{flags: flags})
	case o.flag("broadcast"):
		return Always
	}
	return nil
}

// parseFlags reads the flags of the packet of that name; given are the names that generated code has so far.
func (p *parser) parseFlags(o *object, given names, packet Name) []*Flag {
	var flags []*Flag
	if o.has("flags") {
		o.claim(given, packet, "Flags")
	}
	objects := map[*Flag]*object{}
	bits := map[int]int{}
	for _, n := range o.list("flags") {
		f := p.object(n, flagObject)
		if f == nil {
			continue
		}
		flag := &Flag{At: f.pos(), Name: f.name(), Doc: f.text("doc")}
		f.claim(given, packet, flag.Name)
		flags = append(flags, flag)
		objects[flag] = f
		flag.Bit = f.bit(bits, maxFlags)
	}
	for _, flag := range flags {
		objects[flag].requires(flag, flags)
	}
	return flags
}

func (o *object) requires(flag *Flag, flags []*Flag) {
	name := o.word("requires")
	if name == "" {
		return
	}
	var others []string
	for _, f := range flags {
		if f == flag {
			continue
		}
		if string(f.Name) == name {
			flag.Requires = f
			return
		}
		others = append(others, string(f.Name))
	}
	o.nodeFault(o.values["requires"], quote(name)+" is no other flag of the packet", "", Closest(name, others, "there are "+listed(others)))
}
