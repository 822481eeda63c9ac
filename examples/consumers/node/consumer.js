// Prints what climate sensors say, as a gateway publishes it to an MQTT broker.
import { parseArgs } from "node:util";

import * as climate from "climate";
import mqtt from "mqtt";

const usage = `usage: node consumer.js [--broker URL]
  --broker URL  of an MQTT broker, as mqtt://user:password@host:1883 (default: mqtt://127.0.0.1:1883);
                a password that is not in it is taken from MQTT_PASSWORD`;

// It connects again by itself; the subscription is made anew each time, for a broker may have forgotten it.
const client = mqtt.connect(broker(), { reconnectPeriod: 1000, resubscribe: false });
let last = "";
let times = 0;
client.on("connect", () => {
    last = "";
    client.subscribe("/device/#", { qos: 1 }, (error) => {
        console.error(error ? `subscribe: ${error.message}` : `listening at ${client.options.host}:${client.options.port}`);
    });
});
client.on("error", (error) => {
    times = error.message === last ? times + 1 : 1;
    last = error.message;
    if (times === 1) {
        console.error(last);
    } else if (times % 60 === 0) {
        console.error(`${last} (${times} times)`);
    }
});
client.on("message", show);

/** The URL of the broker, as the command line and the environment give it. */
function broker() {
    try {
        const { values } = parseArgs({ options: { broker: { type: "string" }, help: { type: "boolean" } } });
        if (values.help) {
            console.log(usage);
            process.exit(0);
        }
        const url = new URL(values.broker ?? "mqtt://127.0.0.1:1883");
        if (!/^(mqtts?|tcp|ssl|wss?):$/.test(url.protocol) || url.hostname === "") {
            throw new Error("want a URL such as mqtt://127.0.0.1:1883");
        }
        if (url.username !== "" && url.password === "") {
            url.password = encodeURIComponent(process.env.MQTT_PASSWORD ?? "");
        }
        return url.href;
    } catch (error) {
        console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
        process.exit(2);
    }
}

/**
 * Prints one message. What is none of a sensor's is reported; the next may be.
 * @param {string} topic
 * @param {Uint8Array} payload
 */
function show(topic, payload) {
    const device = /^\/device\/([0-9a-f:]{17})(?:\/(.+))?$/.exec(topic);
    if (device === null || device[2]?.startsWith("$")) {
        return; // not a device's, such as $status
    }
    const addr = device[1];
    try {
        console.log(addr, text(climate.decode(payload)));
    } catch (error) {
        if (error instanceof climate.UnknownIdError) {
            console.error(`${addr}: no message has id ${error.id}: is there a newer climate.yaml?`);
        } else if (error instanceof climate.CodecError) {
            console.error(`${addr}: ${payload.length} bytes that are no message: ${error.message}`);
        } else {
            throw error;
        }
    }
}

/** @param {climate.Message} message */
function text(message) {
    switch (message.type) {
        case "Reading":
            return reading(message);
        case "Trouble": {
            const names = climate.namesOf(climate.Alarm, message.alarms).map((name) => name.toLowerCase());
            const alarms = [`0x${message.alarms.toString(16).padStart(2, "0")}`, ...names].join(" ");
            return `trouble  alarms ${alarms}  since ${message.since} s`;
        }
    }
}

/** @param {climate.Reading} r */
function reading(r) {
    const parts = [
        `reading  uptime ${r.uptime} s`,
        `${r.temperatureCelsius.toFixed(2)} °C`,
        `${r.humidityPercent.toFixed(2)} %`,
        climate.nameOf(climate.Mode, r.mode).toLowerCase(),
    ];
    if (r.samples.length > 0) {
        parts.push(`samples ${r.samples.join(" ")}`);
    }
    parts.push(`room ${JSON.stringify(r.room)}`);
    if (r.battery !== undefined) {
        parts.push(`battery ${r.battery} mV`);
    }
    parts.push(`${r.pressure} hPa`);
    return parts.join("  ");
}
