// Package docgen emits the tables of a spec as Markdown, into a text that people write around them.
package docgen

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

var begin = regexp.MustCompile(`^<!-- enowgen:begin ([a-z]+(?: [A-Za-z0-9]+)?) -->$`)

const (
	end    = "<!-- enowgen:end -->"
	marker = "<!-- enowgen:" // how both begin
)

// Fill replaces what stands between "<!-- enowgen:begin KIND NAME -->" and "<!-- enowgen:end -->" by the table of that
// name; kinds are messages, packets, constants, enum, flags, struct, message and packet. Each table of the spec must have
// its one place. The error holds a line for each fault of text.
func Fill(spec *schema.Spec, text []byte) ([]byte, error) {
	tables := map[string]string{}
	for _, t := range tablesOf(spec) {
		tables[t.key] = t.text
	}
	var out bytes.Buffer
	var faults []error
	within, filled := "", map[string]bool{}
	for i, line := range strings.SplitAfter(string(text), "\n") {
		bare := strings.TrimRight(line, "\r\n")
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("line %d: %s", i+1, fmt.Sprintf(format, args...)))
		}
		m := begin.FindStringSubmatch(bare)
		switch {
		case m != nil:
			key := m[1]
			table, ok := tables[key]
			switch {
			case within != "":
				fault("%q begins before %q ends", key, within)
			case !ok:
				fault("the spec has no table %q", key)
			case filled[key]:
				fault("a second place for %q", key)
			}
			within, filled[key] = key, true
			fmt.Fprintf(&out, "%s\n%s%s\n", bare, table, end)
		case bare == end:
			if within == "" {
				fault("an end without a begin")
			}
			within = ""
		case strings.HasPrefix(bare, marker):
			fault("%q is neither <!-- enowgen:begin KIND NAME --> nor %s", bare, end)
		case within == "":
			out.WriteString(line)
		}
	}
	if within != "" {
		faults = append(faults, fmt.Errorf("%q has no end: add %s", within, end))
	}
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		if !filled[key] {
			faults = append(faults, fmt.Errorf("the text has no place for %q: add %sbegin %s --> and %s", key, marker, key, end))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out.Bytes(), nil
}
