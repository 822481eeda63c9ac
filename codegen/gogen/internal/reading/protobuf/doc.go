// Package protobuf is the reading in Protocol Buffers, to measure the distance from what one would use instead. It is a
// module of its own so that nobody inherits what it needs. reading.pb.go was made by hand with protoc 3.21.12 and
// protoc-gen-go v1.36.12:
//
//	protoc --go_out=. --go_opt=paths=source_relative reading.proto
package protobuf
