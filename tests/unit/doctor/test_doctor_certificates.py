"""Certificates that run out are told before the day on which nothing works any more."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ivrflow.doctor.finding import State
from ivrflow.doctor.host import now
from tests.doctor_rig import patient_in


@asynccontextmanager
async def server(folder, *, days):
    """A TLS server on this machine whose certificate is good for so many days more."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=100))
        .not_valid_after(now() + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def serve(reader, writer):
        with suppress(ConnectionError):  # who only looks at it says no goodbye
            await reader.read(1)
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with running:
        yield running.sockets[0].getsockname()[1]


async def told(tmp_path, days):
    async with server(tmp_path, days=days) as port, patient_in(tmp_path) as world:
        world.settings["alarms"] = {"webhook": f"https://localhost:{port}/in"}
        world.changed(now=now)
        [one] = await world.look("certificates")
        return one.findings


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))


@pytest.mark.parametrize(
    ("days", "state", "said"),
    [
        (90, State.OK, "is good up to"),
        (10, State.WARNING, "runs out on"),
        (2, State.ERROR, "runs out on"),
        (-1, State.ERROR, "certificate has expired"),
    ],
)
async def test_how_long_a_certificate_is_good(trusted, tmp_path, days, state, said):
    [finding] = await told(tmp_path, days)

    assert finding.state is state
    assert "alarms: " in finding.said
    assert said in finding.said


async def test_one_that_nobody_has_signed_is_told(tmp_path):
    [finding] = await told(tmp_path, 90)

    assert finding.state is State.ERROR
    assert "update-ca-certificates" in finding.cure
