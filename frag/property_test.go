package frag_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/esp-now-network/esp-now-network/frag"
)

// forAll tests a property of a message of up to maxLength bytes in parts of up to maxSize, with a source of chance.
func forAll(t *testing.T, name string, maxLength, maxSize int,
	property func(message []byte, size int, chance *rand.Rand) error,
) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 200
	properties := gopter.NewProperties(parameters)
	properties.Property(name, prop.ForAll(
		func(length, size int, seed uint64) (string, error) {
			return "", property(content(int(seed%1000), length), size, rand.New(rand.NewPCG(seed, 0)))
		},
		gen.IntRange(0, maxLength), gen.IntRange(1, maxSize), gen.UInt64(),
	))
	properties.TestingRun(t)
}

func shuffled[T any](chance *rand.Rand, items []T) []T {
	items = slices.Clone(items)
	chance.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items
}

// repeated returns parts in which each comes once to three times, in any order.
func repeated(chance *rand.Rand, parts []frag.Part) []frag.Part {
	many := slices.Clone(parts)
	for range 2 {
		for _, part := range parts {
			if chance.IntN(2) == 0 {
				many = append(many, part)
			}
		}
	}
	return shuffled(chance, many)
}

// roundTrip pushes parts in their order until all have come, and checks that the message is there then and not before.
func roundTrip(r *frag.Reassembler, key frag.Key, parts []frag.Part, message []byte) error {
	size := 1
	for _, part := range parts {
		size = max(size, len(part.Data))
	}
	total := max(1, (len(message)+size-1)/size)
	came := make(map[uint32]bool)
	for _, part := range parts {
		came[part.Offset] = true
		whole, done, err := r.Push(0, key, part)
		switch {
		case err != nil:
			return err
		case done != (len(came) == total):
			return fmt.Errorf("done is %v after %d of %d parts", done, len(came), total)
		case done && !bytes.Equal(whole.Data, message):
			return fmt.Errorf("%v came back", whole)
		case done:
			return nil // what is left are repeats, for the caller to keep away
		}
	}
	return errors.New("the message did not come back")
}

// TestEveryOrder tries every order of up to 6 parts, each of them also with every part coming twice.
func TestEveryOrder(t *testing.T) {
	r := newReassembler(t, frag.DefaultLimits())
	for length := range 20 {
		message := content(length, length)
		for size := 1; size <= length+1; size++ {
			parts := cut(t, message, size)
			if len(parts) > 6 {
				continue
			}
			for order := range permutations(parts) {
				if err := roundTrip(r, key, order, message); err != nil {
					t.Fatalf("%d bytes in parts of %d, order %v: %v", length, size, offsets(order), err)
				}
				var twice []frag.Part
				for i, part := range order {
					twice = append(twice, part, part, order[i/2])
				}
				if err := roundTrip(r, key, twice, message); err != nil {
					t.Fatalf("%d bytes in parts of %d, order %v: %v", length, size, offsets(twice), err)
				}
			}
		}
	}
	if err := r.CheckInvariants(); err != nil {
		t.Error(err)
	}
}

func offsets(parts []frag.Part) (offsets []uint32) {
	for _, part := range parts {
		offsets = append(offsets, part.Offset)
	}
	return offsets
}

// permutations yields every order of items, in one slice (Heap's algorithm).
func permutations[T any](items []T) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		items := slices.Clone(items)
		var permute func(n int) bool
		permute = func(n int) bool {
			if n <= 1 {
				return yield(items)
			}
			for i := range n {
				if !permute(n - 1) {
					return false
				}
				j := 0
				if n%2 == 0 {
					j = i
				}
				items[j], items[n-1] = items[n-1], items[j]
			}
			return true
		}
		permute(len(items))
	}
}

func TestAnyOrder(t *testing.T) {
	r := newReassembler(t, frag.DefaultLimits())
	forAll(t, "a message comes back from any order of its parts, with repeats", 3000, 300,
		func(message []byte, size int, chance *rand.Rand) error {
			return roundTrip(r, key, repeated(chance, cut(t, message, size)), message)
		})
}

// TestLeastMemory gives the reassembler no more than MessageBytes says is enough.
func TestLeastMemory(t *testing.T) {
	forAll(t, "a message comes back from any order of its parts in the least memory", 3000, 30,
		func(message []byte, size int, chance *rand.Rand) error {
			parts := cut(t, message, size)
			limits := frag.Limits{
				MaxMessage: max(1, len(message)), MaxParts: len(parts), MaxMessages: 1, SourceMessages: 1, Timeout: time.Second,
			}
			limits.SourceBytes = limits.MessageBytes()
			limits.MaxBytes = limits.SourceBytes
			r := newReassembler(t, limits)
			for _, parts := range [][]frag.Part{parts, repeated(chance, parts), shuffled(chance, parts)} {
				if err := roundTrip(r, key, parts, message); err != nil {
					return err
				}
			}
			return nil
		})
}

func TestMissingPart(t *testing.T) {
	forAll(t, "a message of which a part is missing never comes", 3000, 300,
		func(message []byte, size int, chance *rand.Rand) error {
			parts := cut(t, message, size)
			missing := chance.IntN(len(parts))
			parts = slices.Delete(parts, missing, missing+1)
			r := newReassembler(t, frag.DefaultLimits())
			for range 3 { // all again changes nothing
				for _, part := range repeated(chance, parts) {
					if whole, done, err := r.Push(0, key, part); done || err != nil {
						return fmt.Errorf("without part %d: %v, %v, %w", missing, whole, done, err)
					}
				}
			}
			if got, want := r.Expire(time.Hour), min(1, len(parts)); got != want {
				return fmt.Errorf("%d messages expired, want %d", got, want)
			}
			return nil
		})
}

func TestInterleaved(t *testing.T) {
	limits := frag.DefaultLimits()
	limits.SourceMessages = 2
	r := newReassembler(t, limits)
	forAll(t, "messages of several senders come back however their parts are mixed", 1000, 100,
		func(message []byte, size int, chance *rand.Rand) error {
			type arrival struct {
				key  frag.Key
				part frag.Part
			}
			var arrivals []arrival
			messages := make(map[frag.Key][]byte)
			for source := range uint64(4) {
				for id := range uint16(2) {
					key := frag.Key{Source: source, ID: id}
					messages[key] = content(chance.IntN(1000), chance.IntN(len(message)+1))
					for _, part := range cut(t, messages[key], 1+chance.IntN(size)) {
						arrivals = append(arrivals, arrival{key, part})
					}
				}
			}
			for _, a := range shuffled(chance, arrivals) {
				whole, done, err := r.Push(0, a.key, a.part)
				if err != nil || done && !bytes.Equal(whole.Data, messages[a.key]) {
					return fmt.Errorf("of %v came %v, %w", a.key, whole, err)
				}
				if done {
					delete(messages, a.key)
				}
			}
			if len(messages) > 0 {
				return fmt.Errorf("%d messages did not come back", len(messages))
			}
			return r.CheckInvariants()
		})
}

// TestWrongPart puts one wrong part among the right ones.
func TestWrongPart(t *testing.T) {
	for _, tc := range []struct {
		name  string
		wrong func(parts []frag.Part, chance *rand.Rand) frag.Part
	}{
		{"overlaps", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[chance.IntN(len(parts)-1)]
			part.Offset += 1 + uint32(chance.IntN(len(part.Data)-1))
			return part
		}},
		{"is smaller", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[chance.IntN(len(parts)-1)]
			part.Data = part.Data[:chance.IntN(len(part.Data))]
			return part
		}},
		{"is larger", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[chance.IntN(len(parts)-1)]
			longer := 1 + chance.IntN(len(part.Data)-1) // but not twofold: up to the last part it would make a message
			part.Data = append(slices.Clip(part.Data), content(0, longer)...)
			return part
		}},
		{"is a second end", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[len(parts)-1]
			part.Offset += uint32((1 + chance.IntN(9)) * len(parts[0].Data))
			return part
		}},
		{"follows the end", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[0]
			part.Offset = uint32((len(parts) + chance.IntN(9)) * len(part.Data))
			return part
		}},
		{"takes the end's place", func(parts []frag.Part, _ *rand.Rand) frag.Part {
			part := parts[0]
			part.Offset = parts[len(parts)-1].Offset
			return part
		}},
		{"is other bytes", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			return differing(parts[chance.IntN(len(parts))])
		}},
		{"overruns", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[chance.IntN(len(parts))]
			part.Offset = frag.MaxMessage - uint32(chance.IntN(1000))
			return part
		}},
		{"overruns 32 bits", func(parts []frag.Part, chance *rand.Rand) frag.Part {
			part := parts[chance.IntN(len(parts))]
			part.Offset = -uint32(1 + chance.IntN(len(part.Data)))
			return part
		}},
	} {
		forAll(t, "a part that "+tc.name+" aborts its message, in any order", 1000, 50,
			func(message []byte, size int, chance *rand.Rand) error {
				size++ // a part of 1 byte cannot be smaller, or overlap
				message = append(message, content(1, 2*size)...)
				parts := cut(t, message, size) // at least 2
				wrong := tc.wrong(parts, chance)
				r := newReassembler(t, frag.DefaultLimits())
				aborted := false
				// Before the message is whole, the wrong part must be there, and the one that it may be taken for.
				order := shuffled(chance, parts)
				if end := len(order) - 1; order[end].Offset == wrong.Offset {
					order[0], order[end] = order[end], order[0]
				}
				order = slices.Insert(order, chance.IntN(len(order)), wrong)
				for _, part := range order {
					_, done, err := r.Push(0, key, part)
					switch {
					case done:
						return fmt.Errorf("the message came, with the part at %d of %d bytes", wrong.Offset, len(wrong.Data))
					case errors.Is(err, frag.ErrAborted) != aborted:
						return fmt.Errorf("aborted is %v, but %w", aborted, err)
					}
					aborted = aborted || err != nil
				}
				if !aborted {
					return fmt.Errorf("no error, with the part at %d of %d bytes", wrong.Offset, len(wrong.Data))
				}
				return r.CheckInvariants()
			})
	}
}

// TestMemoryCap pushes parts without any sense and looks at the memory after each.
func TestMemoryCap(t *testing.T) {
	forAll(t, "memory stays within its cap, whatever comes", 1<<16, 1000,
		func(message []byte, size int, chance *rand.Rand) error {
			limits := frag.Limits{
				MaxMessage: 1 + len(message), MaxParts: 1 + chance.IntN(1000),
				MaxMessages: 30, SourceMessages: 10, Timeout: time.Second,
			}
			limits.SourceBytes = limits.MessageBytes() + chance.IntN(100_000)
			limits.MaxBytes = limits.SourceBytes + chance.IntN(100_000)
			r := newReassembler(t, limits)
			for range 200 {
				start := chance.IntN(1 + len(message)/size)
				n := min(size, len(message)-start*size)
				part := frag.Part{Offset: uint32(start * size), Data: message[start*size:][:n], More: chance.IntN(20) > 0}
				_, _, _ = r.Push(0, frag.Key{Source: chance.Uint64N(5), ID: uint16(chance.IntN(12))}, part)
				if got := r.Stats().Bytes; got > limits.MaxBytes {
					return fmt.Errorf("%d bytes held, the limit is %d", got, limits.MaxBytes)
				}
				if err := r.CheckInvariants(); err != nil {
					return err
				}
			}
			return nil
		})
}
