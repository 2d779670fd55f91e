"""Hashes of passwords are those of crypt(3), which is what Asterisk compares with."""

import ctypes
import ctypes.util
import re

import pytest

from ivrflow.asterisk.beside.crypted import crypted


def libcrypt():
    name = ctypes.util.find_library("crypt")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.crypt.restype = ctypes.c_char_p
    return library


def test_a_hash_is_the_one_of_the_specification():
    made = crypted("Hello world!", "saltstring", 5000)

    assert made == (
        "$5$rounds=5000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
    )


@pytest.mark.skipif(libcrypt() is None, reason="no libcrypt on this machine")
@pytest.mark.parametrize(
    ("password", "salt"),
    [
        ("", "a"),
        ("x", "saltstring"),
        ("Hello world!", "saltstringsaltst"),
        ("p" * 31, "./AZaz09"),
        ("p" * 32, "./AZaz09"),
        ("p" * 33, "./AZaz09"),
        ("ü" * 70, "abc"),
    ],
)
def test_a_hash_is_the_one_of_this_machines_crypt(password, salt):
    made = crypted(password, salt)

    setting = f"$5$rounds=1000${salt}$".encode()
    assert libcrypt().crypt(password.encode(), setting) == made.encode()


def test_two_hashes_of_one_password_differ_by_their_salt():
    assert crypted("x") != crypted("x")


def test_a_hash_can_stand_in_asterisks_configuration():
    assert re.fullmatch(r"\$5\$rounds=1000\$[0-9a-f]{16}\$[\w./]{43}", crypted("x"))
