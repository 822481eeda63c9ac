package schema

import "strings"

// Name is a name of the spec as it stands there: PascalCase or snake_case. Its methods give the forms that targets use.
type Name string

// words takes a name apart at underscores and where a capital begins a word.
func (n Name) words() []string {
	var words []string
	start := 0
	s := string(n)
	cut := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(s[start:end]))
		}
		start = end
	}
	for i := range len(s) {
		switch {
		case s[i] == '_':
			cut(i)
			start = i + 1
		case upper(s[i]) && i > start && (!upper(s[i-1]) || i+1 < len(s) && lower(s[i+1]) && !plural(s[i+1:])):
			cut(i)
		}
	}
	cut(len(s))
	return words
}

// plural reports whether rest begins with the s of a word in capitals: TLVs.
func plural(rest string) bool { return rest[0] == 's' && (len(rest) == 1 || !lower(rest[1])) }

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }

// Snake returns the form of C members and of JSON: message_id.
func (n Name) Snake() string { return strings.Join(n.words(), "_") }

// Upper returns the form of C constants and of packet types: MESSAGE_ID.
func (n Name) Upper() string { return strings.ToUpper(n.Snake()) }

// initialisms are words that Go writes in capitals.
var initialisms = map[string]string{"id": "ID", "tlv": "TLV", "tlvs": "TLVs", "rssi": "RSSI", "mac": "MAC", "url": "URL", "uuid": "UUID"}

// Pascal returns the form of exported Go names: MessageID.
func (n Name) Pascal() string {
	var b strings.Builder
	for _, w := range n.words() {
		b.WriteString(capital(w))
	}
	return b.String()
}

// Camel returns the form of Go's local names: messageID.
func (n Name) Camel() string {
	var b strings.Builder
	for i, w := range n.words() {
		if i > 0 {
			w = capital(w)
		}
		b.WriteString(w)
	}
	return b.String()
}

func capital(word string) string {
	if s, ok := initialisms[word]; ok {
		return s
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// Lower returns the words without a space between: a Go package or file name.
func (n Name) Lower() string { return strings.Join(n.words(), "") }
