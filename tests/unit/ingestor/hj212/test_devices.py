"""The file of devices says who may send; passwords do not get out."""

from pathlib import Path

import pytest

from ingestor.hj212.devices import Devices, read
from sensors.errors import ConfigError

HEAD = "mn,password,password_file\n"


def test_a_device_enters_with_its_password_only(tmp_path: Path) -> None:
    (tmp_path / "second").write_text("from-file\n")
    (tmp_path / "devices.csv").write_text(HEAD + "A1,123456,\nB1,,second\n")
    devices = read(tmp_path / "devices.csv")
    assert devices.admits("A1", "123456")
    assert devices.admits("B1", "from-file")
    assert not devices.admits("A1", "from-file")
    assert not devices.admits("A1", "")
    assert not devices.admits("A1", "\udc80é")
    assert not devices.admits("C1", "123456")
    assert "123456" not in repr(devices)


def test_a_changed_file_is_read_again_and_a_wrong_one_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "devices.csv"
    file.write_text(HEAD + "A1,123456,\n")
    devices = read(file)
    file.write_text(HEAD + "B1,1234567,\n")
    devices.refresh()
    assert devices.admits("B1", "1234567")
    assert not devices.admits("A1", "123456")
    file.write_text("mn\nA1\n")
    devices.refresh()
    devices.refresh()
    assert devices.admits("B1", "1234567")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    file.unlink()
    devices.refresh()
    assert devices.admits("B1", "1234567")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("A/1,1,", "line 2: mn: expected 1 to 32 letters, digits, . _ or -, got 'A/1'"),
        ("A1,1,\nA1,2,", "line 3: mn: expected each device once, got 'A1' again"),
        ("A1,1,x", "line 2: expected either password or password_file, got both"),
        ("A1,,", "line 2: expected either password or password_file, got none"),
        ("A1,,nowhere", "line 2: expected a readable file, got "),
        ("", "expected at least one device, got none"),
    ],
)
def test_a_wrong_file_is_refused_by_place(tmp_path: Path, row: str, error: str) -> None:
    (tmp_path / "devices.csv").write_text(HEAD + row + "\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "devices.csv")
    assert error in str(caught.value)


def test_any_device_is_one_that_can_be_a_topic() -> None:
    assert Devices(None).admits("A1", "whatever")
    assert not Devices(None).admits("a/b", "")
    assert not Devices(None).admits("#", "")
    assert not Devices(None).admits("", "")
