// What a user may rely on: compiled against the declarations of the packages, and run.
import * as climate from "climate";
import { Arrays, Bits, CodecError, Choices, type ChoicesEvent, decode, ErrorCode, Lengths, Mode, Motion, Optionals, Place, Scalars, Scaled } from "everything";
import * as everything from "everything";
import * as protocol from "protocol";

function check(is: boolean, what: string): void {
    if (!is) {
        throw new Error(what);
    }
}

function equal(got: unknown, want: unknown, what: string): void {
    check(Object.is(got, want), `${what}: ${String(got)}, want ${String(want)}`);
}

function refuses(code: ErrorCode, f: () => unknown): void {
    try {
        f();
    } catch (error) {
        check(error instanceof CodecError || error instanceof protocol.CodecError, `no CodecError: ${String(error)}`);
        equal((error as CodecError).code, code, `the error of ${String(f)}`);
        return;
    }
    throw new Error(`${String(f)} refuses nothing`);
}

// == Messages ==

const reading = new climate.Reading({ uptime: 5, temperatureCelsius: 21.5, mode: climate.Mode.Heating, room: "Küche" });
equal(reading.temperature, 2150, "the raw number");
const message: climate.Message = climate.decode(reading.encode());
switch (message.type) {
    case "Reading": {
        const celsius: number = message.temperatureCelsius;
        equal(celsius, 21.5, "celsius");
        const battery: number | undefined = message.battery;
        equal(battery, undefined, "the battery");
        equal(message.pressure, 1013, "a default");
        equal(climate.nameOf(climate.Mode, message.mode), "Heating", "the name of a mode");
        equal(climate.nameOf(climate.Mode, 9), "9", "the name of a number without one");
        break;
    }
    case "Trouble":
        equal(climate.namesOf(climate.Alarm, message.alarms).join(), "", "alarms");
        throw new Error("a Trouble");
}
equal(climate.namesOf(climate.Alarm, 9).join(), "Frost,Battery", "the names of flags");
equal(climate.Reading.ID, 1, "an id");
equal(climate.Reading.TOPIC, "reading", "a topic");
equal(climate.MAX_SAMPLES, 8, "a constant");
equal(typeof climate.LAYOUT_HASH, "bigint", "the hash");
equal(reading.fields().map(([field]) => field.name).join(), "uptime,temperature,humidity,mode,samples,room,pressure", "the fields there");
equal(climate.Reading.FIELDS[1]?.unit, "°C", "a unit");

try {
    climate.decode(Uint8Array.of(7));
    throw new Error("id 7");
} catch (error) {
    check(error instanceof climate.UnknownIdError && error instanceof climate.CodecError, String(error));
    equal((error as climate.UnknownIdError).id, 7, "the id");
    equal((error as Error).message, "climate: no message has id 7", "the text");
}
refuses(ErrorCode.Short, () => decode(new Uint8Array(0)));

// A view of a larger buffer, as Node's and MQTT's are, and what was decoded is no view.
const padded = Uint8Array.of(0xaa, ...new Lengths({ blob: Uint8Array.of(1, 2) }).encode(), 0xbb);
const lengths = Lengths.decode(padded.subarray(1, -1));
padded.fill(0);
equal(lengths.blob.join(), "1,2", "bytes");

// @ts-expect-error: 64 bits are a bigint
new Scalars({ d: 5 });
// @ts-expect-error: no such property
new climate.Reading({ pressures: 5 });
// @ts-expect-error: what is not optional is there
new climate.Reading({ uptime: undefined });
// @ts-expect-error: a method is no property
new climate.Reading({ encode: () => new Uint8Array(0) });
new climate.Reading({ battery: undefined });

// == What cannot be encoded ==

const good = (): Scalars => new Scalars({ a: 3, e: -1, mode: Mode.Fast });
good().validate();
const scalars: [Partial<Scalars>, ErrorCode][] = [
    [{ a: 2 }, ErrorCode.Range],
    [{ b: 1.5 }, ErrorCode.Range],
    [{ b: NaN }, ErrorCode.Range],
    [{ b: -1 }, ErrorCode.Range],
    [{ d: -1n }, ErrorCode.Range],
    [{ d: 1n << 64n }, ErrorCode.Range],
    [{ d: 1 as unknown as bigint }, ErrorCode.Range],
    [{ b: "1" as unknown as number }, ErrorCode.Range],
    [{ i: 0.2 }, ErrorCode.Range],
    [{ i: NaN }, ErrorCode.Range],
    [{ i: -1.5000002 }, ErrorCode.Range],
    [{ mode: 3 }, ErrorCode.Range],
    [{ alarms: 2 }, ErrorCode.Range],
    [{ alarms: 256 }, ErrorCode.Range],
    [{ wide: 2n }, ErrorCode.Range],
    [{ k: 1 as unknown as boolean }, ErrorCode.Range],
];
for (const [fields, code] of scalars) {
    refuses(code, () => Object.assign(good(), fields).encode());
}
try {
    Object.assign(good(), { a: 251 }).validate();
} catch (error) {
    equal((error as Error).message, "everything: Scalars.a: 251 is out of range: it must be a whole number from 3 to 250", "the text of an error");
}
try {
    new Lengths({ key: new Uint8Array(5) }).validate();
} catch (error) {
    equal((error as Error).message, "everything: Lengths.key: a length of 5 is not from 6 to 6", "the text of an error");
}
// Whatever is wrong, the error names the field.
const wrong = null as never;
const texts: [() => unknown, string][] = [
    [() => new Choices({ event: wrong }).encode(), "Choices.event: null is out of range: it must be an object"],
    [() => new Choices({ other: wrong }).encode(), "Choices.other: null is out of range: it must be an object"],
    [() => new Choices({ event: { tag: "motion", value: wrong } }).encode(), "Choices.event: null is out of range: it must be an object"],
    [() => new Arrays({ corners: [new Place(), wrong] }).encode(), "Arrays.corners: null is out of range: it must be an object"],
    [() => new Arrays({ fixed: wrong }).encode(), "Arrays.fixed: null is out of range: it must be an array"],
    [() => new Arrays({ fixed: [1, 2] }).encode(), "Arrays.fixed: a length of 2 is not from 3 to 3"],
    [() => new Lengths({ label: wrong }).encode(), "Lengths.label: null is out of range: it must be a string"],
    [() => new Lengths({ label: "\ud800" }).encode(), "Lengths.label: a string is not UTF-8"],
    [() => Object.assign(good(), { mode: 99 }).encode(), "Scalars.mode: 99 is out of range: it must be a number that has a name"],
    [() => new Scaled({ temperatureCelsius: 130 }), "Scaled.temperatureCelsius: 13000 is out of range: it must be on the wire a number from -4000 to 12500"],
    [() => new Scaled({ historyPercent: wrong }), "Scaled.historyPercent: null is out of range: it must be an array"],
    [() => new Bits({ statusMode: 8 }), "Bits.statusMode: 8 is out of range: it must be a whole number from 0 to 7"],
    [() => Scalars.decode(Uint8Array.of(4)), "id 4 is not that of Scalars"],
];
for (const [f, text] of texts) {
    try {
        f();
        throw new Error(`nothing instead of ${text}`);
    } catch (error) {
        equal((error as Error).message.replace("everything: ", ""), text, "the text of an error");
        check(error instanceof CodecError, `no CodecError: ${text}`);
    }
}
for (const f of [() => decode(wrong), () => Scalars.decode(wrong), () => [...protocol.walk(wrong)]]) {
    try {
        f();
        throw new Error("nothing");
    } catch (error) {
        check(error instanceof TypeError && error.message === "null is no Uint8Array", String(error));
    }
}
// A binary32 is what it rounds to.
Object.assign(good(), { i: 0.1 + 1e-12 }).validate();
equal(Arrays.decode(new Arrays({ floats: [Infinity, 0] }).encode()).floats[0], Infinity, "infinity");
refuses(ErrorCode.Range, () => new Arrays({ floats: [1e39, 0] }).encode()); // finite, but not in binary32
refuses(ErrorCode.Range, () => new Arrays({ floats: [-1, 0] }).encode());
refuses(ErrorCode.Length, () => new Arrays({ fixed: [1, 2] }).encode());
refuses(ErrorCode.Range, () => new Arrays({ fixed: new Array<number>(3) }).encode());
refuses(ErrorCode.Length, () => new Arrays({ switches: [true, true, true, true, true] }).encode());

refuses(ErrorCode.Text, () => new Lengths({ label: "\ud800" }).encode());
refuses(ErrorCode.Text, () => new Lengths({ label: "a\udc00b" }).encode());
refuses(ErrorCode.Length, () => new Lengths({ label: "ééééééé" }).encode());
refuses(ErrorCode.Length, () => new Lengths({ label: "a\udc00bcdefghijk" }).encode()); // before what it says
refuses(ErrorCode.Length, () => new Lengths({ key: new Uint8Array(5) }).encode());
equal(Lengths.decode(new Lengths({ label: "\ufeffa😀" }).encode()).label, "\ufeffa😀", "a text that begins with U+FEFF");

// == Scaled values ==

const scaled = new Scaled({ temperatureCelsius: -0.001 });
equal(scaled.temperature, 0, "a zero without a sign");
refuses(ErrorCode.Range, () => (scaled.temperatureCelsius = 125.01));
refuses(ErrorCode.Range, () => (scaled.temperatureCelsius = NaN));
equal(scaled.temperature, 0, "what was refused");
scaled.flowGallonsPerMinute = 1e12;
equal(scaled.flow, 10n ** 18n, "a scaled bigint");
scaled.historyPercent = [1.25, -1.25];
equal(scaled.history.join(), "3,-3", "halves");
refuses(ErrorCode.Range, () => (scaled.historyPercent = [0, 51]));
equal(scaled.historyPercent.join(), "1.5,-1.5", "an array of scaled values");
const optionals = new Optionals({ o1: 5, o9Celsius: 0.5 });
equal(optionals.o9, 5, "an optional scaled value");
optionals.o9Celsius = undefined;
equal(optionals.o9, undefined, "no scaled value");

// == Parts ==

const bits = new Bits({ statusMode: 5, splitRest: (1n << 63n) - 1n, wholeAll: 0xffff, oddRight: 0x7ff });
equal(bits.status, 5, "a group");
equal(bits.split, 0xfffffffffffffffen, "a group of 64 bits");
equal(bits.odd, 0x7ff00000, "a group of 32 bits");
bits.statusLow = 1;
bits.statusMode = 2;
equal(bits.status, 10, "a group of two parts");
equal(bits.splitOne, 0n, "the other part");
refuses(ErrorCode.Range, () => (bits.statusMode = 8));
refuses(ErrorCode.Range, () => (bits.splitOne = 2n));

// == Unions ==

const event: ChoicesEvent = { tag: "motion", value: new Motion({ speedKilometersPerHour: 1, path: [new Place({ good: true })] }) };
const choices = Choices.decode(new Choices({ event }).encode());
if (choices.event.tag === "motion") {
    const motion: Motion = choices.event.value;
    equal(motion.path[0]?.good, true, "in a variant");
} else {
    throw new Error(`tag ${choices.event.tag}`);
}
equal(choices.other, undefined, "an optional union");
const strange = Choices.decode(new Choices({ event: { tag: 77, value: Uint8Array.of(1, 2) } }).encode());
check(typeof strange.event.tag === "number" && strange.event.value.length === 2, "an unknown tag");
equal(new Choices().encode().length, Choices.decode(new Choices({ event: { tag: 0, value: Uint8Array.of(1) } }).encode()).encode().length, "tag 0");
refuses(ErrorCode.Range, () => new Choices({ event: { tag: 1, value: Uint8Array.of(1) } }).encode()); // it has a name
refuses(ErrorCode.Range, () => new Choices({ event: { tag: 256, value: Uint8Array.of(1) } }).encode());
refuses(ErrorCode.Length, () => new Choices({ event: { tag: 9, value: new Uint8Array(65536) } }).encode());

// == Packets ==

const { Connack, ConnackFlags, ConnackStatus, Connect, ConnectFlags, Publish, PublishFlags, Sealed, walk } = protocol;
const seen: string[] = [];
const frame = [...new protocol.Pingreq({ time: 7 }).encode(), ...new Publish({ messageId: 1, data: new Uint8Array(300) }).encode(true)];
for (const raw of walk(Uint8Array.from(frame))) {
    const packet: protocol.Packet = protocol.decodePacket(raw);
    seen.push(`${packet.type}@${raw.offset}`);
    if (packet.type === "Publish") {
        equal(packet.offset, undefined, "a field that the flags rule out");
        equal(packet.broadcast(), true, "broadcast");
    }
}
equal(seen.join(), "Pingreq@0,Publish@6", "the packets");
const pieces = walk(Uint8Array.of(0xc0, 4, 7, 0, 0, 0, 0xc0));
equal(pieces.next().value?.offset, 0, "the packet before an overrun stands");
refuses(ErrorCode.Short, () => protocol.decodePacket({ type: 12, flags: 0, offset: 0, body: new Uint8Array(3) }));
refuses(protocol.ErrorCode.Overrun as ErrorCode, () => pieces.next());
refuses(protocol.ErrorCode.UnknownType as ErrorCode, () => protocol.decodePacket({ type: 5, flags: 0, offset: 0, body: new Uint8Array(0) }));

const tooLong = protocol.ErrorCode.TooLong as ErrorCode;
new Publish({ data: new Uint8Array(252) }).encode();
refuses(tooLong, () => new Publish({ data: new Uint8Array(253) }).encode());
new Publish({ data: new Uint8Array(1466) }).encode(true);
refuses(tooLong, () => new Publish({ data: new Uint8Array(1467) }).encode(true));
refuses(protocol.ErrorCode.UnknownFlag as ErrorCode, () => new Publish({ flags: 16 }).encode());
refuses(protocol.ErrorCode.MissingFlag as ErrorCode, () => new Publish({ flags: PublishFlags.More }).encode());
refuses(ErrorCode.Range, () => new Publish({ flags: PublishFlags.Fragment }).encode()); // without offset
refuses(ErrorCode.Range, () => new Connect({ keyId: 1 }).encode());
refuses(ErrorCode.Range, () => new Connect({ flags: ConnectFlags.Secure }).encode());
refuses(ErrorCode.Range, () => new Connack({ status: 4 }).encode());
refuses(ErrorCode.Range, () => new Sealed().encode());
const terms = { maxFrame: 250, keepAlive: 1, session: 1, window: 1 };
new Connack({ welcome: new protocol.Welcome(terms) }).encode();
refuses(ErrorCode.Range, () => new Connack({ welcome: new protocol.Welcome({ ...terms, window: 65 }) }).encode());
refuses(ErrorCode.Range, () => new Connack({ flags: ConnackFlags.Secure, status: ConnackStatus.Accepted }).encode());
refuses(tooLong, () => new protocol.Welcome({ ...terms, tlvs: [{ type: 2, value: new Uint8Array(256) }] }).encode());
const welcome = protocol.Welcome.decode(new protocol.Welcome({ ...terms, tlvs: [{ type: 2, value: Uint8Array.of(9) }] }).encode());
equal(welcome.tlvs[0]?.value[0], 9, "an extension");
equal(Connect.UP, true, "a direction");
equal(Connect.DOWN, false, "the other direction");
equal(new Connect({ flags: ConnectFlags.Join }).broadcast(), false, "no broadcast");
equal(new Connect().broadcast(), true, "a broadcast");
equal(everything.nameOf(everything.Type, everything.Chosen.TYPE), "Chosen", "the name of a type");

console.log("ok");
