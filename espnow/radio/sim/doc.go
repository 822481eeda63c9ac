// Package sim simulates the air between ESP-NOW radios.
//
// [Medium] is the air itself, without goroutines or a clock of its own: stations send, virtual time advances, events
// come out. All its randomness comes from one seed, so the same seed and the same calls give the same events, to the
// byte. [Air] runs a Medium in real time and gives each station a [radio.Radio].
//
// What is modelled: 14 channels, on each of which one frame is in the air at a time wherever it is heard, for as long as the
// standard says ([Rate.Airtime]); stations that hear frames of their own channel, now and then those of the channels beside it, as loud
// as their distance has it; frame copies lost on each link, independently or in bursts, MAC acknowledgements too; the MAC's
// retries of unicast frames, and its filter for repeats of a frame that had arrived after all; the radio's list of peers,
// its lack of memory, and callbacks that never come; stations whose version of ESP-NOW does not hear long frames; copies
// delivered twice, late, held back or damaged; stations cut off from each other. Somebody else may listen to all frames
// ([Medium.Tap]) and send any ([Medium.Inject]). A broadcast costs time for those who are near and on its channel, a unicast
// frame for none but its two ends, so that tens of thousands of stations fit.
//
// What is not: collisions and hidden stations (whoever asks first has the air about him first), fading, other networks.
package sim
