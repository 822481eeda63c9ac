// Package conformance holds tests that compare the emitters with each other, and all of them with a reference codec that
// shares nothing with them: it follows the declarations of a spec, not the steps that emitters are given.
//
// What they prove, for random specs of every feature, messages and packets, with awkward names and texts:
//
//   - A valid spec lints, is generated twice to the same bytes, and compiles: Go (vet), gcc, clang, C++, mypy --strict,
//     tsc --strict.
//   - Every language decodes random payloads to the same values, encodes them to the same bytes, and refuses the same ones
//     with the same error: what is too long, cut short, unknown or changed. Scaled values are alike to the bit.
//   - A spec and the same before it grew read each other: fields of both are alike, those added later have their defaults.
//   - A broken spec gives faults, each with a place in the text, and where it was broken for sure one at that place.
//
// The reference codec itself is held to the vectors that were calculated by hand, in testdata.
//
// A run is the same each time. ENOW_SPECS, ENOW_SEED and ENOW_BROKEN make more and other specs; a failure says how to make
// its spec again, and leaves it with its vectors and the code in .build/conformance.
package conformance
