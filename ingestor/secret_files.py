"""Secrets of a deployment: passwords, tokens, a certificate authority and the broker's certificate, as files.

One folder a service, so that each is given its own and nothing else. What two services share stands in both folders.
"""

import base64
import datetime as dt
import hashlib
import ipaddress
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sensors.errors import ConfigError

NAMES: Final = ("broker", "localhost", "127.0.0.1", "::1")
"""Names by which clients connect to the broker, where none are given: that in docker-compose.yml, and loopback."""
OWNERS: Final = {
    "authority": 0,
    "broker": 1883,
    "influxdb": 1000,
    "grafana": 472,
    "qingjing": 10_001,
    "simulator": 10_001,
}
"""User ids of the services in their containers: eclipse-mosquitto, influxdb, grafana, and ours (Dockerfile)."""
NOWHERE = "http://127.0.0.1:9/"
"""Where Grafana's alerts go until somebody writes an address into the file: Grafana does not start without one."""
ADDED: Final = frozenset({Path("grafana/secret-key")})
"""Files that the folders of an older qingjing lack. Nothing else rests on them: they are made beside the others."""
LAST: Final = Path("authority/ca.key")
"""The file that is written last: where it is, all were written."""

AUTHORITY_DAYS = 3650
SERVER_DAYS = 825
PASSWORD_BYTES = 32
SALT_BYTES = 12
ITERATIONS = 101
"""Of PBKDF2 in Mosquitto's file of passwords, as mosquitto_passwd has it; the passwords are random, not guessable."""


def make(names: Iterable[str] = NAMES) -> dict[Path, bytes]:
    """Return new secrets: content by path, relative to the folder of all. `names` are those of the broker."""
    authority_key, authority, server_key, server = _certificates(list(names))
    password = {user: secrets.token_urlsafe(PASSWORD_BYTES) for user in _BROKER_USERS}
    admin, reader, collector = (secrets.token_urlsafe(PASSWORD_BYTES) for _ in range(3))
    token = secrets.token_urlsafe(PASSWORD_BYTES)
    texts = {
        "broker/passwords": "".join(f"{user}:{mosquitto_hash(secret)}\n" for user, secret in password.items()),
        "broker/health-password": password["health"],
        "authority/operator-password": password["operator"],
        "qingjing/broker-password": password["qingjing"],
        "simulator/broker-password": password["simulator"],
        "influxdb/admin-password": admin,
        "influxdb/admin-token": token,
        "influxdb/grafana-password": reader,
        "influxdb/qingjing-password": collector,
        "qingjing/influxdb-token": token,
        "qingjing/influxdb-login": f"qingjing:{collector}",
        "grafana/influxdb_read_token": f"grafana:{reader}",
        "grafana/grafana_webhook_url": NOWHERE,
        "qingjing/board-token": secrets.token_urlsafe(PASSWORD_BYTES),
        "grafana/admin-password": secrets.token_urlsafe(PASSWORD_BYTES),
        "grafana/secret-key": secrets.token_urlsafe(PASSWORD_BYTES),
    }
    files = {Path(name): text.encode() for name, text in texts.items()}
    files |= {Path(folder, "ca.crt"): authority for folder in ("authority", "broker", "qingjing", "simulator")}
    files |= {Path("broker/server.crt"): server, Path("broker/server.key"): server_key, LAST: authority_key}
    return files


_BROKER_USERS: Final = ("qingjing", "simulator", "operator", "health")


def write(files: Mapping[Path, bytes], directory: Path, *, keep: bool = False, owners: bool = False) -> bool:
    """Write secrets below `directory`, folders with mode 0700 and files with 0400; return whether any was written.

    With `keep` a folder that holds them all is left as it is, one in which an earlier call was cut off is begun anew,
    and one of an older qingjing gets what was `ADDED` since. With `owners` each folder is given to the user id of its
    service, which takes root.

    Raises
    ------
    ConfigError
        If there is one of the files already, or with `keep` only some of them.
    OSError
        If they cannot be written.
    """
    there = [name for name in files if (directory / name).exists()]
    if there and not keep:
        raise ConfigError(
            f"{directory / there[0]}: expected no secrets yet, got some; new ones would shut out every service that "
            f"has these: remove the folder first if that is meant, or leave them by --keep"
        )
    if keep and len(there) == len(files):
        return False
    if keep and LAST in there:
        missing = {name: files[name] for name in files if name not in there}
        if lost := [name for name in missing if name not in ADDED]:
            raise ConfigError(
                f"{directory / lost[0]}: expected it beside the other secrets, got nothing; bring it back from a "
                f"backup, or remove the folder and make all anew"
            )
        files = missing
    for name in sorted(files, key=lambda each: each == LAST):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(number, "wb") as file:
            file.write(files[name])
        if owners:
            _give(path, OWNERS[name.parts[0]])
    for folder in {directory / name.parent for name in files}:
        folder.chmod(0o700)
        if owners:
            _give(folder, OWNERS[folder.name])
    return True


def _give(path: Path, owner: int) -> None:
    os.chown(path, owner, owner)


def mosquitto_hash(password: str) -> str:
    """Return a password as Mosquitto's file of passwords holds it: PBKDF2 with SHA-512, `$7$`."""
    salt = secrets.token_bytes(SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def _certificates(names: list[str]) -> tuple[bytes, bytes, bytes, bytes]:
    """Key and certificate of an authority, and of a server of these names that it signed, as PEM."""
    now = dt.datetime.now(dt.UTC)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named("qingjing CA")
    signer = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _begun(issuer, issuer, authority_key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _begun(_named(names[0]), issuer, server_key, now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return _key_pem(authority_key), authority.public_bytes(pem), _key_pem(server_key), server.public_bytes(pem)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    """A certificate without its uses; valid from an hour ago, as clocks differ."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
