# Every check of the project is a step here; `make test` runs them all. A fresh machine needs Go, git, make and bash:
# the step tools installs the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

export PATH := $(CURDIR)/.tools:$(CURDIR)/.tools/npm/node_modules/.bin:$(CURDIR)/.venv/bin:$(PATH):/usr/local/sbin:/usr/sbin

steps := tools gen-check lint go-test conformance fleet numbers host-test size ccore prove-short fuzz-short components idf-build
.PHONY: help test $(steps) gen prove fuzz bench soak pairings size-write host-demo clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

test: ## run every check, C included
	@.ci/steps $(steps)

tools: ## install what the checks need and this machine lacks
	@.ci/tools

gen: ## write all generated files
	go generate ./...

gen-check: ## check that the generated files are what gen writes
	@.ci/gen-check

lint: tools ## format and static analysis of Go, C, Python and JavaScript
	GOLANGCI_LINT_CACHE=$(CURDIR)/.build/lint/golangci-lint golangci-lint run --allow-parallel-runners
	.ci/lint-c
	.ci/lint-python
	.ci/lint-js

# Four packages at a time, since many wait for processes of their own. The generator starts goroutines in its command
# alone, so that the rest of it needs no race detector.
go-test: tools ## Go tests, with the race detector
	export ENOW_REQUIRE_TOOLS=1; plain=$$(go list ./codegen/... | grep -v -e /codegen/cmd/ -e /codegen/conformance); \
	go test -p 4 -shuffle=on -timeout 10m $$plain; \
	go test -p 4 -race -shuffle=on -timeout 10m $$(go list ./... | grep -vxF "$$plain" | grep -v -e /codegen/conformance -e /espnow/fleet)

conformance: tools ## random specs, alike in every language, or ENOW_SPECS=100 ENOW_SEED=1000
	ENOW_REQUIRE_TOOLS=1 go test -shuffle=on -timeout $(or $(TIMEOUT),10m) ./codegen/conformance/...

fleet: tools ## fleets of nodes and gateways through faults, attacks and power cuts, or ENOW_SEEDS=5000 ENOW_SEED=1
	go test -race -short -shuffle=on -timeout 10m ./espnow/fleet
	go test -shuffle=on -timeout 10m ./espnow/fleet -fleet.seeds $(or $(ENOW_SEEDS),1000) -fleet.seed $(or $(ENOW_SEED),1)

soak: tools ## 20,000 seeds of faults, or ENOW_SEEDS=100000 ENOW_SEED=1000
	go test -timeout 12h ./espnow/fleet -run TestFaults -fleet.seeds $(or $(ENOW_SEEDS),20000) -fleet.seed $(or $(ENOW_SEED),1)

numbers: tools ## measure and compare with the limits
	@.ci/numbers

bench: tools ## measure longer, print all figures and name those beyond their limits
	@.ci/bench

host-test: tools ## compile and test the C components, every compiler and standard
	@.ci/host-test

size: tools ## text, memory, stack and instructions of the link in C
	@.ci/size

size-write: tools ## write them to components/enow_link/SIZES.md
	@.ci/size --write

ccore: tools ## hold the link in C against the one in Go
	@.ci/ccore

pairings: tools ## fleets of machines in Go and in C, 1,000 seeds of each pairing, or ENOW_SEEDS=5000 ENOW_SEED=1
	@ENOW_SEEDS=$(or $(ENOW_SEEDS),1000) .ci/ccore

prove-short: tools ## prove that short input to parts of the link in C does nothing undefined
	@.ci/prove 8

prove: tools ## prove it of input of every length, within the bounds of .ci/prove
	@.ci/prove

fuzz-short: tools ## a few seconds of each fuzz target
	@FUZZTIME= .ci/fuzz
	@FUZZTIME= .ci/fuzz-c

fuzz: tools ## a minute of each fuzz target, or FUZZTIME=10m
	@FUZZTIME=$(or $(FUZZTIME),60s) .ci/fuzz
	@FUZZTIME=$(or $(FUZZTIME),60s) .ci/fuzz-c

components: tools ## check and pack the ESP-IDF components
	@.ci/components

idf-build: ## build the firmware examples with the ESP-IDF of IDF_PATH; skipped without one
	@.ci/idf-build

host-demo: ## run the firmware of devices and a gateway on this PC, or ARGS="--for 30s --kill gateway@8s"
	@.ci/tools host-demo
	go run ./examples/hostdemo $(or $(ARGS),--for 20s)

clean: ## remove what was built and installed here
	rm -rf .build .tools .venv examples/consumers/node/node_modules
