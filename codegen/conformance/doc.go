// Package conformance holds the tests that compare the emitters with each other, and all of them with a codec that
// follows the spec's declarations and shares nothing with them.
//
// Random specs that are valid must lint, generate twice to the same bytes, compile in every language, and decode and
// encode random payloads alike: see TestSpecs. Random specs that are broken must yield faults with places: see TestBroken.
package conformance
