"""Runs vectors of packets and of messages against a generated package.

    python run_vectors.py PACKAGE FILE...

The formats are told in testdata/vectors/README.md and testdata/specs/README.md.
"""

from __future__ import annotations

import importlib
import math
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Part:
    """A packet of a frame, or a whole payload."""

    name: str
    result: str
    lines: list[tuple[str, bytes, str | None]] = field(default_factory=list)
    """Path, bytes and value; bytes that are no value have none."""

    def bytes(self) -> bytes:
        return b"".join(data for _, data, _ in self.lines)

    def tail(self) -> int:
        """Return where the tail begins, or the length if it is not there."""
        size = 0
        for name, data, value in self.lines:
            if name == "tail" and value is None:
                break
            size += len(data)
        return size


@dataclass
class Vector:
    name: str
    line: int
    parts: list[Part] = field(default_factory=list)
    end: str | None = None
    directives: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Setting:
    """What the setter of a scaled value stores."""

    line: int
    type: str
    accessor: str
    value: float
    result: str


def unhex(text: str) -> bytes:
    """Read 0102+ff*3."""
    out = b""
    for item in text.split("+") if text not in ("", "-") else []:
        digits, _, times = item.partition("*")
        out += bytes.fromhex(digits) * int(times or "1")
    return out


def double(text: str) -> float:
    if text == "nan":
        return float("nan")
    return float(struct.unpack(">d", bytes.fromhex(text.removeprefix("0x")))[0])


def read(path: str) -> Iterator[Vector | Setting]:
    """Yield what stands in a file."""
    vector: Vector | None = None
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            words = text.split()
            if not words or words[0].startswith("#"):
                continue
            if text[0] == " " and vector is not None:
                read_line(vector.parts[-1], text.strip(), words)
            elif words[0] == "vector":
                if vector is not None:
                    yield vector
                vector = Vector(words[1], number)
            elif words[0] == "scaled":
                _, kind, accessor, bits, result = words
                yield Setting(number, kind, accessor, double(bits), result)
            elif vector is None:
                raise ValueError(f"{path}:{number}: outside of a vector")
            elif words[0] in ("packet", "message"):
                vector.parts.append(Part(words[1], words[2]))
            elif words[0] == "unwalked":
                vector.parts.append(Part("unwalked", ""))
            elif words[0] == "end" and len(words) == 2:
                vector.end = words[1]
            elif words[0] in ("decode_only", "encode", "encode_error", "ends"):
                vector.directives[words[0]] = words[1:]
            elif words[0] != "about":
                raise ValueError(f"{path}:{number}: {words[0]}?")
    if vector is not None:
        yield vector


def read_line(part: Part, text: str, words: list[str]) -> None:
    if "=" in words[0]:
        for word in words:
            name, _, data = word.partition("=")
            part.lines.append((name, unhex(data), None))
        return
    path, data, *value = text.split(" ", 2)
    part.lines.append((path, unhex(data), value[0] if value else None))


class Runner:
    def __init__(self, package: str) -> None:
        self.spec: Any = importlib.import_module(package)
        self.classes = {n.rstrip("_").lower(): c for n, c in vars(self.spec).items()}
        self.failures = 0
        self.where = ""

    def check(self, got: object, want: object, what: str) -> None:
        if got != want:
            self.failures += 1
            print(f"{self.where}: {what}\n  got  {got}\n  want {want}")

    def named(self, name: str) -> Any:
        """Return the class of a name in the spec: HTTPServer is HttpServer here."""
        return self.classes[name.lower()]

    def error_of(self, function: Any, *args: object) -> str:
        """Return the name of the error that a call raises, or ok."""
        try:
            function(*args)
        except self.spec.CodecError as e:
            name: str = e.code.name
            return name.lower()
        return "ok"

    def run(self, path: str, item: Vector | Setting) -> None:
        name = item.name if isinstance(item, Vector) else item.accessor
        self.where = f"{path}:{item.line}: {name}"
        if isinstance(item, Setting):
            self.setting(item)
        elif item.end is None:
            self.message(item, item.parts[0])
        else:
            self.frame(item)

    # Messages.

    def message(self, vector: Vector, part: Part) -> None:
        payload = part.bytes()
        result = self.error_of(self.spec.decode, payload)
        self.check(result, part.result, "decoding")
        if result == "unknown_id":
            try:
                self.spec.decode(payload)
            except self.spec.UnknownIdError as e:
                self.check(str(e.id), part.name, "the id")
        if result != "ok" or part.result != "ok":
            return
        message = self.spec.decode(payload)
        lines = [f"{p} {value}" for p, _, value in part.lines if value is not None]
        self.check(type(message), self.named(part.name), "the message")
        self.check(list(self.dump(message, "")), lines, "values")
        self.encoding(vector, message, payload)
        invalid = {"encode_error", "decode_only"} & vector.directives.keys()
        self.accessors(message, bool(invalid))
        ends = [int(n) for n in vector.directives.get("ends", [])]
        for size in range(len(payload)):
            ok = size in ends or size >= part.tail()
            got = self.error_of(self.spec.decode, payload[:size])
            self.check(got, "ok" if ok else "short", f"the first {size} bytes")
        for other in self.spec.MESSAGES.values():
            want = "ok" if other is type(message) else "unknown_id"
            self.check(self.error_of(other.decode, payload), want, f"as {other}")

    def encoding(self, vector: Vector, message: Any, payload: bytes) -> None:
        want, error = payload, "ok"
        if "decode_only" in vector.directives:
            return
        if "encode" in vector.directives:
            want = unhex(vector.directives["encode"][0])
        if "encode_error" in vector.directives:
            error = vector.directives["encode_error"][0]
        self.check(self.error_of(message.validate), error, "validating")
        self.check(self.error_of(message.encode), error, "encoding")
        if error == "ok":
            got = message.encode()
            self.check(got.hex(), want.hex(), "the encoding")
            if len(got) > message.MAX_SIZE and not self.unknown(message):
                self.check(len(got), message.MAX_SIZE, "the longest payload")

    def unknown(self, value: Any) -> bool:
        """Tell whether a union has a tag without a name."""
        lines = self.dump(value, "")
        return any(line.partition(" ")[0].endswith(".unknown") for line in lines)

    def dump(self, value: Any, path: str) -> Iterator[str]:
        for f in value.FIELDS:
            name = path + f.name.rstrip("_")
            yield from self.field(getattr(value, f.name), f.type, name)
            if getattr(value, f.name) is None:
                continue
            for part in f.parts:
                shown = part.removeprefix(f.name.rstrip("_") + "_")
                yield f"{name}.{shown} {getattr(value, part)}"
            if f.scaled:
                kind = "f64[]" if f.type.endswith("]") else "f64"
                yield from self.field(getattr(value, f.scaled), kind, path + f.scaled)

    def field(self, value: Any, kind: str, name: str) -> Iterator[str]:
        element, array, count = kind.partition("[")
        if value is None:
            yield f"{name} none"
        elif kind == "union":
            yield from self.union(value, name)
        elif array and self.record(element):
            if count == "]":
                yield f"{name} {len(value)}"
            for i, item in enumerate(value):
                yield from self.dump(item, f"{name}[{i}].")
        elif array:
            yield f"{name} [{' '.join(scalar(v, element) for v in value)}]"
        elif self.record(kind):
            yield from self.dump(value, name + ".")
        else:
            yield f"{name} {scalar(value, kind)}"

    def union(self, value: Any, name: str) -> Iterator[str]:
        yield f"{name}.tag {int(value.tag)}"
        if isinstance(value.value, bytes):
            yield f"{name}.unknown <{value.value.hex()}>"
        elif value.value is not None:
            yield from self.dump(value.value, f"{name}.{value.tag.name.lower()}.")

    def record(self, kind: str) -> bool:
        """Tell whether a type is a struct."""
        return hasattr(getattr(self.spec, kind, None), "FIELDS")

    def accessors(self, value: Any, invalid: bool) -> None:
        """Set each scaled number to its own value: nothing changes."""
        for f in value.FIELDS:
            item = getattr(value, f.name)
            if f.scaled and item is not None:
                raw = item if isinstance(item, list) else [item]
                if max((abs(n) for n in raw), default=0) > 2**50:
                    continue
                error = self.error_of(
                    setattr, value, f.scaled, getattr(value, f.scaled)
                )
                if error != "range" or not invalid:
                    self.check(error, "ok", f"setting {f.scaled}")
                self.check(getattr(value, f.name), item, f"{f.name} set again")
            for nested in item if isinstance(item, list) else [item]:
                if f.type == "union":
                    nested = getattr(nested, "value", None)
                if hasattr(nested, "FIELDS"):
                    self.accessors(nested, invalid)

    def setting(self, setting: Setting) -> None:
        value = self.named(setting.type)()
        (f,) = (f for f in value.FIELDS if f.scaled == setting.accessor)
        before = getattr(value, f.name)
        error = self.error_of(setattr, value, setting.accessor, setting.value)
        if error == "ok":
            error = str(getattr(value, f.name))
        else:
            self.check(getattr(value, f.name), before, "the number that is kept")
        self.check(error, setting.result, f"{setting.accessor} = {setting.value}")

    # Packets.

    def frame(self, vector: Vector) -> None:
        frame = b"".join(part.bytes() for part in vector.parts)
        parts = [part for part in vector.parts if part.name != "unwalked"]
        walked: list[Any] = []
        end = self.error_of(walked.extend, self.spec.walk(frame))
        self.check(end, vector.end, "the end of the walk")
        self.check(len(walked), len(parts), "the packets")
        packets = []
        offset = 0
        for raw, part in zip(walked, parts):
            name = raw.type.name if isinstance(raw.type, self.spec.Type) else raw.type
            self.check((str(name), raw.offset), (part.name, offset), "the packet")
            offset += len(part.bytes())
            result = self.error_of(self.spec.decode_packet, raw)
            self.check(result, part.result, part.name)
            if result == part.result == "ok":
                packet = self.spec.decode_packet(raw)
                packets.append(packet)
                self.fields(packet, part)
                self.prefixes(packet, raw)
        as_it_was = "decode_only" not in vector.directives and end == "ok"
        tail = any(name == "tail" for part in parts for name, _, _ in part.lines)
        if as_it_was and not tail and len(packets) == len(parts):
            encoded = [p.encode() for p in packets[:-1]]
            encoded += [p.encode(last=True) for p in packets[-1:]]
            self.check(b"".join(encoded).hex(), frame.hex(), "the encoding")
            for packet, part in zip(packets, parts):
                body = len(part.bytes()) - 2
                want = "ok" if body <= 254 else "too_long"
                self.check(self.error_of(packet.encode), want, "not the last packet")

    def fields(self, packet: Any, part: Part) -> None:
        outside = ("header", "length", "tail", "rest")
        fields = [line for line in part.lines if line[0] not in outside]
        if any(f.name == "rest" for f in packet.FIELDS):
            fields += [line for line in part.lines if line[0] == "rest"]
        got = list(self.flat(packet, ""))
        self.check([n for n, _ in got], [n for n, _, _ in fields], "the fields")
        for (name, value), (_, data, _) in zip(got, fields):
            if isinstance(value, int):
                want = int.from_bytes(data, "little")
                self.check(value % (1 << 8 * len(data)), want, name)
            else:
                prefix = len(data) - len(value)
                self.check(value.hex(), data[prefix:].hex(), name)
                if prefix:
                    stated = int.from_bytes(data[:prefix], "little")
                    self.check(stated, len(value), f"the length of {name}")

    def flat(self, value: Any, path: str) -> Iterator[tuple[str, Any]]:
        for attribute, item in value.fields():
            name = path + attribute.rstrip("_")
            if hasattr(item, "FIELDS"):
                yield from self.flat(item, name + ".")
            elif isinstance(item, list):
                yield name, b"".join(bytes([t, len(v)]) + v for t, v in item)
            else:
                yield name, item

    def prefixes(self, packet: Any, raw: Any) -> None:
        """Cut the body everywhere: it is refused, or is what a packet encodes to."""
        for size in range(len(raw.body)):
            body = raw.body[:size]
            if self.error_of(packet.decode, raw.flags, body) == "ok":
                again = packet.decode(raw.flags, body).encode(last=True)[2:]
                self.check(body[: len(again)].hex(), again.hex(), f"{size} bytes of it")


def scalar(value: Any, kind: str) -> str:
    if kind in ("f32", "f64"):
        if math.isnan(value):
            return "nan"
        return "0x" + struct.pack(">f" if kind == "f32" else ">d", value).hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"<{value.hex()}>"
    if isinstance(value, str):
        return '"' + "".join(shown(byte) for byte in value.encode()) + '"'
    return str(int(value))


def shown(byte: int) -> str:
    if 0x20 <= byte <= 0x7E and byte not in b'"\\':
        return chr(byte)
    return f"\\x{byte:02x}"


def main(package: str, *paths: str) -> int:
    runner = Runner(package)
    count = 0
    names = set()
    for path in paths:
        for item in read(path):
            runner.run(path, item)
            if isinstance(item, Vector):
                runner.check(item.name in names, False, "a second one of that name")
                names.add(item.name)
                count += 1
    if runner.failures or not count:
        print(f"{runner.failures} failures, {count} vectors")
        return 1
    print(f"{count} vectors ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
