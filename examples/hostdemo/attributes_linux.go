package main

import "syscall"

// ownGroup keeps what the terminal sends, such as Ctrl-C, from the processes, which end in their order; they die with this
// one.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
