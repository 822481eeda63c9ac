// node run_vectors.mjs MODULE FILE...
//
// Checks a generated module against vectors: of packets (testdata/vectors/README.md) and of messages
// (testdata/specs/README.md). It knows the values of any spec by what the module says of its fields.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { argv, exit } from "node:process";
import { pathToFileURL } from "node:url";

const [modulePath, ...files] = argv.slice(2);
if (modulePath === undefined || files.length === 0) {
    console.error("usage: node run_vectors.mjs MODULE FILE...");
    exit(2);
}
const codec = await import(pathToFileURL(resolve(modulePath)).href);

// == Reading ==

// blocks yields the vectors of a file and its other lines that state something to check.
function* blocks(file) {
    let block;
    for (const [i, text] of readFileSync(file, "utf8").split("\n").entries()) {
        const line = text.trimEnd();
        if (line === "" || line.startsWith("#") || line.startsWith("about ")) {
            continue;
        }
        const [word, ...rest] = line.split(" ");
        if (word === "vector" || word === "scaled") {
            if (block !== undefined) {
                yield block;
            }
            block = word === "vector" ? vector(i + 1, rest[0]) : scaledLine(i + 1, rest);
        } else {
            block.take(word, rest, line.trim());
        }
    }
    if (block !== undefined) {
        yield block;
    }
}

// vector begins one whose kind its next line tells.
function vector(line, name) {
    let kind;
    return {
        line,
        name,
        take(word, rest, whole) {
            kind ??= word === "message" ? messageVector() : frameVector();
            kind.take(word, rest, whole);
        },
        check: () => kind.check(),
    };
}

function bytesOf(text) {
    const parts = text === "" || text === "-" ? [] : text.split("+").map((part) => {
        const [hex, count = "1"] = part.split("*");
        return hex.repeat(Number(count));
    });
    const hex = parts.join("");
    if (!/^([0-9a-f]{2})*$/.test(hex)) {
        throw new Error(`bytes ${text}`);
    }
    return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function concat(list) {
    return Uint8Array.from(list.flatMap((bytes) => [...bytes]));
}

// == Checking ==

class Mismatch extends Error {}

function same(got, want, what) {
    if (got !== want) {
        throw new Mismatch(`${what}: ${got}, want ${want}`);
    }
}

const hex = (bytes) => Buffer.from(bytes).toString("hex");

// attempt returns the value of a function, or the name of the error that it throws.
function attempt(f) {
    try {
        return { value: f(), result: "ok" };
    } catch (error) {
        if (!(error instanceof codec.CodecError)) {
            throw error;
        }
        const name = codec.nameOf(codec.ErrorCode, error.code);
        return { error, result: name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase() };
    }
}

// == Messages ==

function messageVector() {
    const v = { lines: [], ends: [] };
    return {
        take(word, rest, whole) {
            switch (word) {
                case "message":
                    [v.message, v.result] = rest;
                    break;
                case "decode_only":
                    v.decodeOnly = true;
                    break;
                case "encode":
                    v.encode = bytesOf(rest[0]);
                    break;
                case "encode_error":
                    v.encodeError = rest[0];
                    break;
                case "ends":
                    v.ends = rest.map(Number);
                    break;
                case "": {
                    const [path, bytes, ...value] = whole.split(" ");
                    v.lines.push({ path, bytes: bytesOf(bytes), value: value.length > 0 ? value.join(" ") : undefined });
                    break;
                }
                default:
                    throw new Error(`a line that begins with ${word}`);
            }
        },
        check: () => checkMessage(v),
    };
}

function checkMessage(v) {
    const payload = concat(v.lines.map((l) => l.bytes));
    const { value: message, result, error } = attempt(() => codec.decode(payload));
    same(result, v.result, "decoding");
    if (result === "unknown_id") {
        same(error instanceof codec.UnknownIdError, true, "an UnknownIdError");
        same(String(error.id), v.message, "its id");
    }
    if (result !== "ok") {
        return;
    }
    same(message.type, v.message, "the message");
    const dumped = dump(message);
    const wanted = v.lines.filter((l) => l.value !== undefined).map((l) => `${l.path} ${l.value}`);
    for (let i = 0; i < Math.max(dumped.length, wanted.length); i++) {
        same(dumped[i], wanted[i], "the dump");
    }

    same(dump(codec[v.message].decode(payload)).join(), dumped.join(), "decoding by the class");
    const stranger = attempt(() => codec[v.message].decode(Uint8Array.of(payload[0] ^ 0xff, ...payload.subarray(1))));
    same(stranger.result, "unknown_id", "decoding another id by the class");

    checkEncoding(v, message, payload);
    checkTruncations(v, payload);
    setAgain(message, v.encodeError === "range" || v.decodeOnly);
    same(dump(message).join(), dumped.join(), "the dump with scaled values set to themselves");
}

function checkEncoding(v, message, payload) {
    if (v.decodeOnly) {
        return;
    }
    const encoded = attempt(() => message.encode());
    same(encoded.result, v.encodeError ?? "ok", "encoding");
    same(attempt(() => message.validate()).result, encoded.result, "validating");
    if (encoded.result !== "ok") {
        return;
    }
    same(hex(encoded.value), hex(v.encode ?? payload), "the bytes");
    if (!v.lines.some((l) => l.path.endsWith(".unknown"))) {
        same(encoded.value.length <= codec[v.message].MAX_SIZE, true, "at most MAX_SIZE bytes");
    }
}

function checkTruncations(v, payload) {
    const tail = v.lines.find((l) => l.path === "tail" && l.value === undefined)?.bytes.length ?? 0;
    for (let n = 0; n < payload.length; n++) {
        const whole = n >= payload.length - tail || v.ends.includes(n);
        same(attempt(() => codec.decode(payload.subarray(0, n))).result, whole ? "ok" : "short", `cut to ${n} bytes`);
    }
}

const float = { f32: 4, f64: 8 };

// bits prints a floating-point number.
function bits(value, size) {
    if (Number.isNaN(value)) {
        return "nan";
    }
    const view = new DataView(new ArrayBuffer(size));
    size === 4 ? view.setFloat32(0, value) : view.setFloat64(0, value);
    return "0x" + hex(new Uint8Array(view.buffer));
}

function text(value) {
    const escaped = Array.from(new TextEncoder().encode(value), (b) =>
        b < 0x20 || b > 0x7e || b === 0x22 || b === 0x5c ? "\\x" + hex([b]) : String.fromCharCode(b));
    return `"${escaped.join("")}"`;
}

function plain(field, value) {
    switch (field.type) {
        case "f32":
        case "f64":
            return bits(value, float[field.type]);
        case "string":
            return text(value);
        case "bytes":
            return `<${hex(value)}>`;
        default:
            same(typeof value, field.type === "bool" ? "boolean" : field.type.endsWith("64") ? "bigint" : "number", `the type of ${field.name}`);
            return String(value);
    }
}

const list = (values, print) => `[${values.map(print).join(" ")}]`;

// dump prints the fields of a message or struct as the vectors do.
function dump(record, prefix = "") {
    const there = new Map(record.fields());
    return record.constructor.FIELDS.flatMap((field) => {
        const path = prefix + field.name;
        return there.has(field) ? dumpField(record, field, there.get(field), path, prefix) : [`${path} none`];
    });
}

function dumpField(record, field, value, path, prefix) {
    const lines = [];
    if (field.type === "struct") {
        if (field.array === undefined) {
            return dump(value, path + ".");
        }
        const counts = field.array === "counted" ? [`${path} ${value.length}`] : [];
        return [...counts, ...value.flatMap((each, i) => dump(each, `${path}[${i}].`))];
    }
    if (field.type === "union") {
        const tag = field.variants[value.tag] ?? value.tag;
        lines.push(`${path}.tag ${tag}`);
        if (typeof value.tag === "string") {
            lines.push(...dump(value.value, `${path}.${value.tag}.`));
        } else if (value.tag !== 0) {
            lines.push(`${path}.unknown <${hex(value.value)}>`);
        }
        return lines;
    }
    lines.push(`${path} ${field.array === undefined ? plain(field, value) : list(value, (each) => plain(field, each))}`);
    for (const part of field.parts ?? []) {
        lines.push(`${path}.${part.name} ${record[part.property]}`);
    }
    if (field.scaled !== undefined) {
        const scaled = record[field.scaled.property];
        const print = (x) => bits(x, 8);
        lines.push(`${prefix}${field.scaled.name} ${field.array === undefined ? print(scaled) : list(scaled, print)}`);
    }
    return lines;
}

const exact = 2 ** 50;

// setAgain sets the scaled values and parts of a message to themselves; some of them may be refused.
function setAgain(record, refused) {
    for (const [field, value] of record.fields()) {
        const raws = Array.isArray(value) ? value : [value];
        if (field.type === "struct") {
            raws.forEach((each) => setAgain(each, refused));
        } else if (field.type === "union" && typeof value.tag === "string") {
            setAgain(value.value, refused);
        }
        for (const part of field.parts ?? []) {
            record[part.property] = record[part.property];
        }
        if (field.scaled !== undefined && raws.every((raw) => Math.abs(Number(raw)) <= exact)) {
            const { property } = field.scaled;
            const { result } = attempt(() => (record[property] = record[property]));
            same(result === "ok" || (refused && result === "range"), true, `setting ${property} to itself`);
        }
    }
}

function scaledLine(line, [type, accessor, pattern, want]) {
    return {
        line,
        name: `scaled ${type} ${accessor} ${pattern}`,
        take(word) {
            throw new Error(`a line that begins with ${word}, after scaled`);
        },
        check() {
            const record = new codec[type]();
            const field = codec[type].FIELDS.find((f) => f.scaled?.name === accessor);
            const view = new DataView(new ArrayBuffer(8));
            view.setBigUint64(0, pattern === "nan" ? 0x7ff8000000000000n : BigInt(pattern));
            const before = record[field.property];
            const { result } = attempt(() => (record[field.scaled.property] = view.getFloat64(0)));
            if (result === "ok") {
                same(Object.is(record[field.property], -0), false, "a zero with a sign");
                same(String(record[field.property]), want, "the number stored");
            } else {
                same(result, want, "setting");
                same(record[field.property], before, "the number after a refusal");
            }
        },
    };
}

// == Packets ==

function frameVector() {
    const v = { packets: [], reproducible: true };
    return {
        take(word, rest, whole) {
            switch (word) {
                case "packet":
                    v.packets.push({ type: rest[0], result: rest[1], fields: [] });
                    v.reproducible &&= rest[1] === "ok";
                    break;
                case "unwalked":
                    v.packets.push({ fields: [] });
                    v.reproducible = false;
                    break;
                case "decode_only":
                    v.reproducible = false;
                    break;
                case "end":
                    v.end = rest[0];
                    break;
                case "":
                    for (const item of whole.split(" ")) {
                        const [name, bytes] = item.split("=");
                        v.packets.at(-1).fields.push([name, bytesOf(bytes)]);
                        v.reproducible &&= name !== "tail";
                    }
                    break;
                default:
                    throw new Error(`a line that begins with ${word}`);
            }
        },
        check: () => checkFrame(v),
    };
}

function checkFrame(v) {
    const frame = concat(v.packets.flatMap((p) => p.fields.map(([, bytes]) => bytes)));
    const walked = [];
    const end = attempt(() => {
        for (const raw of codec.walk(frame)) {
            walked.push(raw);
        }
    });
    same(end.result, v.end, "the end of the walk");
    const wanted = v.packets.filter((p) => p.type !== undefined);
    same(walked.length, wanted.length, "packets");
    const again = walked.map((raw, i) => checkPacket(raw, wanted[i], i === v.packets.length - 1));
    if (v.reproducible) {
        same(hex(concat(again)), hex(frame), "the frame encoded again");
    }
}

const letters = (name) => name.replaceAll("_", "").toLowerCase();

function checkPacket(raw, want, last) {
    same(letters(codec.nameOf(codec.Type, raw.type)), letters(want.type), "the type");
    const decoded = attempt(() => codec.decodePacket(raw));
    same(decoded.result, want.result, want.type);
    if (decoded.result !== "ok") {
        return [];
    }
    const packet = decoded.value;
    same(letters(packet.type), letters(want.type), "the type of the class");
    const known = want.fields.filter(([name]) => !["header", "length", "tail"].includes(name));
    same(flat(packet).join(" "), known.map(([name, bytes]) => `${name}=${hex(bytes)}`).join(" "), want.type);
    cutPacket(raw);
    const encoded = attempt(() => packet.encode(last));
    same(encoded.result, "ok", `encoding ${want.type}`);
    return encoded.value;
}

// flat prints the fields of a packet as bytes.
function flat(record, prefix = "") {
    return record.fields().flatMap(([field, value]) => {
        const path = prefix + field.name;
        return field.type === "struct" ? flat(value, path + ".") : [`${path}=${hex(wireBytes(field, value))}`];
    });
}

function wireBytes(field, value) {
    switch (field.type) {
        case "bytes":
            return field.max === undefined ? value : concat([numberBytes(value.length, field.max > 255 ? 2 : 1), value]);
        case "tlv":
            return concat(value.map((tlv) => [tlv.type, tlv.value.length, ...tlv.value]));
        default:
            return numberBytes(value, Number(field.type.slice(1)) / 8);
    }
}

function numberBytes(value, size) {
    return Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, BigInt(value) >> BigInt(8 * i))));
}

// cutPacket cuts the body everywhere: what is left is refused, or it is a shorter packet that encodes to itself.
function cutPacket(raw) {
    for (let n = 0; n < raw.body.length; n++) {
        const body = raw.body.subarray(0, n);
        const cut = attempt(() => codec.decodePacket({ ...raw, body }));
        if (cut.result === "ok") {
            const encoded = attempt(() => cut.value.encode(true));
            same(encoded.result, "ok", `encoding what was cut to ${n} bytes`);
            same(hex(body).startsWith(hex(encoded.value.subarray(2))), true, `what was cut to ${n} bytes encodes to itself`);
        }
    }
}

// == Running ==

const failures = [];
let vectors = 0;
for (const file of files) {
    for (const block of blocks(file)) {
        try {
            block.check();
        } catch (err) {
            failures.push(`${file}:${block.line}: ${block.name}: ${err instanceof Mismatch ? err.message : err.stack}`);
        }
        vectors++;
    }
}
if (failures.length > 0 || vectors === 0) {
    console.log(vectors === 0 ? "no vectors" : failures.join("\n"));
    exit(1);
}
console.log(`${vectors} vectors ok`);
