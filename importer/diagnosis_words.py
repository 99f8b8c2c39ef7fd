"""The table behind diagnosis.py. {server}, {host} and {username} are filled in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.finding import Level
from sync.errors import Code


@dataclass(frozen=True, slots=True)
class Words:
    words: str
    hint: str
    field: str = ""
    level: Level = Level.BLOCKING


_HOST = "source_host"
_PASSWORD = "source_password"
_CERTIFICATE = (
    "Ask the server's operator for its right name or a valid certificate. Often the "
    "provider's own server name works where the customer's domain does not."
)
_NO_HOST = Words(
    "{server} was not found, or connections to it are not allowed from here.",
    "Check the server's name for typing errors. If it is right, ask the administrator of this "
    "installation to allow it.",
    _HOST,
)
_AGAIN = "Nothing is lost: try again, and what is already copied is not sent twice."

REACHING: Mapping[Code, Words] = {
    Code.HOST_UNKNOWN: _NO_HOST,
    Code.HOST_REFUSED: _NO_HOST,
    Code.PORT_REFUSED: Words(
        "Connections to this port are not allowed from here.",
        "Use 993 (SSL/TLS) or 143 (STARTTLS), or ask the administrator of this installation to "
        "allow the port.",
        _HOST,
    ),
    Code.CONNECT_REFUSED: Words(
        "{server} is there, but refuses connections on this port.",
        "Check the port: IMAP uses 993 (SSL/TLS) or 143 (STARTTLS). If it is right, IMAP is "
        "switched off there or a firewall is in the way.",
        _HOST,
    ),
    Code.CONNECT_TIMEOUT: Words(
        "{server} did not answer in time.",
        "Check name and port. If they are right, a firewall may be in the way, or the server is "
        "down: try again later.",
        _HOST,
    ),
    Code.UNREACHABLE: Words(
        "{server} cannot be reached over the network.",
        "Check the server's name, and try again later: the server or a line to it is down.",
        _HOST,
    ),
    Code.NOT_IMAP: Words(
        "{server} answered, but does not speak IMAP on this port.",
        "Check name and port: IMAP uses 993 (SSL/TLS) or 143 (STARTTLS); 110 and 995 are POP3, "
        "25, 465 and 587 are for sending.",
        _HOST,
    ),
    Code.SERVER_BYE: Words(
        "{server} closed the connection at once.",
        "Try again later. If it happens again, the server may have blocked this machine's "
        "address: ask its operator.",
        _HOST,
    ),
    Code.PREAUTH: Words(
        "{server} says that somebody is logged in already, before any password was sent. That "
        "cannot be trusted.",
        "Use SSL/TLS on port 993, and tell the server's operator.",
        _HOST,
    ),
    Code.TLS_FAILED: Words(
        "An encrypted connection to {host} could not be made.",
        "Check that port and security fit: 993 with SSL/TLS, 143 with STARTTLS. Very old servers "
        "offer only encryption that is no longer safe.",
        _HOST,
    ),
    Code.TLS_NOT_SPOKEN: Words(
        "{server} does not speak SSL/TLS on this port.",
        "Choose STARTTLS for port 143, or port 993 for SSL/TLS.",
        _HOST,
    ),
    Code.CERTIFICATE_EXPIRED: Words(
        "The certificate of {host} has expired or is not valid yet, so nobody can tell whether "
        "this is the real server. No password was sent.",
        "Ask the server's operator to renew the certificate.",
        _HOST,
    ),
    Code.CERTIFICATE_NAME: Words(
        "The certificate of this server was made for another name than {host}, so nobody can "
        "tell whether this is the real server. No password was sent.",
        _CERTIFICATE,
        _HOST,
    ),
    Code.CERTIFICATE_UNTRUSTED: Words(
        "The certificate of {host} was issued by nobody who is trusted here, so nobody can tell "
        "whether this is the real server. No password was sent.",
        _CERTIFICATE,
        _HOST,
    ),
    Code.STARTTLS_MISSING: Words(
        "{server} offers no encryption (STARTTLS) on this port. No password was sent.",
        "Choose SSL/TLS with port 993.",
        _HOST,
    ),
    Code.STARTTLS_REFUSED: Words(
        "{server} offers encryption (STARTTLS) and then refused it. No password was sent.",
        "Choose SSL/TLS with port 993.",
        _HOST,
    ),
    Code.STARTTLS_INJECTION: Words(
        "{server} sent unencrypted text where encryption should begin: somebody may be "
        "tampering with the connection. No password was sent.",
        "Choose SSL/TLS with port 993, and tell the server's operator.",
        _HOST,
    ),
    Code.LOGIN_DISABLED: Words(
        "{server} allows no login with a password on this connection.",
        "Choose SSL/TLS (port 993) or STARTTLS (port 143).",
        _HOST,
    ),
    Code.LOGIN_REFUSED: Words(
        "{server} does not accept this username and password ({username}).",
        "Type the password again; try the whole e-mail address as the username, or only the part "
        "before the @.",
        _PASSWORD,
    ),
    Code.LOGIN_HELD: Words(
        "{server} has refused {username} twice. It is not asked again before somebody changes "
        "something, so that it locks neither the mailbox nor this installation out.",
        "Correct the username or the password, or press Go on for this server.",
        _PASSWORD,
    ),
    Code.LOGINS_WAIT: Words(
        "{server} has refused many logins. The others wait, so that it does not lock this "
        "installation out.",
        "Nothing has to be done: this one goes on by itself. Correct the rows that were refused.",
    ),
    Code.LOGIN_TEMPORARY: Words(
        "{server} cannot check passwords at the moment. The password may well be right.",
        "Try again in some minutes.",
    ),
    Code.TOO_MANY_CONNECTIONS: Words(
        "{server} allows no more connections for this user or from this machine.",
        "Close other mail programs that use this mailbox, choose fewer threads, and try again in "
        "some minutes.",
    ),
}

WORKING: Mapping[Code, Words] = {
    Code.CONNECTION_LOST: Words("The connection to {host} was lost.", _AGAIN),
    Code.TIMED_OUT: Words("{server} stopped answering.", _AGAIN),
    Code.THROTTLED: Words(
        "{server} slows this mailbox down because a limit of the provider is used up.",
        "Wait for the time that the server names, or go on tomorrow. " + _AGAIN,
        level=Level.WARNING,
    ),
    Code.PROTOCOL: Words(
        "{server} gave an answer that does not follow the IMAP rules.",
        "Try again. If it happens again, show the server's words to its operator.",
    ),
    Code.INCOMPLETE: Words(
        "{server} did not show all messages of this folder, although it was asked again. What "
        "it kept back does not count as brought over, and nothing was removed or taken for gone "
        "because of it.",
        "Start another run. If the number stays the same, ask the server's operator to repair the "
        "folder's index, or to raise the limit on how many messages one command may list.",
    ),
    Code.UNREAD_ANSWER: Words(
        "{server} sent a line that could not be understood. It may be about a folder or a message.",
        "Show the line beside this to the server's operator. What it was about has to be checked "
        "by hand.",
    ),
    Code.TOO_MANY_FOLDERS: Words(
        "{server} lists more than 50,000 folders for this mailbox. So many cannot be brought over, "
        "and nothing was begun.",
        "Most of them are likely a program's doing: have those that nobody needs deleted on that "
        "server, and try again.",
    ),
    Code.FOLDER_MISSING: Words(
        "The folder is no longer there.",
        "It was probably renamed or deleted meanwhile: start another run.",
    ),
    Code.FOLDER_REFUSED: Words(
        "{server} does not let this folder be opened or made.",
        "Read the server's words beside this; often the folder's name or a right is the reason.",
    ),
    Code.UIDVALIDITY_CHANGED: Words(
        "{server} has numbered the folder's messages anew, so it is compared anew.",
        "Nothing has to be done.",
        level=Level.WARNING,
    ),
    Code.UIDVALIDITY_UNSTABLE: Words(
        "{server} numbers the folder's messages anew again and again, so they cannot be told "
        "apart safely.",
        "Tell the server's operator: the folder's index on the server is damaged.",
    ),
    Code.FOLDER_UNSTABLE: Words(
        "The folder kept changing while it was read, each time before it could be compared.",
        "Start another run when less is moved about in it.",
    ),
    Code.UIDS_REUSED: Words(
        "{server} has given the numbers of earlier messages to other messages, as after a restore "
        "from a backup. The folder was compared anew.",
        "Nothing has to be done here. Whether the server lost mail, its operator can tell.",
        level=Level.WARNING,
    ),
    Code.UNREADABLE: Words(
        "{server} lists this message but does not hand it out.",
        "Open it in webmail. If that fails too, it is damaged on the old server.",
    ),
    Code.UNREADABLE_COPY: Words(
        "The destination may have this message already, in a message that it does not hand out. "
        "It was not sent again.",
        "Ask the destination's operator to repair the folder, then start another run.",
    ),
    Code.EMPTY_MESSAGE: Words(
        "The message is empty on the old server: there is nothing to copy.",
        "Nothing has to be done.",
        level=Level.WARNING,
    ),
    Code.TOO_LARGE: Words(
        "The message is larger than the destination accepts.",
        "Save it by hand, or ask the destination's administrator to raise the limit, and try this "
        "account again.",
    ),
    Code.QUOTA: Words(
        "The destination's mailbox is full.",
        "Raise its quota, or delete mail there, and start again. " + _AGAIN,
    ),
    Code.APPEND_REFUSED: Words(
        "{server} refused to store this message.",
        "Read the server's words beside this. The other messages are not affected. It is sent "
        "again when you try this account again.",
    ),
    Code.DELETION_REFUSED: Words(
        "More than half of a folder's mail at the destination would have been removed. Nothing was "
        "removed there; everything else was done.",
        "Look at both mailboxes. If the removal is meant, allow it on the account's page.",
    ),
    Code.REMOVAL_UNSUPPORTED: Words(
        "The destination's mail server cannot remove single messages (it lacks UIDPLUS, or keeps "
        "no \\Deleted in this folder), so that nothing was removed there; all else was done.",
        "Remove by hand what only the destination has, or choose another mode: nobody can allow "
        "here what the server cannot do.",
    ),
    Code.REMOVAL_WAITS: Words(
        "Some messages could not be read, so that nobody knows whether what would be removed at "
        "the destination are their copies. Nothing was removed there; everything else was done.",
        "The next run tries again. Messages that stay unreadable are named in the report: what is "
        "to go instead of them has to be removed by hand.",
    ),
    Code.FOLDERS_WOULD_MERGE: Words(
        "Two folders of the source would become one at the destination, so nothing was begun.",
        "Choose another place for one of the two that are named beside this.",
    ),
    Code.OPTIONS_REFUSED: Words(
        "The migration's options cannot be carried out as they are stored.",
        "Make a draft like this migration, and choose its options anew.",
    ),
    Code.BAD_ARGUMENT: Words(
        "A value holds a line break or another character that cannot be sent to a mail server.",
        "Type username and password again.",
        _PASSWORD,
    ),
    Code.NOT_FOUND_AFTERWARDS: Words(
        "The destination said that it has stored the message, but it is not found there.",
        "Start another run: the message is sent again.",
    ),
    Code.ALTERED: Words(
        "The destination does not hold this message exactly as the source has it; the words beside "
        "this say what is different.",
        "Nothing has to be done about line ends, NUL characters or a header: the text that people "
        "read is the same. If the content is another, compare the two messages.",
        level=Level.WARNING,
    ),
    Code.DATE_ALTERED: Words(
        "The destination did not take the message's date of arrival.",
        "Nothing has to be done. The date in the message itself is unchanged.",
        level=Level.WARNING,
    ),
    Code.FLAGS_LOST: Words(
        "The destination did not take all flags of the message, such as read or a label.",
        "Nothing has to be done: the next run sets them again, as far as they can be kept.",
        level=Level.WARNING,
    ),
    Code.REMOVED_AT_DESTINATION: Words(
        "The message was copied earlier and somebody has deleted it at the destination since, so "
        "it was not copied again.",
        "Nothing has to be done if that was meant.",
        level=Level.WARNING,
    ),
    Code.OUTSIDE_AGE: Words(
        "The message is older or younger than what was chosen.",
        "Nothing has to be done if that was meant.",
        level=Level.WARNING,
    ),
    Code.OUTSIDE_SIZE: Words(
        "The message is larger or smaller than what was chosen.",
        "Nothing has to be done if that was meant.",
        level=Level.WARNING,
    ),
    Code.ELSEWHERE_TOO: Words(
        "The same message stands in another folder, from which it was copied.",
        "Nothing has to be done: it was chosen that each message is copied once.",
        level=Level.WARNING,
    ),
    Code.NOT_IN_ARCHIVE: Words(
        "The message is nowhere at the destination, so it could not be put into its folder.",
        "Start a run that copies what is missing, if you want it there.",
        level=Level.WARNING,
    ),
    Code.MOVE_UNSAFE: Words(
        "{server} cannot take single messages out of a folder safely (it lacks MOVE and UIDPLUS), "
        "so nothing was moved.",
        "Choose that a copy is put into the folders of the source.",
    ),
    Code.DELETION_UNSAFE: Words(
        "{server} cannot remove single messages safely (it lacks UIDPLUS), so nothing was removed "
        "from it.",
        "Choose never to delete in the source, and let the old mailbox be closed as a whole.",
    ),
    Code.NOT_DELETED: Words(
        "The message is at the destination, and could not be removed from the source.",
        "Nothing is lost. The next run tries again.",
        level=Level.WARNING,
    ),
    Code.DESTINATION_BUSY: Words(
        "Another run is writing to this mailbox at the moment.",
        "Wait until it is finished, and try again.",
    ),
    Code.PROVISION_FAILED: Words(
        "The mailbox could not be made at the destination.",
        "Read the words beside this, and ask the administrator of this installation.",
    ),
    Code.MAILBOX_MISSING: Words(
        "The mailbox {username} does not exist at the destination, and cannot be made from here.",
        "Make it in the hosting's administration, or correct the mailbox.",
        "mailbox",
    ),
    Code.NOT_OWNED: Words(
        "This mailbox's domain, or the destination, does not belong to your organization any more.",
        "Correct the mailbox, or ask your administrator to give it back.",
        "mailbox",
    ),
    Code.NEW_MAILBOX_REFUSED: Words(
        "The mailbox was made just now, and {server} does not let anybody log in to it with the "
        "password that it was made with. Nothing was copied.",
        "Ask the administrator of this installation: the mail server's log says why. Either it "
        "reads another list of mailboxes than the one that is written to, or it refuses such "
        "names or passwords.",
    ),
    Code.STOPPED: Words(
        "The work was stopped or paused.",
        "Start it again whenever you like. " + _AGAIN,
        level=Level.WARNING,
    ),
    Code.INTERNAL: Words(
        "Something went wrong in this program itself.",
        "Try again. If it happens again, tell the administrator the time of it. " + _AGAIN,
    ),
}

WORDS: Mapping[Code, Words] = {**REACHING, **WORKING}
