"""The data folder and the address belong to one start at a time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from launch.demo import demo_directory
from launch.place import CannotStart, claimed, page_answers, refuse_taken, split_address


def test_a_second_start_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """Two supervisors on one database's folder would start two Redis on one file."""
    refused = pytest.raises(CannotStart, match=str(os.getpid()))
    with claimed(tmp_path / "var"), refused, claimed(tmp_path / "var"):
        pytest.fail("the folder was claimed twice")
    with claimed(tmp_path / "var"):
        assert (tmp_path / "var").is_dir()


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    """It will hold the keys and the database."""
    with claimed(tmp_path / "var"):
        assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be: the person reads which, and what to set."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="DATA_DIR"), claimed(tmp_path / "file" / "var"):
        pytest.fail("a folder was made inside a file")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """The words say which address is taken, and which variable chooses another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotStart, match=rf"(?s){address}.*LISTEN"):
            refuse_taken(address)


@pytest.mark.parametrize("listen", ["8000", ":8000", "127.0.0.1:", "127.0.0.1:http", "a:70000"])
def test_an_address_without_host_or_port_is_refused(listen: str) -> None:
    """LISTEN needs both."""
    with pytest.raises(CannotStart, match="LISTEN"):
        split_address(listen)


def test_addresses_of_both_families_are_read() -> None:
    """IPv6 stands in brackets, as in a web address."""
    assert split_address("[::1]:8000") == ("::1", 8000)
    assert split_address("0.0.0.0:80") == ("0.0.0.0", 80)


def test_a_silent_port_is_no_page() -> None:
    """Before the web server answers there is nothing to announce."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert not page_answers(f"127.0.0.1:{bound.getsockname()[1]}")


def test_the_demo_is_found_in_the_data_folder_wherever_it_lies(tmp_path: Path) -> None:
    """The mail servers' user may not enter a closed folder: then a link leads to the demo."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    directory = demo_directory(data_dir)
    try:
        assert (data_dir / "demo").resolve() == directory.resolve()
        assert demo_directory(data_dir) == directory
    finally:
        directory.rmdir()
