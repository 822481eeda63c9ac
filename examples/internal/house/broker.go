package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"

	"github.com/esp-now-network/esp-now-network/espnow/bridge"
)

// PasswordVariable is the environment variable with the password of a user whom the URL of a broker names without one.
const PasswordVariable = "MQTT_PASSWORD"

// BrokerUsage is the help of a flag that [ParseBroker] reads.
const BrokerUsage = "`URL` of an MQTT 5 broker, such as tcp://127.0.0.1:1883 or mqtt://user:password@host; a password that is\n" +
	"not in it is taken from " + PasswordVariable + " (default: a broker of its own, on loopback)"

// Broker is where a broker is, and who one is there.
type Broker struct {
	URL                *url.URL // without the user
	Username, Password string
}

// ParseBroker reads the URL of a broker, which may name a user. The error says in one line what is wrong; none repeats a
// password.
func ParseBroker(text string) (Broker, error) {
	var b Broker
	if u, err := url.Parse(text); err == nil && u.User != nil {
		b.Username = u.User.Username()
		var given bool
		if b.Password, given = u.User.Password(); !given {
			b.Password = os.Getenv(PasswordVariable)
		}
		u.User = nil
		text = u.String()
	}
	var err error
	b.URL, err = bridge.ParseURL(text)
	return b, err
}

// knock tries to connect to the broker until it is let in or refused for good, which it reports: a bridge goes on
// trying, whatever the broker says.
func (b Broker) knock(ctx context.Context, refused chan<- error) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	_, err = autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:       []*url.URL{b.URL},
		ConnectUsername:  b.Username,
		ConnectPassword:  []byte(b.Password),
		KeepAlive:        30,
		ReconnectBackoff: autopaho.NewConstantBackoff(bridge.DefaultBackoffMin),
		OnConnectionUp:   func(*autopaho.ConnectionManager, *paho.Connack) { cancel() },
		OnConnectError: func(err error) {
			var refusal *autopaho.ConnackError
			if errors.As(err, &refusal) && final(refusal.ReasonCode) {
				cancel()
				refused <- fmt.Errorf("the broker %s refuses the connection: %s: name a user whom it lets in, as in "+
					"mqtt://user:password@host", b.URL, words(refusal.ReasonCode))
			}
		},
		ClientConfig: paho.ClientConfig{ClientID: fmt.Sprintf("house-%d", time.Now().UnixNano())},
	})
	return cancel, err
}

// final reports whether a reason code of CONNACK says that to try again is of no use until somebody changes something.
func final(reason byte) bool {
	switch reason {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized, packets.ConnackBanned:
		return true
	}
	return false
}

func words(reason byte) string {
	name, _, _ := strings.Cut((&packets.Connack{ReasonCode: reason}).Reason(), " - ")
	return strings.ToLower(name)
}

// startBroker starts a broker on a free port of the loopback interface and returns its URL.
func startBroker() (url string, stop func(), err error) {
	server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(new(auth.AllowHook), nil); err != nil {
		return "", nil, fmt.Errorf("embedded broker: %w", err)
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "loopback", Address: "127.0.0.1:0"})
	if err := server.AddListener(tcp); err != nil {
		return "", nil, fmt.Errorf("embedded broker: %w", err)
	}
	if err := server.Serve(); err != nil {
		return "", nil, fmt.Errorf("embedded broker: %w", err)
	}
	return "tcp://" + tcp.Address(), func() { server.Close() }, nil
}
