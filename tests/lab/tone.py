# SPDX-License-Identifier: BSD-3-Clause
"""Tones in WAV files: making them, and hearing whose tone was recorded."""

import array
import math
import struct

BLOCK = 0.05  # s; whole periods of the tones fit in
FLOOR = 100  # effective value below which a block counts as silence
SHARE = 0.6  # of a block's energy that the tone must have
HEARD = 1.0  # s that a tone must stand without a gap


def write_wav(path, hertz, seconds, rate=8000, channels=1, level=8000):
    """A tone as 16-bit PCM."""
    samples = array.array("h")
    for i in range(int(seconds * rate)):
        value = int(level * math.sin(2 * math.pi * hertz * i / rate))
        samples.extend([value] * channels)
    data = samples.tobytes()
    with open(path, "wb") as out:
        out.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt ")
        out.write(struct.pack("<IHHIIHH", 16, 1, channels, rate,
                              rate * channels * 2, channels * 2, 16))
        out.write(b"data" + struct.pack("<I", len(data)) + data)


def ulaw(value):
    """One sample as G.711 mu-law."""
    sign = 0x80 if value < 0 else 0
    value = min(abs(value), 32635) + 132
    exponent = max(value.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | value >> (exponent + 3) & 15) & 0xff


def write_ulaw(path, hertz, seconds, level=8000):
    """A tone as raw G.711 mu-law at 8 kHz."""
    with open(path, "wb") as out:
        out.write(bytes(
            ulaw(int(level * math.sin(2 * math.pi * hertz * i / 8000)))
            for i in range(int(seconds * 8000))))


def read_wav(path):
    """(rate, samples of the first channel). A cut file is read to its end."""
    with open(path, "rb") as source:
        data = source.read()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("%s: no WAV file" % path)
    at, form, rate, channels = 12, None, 0, 0
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            form, channels, rate, _, _, bits = struct.unpack_from(
                "<HHIIHH", data, at + 8)
            if form not in (1, 0xfffe) or bits != 16 or not channels:
                raise ValueError("%s: not 16-bit PCM" % path)
        elif name == b"data":
            if not form:
                break
            body = data[at + 8:at + 8 + size] if size else data[at + 8:]
            samples = array.array("h")
            samples.frombytes(body[:len(body) // (2 * channels)
                                   * 2 * channels])
            return rate, samples[::channels]
        at += 8 + size + (size & 1)
    raise ValueError("%s: no sound in it" % path)


def has_tone(block, rate, hertz):
    """Is this block mainly the tone? (Goertzel's algorithm)"""
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    last = before = energy = 0.0
    for sample in block:
        last, before = sample + factor * last - before, last
        energy += sample * sample
    if energy < FLOOR * FLOOR * len(block):
        return False
    power = last * last + before * before - factor * last * before
    return 2 * power / len(block) >= SHARE * energy


def longest(path, hertz):
    """Seconds that the tone stands in a recording without a gap."""
    try:
        rate, samples = read_wav(path)
    except (OSError, ValueError):
        return 0.0
    size = int(rate * BLOCK)
    best = run = 0
    for at in range(0, len(samples) - size + 1, size):
        run = run + 1 if has_tone(samples[at:at + size], rate, hertz) else 0
        best = max(best, run)
    return best * BLOCK


def judge(path, other, own):
    """What is wrong with a recording: a list of reasons, empty if heard."""
    wrong = []
    heard = longest(path, other)
    if heard < HEARD:
        wrong.append("heard the other's tone for only %.2f s" % heard)
    echo = longest(path, own)
    if echo >= 0.2:
        wrong.append("heard its own tone for %.2f s" % echo)
    return wrong
