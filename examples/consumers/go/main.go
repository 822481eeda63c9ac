// Command go prints what climate sensors say, as a gateway publishes it to an MQTT broker.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/examples/climate/climate"
)

func main() {
	log.SetFlags(0)
	broker := flag.String("broker", "mqtt://127.0.0.1:1883", "`URL` of an MQTT 5 broker, as mqtt://user:password@host:1883;\n"+
		"a password that is not in it is taken from MQTT_PASSWORD")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./examples/consumers/go [--broker URL]")
		flag.PrintDefaults()
	}
	flag.Parse()
	u, err := url.Parse(*broker)
	if err != nil || flag.NArg() > 0 { // the error would repeat the password
		log.Print("want one URL such as mqtt://127.0.0.1:1883")
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = listen(ctx, u)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// listen prints until ctx ends, through whatever happens to the connection.
func listen(ctx context.Context, broker *url.URL) error {
	var decoder climate.Decoder // what it decodes is valid until it decodes again
	var failures repeated
	password, given := broker.User.Password()
	if !given && broker.User != nil {
		password = os.Getenv("MQTT_PASSWORD")
	}
	connection, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:       []*url.URL{broker},
		ConnectUsername:  broker.User.Username(),
		ConnectPassword:  []byte(password),
		KeepAlive:        30,
		ReconnectBackoff: autopaho.NewConstantBackoff(time.Second),
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			failures = repeated{}
			subscriptions := []paho.SubscribeOptions{{Topic: espnow.DefaultRoots.Device + "/#", QoS: 1}}
			if _, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: subscriptions}); err != nil {
				log.Print("subscribe: ", err)
				return
			}
			log.Print("listening at ", broker.Redacted())
		},
		OnConnectError: func(err error) { failures.report(trouble(err)) },
		ClientConfig: paho.ClientConfig{
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				show(&decoder, p.Packet.Topic, p.Packet.Payload)
				return true, nil
			}},
		},
	})
	if err != nil {
		return err
	}
	<-connection.Done()
	return nil
}

// trouble says in words why there is no connection.
func trouble(err error) string {
	var refusal *autopaho.ConnackError
	if errors.As(err, &refusal) {
		return "the broker refuses: " + (&packets.Connack{ReasonCode: refusal.ReasonCode}).Reason()
	}
	return err.Error()
}

// repeated is what went wrong last, and how often in a row.
type repeated struct {
	text  string
	times int
}

// report prints what is new, and what is not each minute or so.
func (r *repeated) report(text string) {
	if text != r.text {
		*r = repeated{text: text}
	}
	r.times++
	switch {
	case r.times == 1:
		log.Print(text)
	case r.times%60 == 0:
		log.Printf("%s (%d times)", text, r.times)
	}
}

// show prints one message. What is no message of a sensor's is reported, and the next one may be.
func show(decoder *climate.Decoder, topic string, payload []byte) {
	addr, sub, err := espnow.ParseTopic(topic)
	if err != nil || sub.Reserved() {
		return // not a device's, such as $status
	}
	message, err := decoder.Decode(payload)
	var unknown climate.UnknownIDError
	switch {
	case errors.As(err, &unknown):
		log.Printf("%v: no message has id %d: is there a newer climate.yaml?", addr, unknown)
	case err != nil:
		log.Printf("%v: %d bytes that are no message: %v", addr, len(payload), err)
	default:
		fmt.Println(addr, text(message))
	}
}

func text(message climate.Message) string {
	switch m := message.(type) {
	case *climate.Reading:
		return reading(m)
	case *climate.Trouble:
		alarms := append([]string{fmt.Sprintf("0x%02x", uint8(m.Alarms))}, m.Alarms.Names()...)
		return fmt.Sprintf("trouble  alarms %s  since %d s", strings.Join(alarms, " "), m.Since)
	}
	return fmt.Sprintf("%T", message) // one that this program has no words for
}

func reading(r *climate.Reading) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reading  uptime %d s  %.2f °C  %.2f %%  %v", r.Uptime, r.TemperatureCelsius(), r.HumidityPercent(), r.Mode)
	if len(r.Samples) > 0 {
		fmt.Fprintf(&b, "  samples %s", strings.Trim(fmt.Sprint(r.Samples), "[]"))
	}
	fmt.Fprintf(&b, "  room %q", r.Room)
	if r.HasBattery {
		fmt.Fprintf(&b, "  battery %d mV", r.Battery)
	}
	fmt.Fprintf(&b, "  %d hPa", r.Pressure)
	return b.String()
}
