// Package docgen emits the tables of a spec as Markdown, into a text that people write around them.
package docgen

import (
	"bytes"
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
// its one place. The error is [schema.Errors], the faults of text, which comes from the file.
func Fill(spec *schema.Spec, file string, text []byte) ([]byte, error) {
	tables := map[string]string{}
	for _, t := range tablesOf(spec) {
		tables[t.key] = t.text
	}
	var out bytes.Buffer
	var faults schema.Errors
	within, begun, places := "", 0, map[string]int{} // lines, from 1
	lines := strings.SplitAfter(string(text), "\n")
	fault := func(line int, what, why, do string) {
		faults = append(faults, &schema.Error{File: file, Line: line, Col: 1, What: what, Why: why, Do: do})
	}
	for i, line := range lines {
		number := i + 1
		bare := strings.TrimRight(line, "\r\n")
		m := begin.FindStringSubmatch(bare)
		switch {
		case m != nil:
			key := m[1]
			table, ok := tables[key]
			switch {
			case within != "":
				fault(number, fmt.Sprintf("%q begins within %q", key, within), fmt.Sprintf("line %d has no end", begun), "add "+end+" before it")
			case !ok:
				known := slices.Sorted(maps.Keys(tables))
				fault(number, fmt.Sprintf("a place for %q", key), "the spec has no such table",
					schema.Closest(key, known, "it has "+strings.Join(known, ", ")))
			case places[key] > 0:
				fault(number, fmt.Sprintf("a second place for %q", key), fmt.Sprintf("line %d has one", places[key]), "remove one")
			}
			within, begun, places[key] = key, number, number
			fmt.Fprintf(&out, "%s\n%s%s\n", bare, table, end)
		case bare == end:
			if within == "" {
				fault(number, "an end without a begin", "", "remove it")
			}
			within = ""
		case strings.HasPrefix(bare, marker):
			fault(number, fmt.Sprintf("an unknown mark %q", bare), "", "write "+marker+"begin KIND NAME --> or "+end)
		case within == "":
			out.WriteString(line)
		}
	}
	if within != "" {
		fault(begun, fmt.Sprintf("%q has no end", within), "", "add "+end)
	}
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		if places[key] == 0 {
			fault(len(lines), fmt.Sprintf("no place for %q", key), "each table has one", fmt.Sprintf("add %sbegin %s --> and %s", marker, key, end))
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out.Bytes(), nil
}
