// Package everything has the codecs of everything.yaml.
//
// Every feature of the language. Comments cannot be left: */ int escaped; /* nor ??/ by a trigraph, nor by """ quotes \
// or `.
// A second paragraph, with a word that is far longer than the rest of them and a sentence that has to be wrapped
// because
// it does not fit. */
package everything
