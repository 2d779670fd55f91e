"""A known sound is found in what a phone received, and nothing else is."""

import random
from array import array

from ivrflow.sim.hearing import FRAME, HEARD, likeness

FRAMES = 26
"""Half a second: as short as prompts are."""


def speech(seed):
    """Half a second of noise, loud and faint as syllables are."""
    chance = random.Random(seed)
    loud = [chance.choice((300, 2000, 6000)) for _ in range(FRAMES)]
    return array("h", (round(chance.gauss(0, at)) for at in loud for _ in range(FRAME)))


def as_loud(sound, seed):
    """Another sound, which in each frame is as loud as *sound*."""
    chance = random.Random(seed)
    return array("h", (chance.choice((-1, 1)) * sample for sample in sound))


def silence(frames):
    return array("h", bytes(2 * round(frames * FRAME)))


def test_sound_is_found_among_many_that_are_as_loud_at_each_moment():
    sound = speech(1)
    heard = array("h")
    for seed in range(15):
        heard += as_loud(sound, seed) + silence(2)
    heard += silence(0.5) + sound  # half a frame aside, as it comes on a line

    assert likeness(heard.tobytes(), sound.tobytes()) > 0.99


def test_sound_that_never_came_is_not_found():
    sound, heard = speech(1), array("h")
    for seed in range(2):
        heard += as_loud(sound, seed) + silence(2)

    assert likeness(heard.tobytes(), sound.tobytes()) < HEARD / 2


def test_nothing_is_found_in_what_is_shorter_than_the_sound():
    assert likeness(silence(3).tobytes(), speech(1).tobytes()) == 0.0
