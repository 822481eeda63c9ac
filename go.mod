module github.com/esp-now-network/esp-now-network

go 1.25.0

require (
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/leanovate/gopter v0.2.11 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
