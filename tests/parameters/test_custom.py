"""What may stand in the field for custom parameters, and what it does."""

from __future__ import annotations

from datetime import date

import pytest

from parameters.build import sync_options
from parameters.choices import Choices
from parameters.custom import parse_custom
from parameters.faults import faults
from parameters.options import OPTIONS, Option, Sort
from parameters.reading import Usage, read
from sync.options import Mode, SyncOptions

MAILCOW = """
abort authmd51 authmd52 authmech1 authmech2 authuser1 authuser2 debug debugcontent
debugcrossduplicates debugflags debugfolders debugimap debugimap1 debugimap2 debugmemory debugsleep
delete1emptyfolders delete2folders disarmreadreceipts domain1 domain2 domino1 domino2 dry errorsmax
exchange1 exchange2 exitwhenover expunge1 f1f2 filterbuggyflags folder folderfirst folderlast
folderrec gmail1 gmail2 idatefromheader include inet4 inet6 justconnect justfolders justfoldersizes
justlogin keepalive1 keepalive2 log logdir logfile maxbytesafter maxlinelength maxmessagespersecond
maxsize maxsleep minage minsize noabletosearch noabletosearch1 noabletosearch2 noexpunge1 noexpunge2
nofoldersizesatend noid nolog nomixfolders noresyncflags nossl1 nossl2 nosyncacls notls1 notls2
nouidexpunge2 nousecache oauthaccesstoken1 oauthaccesstoken2 oauthdirect1 oauthdirect2 office1
office2 pidfile pidfilelocking prefix1 prefix2 proxyauth1 proxyauth2 resyncflags resynclabels search
search1 search2 sep1 sep2 showpasswords skipemptyfolders ssl2 sslargs1 sslargs2 subfolder1 subscribe
subscribed syncacls syncduplicates syncinternaldates synclabels tests testsdebug tls2 truncmess
usecache useheader useuid
delete2duplicates delete1 delete2 automap skipcrossduplicates subscribeall subfolder2 maxage
maxbytespersecond timeout1 timeout2 exclude
skipmess delete2foldersonly delete2foldersbutnot regexflag regexmess pipemess regextrans2
maxlinelengthcmd
"""
"""Those that mailcow lets pass, those of its own fields, and those that it refuses."""


def meant(custom: str, **choices: object) -> SyncOptions:
    chosen = Choices(custom=custom, **choices)  # type: ignore[arg-type]
    assert faults(chosen, Mode.NEW) == ()
    return sync_options(chosen, mode=Mode.NEW, dry_run=False)


def refusal(custom: str) -> str:
    """In the words that the page shows."""
    (fault,) = faults(Choices(custom=custom), Mode.NEW)
    assert fault.field == "custom"
    return fault.words


@pytest.mark.parametrize("name", MAILCOW.split())
def test_every_option_that_mailcow_knows_is_known(name: str) -> None:
    """Done, without effect, or refused with the reason; none is unknown."""
    assert OPTIONS[name].words


@pytest.mark.parametrize("option", OPTIONS.values(), ids=lambda option: option.name)
def test_every_option_is_taken_or_refused_by_name(option: Option) -> None:
    """Nothing is passed over in silence, and nothing of the connection is taken here."""
    value = {Sort.TEXT: "=A=B", Sort.NUMBER: "=5", Sort.HARMLESS_WITH_VALUE: "=x"}
    word = f"--{option.name}{value.get(option.sort, '')}"
    if option.name.startswith("search") and option.sort is Sort.TEXT:
        word = f"--{option.name}=ALL"
    if option.sort is Sort.REFUSED:
        assert refusal(word) == f"--{option.name} is not supported: {option.words}."
    elif option.elsewhere:
        assert refusal(word) == f"--{option.name} cannot be set here: {option.elsewhere}."
    else:
        assert faults(Choices(custom=word), Mode.NEW) == ()


@pytest.mark.parametrize(
    "custom",
    [
        '--folder="My Folder" --exclude=\\bOld\\.$',
        "--folder='My Folder'\n\n\t--EXCLUDE=\\bOld\\.$\r\n",
        '"--folder=My Folder" -exclude=\\bOld\\.$',
    ],
)
def test_values_stand_as_they_were_typed(custom: str) -> None:
    """Blanks in either quotation marks, on one line or several; a backslash is no escape."""
    given = parse_custom(custom)
    assert given.values == {"folder": ["My Folder"], "exclude": ["\\bOld\\.$"]}


def test_nothing_is_a_shells() -> None:
    """Signs that mean something to a shell are letters like others."""
    (name,) = parse_custom("--folder=$(id)`id`;#&|>x*~").values["folder"]
    assert name == "$(id)`id`;#&|>x*~"


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ("--maxage 30", "Write --maxage=30, and not --maxage 30."),
        ('--folder "My Folder"', 'Write --folder="My Folder", and not --folder "My Folder".'),
        ("--maxage --minage=3", "--maxage needs a value: --maxage=VALUE."),
        ("--maxage", "--maxage needs a value: --maxage=VALUE."),
        ("--folder=", "--folder needs a value."),
        ("--noautomap=1", "--noautomap takes no value."),
        ("--tmpdir /x", "Write --tmpdir=/x, and not --tmpdir /x."),
        ("--delete3", "--delete3 is not known. Do you mean --delete2?"),
        ("maxage=30", "'maxage=30' is no parameter. "),
        ("--folder='A", "A quotation mark is not closed."),
        ("--maxage=x", "--maxage takes a number from 0 to 32000, and not 'x'."),
        ("--minsize=99999999999999999999", "--minsize takes a number"),
        ("--password1 secret", "--password1 cannot be set here: servers, logins"),
        ("--dry", "--dry cannot be set here: it has a field of its own"),
        ("--json", "--json cannot be set here: it belongs to the command line."),
        ("--addheader", "--addheader is not supported: it would write a line into messages"),
        ("--regexmess=s/a/b/", "--regexmess is not supported: it would run code"),
        ("--include=(", "--include: '(' is no regular expression: a ')' is missing."),
        ("--f1f2=A", "--f1f2 takes SOURCE=DESTINATION, and not 'A'."),
        ("--subscribeall --nosubscribe", "--nosubscribe contradicts"),
        ("--automap --noautomap", "--automap and --noautomap contradict each other."),
    ],
)
def test_what_is_wrong_is_told(custom: str, words: str) -> None:
    """By name, with the reason, and the right form where there is one."""
    assert refusal(custom).startswith(words)


def test_a_password_is_not_repeated() -> None:
    """What somebody typed into the wrong field is not shown again."""
    assert "secret" not in refusal("--password1=secret") + refusal("--password2 secret")


def test_folders_are_chosen() -> None:
    """Named, in trees, by pattern, by subscription, and given places."""
    folders = meant(
        "--folder=A --folder=B --folderrec=C --include=x --exclude=y --subscribed --noautomap "
        "--skipemptyfolders --f1f2=A=X=Y",
        exclude="spam",
        places=(("B", "Z"),),
    ).folders
    assert (folders.folders, folders.trees) == (frozenset("AB"), ("C",))
    assert [bool(pattern.search("xy")) for pattern in folders.include] == [True]
    assert [bool(pattern.search("xy")) for pattern in folders.exclude] == [False, True]
    assert (folders.only_subscribed, folders.automap, folders.skip_empty) == (True, False, True)
    assert folders.places == (("B", "Z"), ("A", "X=Y"))


def test_messages_are_chosen_as_imapsync_chooses_them() -> None:
    """What is as large as the limit is left out there, and so here."""
    messages = meant("--maxage=30 --minage=2 --maxsize=1000 --minsize=10").messages
    assert (messages.max_age_days, messages.min_age_days) == (30, 2)
    assert (messages.max_size, messages.min_size) == (999, 11)
    assert meant("--maxage=0 --minsize=0").messages.min_size == 1


@pytest.mark.parametrize("name", ["search", "search1"])
def test_a_search_that_is_a_choice(name: str) -> None:
    """SINCE by the day of arrival; LARGER and SMALLER leave out what is just as large."""
    messages = meant(
        f'--{name}=\'SINCE "1-feb-2024" larger 10\' --{name}="ALL SMALLER 20"'
    ).messages
    assert (messages.since, messages.min_size, messages.max_size) == (date(2024, 2, 1), 11, 19)


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("SENTSINCE 1-Jan-2024", "not by their header Date: use SINCE"),
        ("BEFORE 1-Jan-2024", "use --minage=DAYS"),
        ("NOT SEEN", "hold all together"),
        ("(LARGER 5)", "hold all together"),
        ("UNSEEN", "by their flags"),
        ("FROM anna", "what is written in them"),
        ("X-GM-RAW x", "SINCE, LARGER and SMALLER are"),
        ("SINCE 31-Feb-2024", "takes a day such as"),
        ("SINCE", "takes a day such as"),
        ("LARGER -1", "number of bytes from 0"),
        ("SMALLER 1", "number of bytes from 2"),
    ],
)
def test_a_search_that_is_none(search: str, words: str) -> None:
    """Refused by its key, with the reason."""
    assert words in refusal(f"--search='{search}'")


@pytest.mark.parametrize(
    ("custom", "choices", "field"),
    [
        ("--maxage=3", {"max_age_days": 4}, "custom"),
        ("--subfolder2=A", {"subfolder": "B"}, "custom"),
        ("--f1f2=A=B", {"places": (("A", "C"),)}, "custom"),
        ("--search='LARGER 5' --minsize=6", {}, "custom"),
        ("--minage=3", {"max_age_days": 2}, "min_age_days"),
    ],
)
def test_page_and_parameters_do_not_contradict_each_other(
    custom: str, choices: dict[str, object], field: str
) -> None:
    """What is set on the page and set otherwise here is refused; the same twice is not."""
    chosen = Choices(custom=custom, **choices)  # type: ignore[arg-type]
    assert [fault.field for fault in faults(chosen, Mode.NEW)] == [field]
    assert meant("--maxage=4", max_age_days=4).messages.max_age_days == 4


def test_switches() -> None:
    """Beside folders and messages."""
    options = meant("--subfolder2=Old/Mail --subscribeall --delete2duplicates")
    assert (options.subfolder, options.subscribe_all) == ("Old/Mail", True)
    assert options.delete_duplicates
    assert not meant("--nosubscribe").subscribe
    assert meant("--skipcrossduplicates").messages.once
    assert meant("--retryrefused").retry_refused


def test_what_makes_no_difference_is_noted() -> None:
    """Taken, and told."""
    given = parse_custom("--useuid --syncinternaldates --tmpdir=/tmp")
    assert [note.split()[0] for note in given.notes] == [
        "--useuid",
        "--syncinternaldates",
        "--tmpdir",
    ]


@pytest.mark.parametrize("custom", ["", " \n\t"])
def test_nothing_is_nothing(custom: str) -> None:
    """An empty field changes nothing."""
    assert meant(custom) == sync_options(Choices(), mode=Mode.NEW, dry_run=False)
    with pytest.raises(Usage, match="not known"):
        parse_custom("--nothing")


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\0", "\x85", "\u2028"])
@pytest.mark.parametrize("option", ["--f1f2", "--folder", "--exclude", "--subfolder2"])
def test_no_value_has_a_line_break(option: str, bad: str) -> None:
    """What would be stored and sent as a folder's name is refused where it is read."""
    with pytest.raises(Usage, match="control character"):
        read([option, f"A=B{bad}C"])
