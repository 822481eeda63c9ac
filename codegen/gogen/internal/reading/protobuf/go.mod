module github.com/esp-now-network/esp-now-network/codegen/gogen/internal/reading/protobuf

go 1.25.0

require (
	github.com/esp-now-network/esp-now-network v0.0.0
	google.golang.org/protobuf v1.36.12
)

replace github.com/esp-now-network/esp-now-network => ../../../../..
