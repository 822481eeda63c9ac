package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/paho"

	"github.com/esp-now-network/esp-now-network/espnow"
	"github.com/esp-now-network/esp-now-network/examples/climate/climate"
	"github.com/esp-now-network/esp-now-network/examples/internal/cli"
)

// result runs the demo and returns its exit status and what it prints.
func result(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWrongCalls(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--frobnicate"}, "--frobnicate"},
		{[]string{"surplus"}, "surplus"},
		{[]string{"--for", "-1s"}, "--for -1s"},
		{[]string{"--loss", "NaN"}, "--loss NaN"},
		{[]string{"--loss", "0.91"}, "--loss 0.91"},
		{[]string{"--loss", "-0.1"}, "--loss -0.1"},
		{[]string{"--kill", "gateway"}, `"gateway": want`},
		{[]string{"--kill", "toaster@1s"}, `"toaster@1s": want`},
		{[]string{"--kill", "node@0s"}, `"node@0s": want`},
		{[]string{"--kill", "node@soon"}, `"node@soon": want`},
		{[]string{"--for", "5s", "--kill", "ap@5s"}, "--kill ap@5s: want a time before the end"},
	} {
		code, stdout, stderr := result(t, c.args...)
		if code != cli.ExitUsage || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%q: exit %d, %q, %q", c.args, code, stderr, stdout)
		}
	}
}

func TestParseFaults(t *testing.T) {
	faults, err := parseFaults([]string{"node@7s", "ap@7s", "gateway@300ms", "broker@1m"})
	var got []string
	for _, f := range faults {
		got = append(got, f.victim.name+" "+f.after.String())
	}
	if want := "gateway 300ms, node 7s, ap 7s, broker 1m0s"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("%q, %v, want %s", got, err, want)
	}
}

// TestMissing wants all that is missing to be said at once, with how to get it.
func TestMissing(t *testing.T) {
	for _, n := range needs {
		if n.there(t.Context(), "no-such-compiler") && strings.HasSuffix(n.what, ".h") {
			t.Errorf("%s is there without a compiler", n.what)
		}
	}
	t.Setenv("PATH", t.TempDir())
	err := checkNeeds(t.Context(), t.TempDir())
	if err == nil {
		t.Fatal("nothing is missing")
	}
	for _, want := range []string{
		"a C compiler", "cmake", "mosquitto.h", kconfig, "make host-demo", "sudo apt-get install gcc cmake make", "libmosquitto-dev libmbedtls-dev libcjson-dev",
		".venv/bin/pip install " + kconfig,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

func TestVerdict(t *testing.T) {
	good := deviceTotals{Acknowledged: 1, Arrived: 1, Obeyed: true}
	with := func(change func(*deviceTotals)) deviceTotals {
		d := good
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		totals totals
		ok     bool
	}{
		"all":                    {totals{Devices: []deviceTotals{good, good}}, true},
		"duplicates":             {totals{Devices: []deviceTotals{with(func(d *deviceTotals) { d.Duplicates = 1 })}}, true},
		"lost":                   {totals{Devices: []deviceTotals{good, with(func(d *deviceTotals) { d.Lost = 1 })}}, false},
		"nothing acknowledged":   {totals{Devices: []deviceTotals{with(func(d *deviceTotals) { d.Acknowledged = 0 })}}, false},
		"no order":               {totals{Devices: []deviceTotals{with(func(d *deviceTotals) { d.Obeyed = false })}}, false},
		"damaged":                {totals{Devices: []deviceTotals{good}, Damaged: 1}, false},
		"a process ended itself": {totals{Devices: []deviceTotals{good}, Died: "bulk"}, false},
	} {
		if err := c.totals.verdict(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// message is one as a gateway publishes it.
func message(to espnow.Addr, sub string, payload []byte, boot, id string) *paho.Publish {
	p := &paho.Publish{Topic: string(espnow.DefaultRoots.AppendDevice(nil, to, []byte(sub))), Payload: payload, Properties: &paho.PublishProperties{}}
	p.Properties.User.Add("boot", boot)
	p.Properties.User.Add("message_id", id)
	return p
}

func bulk(number uint32) []byte {
	b := make([]byte, 0, bulkLen)
	for x := number; len(b) < bulkLen; x = x*1664525 + 1013904223 {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// TestTally lets three devices say what is acknowledged, and a broker deliver it or not.
func TestTally(t *testing.T) {
	reading, err := (&climate.Reading{Uptime: 5, Room: "hall"}).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	sensor, room, long := kinds[0].addr, kinds[1].addr, kinds[2].addr
	var out bytes.Buffer
	orders := make(chan *kind, 1)
	y := newTally(&journal{out: &out}, false, orders)
	want := func(device, acknowledged, arrived, duplicates, lost, damaged int) {
		t.Helper()
		sum := y.totals()
		d := sum.Devices[device]
		if d.Acknowledged != acknowledged || d.Arrived != arrived || d.Duplicates != duplicates || d.Lost != lost || sum.Damaged != damaged {
			t.Errorf("%+v, %d damaged", d, sum.Damaged)
		}
		if y.complete() != (sum.Lost == 0) {
			t.Errorf("complete %t, %d lost", y.complete(), sum.Lost)
		}
	}
	y.logged("sensor", "I (12) sensor: temperature 20.1: acknowledged")
	want(0, 1, 0, 0, 1, 0)
	y.logged("climate", "I (12) sensor: temperature 20.1: acknowledged") // no line of this firmware
	y.logged("sensor", "I (13) sensor: temperature 20.2: not acknowledged yet")
	want(0, 1, 0, 0, 1, 0)
	y.delivered(message(sensor, "temperature", []byte("20.2"), "1", "1")) // another
	want(0, 1, 1, 0, 1, 0)
	y.delivered(message(sensor, "temperature", []byte("20.1"), "1", "2"))
	y.delivered(message(sensor, "temperature", []byte("20.1"), "1", "2"))
	want(0, 1, 2, 1, 0, 0)
	y.logged("sensor", "I (14) sensor: temperature 20.1: acknowledged") // the same value again is another message
	want(0, 2, 2, 1, 1, 0)
	y.delivered(message(sensor, "temperature", []byte("20.1"), "2", "2"))
	want(0, 2, 3, 1, 0, 0)
	y.delivered(message(sensor, "temperature", []byte("warm"), "2", "3"))
	want(0, 2, 3, 1, 0, 1)

	y.logged("climate", "I (5012) climate: reading at 5 s: acknowledged")
	y.delivered(message(room, "reading", reading, "1", "1"))
	want(1, 1, 1, 0, 0, 1)
	y.delivered(message(room, "other", reading, "1", "2"))
	y.delivered(message(room, "reading", reading[:3], "1", "3"))
	want(1, 1, 1, 0, 0, 3)

	y.logged("bulk", "I (5012) bulk: message 77: acknowledged")
	y.delivered(message(long, "bulk", bulk(77), "1", "1"))
	want(2, 1, 1, 0, 0, 3)
	for i, wrong := range [][]byte{bulk(78)[:bulkLen-1], append(bulk(78), 0), bulk(78)} {
		wrong[len(wrong)-1] ^= 1
		y.delivered(message(long, "bulk", wrong, "1", "2"))
		want(2, 1, 1, 0, 0, 4+i)
	}
	y.delivered(message(espnow.Addr{1}, "x", nil, "1", "1"))
	want(2, 1, 1, 0, 0, 7)

	y.delivered(message(sensor, "$set", []byte("1"), "", "")) // what the application itself has sent
	y.delivered(message(sensor, "$status", []byte(`{"online":false,"reason":"silent"}`), "", ""))
	y.delivered(message(sensor, "$status", []byte(`{"online":true}`), "", ""))
	y.delivered(message(sensor, "$status", []byte(`{"online":true}`), "", "")) // the application is away
	if k := <-orders; k.firmware != "sensor" || len(orders) != 0 {
		t.Errorf("%s is given its order, and %d more", k.firmware, len(orders))
	}
	y.logged("sensor", "I (15) sensor: "+kinds[0].taken)
	y.delivered(message(sensor, "$status", []byte(`{"online":true}`), "", ""))
	if !y.totals().Devices[0].Obeyed || len(orders) != 0 {
		t.Error("it is given its order again")
	}
	want(2, 1, 1, 0, 0, 7)
	y.logged("gateway", "W (16) enow_gateway: lost")
	y.logged("gateway", "I (17) enow_gateway: found")
	for _, want := range []string{"message 77, 30720 bytes, equal to those sent", "20.1  (again)", `{"online":false`, "gateway: W (16)", "<- the order"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "(17)") {
		t.Errorf("the whole log is in\n%s", &out)
	}
}
