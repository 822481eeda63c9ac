"""What users of everything.yaml's package do that vectors do not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import everything as ev


def refused(code: str, function: Callable[[], object], where: str = "") -> None:
    """Want an error, and that it says where."""
    try:
        function()
    except ev.CodecError as e:
        assert e.code is ev.ErrorCode[code.upper()], e.code
        assert str(e).startswith(where), e
    else:
        raise AssertionError(f"not {code}")


def scalars() -> ev.Scalars:
    return ev.Scalars(a=3, e=-1)


def test_constructor() -> None:
    message = scalars()
    assert message.mode is ev.Mode.FAST
    assert message.i == 0.10000000149011612
    assert ev.Choices().event is not ev.Choices().event
    assert ev.decode(message.encode()) == message
    for buffer in (bytearray, memoryview):
        assert ev.decode(buffer(message.encode())) == message


def test_dispatch() -> None:
    assert ev.MESSAGES[255] is ev.Grown
    assert (ev.Scaled.ID, ev.Scaled.TOPIC, ev.Empty.TOPIC) == (3, "a/b", "")
    assert 0 < ev.LAYOUT_HASH < 1 << 64
    try:
        ev.Empty.decode(b"\x02")
    except ev.UnknownIdError as e:
        assert (e.id, e.code, int(e.code)) == (2, ev.ErrorCode.UNKNOWN_ID, 10)


def test_open() -> None:
    """A reader keeps what it does not know."""
    payload = bytearray(scalars().encode())
    place = 1 + 44
    assert payload[place] == ev.Mode.FAST
    payload[place] = 77
    message = ev.Scalars.decode(payload)
    assert message.mode == 77 and not isinstance(message.mode, ev.Mode)
    refused("range", message.encode, "Scalars.mode: ")
    assert int(ev.Optionals.decode(b"\x07\0\x40\0\0\x83\0").o7 or 0) == 0x83


def test_numbers() -> None:
    for message in (
        ev.Scalars(a=3, b=-1, e=-1),
        ev.Scalars(a=256, e=-1),
        ev.Scalars(a=3, d=1 << 64, e=-1),
        ev.Scalars(a=3, e=-129),
        ev.Arrays(fixed=[0, 65536, 0]),
        ev.Arrays(floats=[1e39, 0.0]),
        ev.Arrays(floats=[3.5e38, 0.0]),
        ev.Bits(status=-1),
        ev.Bits(status=16),
    ):
        refused("range", message.encode)
        refused("range", message.validate)
    ev.Arrays(floats=[3.4028235e38, float("inf")]).validate()
    ev.Place(y=float("nan")).validate()
    refused("range", ev.Place(y=-3.5e38).validate, "Place.y: ")
    try:
        ev.Bits(status=1.5).encode()  # type: ignore[arg-type]
    except TypeError:
        pass
    else:
        raise AssertionError("1.5 is no integer")
    try:
        scaled = ev.Scaled(temperature=21.5)  # type: ignore[arg-type]
        scaled.encode()
    except TypeError:
        pass
    else:
        raise AssertionError("21.5 is no integer")


def test_errors_tell() -> None:
    """An error names the field, the value and its limits."""
    message = scalars()
    message.a = 251
    refused("range", message.encode, "Scalars.a: 251 is not within 3..250")
    message = scalars()
    message.i = 0.5
    refused("range", message.encode, "Scalars.i: 0.5 is not within -1.5..0.1")
    message = scalars()
    message.mode = 99
    refused("range", message.encode, "Scalars.mode: 99 is not a Mode")
    scaled = ev.Scaled()
    where = "Scaled.temperature_celsius: 13000 is not within -4000..12500"
    refused("range", lambda: setattr(scaled, "temperature_celsius", 130), where)
    where = "Scaled.temperature_celsius: nan is not within -4000..12500"
    refused(
        "range", lambda: setattr(scaled, "temperature_celsius", float("nan")), where
    )
    where = "Arrays.fixed: a length of 2 is not within 3..3"
    refused("length", ev.Arrays(fixed=[0, 0]).encode, where)
    for function, text in (
        (lambda: ev.decode(b"\x99"), "no message has id 153"),
        (lambda: ev.Empty.decode(b"\x02"), "id 2 is not that of Empty"),
    ):
        refused("unknown_id", function, text)


def test_wrong_types() -> None:
    """What a type checker refuses is a TypeError that names the field."""
    wrong: Any = None
    for function, text in (
        (ev.Scalars(a="x").encode, "Scalars.a: not an integer, but str"),  # type: ignore[arg-type]
        (
            ev.Scalars(a=3, e=-1, mode=wrong).encode,
            "Scalars.mode: not an integer, but NoneType",
        ),
        (
            ev.Scalars(a=3, e=-1, alarms=wrong).encode,
            "Scalars.alarms: not an integer, but NoneType",
        ),
        (
            ev.Scalars(a=3, e=-1, i=wrong).encode,
            "Scalars.i: not a number, but NoneType",
        ),
        (ev.Scalars(a=3, e=-1, j="1").encode, "Scalars.j: not a number, but str"),  # type: ignore[arg-type]
        (ev.Lengths(label=wrong).encode, "Lengths.label: not str, but NoneType"),
        (ev.Lengths(blob="x").encode, "Lengths.blob: not bytes, but str"),  # type: ignore[arg-type]
        (ev.Arrays(fixed=wrong).encode, "Arrays.fixed: not a list, but NoneType"),
        (
            ev.Arrays(fixed=[1, wrong, 3]).encode,
            "Arrays.fixed: not an integer, but NoneType",
        ),
        (
            ev.Arrays(corners=[ev.Place(), wrong]).encode,
            "Arrays.corners: not Place, but NoneType",
        ),
        (
            ev.Choices(event=wrong).encode,
            "Choices.event: not ChoicesEvent, but NoneType",
        ),
        (ev.Sizes(short_one=wrong).encode, "Sizes.short_one: not bytes, but NoneType"),
        (ev.Tail(notes=wrong).encode, "Tail.notes: not list, but NoneType"),
        (lambda: ev.decode(wrong), "payload: not bytes, but NoneType"),
        (lambda: ev.Empty.decode(wrong), "payload: not bytes, but NoneType"),
    ):
        try:
            function()
        except TypeError as e:
            assert str(e) == text, e
        else:
            raise AssertionError(f"not {text}")


def test_lengths() -> None:
    for message in (
        ev.Arrays(fixed=[0, 0]),
        ev.Arrays(fixed=[0, 0, 0, 0]),
        ev.Arrays(corners=[ev.Place()]),
        ev.Arrays(switches=[False] * 5),
        ev.Arrays(labels=[ev.Note()] * 3),
        ev.Lengths(key=b"12345"),
        ev.Lengths(blob=b"1234"),
        ev.Lengths(label="é" * 7),
        ev.Lengths(label="\ud800" * 7),
    ):
        refused("length", message.encode)
    refused("text", ev.Lengths(label="\ud800").encode, "Lengths.label: ")
    ev.Lengths(label="é" * 6, key=b"123456").validate()


def test_scaled() -> None:
    message = ev.Scaled()
    for raw in range(-4000, 12501):
        message.temperature = raw
        value = message.temperature_celsius
        assert value == raw / 100
        message.temperature_celsius = value
        assert message.temperature == raw
    refused("range", lambda: setattr(message, "temperature_celsius", 125.005))
    assert message.temperature == 12500
    message.temperature_celsius = 21
    assert message.temperature == 2100
    message.history_percent = [0.25, -0.25, 50]
    assert message.history == [1, -1, 100]
    assert message.history_percent == [0.5, -0.5, 50.0]
    refused("range", lambda: setattr(message, "history_percent", [50.5]))


def test_optional() -> None:
    message = ev.Optionals()
    assert message.o9_celsius is None
    message.o9_celsius = -0.05
    assert message.o9 == -1
    message.o9_celsius = None
    assert message.o9 is None


def test_bits() -> None:
    message = ev.Bits(status=0x0F)
    message.status_mode = 5
    assert (message.status, message.status_mode, message.status_low) == (0x0D, 5, 1)
    refused("range", lambda: setattr(message, "status_mode", 8), "Bits.status_mode: ")
    refused("range", lambda: setattr(message, "status_low", -1))
    message.split_rest = (1 << 63) - 1
    assert message.split == (1 << 64) - 2


def test_unions() -> None:
    tag = ev.ChoicesEvent.Tag
    for event in (
        ev.ChoicesEvent(tag.BEEP),
        ev.ChoicesEvent(tag.BEEP, ev.Motion()),
        ev.ChoicesEvent(tag.BEEP, b""),
        ev.ChoicesEvent(9),
        ev.ChoicesEvent(9, ev.Beep()),
        ev.ChoicesEvent(256, b""),
        ev.ChoicesEvent(-1, b""),
        ev.ChoicesEvent(value=ev.Beep()),
    ):
        refused("range", ev.Choices(event=event).encode, "Choices.event: ")
    refused("length", ev.Choices(event=ev.ChoicesEvent(9, bytes(65536))).encode)
    ev.Choices(event=ev.ChoicesEvent(9, bytes(65535))).encode()
    wrong = ev.ChoicesEvent(tag.MOTION, ev.Motion(path=[ev.Place()] * 4))
    refused("length", ev.Choices(event=wrong).encode, "Motion.path: ")


def test_flags() -> None:
    flags = ev.Flagged.Flags
    refused("unknown_flag", ev.Flagged(flags(4)).encode)
    refused("missing_flag", ev.Flagged(flags.ONLY).encode)
    refused("unknown_flag", lambda: ev.Nothing.decode(1, b""))
    refused("missing_flag", lambda: ev.Flagged.decode(2, b"\0"))
    for packet, broadcast in (
        (ev.Flagged(), False),
        (ev.Flagged(flags.FIRST), True),
        (ev.Flagged(flags.FIRST | flags.LATE), False),
        (ev.Sizes(), True),
        (ev.Numbers(), False),
    ):
        assert packet.broadcast() is broadcast
    assert (ev.Numbers.UP, ev.Numbers.DOWN) == (True, False)
    assert (ev.Sizes.UP, ev.Sizes.DOWN) == (False, True)


def test_packets() -> None:
    chosen = ev.Chosen(mode=ev.Mode.SLOW, level=1, narrow=1)
    assert dict(chosen.fields()) == {"mode": ev.Mode.SLOW, "level": 1, "narrow": 1}
    refused("range", ev.Chosen(mode=ev.Mode.SLOW).encode, "Chosen.narrow: ")
    refused("range", ev.Chosen(mode=ev.Mode.ODD).encode, "Chosen.mode: ")
    refused("range", ev.Numbers(a=3, b=1001).encode, "Numbers.b: ")
    refused("range", ev.Flagged(out=256).encode, "Flagged.out: ")
    refused("range", ev.Sizes(fixed=b"1234").encode)
    answer = ev.TheAnswerToALongQuestion(the_last_field=bytes(1469))
    refused("too_long", lambda: answer.encode(last=True))
    answer.the_last_field = bytes(255)
    refused("too_long", answer.encode)
    assert answer.encode(last=True)[:2] == b"\xf0\xff"
    tail = ev.Tail(notes=[(1, b"ab"), (2, b"")])
    assert tail.encode() == b"\0\x01\x02ab\x02\0"
    assert ev.Tail.decode(tail.encode()) == tail
    refused("too_long", ev.Tail(notes=[(1, bytes(256))]).encode)
    refused("range", ev.Tail(notes=[(256, b"")]).encode)


def test_walk() -> None:
    frame = chosen = ev.Chosen(level=7).encode()
    frame += b"\x70\0" + chosen + b"\0"
    walk = ev.walk(memoryview(frame))
    first, unknown, second = (next(walk) for _ in range(3))
    assert ev.decode_packet(first) == ev.decode_packet(second) == ev.Chosen(level=7)
    assert unknown == ev.RawPacket(type=7, flags=0, offset=len(chosen), body=b"")
    refused("unknown_type", lambda: ev.decode_packet(unknown))
    refused("reserved_type", lambda: next(walk), f"offset {len(frame) - 1}: ")


def test_fields() -> None:
    """What is known of fields serves those who show them."""
    shown = {f.name: getattr(ev.Scaled(), f.scaled) for f in ev.Scaled.FIELDS}
    assert shown["temperature"] == 21.5
    assert [f.unit for f in ev.Scaled.FIELDS][:3] == ["°C", "°F", "hPa"]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
