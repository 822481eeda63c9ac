// Package ccore binds the link in C (components/enow_link) for tests that hold it against the one in Go. It is empty
// without the build tag enow_ccore, and then nothing here needs a C compiler.
//
// It links the library that .ci/ccore builds; `make ccore` does both. Go sees no change of the library, so its sum is
// among the flags.
package ccore
