//go:build !linux

package main

import "syscall"

// ownGroup is never needed: see checkNeeds.
func ownGroup() *syscall.SysProcAttr { return nil }
