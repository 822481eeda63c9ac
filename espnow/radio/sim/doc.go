// Package sim simulates the air between ESP-NOW radios.
//
// [Medium] is the air itself, without goroutines or a clock of its own: stations send, virtual time advances, events
// come out. All its randomness comes from one seed, so the same seed and the same calls give the same events, to the
// byte. [Air] runs a Medium in real time and gives each station a [radio.Radio].
//
// What is modelled: one channel, on which everybody hears everybody at -50 dBm; one frame in the air at a time, for as
// long as the standard says ([Rate.Airtime]); frame copies lost on each link independently, MAC acknowledgements too;
// the MAC's retries of unicast frames, and its filter for repeats of a frame that had arrived after all; stations whose
// version of ESP-NOW does not hear long frames; copies delivered twice or held back.
//
// What is not: collisions (whoever asks first has the air first), distance, fading, other channels.
package sim
