//go:build !linux

package main

import "syscall"

// Neither is ever needed: see checkNeeds.
func ownGroup() *syscall.SysProcAttr { return nil }

func lock(string) (func(), error) { return nil, errNotLinux }
