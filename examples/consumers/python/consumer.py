"""Prints what climate sensors say, as a gateway publishes it to an MQTT broker."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from urllib.parse import SplitResult, unquote, urlsplit

import aiomqtt
import climate

TOPIC = re.compile(r"/device/([0-9a-f:]{17})(?:/(.+))?")


async def listen(url: SplitResult) -> None:
    """Prints for ever, through whatever happens to the connection."""
    host = url.hostname or "127.0.0.1"
    port = url.port or 1883
    user = password = None
    if url.username is not None:
        user = unquote(url.username)
        password = os.environ.get("MQTT_PASSWORD")
        if url.password is not None:
            password = unquote(url.password)
    last, times = "", 0
    while True:
        try:
            async with aiomqtt.Client(
                host, port, username=user, password=password
            ) as client:
                last, times = "", 0
                await client.subscribe("/device/#", qos=1)
                report(f"listening at {host}:{port}")
                async for message in client.messages:
                    show(str(message.topic), message.payload)
        except aiomqtt.MqttError as error:
            times = times + 1 if str(error) == last else 1
            last = str(error)
            if times == 1:
                report(last)
            elif times % 60 == 0:
                report(f"{last} ({times} times)")
            await asyncio.sleep(1)


def show(topic: str, payload: bytes) -> None:
    """Prints one message. What is none of a sensor's is reported; the next may be."""
    device = TOPIC.fullmatch(topic)
    if device is None or (device[2] or "").startswith("$"):
        return  # not a device's, such as $status
    addr = device[1]
    try:
        message = climate.decode(payload)
    except climate.UnknownIdError as error:
        report(f"{addr}: no message has id {error.id}: is there a newer climate.yaml?")
    except climate.CodecError as error:
        report(f"{addr}: {len(payload)} bytes that are no message: {error}")
    else:
        print(addr, text(message), flush=True)


def text(message: climate.Message) -> str:
    match message:
        case climate.Reading():
            return reading(message)
        case climate.Trouble():
            alarms = [f"0x{message.alarms:02x}"]
            alarms += [
                str(a.name).lower() for a in climate.Alarm if a in message.alarms
            ]
            return f"trouble  alarms {' '.join(alarms)}  since {message.since} s"


def reading(r: climate.Reading) -> str:
    parts = [
        f"reading  uptime {r.uptime} s",
        f"{r.temperature_celsius:.2f} °C",
        f"{r.humidity_percent:.2f} %",
        r.mode.name.lower() if isinstance(r.mode, climate.Mode) else str(r.mode),
    ]
    if r.samples:
        parts.append("samples " + " ".join(map(str, r.samples)))
    parts.append(f"room {json.dumps(r.room, ensure_ascii=False)}")
    if r.battery is not None:
        parts.append(f"battery {r.battery} mV")
    parts.append(f"{r.pressure} hPa")
    return "  ".join(parts)


def report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def parse_broker(text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        if url.scheme not in ("mqtt", "tcp") or not url.hostname or url.port == 0:
            raise ValueError
    except ValueError:  # its message would repeat the password
        raise argparse.ArgumentTypeError(
            "want a URL such as mqtt://127.0.0.1:1883"
        ) from None
    return url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--broker",
        metavar="URL",
        type=parse_broker,
        default="mqtt://127.0.0.1:1883",
        help="URL of an MQTT broker, as mqtt://user:password@host:1883; "
        "a password that is not in it is taken from MQTT_PASSWORD",
    )
    try:
        asyncio.run(listen(parser.parse_args().broker))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
