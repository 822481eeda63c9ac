// Package bridge carries the messages of a gateway to an MQTT 5 broker (SPEC.md, section 7):
//
//	/device/<mac>            a node's message, byte for byte, retained where the node says so
//	/device/<mac>/<topic>    the same, under the topic that the node gave it
//	/gateway/<mac>/$status   {"online":true,"since":"2026-11-22T10:00:00.000Z"} or {"online":false}, retained
//
// and with each message the user properties gateway, rssi (dBm), boot, message_id and time (of arrival, RFC 3339, UTC,
// milliseconds). A frame passed through raw has neither boot nor message_id.
//
// The broker may be absent, die, come back or refuse: messages wait in a bounded queue whose oldest give way, and each
// that does is counted. What was sent and not acknowledged when a connection died is held outside that queue and sent
// again, before all else and in order; so at QoS 1 a message arrives at least once, in the order of delivery, or one of
// the counters of [Stats] has it.
//
// A message that its node wants acknowledged is never dropped, and waits without a bound here: the gateway has one for
// those that are not settled. Its node hears of it once the broker has said whether it takes the message.
package bridge
