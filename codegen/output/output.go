// Package output names what an emitter produces, and tells files that enowgen wrote from those that people wrote or changed.
package output

// File is one file of a target.
type File struct {
	Path string // relative to the target's folder, with slashes
	Data []byte
	Once bool // scaffolded: written where there is none, and the user's from then on
}
