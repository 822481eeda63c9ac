package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

// TestStarterUncommented takes the # off what the starter offers: it must be right as it stands.
func TestStarterUncommented(t *testing.T) {
	files, err := starterFiles("demo", false)
	if err != nil {
		t.Fatal(err)
	}
	offered := regexp.MustCompile(`(?m)^( *)# ( *- |(?:structs|reserved):| +(?:fields):)`)
	text := offered.ReplaceAllString(string(files[0].data), "$1$2")
	spec, err := schema.Parse("demo.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	reading, trouble := spec.Messages[0].Fields, spec.Messages[1].Fields
	if len(spec.Structs) != 1 || len(spec.Reserved.IDs) != 1 || reading[len(reading)-1].Since != 2 ||
		trouble[len(trouble)-1].Type.Kind != schema.Union || strings.Contains(text, "# -") {
		t.Error("not all that is offered was taken")
	}
}
