"""Step 2 as one page: a way to add accounts above, the accounts below."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy.orm import Session

from store import drafts, intake, ownership
from store.tables import MailboxList, Migration
from wizard.forms.accounts import AccountForm, CsvForm, DomainForm, EmptyForm
from wizard.rows import shown
from wizard.services import services

SAMPLE = (
    "IMAP server;IMAP username;IMAP password;Mailbox;Password\r\n"
    "imap.old.example;info@old.example;Old-Secret-1;info;New-Secret-2026\r\n"
    'imap.old.example;sales@old.example;"with;semicolon";sales;"New;Secret-2026"\r\n'
    'imap.old.example;boss@old.example;"with ""quotes""";boss;New-Secret-2027\r\n'
)
TABS = ("csv", "single", "choose")
FAULTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a whole file was not taken."""

    words: str
    hint: str = ""


def render(
    session: Session,
    migration: Migration,
    *,
    tab: str = "",
    single: AccountForm | None = None,
    csv: CsvForm | None = None,
    trouble: Trouble | None = None,
) -> str:
    """The whole page; the forms are given where they come back with something to say."""
    return render_template(
        "accounts/page.html",
        step=2,
        migration=migration,
        rows=shown(session, migration),
        tab=tab or _wanted_tab(migration),
        single=single or AccountForm(formdata=None),
        csv=csv or CsvForm(formdata=None),
        domain_form=DomainForm(formdata=None),
        button=EmptyForm(formdata=None),
        trouble=trouble,
        faults=intake.line_faults(session, migration.id, limit=FAULTS_SHOWN),
        mailboxes=mailboxes(session, migration),
        taken=intake.taken(session, migration.id),
        upload_limit=services().settings.upload_limit,
    )


def mailboxes(session: Session, migration: Migration) -> MailboxList | None:
    if migration.destination_id is None or not ownership.lists(session, migration):
        return None
    return drafts.mailbox_list(session, migration.destination_id, migration.domain)


def _wanted_tab(migration: Migration) -> str:
    tab = request.args.get("tab", "")
    if tab in TABS:
        return tab
    return "csv" if migration.account_group == "specific" else "choose"
