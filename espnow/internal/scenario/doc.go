// Package scenario replays testdata/scenarios (its README tells the format): nodes and gateways on a scripted air, and what
// they must send and tell, to the byte. The machines may be of any language.
package scenario
