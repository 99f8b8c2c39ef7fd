"""From imapsync's options to the engine's: the same on the command line and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from importer.patterns import PatternError, compile_pattern
from parameters.choices import LARGEST_SIZE, MOST_DAYS
from parameters.reading import Given, Usage
from parameters.searching import Condition, conditions
from sync.options import (
    FASTEST,
    FolderChoice,
    MessageChoice,
    Mode,
    Pattern,
    ProofLevel,
    SourceDeletion,
    SyncOptions,
)


def meant(given: Given, options: SyncOptions) -> SyncOptions:
    """These options and what was given besides.

    Raises Usage for a value that cannot be used, for options that contradict each other, and for
    what is set already and would be set to something else; sync.options.Contradiction as the
    engine's options do."""
    flags = given.flags
    if "nosubscribe" in flags and {"subscribe", "subscribeall", "subscribe_all"} & flags:
        raise Usage("--nosubscribe contradicts --subscribe and --subscribeall.")
    if (text := given.last("proof")) is not None:
        options = replace(options, proof=_proof(text))
    if {"delete", "delete1"} & flags:
        synced = SourceDeletion.SYNCED
        proof = options.proof if options.proof.reads else ProofLevel.CONTENT
        options = replace(options, source_deletion=synced, proof=proof)
    return replace(
        options,
        mode=_mode(flags) or options.mode,
        dry_run=options.dry_run or "dry" in flags,
        subfolder=_only(options.subfolder, given.last("subfolder2"), "subfolder2"),
        subscribe=options.subscribe and "nosubscribe" not in flags,
        subscribe_all=options.subscribe_all or bool({"subscribeall", "subscribe_all"} & flags),
        allow_removal=options.allow_removal or "allowremoval" in flags,
        resend_failed=options.resend_failed or "resendfailed" in flags,
        retry_refused=options.retry_refused or "retryrefused" in flags,
        delete_duplicates=options.delete_duplicates or "delete2duplicates" in flags,
        bytes_per_second=given.number("maxbytespersecond", 0, FASTEST) or options.bytes_per_second,
        folders=_folders(given, options.folders),
        messages=_messages(given, options.messages),
    )


def _proof(text: str) -> ProofLevel:
    if text not in set(ProofLevel):
        raise Usage(f"--proof takes {', '.join(ProofLevel)}, and not {text!r}.")
    return ProofLevel(text)


def _mode(flags: set[str]) -> Mode | None:
    if "delete2" in flags and "noresyncflags" in flags:
        raise Usage("--delete2 makes both sides equal: --noresyncflags contradicts it.")
    for name in ("allowremoval", "delete2folders"):
        if name in flags and "delete2" not in flags:
            raise Usage(f"--{name} is for --delete2.")
    if "delete2" in flags:
        return Mode.ALL
    return Mode.NEW if "noresyncflags" in flags else None


def _folders(given: Given, chosen: FolderChoice) -> FolderChoice:
    flags, values = given.flags, given.values
    if {"automap", "noautomap"} <= flags:
        raise Usage("--automap and --noautomap contradict each other.")
    return replace(
        chosen,
        folders=chosen.folders | frozenset(values.get("folder", [])),
        trees=(*chosen.trees, *values.get("folderrec", [])),
        include=(*chosen.include, *_patterns(given, "include")),
        exclude=_excluded(given, chosen),
        only_subscribed=chosen.only_subscribed or "subscribed" in flags,
        skip_empty=chosen.skip_empty or "skipemptyfolders" in flags,
        automap=chosen.automap and "noautomap" not in flags,
        places=_places(given.values.get("f1f2", []), chosen.places),
    )


def _excluded(given: Given, chosen: FolderChoice) -> tuple[Pattern, ...]:
    named = (*chosen.exclude, *_patterns(given, "exclude"))
    return () if "noexclude" in given.flags else named


def _patterns(given: Given, name: str) -> Iterator[Pattern]:
    for text in given.values.get(name, []):
        try:
            yield compile_pattern(text)
        except PatternError as error:
            raise Usage(f"--{name}: {error}") from error


def _places(texts: list[str], chosen: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    places = dict(chosen)
    for text in texts:
        source, _, destination = text.partition("=")
        if not source or not destination:
            raise Usage(f"--f1f2 takes SOURCE=DESTINATION, and not {text!r}.")
        if places.setdefault(source, destination) != destination:
            raise Usage(f"--f1f2: the folder {source!r} has two places.")
    return tuple(places.items())


def _messages(given: Given, chosen: MessageChoice) -> MessageChoice:
    wanted = dict(_numbers(given))
    for name in ("search", "search1"):
        for text in given.values.get(name, []):
            for condition in conditions(text):
                _want(wanted, condition, name)
    values = {
        field: _only(getattr(chosen, field), value, name) for field, (value, name) in wanted.items()
    }
    return replace(chosen, **values, once=chosen.once or "skipcrossduplicates" in given.flags)


Wanted = tuple[str, tuple[Any, str]]
"""A field of MessageChoice, its value, and the option that asks for it."""


def _numbers(given: Given) -> Iterator[Wanted]:
    """imapsync leaves out what is equal to a size, too."""
    for name, field in (("maxage", "max_age_days"), ("minage", "min_age_days")):
        if days := given.number(name, 0, MOST_DAYS):
            yield field, (days, name)
    if (least := given.number("minsize", 0, LARGEST_SIZE - 1)) is not None:
        yield "min_size", (least + 1, "minsize")
    if (most := given.number("maxsize", 2, LARGEST_SIZE)) is not None:
        yield "max_size", (most - 1, "maxsize")


def _want(wanted: dict[str, tuple[Any, str]], condition: Condition, name: str) -> None:
    value, _ = wanted.setdefault(condition.field, (condition.value, name))
    if value != condition.value:
        raise Usage(f"--{name} says something else than another option.")


def _only(set_already: Any, value: Any, name: str) -> Any:
    if value is None:
        return set_already
    if set_already and set_already != value:
        raise Usage(f"--{name}: something else is set on the page already.")
    return value
