"""Secrets of a deployment: what is made, with which modes, and what is never overwritten."""

import base64
import datetime as dt
import os
import socket
import ssl
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from cryptography import x509

from ingestor import secret_files
from sensors.errors import ConfigError
from tests.support import server


@pytest.fixture(scope="module")
def made() -> dict[Path, bytes]:
    return secret_files.make(["broker.example.org", "192.0.2.1"])


def below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_folders_and_files_can_be_read_by_their_owner_only(made: dict[Path, bytes], tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert secret_files.write(made, tmp_path / "secrets")
    finally:
        os.umask(before)
    for path in (tmp_path / "secrets").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o400), path


def test_second_time_is_refused_and_changes_nothing(made: dict[Path, bytes], tmp_path: Path) -> None:
    secret_files.write(made, tmp_path)
    before = below(tmp_path)
    with pytest.raises(ConfigError, match="expected no secrets yet, got some"):
        secret_files.write(secret_files.make(), tmp_path)
    assert below(tmp_path) == before


def test_second_time_with_keep_succeeds_and_changes_nothing(made: dict[Path, bytes], tmp_path: Path) -> None:
    assert secret_files.write(made, tmp_path, keep=True)
    before = below(tmp_path)
    assert not secret_files.write(secret_files.make(), tmp_path, keep=True)
    assert below(tmp_path) == before


def test_a_first_time_that_was_cut_off_is_begun_anew(made: dict[Path, bytes], tmp_path: Path) -> None:
    secret_files.write(made, tmp_path)
    (tmp_path / secret_files.LAST).unlink()
    (tmp_path / "grafana/admin-password").unlink()
    anew = secret_files.make()
    assert secret_files.write(anew, tmp_path, keep=True)
    assert below(tmp_path) == {str(name): content for name, content in anew.items()}


def test_a_secret_that_was_lost_later_is_named(made: dict[Path, bytes], tmp_path: Path) -> None:
    secret_files.write(made, tmp_path)
    (tmp_path / "grafana/admin-password").unlink()
    with pytest.raises(ConfigError, match="grafana/admin-password: expected it beside the other secrets, got nothing"):
        secret_files.write(made, tmp_path, keep=True)


def test_what_an_older_qingjing_did_not_make_is_made_beside_the_rest(made: dict[Path, bytes], tmp_path: Path) -> None:
    secret_files.write(made, tmp_path)
    (tmp_path / "grafana/secret-key").unlink()
    before, anew = below(tmp_path), secret_files.make()
    assert secret_files.write(anew, tmp_path, keep=True)
    assert below(tmp_path) == before | {"grafana/secret-key": anew[Path("grafana/secret-key")]}


def test_what_two_services_share_is_the_same(made: dict[Path, bytes]) -> None:
    assert made[Path("influxdb/admin-token")] == made[Path("qingjing/influxdb-token")]
    assert made[Path("grafana/influxdb_read_token")] == b"grafana:" + made[Path("influxdb/grafana-password")]
    login = made[Path("qingjing/influxdb-login")]
    assert login == b"qingjing:" + made[Path("influxdb/qingjing-password")]


def test_nothing_is_made_twice_alike(made: dict[Path, bytes]) -> None:
    again = secret_files.make()
    assert made.keys() == again.keys()
    assert set(made.values()) & set(again.values()) == {secret_files.NOWHERE.encode()}


def test_passwords_are_long(made: dict[Path, bytes]) -> None:
    for name, content in made.items():
        if name.name.endswith(("-password", "-token", "-key")):
            assert len(content) >= 43, name


def test_no_password_stands_in_the_broker_s_file(made: dict[Path, bytes]) -> None:
    lines = made[Path("broker/passwords")].decode().splitlines()
    assert [line.split(":")[0] for line in lines] == ["qingjing", "simulator", "operator", "health"]
    assert all(line.split(":")[1].startswith("$7$101$") for line in lines)
    assert made[Path("qingjing/broker-password")].decode() not in made[Path("broker/passwords")].decode()


def test_hash_is_that_of_mosquitto_passwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "passwords"
    file.touch()
    subprocess.run([server("mosquitto_passwd"), "-b", file, "somebody", "secret"], check=True, capture_output=True)
    theirs = file.read_text().strip().split(":")[1]
    salt = base64.b64decode(theirs.split("$")[3])
    monkeypatch.setattr(secret_files.secrets, "token_bytes", lambda _: salt)
    assert secret_files.mosquitto_hash("secret") == theirs


def test_certificate_is_of_the_names_that_were_given(made: dict[Path, bytes]) -> None:
    certificate = x509.load_pem_x509_certificate(made[Path("broker/server.crt")])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example.org"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]
    assert certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) < dt.timedelta(days=826)


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("elsewhere.example.org", False)])
def test_certificate_passes_the_strict_checks_of_python(name: str, trusted: bool, tmp_path: Path) -> None:
    secret_files.write(secret_files.make(["localhost"]), tmp_path)
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(tmp_path / "broker/server.crt", tmp_path / "broker/server.key")
    asked = ssl.create_default_context(cafile=tmp_path / "qingjing/ca.crt")
    asked.verify_flags |= ssl.VERIFY_X509_STRICT
    here, there = socket.socketpair()

    def answer() -> None:
        try:
            offered.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        if trusted:
            asked.wrap_socket(here, server_hostname=name).close()
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                asked.wrap_socket(here, server_hostname=name)
    finally:
        here.close()
        thread.join(10)


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to other users, which takes root")
def test_folders_are_given_to_the_users_of_their_services(made: dict[Path, bytes], tmp_path: Path) -> None:
    secret_files.write(made, tmp_path, owners=True)
    for folder, owner in secret_files.OWNERS.items():
        assert {p.stat().st_uid for p in [tmp_path / folder, *(tmp_path / folder).iterdir()]} == {owner}
