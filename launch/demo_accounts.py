"""Who has mail on the demo's source server, and who is at its destination already.

sample_csv/demo.csv carries the same logins, with two mistakes; sample_csv/DEMO.md mends them. The
passwords are public on purpose: both servers listen on loopback alone and hold made-up mail.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE_DOMAIN = "old.example"
DESTINATION_DOMAIN = "demo.example"
ORGANIZATION = "Demo"
DESTINATION = "Demo destination"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """`folders` beside INBOX, Sent and Drafts; `messages` are spread over all of them."""

    name: str
    password: str
    messages: int
    folders: tuple[str, ...] = ()
    empty_folders: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.name}@{SOURCE_DOMAIN}"


ACCOUNTS = (
    DemoAccount("anna.berger", "Herbst-Laub-2019", 48, ("Projekte/2024/Angebote", "Projekte/2025")),
    DemoAccount("info", "Info-Postfach-77", 64, ("Anfragen", "Anfragen/Erledigt"), ("Leer",)),
    DemoAccount("juergen.mueller", "Grünkohl&Pinkel7", 40, ("Entwürfe alt", "Größe & Maße")),
    DemoAccount("vertrieb", 'pa;ss"word-42', 52, ("Kunden/Süd", "Kunden/Nord", "Kunden")),
    DemoAccount("buchhaltung", "Rechnung-4711", 45, ("Rechnungen/2023", "Rechnungen/2024")),
    DemoAccount("werkstatt", "Schraube M8x40", 30, ("Bestellungen",)),
    DemoAccount("lager", "0042001337", 24, ("Lieferscheine",), ("Archiv/2019",)),
    DemoAccount("chef", "Segeln#im#Wind5", 56, ("Persönlich", "Persönlich/Reisen/Übersee")),
    DemoAccount("support", "null", 60, ("Tickets/offen", "Tickets/geschlossen")),
    DemoAccount("newsletter", "  two spaces  ", 22, ("Abmeldungen",)),
    DemoAccount("bewerbung", "Neu!Start2025", 18, ("Zusagen", "Absagen")),
    DemoAccount("praktikant", "Kaffee?Kochen1", 9, (), ("Notizen",)),
)

PRESENT = (
    ("postmaster", "Postmaster-Demo-1", True),
    ("info", "Info.Demo.Postfach1", False),
)
"""At the destination before the first migration: name, password, administrator of the domain."""
