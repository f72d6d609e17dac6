# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulators behind TLS: with a certificate that nobody has signed (the fixture `secure`), or one that an `Authority` of ours has."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509  # ansible-core brings it
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.simulator import Simulator


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed."""
    return write_certificate(tmp_path_factory.mktemp("tls"))


def write_certificate(folder: Path, ends_in: int = 1, signed_by: Authority | None = None) -> Path:
    """A certificate for 127.0.0.1 that began two days ago and ends in so many days, beside its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    issuer, issuers_key = (signed_by.name, signed_by.key) if signed_by else (name, key)
    made = (
        _builder(name, issuer, key, ends_in, issuers_key, is_authority=signed_by is None)
        .add_extension(address, False)
        .sign(issuers_key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem"


class Authority:
    """One of a company's own: `path` is what ca_path is set to."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Our authority")])
        own = _builder(self.name, self.name, self.key, 1, self.key, is_authority=True)
        self.path = folder / "authority.pem"
        signed = own.sign(self.key, hashes.SHA256())
        self.path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    ends_in: int,
    issuers_key: ec.EllipticCurvePrivateKey,
    is_authority: bool,
) -> x509.CertificateBuilder:
    """With what Python 3.13 and later ask for: the identifiers of both keys, and what an authority's is for."""
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        + ("crl_sign", "encipher_only", "decipher_only"),
        False,
    )
    issuer_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key.public_key())
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=ends_in))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=is_authority, **uses), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(issuer_identifier, False)
    )


@pytest.fixture(scope="session")
def secure_simulator(certificate: Path) -> Iterator[Simulator]:
    running = Simulator(
        instances=3, certfile=str(certificate), keyfile=str(certificate.with_name("key.pem"))
    )
    yield running
    running.stop()


@pytest.fixture
def secure(secure_simulator: Simulator) -> Simulator:
    secure_simulator.reset()
    return secure_simulator
