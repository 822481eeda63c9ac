"""Imports packages and encodes and decodes what their messages and packets are at first.

python try_all.py FOLDER:FOLDER PACKAGE...
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

sys.path[:0] = sys.argv[1].split(":")
for name in sys.argv[2:]:
    package: Any = importlib.import_module(name)
    for exported in package.__all__:
        assert getattr(package, exported) is not None, exported
    for message in getattr(package, "MESSAGES", {}).values():
        try:
            payload = message().encode()
        except package.CodecError as e:
            assert e.code is package.ErrorCode.RANGE, e
            continue
        assert package.decode(payload) == message()
    for packet in getattr(package, "PACKETS", {}).values():
        (raw,) = package.walk(packet().encode())
        assert package.decode_packet(raw) == packet()
