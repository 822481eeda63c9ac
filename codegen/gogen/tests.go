package gogen

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/esp-now-network/esp-now-network/codegen/output"
	"github.com/esp-now-network/esp-now-network/codegen/schema"
)

//go:embed templates
var templateFiles embed.FS

// Tests returns a test and a fuzz target for each of the files that Files returns, and may be nothing. They compare the codec
// with a second one, which writes field by field and knows neither steps nor checks.
func Tests(spec *schema.Spec) ([]output.File, error) {
	sources, err := codecs(spec)
	if err != nil {
		return nil, err
	}
	s := &suite{generator: &generator{spec: spec}, given: map[string]bool{}}
	s.templates, err = template.New("").Funcs(template.FuncMap{"generations": generations}).ParseFS(templateFiles, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("go: %w", err)
	}
	var tests []*source
	for _, side := range []struct {
		wanted     bool
		path, tmpl string
		emit       func()
	}{
		{slices.ContainsFunc(spec.Structs, ofPackets) || len(s.Packets()) > 0, "packet_gen_test.go", "packets.go.tmpl", s.packetTests},
		{len(spec.Messages) > 0, "message_gen_test.go", "messages.go.tmpl", s.messageTests},
	} {
		if !side.wanted {
			continue
		}
		s.code.Reset()
		side.emit()
		test, err := s.render(side.path, side.tmpl)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	if err := clashes(append(sources, tests...)); err != nil {
		return nil, err
	}
	return files(tests), nil
}

func ofPackets(s *schema.Struct) bool { return !s.Message }

// suite emits the tests of a spec. Its methods that begin with a capital are for the templates.
type suite struct {
	*generator
	templates *template.Template
	code      strings.Builder // what is not the same for all specs
	given     map[string]bool // templates that were rendered: the files share the helpers
}

// line adds a line of code.
func (s *suite) line(format string, args ...any) { fmt.Fprintf(&s.code, format+"\n", args...) }

// Code returns what is not the same for all specs.
func (s *suite) Code() string { return s.code.String() }

// Packets returns the packets that have a codec.
func (s *suite) Packets() []*schema.Packet {
	return slices.DeleteFunc(slices.Clone(s.spec.Packets), func(p *schema.Packet) bool { return p.Forbidden })
}

// Forbidden returns the packets that have none.
func (s *suite) Forbidden() []*schema.Packet {
	return slices.DeleteFunc(slices.Clone(s.spec.Packets), func(p *schema.Packet) bool { return !p.Forbidden })
}

// Messages returns the messages.
func (s *suite) Messages() []*schema.Message { return s.spec.Messages }

// MessageDecoder returns the name of the type that dispatches by id.
func (s *suite) MessageDecoder() string { return s.messageDecoderName() }

// Flips reports whether messages have bools.
func (s *suite) Flips() bool { return s.messageFields(checked) }

// generations returns how many generations a message has; 0 where there is but one.
func generations(m *schema.Message) int {
	last := 0
	for _, step := range m.Steps {
		if g, ok := step.(*schema.Generation); ok {
			last = g.Since
		}
	}
	return last
}

// testImports are the packages that tests may use.
var testImports = []string{
	"bytes", "encoding/binary", "errors", "math", "math/rand/v2", "reflect", "slices", "strings", "testing",
}

// render returns a file of a template, with the helpers that it needs.
func (s *suite) render(path, tmpl string) (*source, error) {
	var body bytes.Buffer
	add := func(name string) error {
		if s.given[name] {
			return nil
		}
		s.given[name] = true
		if err := s.templates.ExecuteTemplate(&body, name, s); err != nil {
			return fmt.Errorf("go: %w", err)
		}
		return nil
	}
	for _, name := range []string{tmpl, "helpers.go.tmpl"} {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	for _, helper := range []string{"testScaled", "testPart", "extensions", "blob", "text", "presence", "one", "between"} { // those before use those after
		if uses(body.Bytes(), helper) {
			if err := add(helper); err != nil {
				return nil, err
			}
		}
	}
	var file bytes.Buffer
	fmt.Fprintf(&file, "%s\n\npackage %s\n\nimport (\n", s.marker(), s.spec.Go.Package)
	for _, path := range testImports {
		pkg := strings.TrimSuffix(path, "/v2")
		if uses(body.Bytes(), pkg[strings.LastIndex(pkg, "/")+1:]) {
			fmt.Fprintf(&file, "%q\n", path)
		}
	}
	fmt.Fprintf(&file, ")\n\n%s", body.Bytes())
	return newSource(path, file.Bytes())
}

// uses reports whether Go uses a package or a function of that name.
func uses(code []byte, name string) bool {
	return regexp.MustCompile(`\b` + name + `[.(\[]`).Match(code)
}
