module github.com/esp-now-network/esp-now-network

go 1.25.0
