"""Sounds that are made for tests, as lists of samples, and the shipped spoken ones."""

import math
import random
import wave
from array import array
from pathlib import Path

RATE = 8000
SOUNDS = Path(__file__).parents[3] / "sounds"


def silence(seconds, *, rate=RATE):
    return [0.0] * round(seconds * rate)


def tone(seconds, *pitches, loud=6000.0, rate=RATE):
    """Sine waves of these hertz together, each of an equal part of *loud*."""
    each = loud / len(pitches)
    turns = [2 * math.pi * pitch / rate for pitch in pitches]
    return [
        each * sum(math.sin(turn * at) for turn in turns)
        for at in range(round(seconds * rate))
    ]


def cadence(times, on, off, *pitches, loud=6000.0, rate=RATE):
    once = tone(on, *pitches, loud=loud, rate=rate) + silence(off, rate=rate)
    return once * times


def noise(seconds, decibels, *, rate=RATE, seed=7):
    """White noise so many dB below the loudest sound there is."""
    chance, loud = random.Random(seed), 32768 * 10 ** (decibels / 20)
    return [chance.gauss(0, loud) for _ in range(round(seconds * rate))]


def together(*sounds):
    return [sum(samples) for samples in zip(*sounds, strict=True)]


def scaled(sound, factor):
    return [sample * factor for sample in sound]


def samples(sound):
    """As they are recorded: 16 bits, cut at the loudest."""
    return array("h", [max(-32768, min(32767, round(value))) for value in sound])


def spoken(name):
    """The samples of a shipped sound, 8,000 a second."""
    with wave.open(str(SOUNDS / name)) as read:
        return list(array("h", read.readframes(read.getnframes())))
