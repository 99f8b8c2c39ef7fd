"""The outbox emptied: what is due is claimed, handed to the mail server, and entered."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from imap.connect import trusted
from importer.recipients import RecipientFault, as_mailed
from jobs.lease import Heartbeat
from jobs.letters import Origin, compose
from jobs.logs import trace
from jobs.services import Services
from jobs.smtp import Envelope, NotSent, hand_over
from settings import MailServer, Settings
from store import mails, notices
from store.claims import Claimed
from store.engine import Store, StoreError
from store.mails import Letter
from store.notices import Kind

AT_A_TIME = 2
"""A mail server that hangs holds so many workers and no more."""

PAUSES = (1, 5, 15, 60, 120, 240, 480, 480)
"""Minutes to the next attempt: a day in all."""
TEST_PAUSES = PAUSES[:3]
"""Somebody watches a test."""

LONGEST_SECONDS = 600
"""Of one attempt. A server that answers letter by letter would be listened to for ever."""

NO_SERVER = "No mail server is set: this installation sends no mail."

log = logging.getLogger("mailhaul.notices")


def claimed(store: Store, settings: Settings, *, timed: bool = True) -> list[Claimed]:
    """What may be sent now; where no mail is sent at all, the mails say so. `timed`: what has been
    gathered for long enough is told, too. Raises StoreError."""
    with store.read() as session:
        if not (mails.is_due(session) or (timed and notices.is_ripe(session))):
            return []
    with store.write() as session:
        if timed:
            notices.gather(session)
        if settings.smtp is None:
            mails.leave_unsent(session, NO_SERVER)
            return []
        return mails.claim(session, lease_seconds=settings.lease_seconds, capacity=AT_A_TIME)


def send(services: Services, mail_id: int, token: int) -> None:
    """Returns when it is entered what became of the mail, or when the claim is not ours."""
    seconds = services.settings.lease_seconds
    server = services.settings.smtp
    if server is None:
        # The clock has one and this worker has not: the lease runs out.
        log.error("mail=%d error=SMTP_URL_is_not_set_here", mail_id)
        return
    with services.store.write() as session:
        letter = mails.begin(session, mail_id, token, seconds=seconds)
    if letter is None:
        return
    with Heartbeat(_extend(services, mail_id, token), seconds) as heartbeat:
        refused = _sent(services.settings, server, letter)
        heartbeat.stop()
        try:
            _enter(services.store, letter, token, refused)
        except StoreError as error:
            # Sent or not, it is sent again when the lease is over: rather twice than never.
            log.warning("mail=%d database=away reason=%s", mail_id, type(error).__name__)


def pause(letter: Letter) -> timedelta | None:
    """Until the next attempt; None: there is none."""
    pauses = TEST_PAUSES if letter.kind == Kind.TEST else PAUSES
    if letter.attempts > len(pauses):
        return None
    return timedelta(minutes=pauses[letter.attempts - 1])


def _sent(settings: Settings, server: MailServer, letter: Letter) -> NotSent | None:
    """None: the server has it."""
    origin = Origin(settings.mail_from, settings.public_url)
    try:
        recipient = as_mailed(letter.recipient)
        message = compose(letter, recipient, origin)
        hand_over(server, Envelope(origin.address, recipient), message, trusted(settings.ca_file))
    except NotSent as refusal:
        return refusal
    except RecipientFault as fault:
        return NotSent(str(fault), for_good=True)
    except Exception as error:  # noqa: BLE001 - a mail never stays stuck
        log.error("mail=%d error=internal %s", letter.id, trace(error))
        return NotSent("Our own sending broke off; the server's log says why.")
    return None


def _enter(store: Store, letter: Letter, token: int, refused: NotSent | None) -> None:
    with store.write() as session:
        if refused is None:
            mails.sent(session, letter.id, token)
            log.info("mail=%d kind=%s sent=1", letter.id, letter.kind)
            return
        wait = None if refused.for_good else pause(letter)
        mails.not_sent(
            session,
            letter.id,
            token,
            error=refused.words,
            server_words=refused.server_words,
            again=wait,
        )
    again = 0 if wait is None else int(wait.total_seconds())
    log.warning("mail=%d kind=%s sent=0 again_seconds=%d", letter.id, letter.kind, again)


def _extend(services: Services, mail_id: int, token: int) -> Callable[[], bool]:
    seconds, begun = services.settings.lease_seconds, time.monotonic()

    def extend() -> bool:
        if time.monotonic() - begun > LONGEST_SECONDS:
            return False
        with services.store.write() as session:
            return mails.extend(session, mail_id, token, seconds=seconds)

    return extend
