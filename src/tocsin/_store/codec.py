"""Values as bytes: one byte of schema version, then MessagePack."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tocsin._core.errors import StoreMismatch

SCHEMA = 1
_PREFIX = bytes([SCHEMA])
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """The stored form of a value."""
    return _PREFIX + _encoder.encode(value)


def decode(kind: type[T], data: bytes) -> T:
    """A value from its stored form. Raises ``StoreMismatch`` for another schema than ours."""
    if data[:1] != _PREFIX:
        raise StoreMismatch(
            f"the store holds a {kind.__name__} of schema {data[0] if data else 'none'}, this version reads {SCHEMA}; "
            "run the version that wrote it, or start with an empty store"
        )
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        value: T = decoder.decode(memoryview(data)[1:])
    except msgspec.DecodeError as error:
        raise StoreMismatch(f"the store holds a {kind.__name__} that cannot be read: {error}") from error
    return value


def pack(value: Any) -> bytes:
    """An argument for a script: MessagePack as Lua reads it, which knows no binary strings."""
    return _encoder.encode(value)
