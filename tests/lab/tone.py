# SPDX-License-Identifier: BSD-3-Clause
"""Tones in WAV files: making them, and hearing whose tone was recorded."""

import array
import math
import os
import struct

HEADER = 44  # octets before the samples of what a phone records
BLOCK = 0.05  # s; whole periods of the tones fit in
FLOOR = 100  # effective value below which a block counts as silence
SHARE = 0.6  # of a block's energy that the tone must have
HEARD = 1.0  # s that a tone must stand without a gap
GAP = 4  # blocks: a shorter hole is a lost packet, not a lost path
LOSSY_SHARE = 0.8  # of a second that must be tone where packets get lost


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


def marks(path, hertz):
    """For each block of a recording: does the tone stand in it?"""
    try:
        rate, samples = read_wav(path)
    except (OSError, ValueError):
        return []
    step = max(rate // 8000, 1)  # the tones are low
    samples, rate = samples[::step], rate / step
    size = int(rate * BLOCK)
    return [has_tone(samples[at:at + size], rate, hertz)
            for at in range(0, len(samples) - size + 1, size)]


def runs(blocks, gap=1):
    """[(start, end)] of the tone, in blocks; holes shorter than gap are none.
    """
    found = []
    for at, mark in enumerate(blocks):
        if not mark:
            continue
        if found and at - found[-1][1] < gap:
            found[-1][1] = at + 1
        else:
            found.append([at, at + 1])
    return found


def longest(path, hertz, lossy=False):
    """Seconds that the tone stands in a recording without a gap.

    One block without it, as a busy machine makes, is no gap.
    Lossy: with holes as lost packets leave them, each shorter than GAP, and
    in every second of it LOSSY_SHARE of the blocks are tone.
    """
    blocks = marks(path, hertz)
    if not lossy:
        return max((end - start for start, end in runs(blocks, 2)),
                   default=0) * BLOCK
    second = round(1 / BLOCK)
    best = 0
    for start, end in runs(blocks, GAP):
        good = 0
        for at in range(start, end - second + 1):
            full = sum(blocks[at:at + second]) >= LOSSY_SHARE * second
            good = good + 1 if full else 0
            best = max(best, good + second - 1 if good else 0)
    return best * BLOCK


def judge(path, other, own, lossy=False):
    """What is wrong with a recording: a list of reasons, empty if heard."""
    wrong = []
    heard = longest(path, other, lossy)
    if heard < HEARD:
        wrong.append("heard the other's tone for only %.2f s" % heard)
    echo = longest(path, own)
    if echo >= 0.2:
        wrong.append("heard its own tone for %.2f s" % echo)
    return wrong


class Watch:
    """When each sample of a growing recording was played.

    look() is called often; the file is written in pieces, so a look right
    after one tells the time best, and that is the earliest.
    """

    def __init__(self, path, rate=None):
        self.path = path
        self.rate = rate
        self.start = None  # when its first sample was played, monotonic

    def look(self, now):
        try:
            if not self.rate:
                self.rate = read_wav(self.path)[0]
            size = os.path.getsize(self.path)
        except (OSError, ValueError, struct.error, IndexError):
            return
        start = now - max(size - HEADER, 0) / 2 / self.rate
        if size > HEADER and (self.start is None or start < self.start):
            self.start = start


def after(path, hertz, start, length):
    """(seconds heard, seconds until the voice was back) in a window.

    start: of the window, in s from the recording's beginning. The voice is
    back where a second of it begins, the first one behind a hole; None if
    there is none, 0 if there is no hole.
    """
    first = max(int(start / BLOCK), 0)
    size = int(length / BLOCK)
    blocks = marks(path, hertz)[first:first + size]
    found = runs(blocks, GAP)
    heard = sum(end - begin for begin, end in found) * BLOCK
    if found and found[0][0] < GAP:
        if found[0][1] > size - GAP:
            return heard, 0.0
        del found[0]
    for begin, end in found:
        if (end - begin) * BLOCK >= HEARD:
            return heard, begin * BLOCK
    return heard, None
