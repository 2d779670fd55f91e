"""Sealing a PIN for the one system that may open it.

A key is a file of the settings: an RSA public key (PEM, at least 2048 bits; RSA-OAEP
with SHA-256: we can't open what we have sealed) or 32 random bytes in hexadecimal
digits (AES-256-GCM, shared with the core system). What comes out is base64; for AES the
twelve bytes of the nonce, then the ciphertext with its tag.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivrflow.secret import Secret

Seal = Callable[[bytes], str]
"""Seals bytes, at most some 190 of them; returns base64."""

LEAST_BITS = 2048
NONCE_BYTES = 12


class BadKey(Exception):
    """The key can't be used. Says what it must be."""


def read_seal(key: Secret) -> Seal:
    """Return what seals with *key*, as its file holds it; raise `BadKey`."""
    text = key.reveal()
    if "BEGIN" in text:
        return _rsa(text)
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise BadKey(
            "this is no key: a PEM with an RSA public key, or 64 hexadecimal digits"
        )
    cipher = AESGCM(secret)

    def seal(content: bytes) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, content, None)
        return base64.b64encode(sealed).decode()

    return seal


def _rsa(pem: str) -> Seal:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("this PEM holds no public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise BadKey(f"an RSA public key of at least {LEAST_BITS} bits is wanted")
    pad = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return lambda content: base64.b64encode(key.encrypt(content, pad)).decode()
