"""The cluster's own certificate authority, and one certificate per agent.

Names are what the agents check: Consul servers are `server.<datacenter>.consul`, its clients
`client.<datacenter>.consul` (`verify_server_hostname`); Nomad's are `server.<region>.nomad` and
`client.<region>.nomad`. https://developer.hashicorp.com/nomad/docs/configuration/tls
Extensions follow RFC 5280, section 4.2, so that strict verifiers take them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=730)
_OPERATOR_LIFE = timedelta(days=1)
_CLOCK_SKEW = timedelta(hours=1)
"""A host's clock may be behind ours when it first boots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate with its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)


def authority(name: str) -> KeyPair:
    """A new CA that may sign agents' certificates and nothing below them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(_AUTHORITY_LIFE)
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def leaf(ca: KeyPair, common_name: str, names: Sequence[str], address: IPv4Address) -> KeyPair:
    """A certificate for both ends of mutual TLS: `names`, localhost, 127.0.0.1 and the host's address."""
    alternatives = [
        *(x509.DNSName(name) for name in (*names, "localhost")),
        *(x509.IPAddress(each) for each in (IPv4Address("127.0.0.1"), address)),
    ]
    both_ends = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return _signed(ca, common_name, _LEAF_LIFE, both_ends, alternatives)


def operator(ca: KeyPair, life: timedelta = _OPERATOR_LIFE) -> KeyPair:
    """A certificate for the client's end alone, of whoever uses the cluster's APIs."""
    return _signed(ca, "operator", life, [ExtendedKeyUsageOID.CLIENT_AUTH])


def _signed(
    ca: KeyPair,
    common_name: str,
    life: timedelta,
    uses: Sequence[x509.ObjectIdentifier],
    alternatives: Sequence[x509.GeneralName] = (),
) -> KeyPair:
    issuer = x509.load_pem_x509_certificate(ca.certificate.encode())
    issuer_key = serialization.load_pem_private_key(ca.key.encode(), password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the CA's key is of another kind than steppe makes")
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(life)
        .subject_name(_name(common_name))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def made(certificate: str) -> datetime:
    """When that certificate (PEM) was made, to the second."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_before_utc + _CLOCK_SKEW


def expires(certificate: str) -> datetime:
    """The last moment at which that certificate (PEM) is valid."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def address(certificate: str) -> IPv4Address:
    """The host's address in a certificate that `leaf` made."""
    read = x509.load_pem_x509_certificate(certificate.encode())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    *_, own = names.get_values_for_type(x509.IPAddress)
    return IPv4Address(str(own))


def _builder(life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    return KeyPair(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )
