// Package reading is a generated codec, for the figures of generated Go beside code written by hand.
package reading

//go:generate go run ../../../cmd/enowgen gen reading.yaml --go .
