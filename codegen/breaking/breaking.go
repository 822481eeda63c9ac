// Package breaking tells what of a spec breaks devices, readers or programs that were made from an older version of it.
//
// Messages live long: payloads of old devices reach new readers, and those of new devices old readers. Both must go on
// being understood, so nearly nothing may change but what is added at the end, with a since. Readers of messages check
// neither ranges nor whether a value has a name, those of packets do; so a packet may change even less. Text for people
// may always change.
package breaking

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// Break is one break of a rule.
type Break struct {
	Rule *Rule
	At   schema.Pos // in the new spec: of what broke, or of what should hold it
	What string
}

// Fault is the break as one of the new spec, which is in file.
func (b Break) Fault(file string) *schema.Error {
	return &schema.Error{File: file, Line: b.At.Line, Col: b.At.Col, What: b.Rule.Name + ": " + b.What, Why: b.Rule.Why, Do: b.Rule.Do}
}

// Compare returns what of now breaks what old promised, in the order of the new spec.
func Compare(old, now *schema.Spec) []Break {
	c := &comparer{old: old, now: now}
	c.packages()
	c.constants()
	c.enums()
	c.flags()
	c.structs()
	c.messages()
	c.packets()
	slices.SortStableFunc(c.breaks, func(a, b Break) int {
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Col, b.At.Col))
	})
	return c.breaks
}

// top is where a break is that has no better place: what broke is gone.
var top = schema.Pos{Line: 1, Col: 1}

type comparer struct {
	old, now *schema.Spec
	breaks   []Break
}

func (c *comparer) add(r *Rule, at schema.Pos, format string, args ...any) {
	c.breaks = append(c.breaks, Break{r, at, fmt.Sprintf(format, args...)})
}

// was ends a message about what is gone: where it stood.
func was(at schema.Pos) string { return fmt.Sprintf("(line %d of the old spec)", at.Line) }

// named returns the first of the list that has the name, the zero value where none has.
func named[T any](list []T, name schema.Name, nameOf func(T) schema.Name) (found T) {
	for _, v := range list {
		if nameOf(v) == name {
			return v
		}
	}
	return found
}
