package conformance

import (
	"math/rand"
	"strconv"
	"strings"
)

// naming gives names that nothing else has, in the form that no language tells apart.
type naming map[string]bool

func lower(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// fresh takes the next name until one is free, and so is all that is derived from it.
func (n naming) fresh(next func() string, derived func(name string) []string) string {
	for {
		name := next()
		all := append(derived(name), name)
		free := true
		for _, d := range all {
			free = free && !n[lower(d)]
		}
		if !free {
			continue
		}
		for _, d := range all {
			n[lower(d)] = true
		}
		return name
	}
}

// Words that are legal and a trouble to some language: its types, functions, modules and macros, and what emitters call
// their own.
var (
	pascalWords = strings.Fields(`Reading State HTTPServer A B X9 IDs TLVs MACAddress URLPath UUID Io Main Int Uint8 Float64 Byte Nil True Class
		Self Struct Enum Static Void Def Lambda Import Yield None Default Value Kind Name Len Buf Out In Err Result Ok Bool Char
		Max Min EOF NULL Assert Stdint I2C Utf8 Slices Iter Binary Strconv Dict List Set Dataclass Typing Date Promise Symbol Record Buffer`)
	snakeWords = strings.Fields(`a b e f i j k m n p q r s u v w x y z id2 x1 y_2 temperature room_name len cap n2 err e2 b2 p2 buf out value values
		key keys items kind name data body payload result at ends count size index offset flag bit bits tag raw unknown presence presence0
		present tail rest_of math binary strconv utf8 slices iter string byte uint8 int32 float64 rune copy panic error print str dict
		list tuple property object cls bytes dataclass date promise symbol array u8 i16 uint uint_max size_max nan inf infinity main
		index_of memcpy strlen abs round floor url mac_address rssi tlvs uuid http_url has set get zero mode max_size min_size init code
		slice view reader writer to_string value_of has_own_property name_of prototype hash repr eq`)
)

func pick[T any](r *rand.Rand, of []T) T { return of[r.Intn(len(of))] }

// pascalName makes PascalCase of a word or two.
func pascalName(r *rand.Rand) string {
	name := pick(r, pascalWords)
	for r.Intn(2) == 0 && len(name) < 24 {
		name += pick(r, pascalWords)
	}
	if r.Intn(6) == 0 {
		name += strconv.Itoa(r.Intn(100))
	}
	return name
}

// snakeName makes snake_case of a word or two.
func snakeName(r *rand.Rand) string {
	name := pick(r, snakeWords)
	for r.Intn(3) == 0 && len(name) < 24 {
		name += "_" + pick(r, snakeWords)
	}
	return name
}
