package bridge

import (
	"fmt"
	"strings"

	"github.com/eclipse/paho.golang/packets"
)

// reason is a reason code of MQTT 5.0 (section 2.4); 0x80 and above are refusals.
type reason byte

// refused reports whether r, in a PUBACK, says that the broker did not take the message.
func (r reason) refused() bool { return r >= packets.PubackUnspecifiedError }

// condemns reports whether r, in a DISCONNECT, says that a packet was at fault.
func (r reason) condemns() bool {
	switch byte(r) {
	case packets.DisconnectMalformedPacket, packets.DisconnectTopicNameInvalid, packets.DisconnectPacketTooLarge,
		packets.DisconnectPayloadFormatInvalid, packets.DisconnectRetainNotSupported,
		packets.DisconnectQoSNotSupported:
		return true
	}
	return false
}

// suspects reports whether r, in a DISCONNECT, leaves it open whether a packet was at fault. 0 is no DISCONNECT at all:
// some brokers hang up without a word on what they cannot take.
func (r reason) suspects() bool {
	switch byte(r) {
	case 0, packets.DisconnectUnspecifiedError, packets.DisconnectProtocolError,
		packets.DisconnectImplementationSpecificError, packets.DisconnectNotAuthorized:
		return true
	}
	return false
}

// String gives the code and its name: "0x87 Not authorized".
func (r reason) String() string {
	text := (&packets.Connack{ReasonCode: byte(r)}).Reason()
	if text == "" {
		text = (&packets.Disconnect{ReasonCode: byte(r)}).Reason()
	}
	name, _, _ := strings.Cut(text, " - ")
	return strings.TrimSpace(fmt.Sprintf("%#02x %s", byte(r), name))
}
