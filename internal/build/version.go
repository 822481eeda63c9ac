// Package build knows of which build a command is.
package build

import "runtime/debug"

// Version is that of the module, and of Go.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version + " " + info.GoVersion
}
