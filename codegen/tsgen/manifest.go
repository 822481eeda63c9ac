package tsgen

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// taken are names that Node.js or npm keep for themselves.
var taken = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`
		assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs
		http http2 https inspector module net node_modules os path perf_hooks process punycode querystring readline repl stream
		string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib`) {
		names[name] = true
	}
	return names
}()

// manifest is package.json.
type manifest struct {
	Notice      string            `json:"//"`
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Description string            `json:"description,omitempty"`
	License     string            `json:"license,omitempty"`
	Type        string            `json:"type"`
	SideEffects bool              `json:"sideEffects"`
	Engines     map[string]string `json:"engines"`
	Types       string            `json:"types"`
	Exports     map[string]entry  `json:"exports"`
}

type entry struct {
	Types   string `json:"types"`
	Default string `json:"default"`
}

// manifest returns package.json, whose first line has the notice that no comment can have in JSON.
func (g *generator) manifest() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(manifest{
		Notice: g.Notice(), Name: g.spec.Name, Version: npmVersion(g.spec.Version), Description: summary(g.spec.Doc), License: g.spec.License,
		Type: "module", Engines: map[string]string{"node": ">=18"}, Types: "./index.d.ts",
		Exports: map[string]entry{".": {"./index.d.ts", "./index.js"}},
	})
	if err != nil {
		g.fault("package.json: %w", err)
	}
	return bytes.Replace(b.Bytes(), []byte("{\n  "), []byte("{ "), 1)
}

// summary is the first line of a doc.
func summary(doc string) string {
	line, _, _ := strings.Cut(doc, "\n")
	return line
}

var (
	plainVersion = regexp.MustCompile(`^\d+\.\d+\.\d+(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	versionWord  = regexp.MustCompile(`[0-9A-Za-z]+`)
)

// npmVersion returns a version that npm takes: what the component registry knows beyond semantic versions, such as the
// revision in 1.2.0~1, becomes build metadata.
func npmVersion(version string) string {
	if plainVersion.MatchString(version) {
		return version
	}
	end := strings.IndexAny(version, "-~+")
	return version[:end] + "+" + strings.Join(versionWord.FindAllString(version[end:], -1), ".")
}
