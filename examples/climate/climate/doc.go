// Package climate has the codecs of climate.yaml.
//
// What a room's sensor says.
package climate
