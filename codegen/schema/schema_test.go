package schema

import (
	"os"
	"testing"
)

func TestProtocol(t *testing.T) {
	src, err := os.ReadFile("../../espnow/protocol.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := Parse("protocol.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range spec.Packets {
		t.Log(p.Name, p.Type, p.Min, p.Max, CondString(p.Broadcast), len(p.Steps))
	}
}
