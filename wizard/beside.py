"""What a report says beside the outcomes of messages: made, flagged, filed, read back, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from importer.amounts import count, number, size
from importer.habits import told
from parameters.choices import ChoicesUnreadable, from_json
from store.reports import MORE, Totals
from store.tables import FolderRow, Run
from sync.alteration import Alteration
from sync.options import ProofLevel
from wizard.options import PROOFS

_DONE: Mapping[str, str] = {
    "flags_changed": "flags changed",
    "removed": "removed at the destination",
    "duplicates_removed": "deleted there as duplicates",
    "refiled": "filed from mail that was there",
    "read_back": "read back",
    "altered": "altered by the destination",
    "deleted_at_source": "removed from the source",
}
_PLANNED: Mapping[str, str] = {
    "flags_changed": "would get other flags",
    "removed": "would be removed at the destination",
    "duplicates_removed": "would be deleted there as duplicates",
    "refiled": "would be filed from mail that is there",
    "deleted_at_source": "would be removed from the source",
}


def beside(counts: Mapping[str, int], *, dry_run: bool) -> tuple[str, ...]:
    """'12 messages read back' and the like; nothing that is 0."""
    words = _PLANNED if dry_run else _DONE
    said = [
        f"{count(counts[name], 'message')} {what}" if name != "flags_changed" or dry_run
        else count(counts[name], "flag changed", "flags changed")
        for name, what in words.items()
        if counts.get(name)
    ]  # fmt: skip
    if counts.get("folder_removed"):
        gone = count(counts["folder_removed"], "folder")
        said.append(f"{gone} {'would be removed' if dry_run else 'removed'} at the destination")
    if counts.get("bodies_spared"):
        spared = count(counts["bodies_spared"], "body", "bodies")
        said.append(f"{spared} ({size(counts.get('size_spared', 0))}) not transferred for it")
    return tuple(said)


def altered_words(kinds: Mapping[Alteration, int]) -> tuple[str, ...]:
    """'Altered by the destination: NUL characters replaced (3)'; nothing where nothing was."""
    return (f"Altered by the destination: {told(kinds)}",) if kinds else ()


def of_folder(row: FolderRow, *, dry_run: bool) -> tuple[str, ...]:
    """The same of one folder."""
    names = ("flags_changed", "removed", *MORE)
    counts = {name: getattr(row, name) for name in names if name != "folder_removed"}
    return beside(counts, dry_run=dry_run)


def proof_words(run: Run, totals: Totals) -> tuple[str, str]:
    """What is proven, a title and a sentence. The sentence is said of accounts that are verified
    alone, with their number; of no account, nothing is."""
    if run.dry_run:
        return "Nothing is proven", "A dry run writes nothing, and so proves nothing."
    title, sentence = _proof(run)
    under_way = " so far" if run.state in ("running", "paused") else ""
    of_all = f"{number(totals.verified)} of {count(totals.accounts, 'account')}"
    if not totals.verified:
        return f"No account is verified{under_way}", f"Verified: {of_all}."
    excepted = totals.excepted or totals.skipped or totals.failed
    but = ", but for the messages that are named below" if excepted else ""
    if totals.verified == totals.accounts:
        whole = count(totals.accounts, "account")
        return f"{title}: {whole} verified", f"In the {whole}{but}: {_lowered(sentence)}"
    verb = "account that is" if totals.verified == 1 else "accounts that are"
    said = f"In the {number(totals.verified)} {verb} verified{but}: {_lowered(sentence)}"
    return f"{title}: {of_all} verified{under_way}", f"{said} Nothing is said of the others."


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _proof(run: Run) -> tuple[str, str]:
    try:
        choices = from_json(run.options)
    except ChoicesUnreadable:
        return PROOFS[ProofLevel.METADATA]
    title, sentence = PROOFS[choices.proof]
    if choices.proof is ProofLevel.CONTENT and choices.proof_sample:
        some = count(choices.proof_sample, "message")
        sentence = f"Of each folder {some} were read again and compared letter by letter."
    return title, sentence


CSV_HEADER = (
    "Flags changed",
    "Removed at the destination",
    "Duplicates deleted",
    "Filed",
    "Read back",
    "Altered",
    "Removed from the source",
)


def csv_cells(row: FolderRow, *, dry_run: bool) -> Sequence[int]:
    """What was done: a dry run has done nothing."""
    return tuple(0 if dry_run else int(getattr(row, name)) for name in _DONE)
