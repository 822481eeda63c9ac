// Package machine binds the node and the gateway in C (components/enow_link) for tests: scenarios replay through them, and
// fleets have them beside those in Go, or both at once as twins. It is empty without the build tag enow_ccore, and then
// nothing here needs a C compiler. .ci/ccore builds what it links.
package machine
