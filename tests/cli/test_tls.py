"""With a certificate of its own, the server speaks HTTPS and nothing else, and its cookies are for that alone."""

import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import BadStatusLine
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.installations import PATIENCE_S, Installation, Served, new_installation

MADE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate, beside its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(MADE)
        .not_valid_after(MADE + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    path.write_bytes(made.public_bytes(pem))
    path.with_name("key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return path


@pytest.fixture(scope="module")
def served(set_up_once: Installation, certificate: Path) -> Iterator[Served]:
    there = new_installation(certificate.with_name("data"), like=set_up_once)
    with there.serving("--certificate", str(certificate), "--key", str(certificate.with_name("key.pem"))) as served:
        yield served


def test_a_certificate_makes_it_https(served: Served, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    address = f"https://127.0.0.1:{served.port}/health/"
    with urllib.request.urlopen(address, context=trusting, timeout=PATIENCE_S) as answer:
        assert answer.status == 200
        assert "max-age=" in answer.headers["Strict-Transport-Security"]
    with pytest.raises(BadStatusLine):
        served.get("/health/")
    assert f"https://127.0.0.1:{served.port}/" in served.log()


def test_old_tls_is_not_spoken(served: Served, certificate: Path) -> None:
    old = ssl.create_default_context(cafile=str(certificate))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match=r"(?i)protocol|alert|version|handshake"):
        urllib.request.urlopen(f"https://127.0.0.1:{served.port}/health/", context=old, timeout=PATIENCE_S)
