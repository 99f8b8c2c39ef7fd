"""Step 2: one account, a file of them, and what is done to all usernames."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from importer.encoding import ENCODINGS
from importer.hosts import split_host
from store.accounts import NewAccount
from store.tables import Account
from wizard.forms.fields import LineField, SecretField, host_and_port, no_line_break, options

LONGEST_PASSWORD = 1024


class AccountForm(FlaskForm):  # type: ignore[misc]
    """K1's five fields. In an edit an empty password keeps the stored one."""

    source_host = LineField("IMAP server", [Optional(), Length(max=262), host_and_port])
    source_username = LineField(
        "IMAP username", [DataRequired("Enter the login name."), Length(max=320)]
    )
    source_password = SecretField("IMAP password", [Length(max=LONGEST_PASSWORD), no_line_break])
    mailbox = LineField("Mailbox", [DataRequired("Enter the mailbox."), Length(max=320)])
    mailbox_password = SecretField(
        "Mailbox password", [Length(max=LONGEST_PASSWORD), no_line_break]
    )

    reaim = BooleanField("Use the stored password for the changed account")

    def account(self, mailbox: str) -> NewAccount:
        """`mailbox` is the whole address that the typed one stands for."""
        host, port = split_host(self.source_host.data)
        return NewAccount(
            source_username=self.source_username.data,
            mailbox=mailbox,
            source_password=self.source_password.data or "",
            mailbox_password=self.mailbox_password.data or "",
            source_host=host,
            source_port=port,
        )

    def lock(self, account: Account) -> None:
        """A row that has run keeps what its report speaks of; only the passwords may change."""
        for name, value in prefilled(account).items():
            self[name].data = value

    def ask_for_password(self, *, may_decide: bool) -> None:
        """A stored password goes where it was typed for, and nowhere else.

        Otherwise whoever may mend a row could have its mail brought to a mailbox of their own."""
        words = "You have changed the mailbox, its password, the username or the server"
        if may_decide:
            self.reaim.errors = [f"{words}: enter the IMAP password again, or tick this."]
            return
        self.source_password.errors = [
            f"{words}: enter the password again, or ask a reseller to change it."
        ]


def prefilled(account: Account) -> dict[str, str]:
    """What an edit begins with. Passwords are never sent to a page."""
    host = account.source_host
    if account.source_port:
        host = f"[{host}]:{account.source_port}" if ":" in host else f"{host}:{account.source_port}"
    return {
        "source_host": host,
        "source_username": account.source_username,
        "mailbox": account.mailbox,
    }


class CsvForm(FlaskForm):  # type: ignore[misc]
    file = FileField("CSV file")
    encoding = SelectField(
        "The file's encoding",
        choices=options(
            [("", "Recognize it"), *((key, name) for key, (_, name) in ENCODINGS.items())]
        ),
        default="",
    )
    text = TextAreaField("Or paste the lines here")
    keep = RadioField(
        "What happens to the accounts that are listed already",
        choices=options([("add", "Keep them and add these"), ("replace", "Replace them by these")]),
        default="add",
    )

    def chosen(self) -> str:
        """The encoding that was chosen for a file; what was pasted is text already."""
        upload: FileStorage | None = self.file.data
        chosen = str(self.encoding.data or "")
        pasted = upload is None or not upload.filename
        return "utf-8" if pasted else chosen if chosen in ENCODINGS else ""

    def named(self) -> str:
        """Where the lines come from, for the audit trail."""
        upload: FileStorage | None = self.file.data
        name = upload.filename if upload is not None else ""
        return f"the file {name[:100]}" if name else "pasted lines"

    def content(self) -> bytes:
        """The file's bytes, or what was pasted; b'' when there is neither."""
        upload: FileStorage | None = self.file.data
        data = upload.read() if upload is not None and upload.filename else b""
        return data or (self.text.data or "").encode("utf-8", "surrogatepass")


class DomainForm(FlaskForm):  # type: ignore[misc]
    """F8."""

    domain = LineField("Domain", [DataRequired("Enter a domain."), Length(max=253)])


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button alone: there is nothing to read but the CSRF token."""
