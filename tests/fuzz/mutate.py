"""Making bytes: what stands here knows no target, only chance and bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

LONGEST_CASE = 4096
LONGEST_BLOWN_UP = 30_000

# What parsers have stumbled over, whatever they parse.
HOSTILE = [
    *(
        bytes((byte,))
        for byte in b"\0\t\n\r\x0b\x1c \"%&'()+,-./:;<=?@[\\]_{}~\x7f\x80\x85\xa0\xff"
    ),
    *(
        b"\r\n|\r\n\r\n|\n\n|\r\r\n|%00|%0d%0a|%2e%2e%2f|%ff|%u0041|%|%%|../|..\\|//|/./".split(
            b"|"
        )
    ),
    *(b"-0 -1 +1 0 00 0x1 1_0 1e9 1e999 nan inf 255 65536 2147483648 4294967296".split()),
    *(b"9223372036854775808 99999999999999999999 0.1.2 * \\\" \\\\ '' __class__ <zzz>".split()),
    *(
        text.encode()
        for text in "٣ ² ３ é ß İ ı ﬃ \u2028 \u200b \ufeff \u202e \U0001f600 /".split()
    ),
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"9" * 40,
]
_NUMBER_RE = re.compile(rb"[0-9]+")


def mutate(dice: random.Random, data: bytes, tokens: Sequence[bytes], other: bytes) -> bytes:
    """Return *data* changed in a few places; *other* is what it may be spliced with."""
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5))):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 2, 4, 16, 100)))
        piece = data[at:end]
        token = dice.choice(tokens if tokens and dice.random() < 0.6 else HOSTILE)
        way = dice.randrange(14)
        if way < 3:
            data = data[:at] + token + data[at:]
        elif way < 5:
            data = data[:at] + token + data[end:]
        elif way == 5:
            data = data[:at] + data[end:]
        elif way == 6:
            data = data[:at]
        elif way == 7:
            data = data[:at] + piece * dice.choice((2, 2, 3, 17, 40)) + data[end:]
        elif way == 8 and piece:
            data = data[:at] + bytes((piece[0] ^ 1 << dice.randrange(8),)) + data[at + 1 :]
        elif way == 9:
            data = data[:at] + dice.randbytes(len(piece)) + data[end:]
        elif way == 10:
            start = dice.randrange(len(other) + 1)
            data = data[:at] + other[start : start + dice.choice((8, 40, 4096))] + data[end:]
        elif way == 11:
            data = change_a_number(dice, data)
        elif way == 12:
            data = data[:at] + piece.swapcase() + data[end:]
        else:
            start = dice.randrange(len(data) + 1)
            data = data[:at] + data[start : start + len(piece)] + data[end:]
        data = data[:LONGEST_CASE]
    if dice.random() < 0.004 and data:
        at = dice.randrange(len(data))
        piece = data[at : at + dice.choice((1, 1, 2, 5, 12))]
        data = data[:at] + piece * (dice.randrange(LONGEST_BLOWN_UP) // len(piece)) + data[at:]
    return data


def change_a_number(dice: random.Random, data: bytes) -> bytes:
    """Return *data* with one of its numbers a little, or much, greater or smaller."""
    numbers = list(_NUMBER_RE.finditer(data))
    if not numbers:
        return data
    found = dice.choice(numbers)
    number = int(found[0][:20]) + dice.choice((-1, 1, -2, 10, 1 << 16, 1 << 31, 1 << 63))
    return data[: found.start()] + b"%d" % number + data[found.end() :]


def cut(dice: random.Random, data: bytes) -> list[bytes]:
    """Return *data* in pieces: byte by byte, or a few that like to begin and end in CR LF."""
    if dice.random() < 0.3:
        return [data[at : at + 1] for at in range(len(data))]
    cuts = {dice.randrange(len(data) + 1) for _ in range(dice.choice((1, 2, 5, 20)))}
    ends = [found.start() + 1 for found in re.finditer(rb"\r\n|--", data)]
    cuts.update(dice.sample(ends, min(len(ends), dice.choice((0, 1, 3, 9)))))
    edges = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:]) if end > start]


def words(dice: random.Random, choices: Sequence[bytes], most: int, joint: bytes = b"") -> bytes:
    """Return up to *most* of the *choices*, joined."""
    return joint.join(dice.choice(choices) for _ in range(dice.randrange(most + 1)))


def entropy(dice: random.Random) -> bytes:
    """Return bytes for a target that makes its own values of what it is given: see `dice_of`."""
    return dice.randbytes(8)


def dice_of(data: bytes) -> random.Random:
    """Return chance that depends on *data* alone, so that a case is its bytes and nothing else."""
    return random.Random(data)


def random_text(dice: random.Random, alphabet: str, most: int = 12) -> str:
    """Return some characters of *alphabet*, now and then any character at all."""
    if dice.random() < 0.1:
        return "".join(
            chr(dice.choice((dice.randrange(256), dice.randrange(0xD800)))) for _ in "abc"
        )
    return "".join(dice.choice(alphabet) for _ in range(dice.randrange(most + 1)))
