"""Sealed values open with the right key in the right place, and nowhere else."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from store.seal import KeyFileError, SealBroken, Sealer, load_keys, password_context

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CONTEXT = password_context(7, "source")


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    """A password is opaque: NUL, line breaks, quotes and lone surrogates are kept."""
    sealer = Sealer([NEW])
    assert sealer.open(sealer.seal(text, CONTEXT), CONTEXT) == text


def test_a_sealed_value_does_not_show_its_text() -> None:
    """Neither the text nor the place can be read from the database."""
    sealed = Sealer([NEW]).seal("swordfish", CONTEXT)
    assert b"swordfish" not in sealed
    assert b"migration" not in sealed


@pytest.mark.parametrize("place", ["migration:8:source", "migration:7:mailbox", ""])
def test_a_value_moved_to_another_place_is_refused(place: str) -> None:
    """Copying a row's password into another row does not make it usable there."""
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken, match="another place"):
        sealer.open(sealer.seal("swordfish", CONTEXT), place)


def test_a_foreign_key_opens_nothing() -> None:
    """The error names neither the value nor the key."""
    with pytest.raises(SealBroken) as caught:
        Sealer([OLD]).open(Sealer([NEW]).seal("swordfish", CONTEXT), CONTEXT)
    assert "swordfish" not in str(caught.value)
    assert OLD not in str(caught.value)


def test_an_old_key_still_opens_and_rotation_frees_from_it() -> None:
    """After rotate() the old key may be thrown away."""
    sealed = Sealer([OLD]).seal("swordfish", CONTEXT)
    rotated = Sealer([NEW, OLD]).rotate(sealed)
    assert Sealer([NEW]).open(rotated, CONTEXT) == "swordfish"


@pytest.mark.parametrize("keys", [[], ["too short"]])
def test_keys_that_cannot_be_used_are_refused_in_words(keys: list[str]) -> None:
    """The text does not repeat the key."""
    with pytest.raises(KeyFileError) as caught:
        Sealer(keys)
    assert "too short" not in str(caught.value)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The second start reads the key that the first one made."""
    key_file = tmp_path / "var" / "secret.keys"
    keys = load_keys((), key_file)
    assert load_keys((), key_file) == keys
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["secret.keys"]


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The words say how to mend it."""
    key_file = tmp_path / "secret.keys"
    load_keys((), key_file)
    key_file.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_keys((), key_file)


def test_secret_keys_outrank_the_file(tmp_path: Path) -> None:
    """With SECRET_KEYS no file is made."""
    assert load_keys((NEW, OLD), tmp_path / "secret.keys") == (NEW, OLD)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_use_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes the key of the first."""
    fork = multiprocessing.get_context("fork")
    with fork.Pool(4) as pool:
        keys = pool.starmap(load_keys, [((), tmp_path / "secret.keys")] * 16)
    assert len(set(keys)) == 1
