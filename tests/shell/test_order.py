"""From arguments to an order: spellings, refusals, and how the connection is decided on."""

from __future__ import annotations

import pytest

from parameters.options import OPTIONS, REPEATED, Sort
from parameters.reading import Usage, read
from shell.order import Order, understand
from sync.options import Mode, ProofLevel, Security, SourceDeletion, SyncOptions

BASE = ("--host1=Old.example", "--user1=a", "--host2", "new.example", "--user2", "b")


def order(*more: str) -> Order:
    return understand(read([*BASE, *more]))


@pytest.mark.parametrize(
    "spelling", [["--port1", "994"], ["--port1=994"], ["-port1=994"], ["--PORT1", "994"]]
)
def test_each_spelling(spelling: list[str]) -> None:
    """As imapsync's own reader takes them."""
    assert order(*spelling).source.server.port == 994


def test_a_value_may_look_like_an_option() -> None:
    """A login that begins with a dash is taken as it stands."""
    assert order("--user1", "--port1").source.username == "--port1"


@pytest.mark.parametrize("flag", ["--noid", "--no-id"])
def test_both_servers_are_told_who_we_are_or_none(flag: str) -> None:
    """ID is sent unless somebody minds."""
    for chosen, told in ((order(), True), (order(flag), False)):
        servers = chosen.source.server, chosen.destination.server
        assert [server.identify for server in servers] == [told, told]


@pytest.mark.parametrize(
    ("options", "port", "security"),
    [
        ("", 993, Security.TLS),
        ("--ssl1", 993, Security.TLS),
        ("--notls1", 993, Security.TLS),
        ("--no-tls1", 993, Security.TLS),
        ("--tls1", 143, Security.STARTTLS),
        ("--nossl1", 143, Security.STARTTLS),
        ("--port1=143", 143, Security.STARTTLS),
        ("--port1=143 --ssl1", 143, Security.TLS),
        ("--port1=143 --notls1", 143, Security.TLS),
        ("--port1=10993", 10993, Security.TLS),
        ("--port1=993 --tls1", 993, Security.STARTTLS),
        ("--nossl1 --notls1", 143, Security.NONE),
        ("--nossl1 --notls1 --port1=1143", 1143, Security.NONE),
    ],
)
def test_how_to_connect(options: str, port: int, security: Security) -> None:
    """Plain text only when both are switched off; the other side is not touched."""
    found = order(*options.split())
    assert (found.source.server.port, found.source.server.security) == (port, security)
    assert found.destination.server.security is Security.TLS


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("--host", "--host1 or --host2"),
        ("--pass1 x", "--pass1 is not known"),
        ("--maxage 5 --minage 5", "No message is older than"),
        ("--maxsize 5 --minsize 5", "No message is larger than"),
        ("--delete1 --delete2", "Deletion in the source cannot go together with the mode"),
        ("--maxsize 1", "number from 2 to"),
        ("--maxage 1.5", "number from 0 to 32000"),
        ("--f1f2 A", "SOURCE=DESTINATION"),
        ("--f1f2 A=B --f1f2 A=C", "two places"),
        ("--automap --noautomap", "contradict"),
        ("--maxsize 5 --search SMALLER", "bytes from 2"),
        ("--addheader", "--addheader is not supported: it would write a line into messages"),
        ("--showpasswords", "--showpasswords is not supported: passwords are never shown"),
        ("--port1", "--port1 needs a value"),
        ("--port1=0", "number from 1 to 65535"),
        ("--port1=99999999999999999999", "number from 1 to 65535"),
        ("--timeout1=long", "--timeout1 takes a number"),
        ("--dry=1", "--dry takes no value"),
        ("--maxbytespersecond=125000001", "number from 0 to 125000000"),
        ("--exclude (", "no regular expression"),
        ("--ssl1 --nossl1", "contradict"),
        ("--ssl1 --tls1", "contradict"),
        ("--compress2 --nocompress2", "contradict"),
        ("--delete2 --noresyncflags", "contradicts"),
        ("--allowremoval", "for --delete2"),
        ("--proof=eyes", "counts, metadata, content, everything"),
        ("--nosubscribe --subscribeall", "contradicts"),
        ("--sslargs1 SSL_verify_mode=0", "use --insecure1"),
        ("--sslargs1 SSL_version=SSLv3", "SSL_version is not supported"),
        ("--sslargs1 SSL_ca_file=/none", "no file /none"),
        ("--state=", "name of a file"),
        ("stray", "'stray' is no option"),
        ("--", "'--' is no option"),
    ],
)
def test_what_is_refused_is_named(options: str, word: str) -> None:
    """With the reason, and what to use instead."""
    with pytest.raises(Usage, match=word.replace("(", r"\(")):
        order(*options.split())


@pytest.mark.parametrize("missing", range(4))
def test_what_is_missing_is_named(missing: int) -> None:
    """Both servers and both logins are needed; no login only to connect."""
    options = [f"--{name}=x" for name in ("host1", "user1", "host2", "user2")]
    name = options.pop(missing)[2:7]
    with pytest.raises(Usage, match=f"--{name} is missing"):
        understand(read(options))
    if name.startswith("user"):
        assert understand(read([*options, "--justconnect"])).just == "connect"


def test_the_mode() -> None:
    """Flags and new by default; all with --delete2; new with --noresyncflags."""
    assert order().options.mode is Mode.FLAGS_AND_NEW
    assert order("--delete2").options.mode is Mode.ALL
    assert order("--noresyncflags").options.mode is Mode.NEW


def test_a_deletion_in_the_source_is_proven() -> None:
    """--delete1, or imapsync's other name for it: by content, all of it; else never."""
    for name in ("--delete1", "--delete"):
        options = order(name).options
        assert (options.source_deletion, options.proof) == ("once synchronized", "content")
        assert options.proof_sample == 0
    assert order("--delete1", "--proof=everything").options.proof is ProofLevel.EVERYTHING
    assert order("--delete1", "--proof=counts").options.proof is ProofLevel.CONTENT
    assert order().options.source_deletion is SourceDeletion.NEVER


@pytest.mark.parametrize("level", ProofLevel)
def test_each_level_of_proof_has_a_name(level: ProofLevel) -> None:
    """By metadata where none is given."""
    assert order(f"--proof={level}").options.proof is level
    assert order().options.proof is ProofLevel.METADATA


def test_timeouts() -> None:
    """One for both, or one a side; 0 waits for ever; a connection is never waited for so long."""
    found = order("--timeout=600", "--timeout2=5")
    assert (found.source.policy.read_timeout, found.source.policy.connect_timeout) == (600, 15)
    assert (found.destination.policy.read_timeout, found.destination.policy.connect_timeout) == (
        5,
        5,
    )
    assert order("--timeout1=0").source.policy.read_timeout > 86400


def test_the_limit_of_speed() -> None:
    """None by default, and none with 0; the size of a batch becomes what fits into five seconds."""
    assert order().options.bytes_per_second == 0
    assert order("--maxbytespersecond=0").options.paced_batch_size == SyncOptions().batch_size
    limited = order("--maxbytespersecond", "200000").options
    assert (limited.bytes_per_second, limited.paced_batch_size) == (200_000, 1_000_000)


def test_compression_is_for_each_side() -> None:
    """Found out when nothing is said; always or never when it is."""
    found = order("--compress1", "--nocompress2")
    assert (found.source.compress, found.destination.compress) == (True, False)
    assert order().source.compress is None


def test_the_ledger_knows_mailboxes_by_login_and_server() -> None:
    """The two usual ports are one server; another port is another, and so is the way back."""
    assert order().subject == order("--tls1").subject == "a@old.example > b@new.example"
    assert order("--port1=1993").subject == "a@old.example:1993 > b@new.example"


@pytest.mark.parametrize("name", [n for n, o in OPTIONS.items() if "harmless" in o.sort])
def test_what_makes_no_difference_is_told(name: str) -> None:
    """Accepted with a note, with its value where it has one."""
    given = read([*BASE, f"--{name}", *(["x"] if OPTIONS[name].takes_value else [])])
    assert len(given.notes) == 1
    assert given.notes[0].startswith(f"--{name} makes no difference: ")


@pytest.mark.parametrize("name", [n for n, o in OPTIONS.items() if o.sort is Sort.REFUSED])
def test_every_refused_option_says_why(name: str) -> None:
    """By name, in words."""
    with pytest.raises(Usage, match=f"--{name} is not supported: [a-zA-Z-]"):
        read([f"--{name}"])


def test_repeated_options_are_options() -> None:
    """The list of those names no other."""
    assert set(REPEATED) <= set(OPTIONS)


@pytest.mark.parametrize(
    "line",
    [
        "--ssl1 --timeout1 600 --timeout2 600 --exclude (?i)spam|(?i)junk --subscribeall --automap"
        " --tmpdir /tmp --nofoldersizes --no-modulesversion --noreleasecheck",
        "--nossl2 --notls2 --syncinternaldates --nolog --errorsmax 1000 --useuid --usecache",
    ],
)
def test_lines_of_existing_scripts(line: str) -> None:
    """As mailcow and many a shell script write them."""
    assert order(*line.split()).source.server.host == "Old.example"


def test_a_pattern_of_perl() -> None:
    """A flag that is said twice holds once."""
    (pattern,) = order("--exclude", "(?i)spam|(?i)junk").options.folders.exclude
    assert all(pattern.search(name) for name in ("Spam", "INBOX.JUNK"))
    assert not pattern.search("Inbox")
