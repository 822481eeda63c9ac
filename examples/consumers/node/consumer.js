// Prints what climate sensors say, as a gateway publishes it to an MQTT broker.
import { parseArgs } from "node:util";

import * as climate from "climate";
import mqtt from "mqtt";

const { values } = parseArgs({ options: { broker: { type: "string", default: "mqtt://127.0.0.1:1883" } } });

// It connects again by itself; the subscription is made anew each time, for a broker may have forgotten it.
const client = mqtt.connect(values.broker, { reconnectPeriod: 1000, resubscribe: false });
client.on("connect", () => {
    client.subscribe("/device/#", { qos: 1 }, (error) => {
        console.error(error ? `subscribe: ${error.message}` : `listening at ${client.options.host}:${client.options.port}`);
    });
});
client.on("error", (error) => console.error(error.message));
client.on("message", show);

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
