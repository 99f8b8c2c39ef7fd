"""What folders for sent mail, drafts and the rest are usually called, where no server says it.

The names of imapsync's table and more, of mail programs and providers in many languages. Case makes
no difference, nor how an accent is composed. Of the names of one use the first is preferred.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from sync.model import SpecialUse

USUAL_NAMES: Mapping[SpecialUse, tuple[str, ...]] = {
    SpecialUse.ALL: (
        *("All", "All Mail", "All Messages", "Все", "Alle Nachrichten", "Tous les messages"),
        *("Tutti i messaggi", "Todos", "Todos los mensajes", "Alle berichten", "Вся почта"),
    ),
    SpecialUse.ARCHIVE: (
        *("Archive", "Archives", "Archiv", "Archivio", "Archivo", "Archivos", "Archief"),
        *("Archivé", "Arquivo", "Arquivos", "Arkiv", "Arkisto", "Archiwum", "Архив", "Архів"),
        *("Archív", "Arhiva", "Arşiv", "アーカイブ", "归档", "存档", "封存"),
    ),
    SpecialUse.DRAFTS: (
        *("Drafts", "Draft", "Entwürfe", "Entwurf", "Brouillons", "Brouillon", "Bozze", "Bozza"),
        *("Borradores", "Borrador", "Concepten", "Rascunhos", "Kladder", "Utkast", "Luonnokset"),
        *("Szkice", "Wersje robocze", "Koncepty", "Rozepsané", "Piszkozatok", "Ciorne", "Nacrti"),
        *(
            "Черновики",
            "Чернетки",
            "Taslaklar",
            "Πρόχειρα",
            "下書き",
            "草稿",
            "草稿箱",
            "임시보관함",
        ),
        *("טיוטות", "المسودات"),
    ),
    SpecialUse.FLAGGED: (
        *("Flagged", "Starred", "Markiert", "Gekennzeichnet", "Suivis", "Messages suivis"),
        *("Destacados", "Speciali", "Met ster", "Oznaczone gwiazdką", "Помеченные"),
    ),
    SpecialUse.JUNK: (
        *("Junk", "Spam", "Junk E-Mail", "Junk Email", "Junk Mail", "Bulk", "Bulk Mail"),
        *("spambucket", "Spamverdacht", "Spam-Verdacht", "Unerwünscht", "Unerwünschte Werbung"),
        *("Werbung", "Junk-E-Mail", "Unbekannt", "Courrier indésirable", "Indésirables"),
        *("Pourriel", "Posta indesiderata", "Indesiderata", "Correo no deseado", "No deseado"),
        *(
            "Ongewenste e-mail",
            "Ongewenst",
            "Ongewenste reclame",
            "Lixo eletrônico",
            "Lixo Eletrónico",
        ),
        *("Correio não solicitado", "Uønsket e-mail", "Uønsket post", "Søppelpost", "Skräppost"),
        *("Roskaposti", "Potwierdzony spam", "Wiadomości-śmieci", "Niechciane", "Nevyžádaná pošta"),
        *("Nevyžiadaná pošta", "Levélszemét", "Спам", "Нежелательная почта", "Önemsiz"),
        *(
            "Gereksiz",
            "Ανεπιθύμητα",
            "迷惑メール",
            "垃圾邮件",
            "垃圾郵件",
            "정크 메일",
            "스팸",
            "ספאם",
        ),
    ),
    SpecialUse.SENT: (
        *("Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-Mail", "sent_mail"),
        *("Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten"),
        *("Gesendete E-Mails", "Gesendete Mails", "Éléments envoyés"),
        *("Envoyé", "Envoyés", "Objets envoyés", "Messages envoyés", "Courrier envoyé"),
        *("Posta inviata", "Inviata", "Inviati", "Messaggi inviati", "Elementos enviados"),
        *("Enviados", "Mensajes enviados", "Itens enviados", "Correio enviado", "Verzonden"),
        *("Verzonden items", "Verzonden berichten", "Verstuurd", "Sendt", "Sendt post", "Sendte"),
        *("Sendte elementer", "Skickat", "Skickade", "Lähetetyt", "Elementy wysłane", "Wysłane"),
        *("Odeslané", "Odeslaná pošta", "Odoslané", "Elküldött", "Elküldött elemek", "Trimise"),
        *("Poslano", "Poslane", "Отправленные", "Надіслані", "Gönderilmiş", "Gönderilenler"),
        *("Απεσταλμένα", "送信済み", "送信済みメール", "送信済みアイテム", "已发送", "已发送邮件"),
        *("寄件備份", "보낸편지함", "보낸 편지함", "דואר יוצא", "المرسلة"),
    ),
    SpecialUse.TRASH: (
        *("Trash", "Deleted Items", "Deleted Messages", "Deleted", "Bin", "Papierkorb"),
        *("Gelöscht", "Gelöschte Elemente", "Gelöschte Objekte", "Gelöschte Nachrichten"),
        *("Corbeille", "Éléments supprimés", "Messages supprimés", "Poubelle", "Cestino"),
        *("Posta eliminata", "Elementi eliminati", "Papelera", "Papelera de reciclaje"),
        *("Elementos eliminados", "Lixeira", "Lixo", "Itens excluídos", "Itens eliminados"),
        *("Prullenbak", "Verwijderde items", "Verwijderd", "Papirkurv", "Slettet post"),
        *("Slettede elementer", "Papperskorg", "Papperskorgen", "Borttaget", "Roskakori"),
        *("Poistetut", "Kosz", "Elementy usunięte", "Koš", "Odstraněná pošta", "Kôš", "Lomtár"),
        *("Kuka", "Törölt elemek", "Coș de gunoi", "Smeće", "Удаленные", "Удалённые", "Корзина"),
        *("Кошик", "Çöp", "Çöp Kutusu", "Silinmiş Öğeler", "Κάδος", "ゴミ箱", "削除済みアイテム"),
        *("已删除", "已删除邮件", "垃圾桶", "휴지통", "אשפה", "المهملات"),
    ),
}


def usual_use(name: str) -> SpecialUse | None:
    """What a folder is for by its own name, one level, without prefix."""
    found = _BY_NAME.get(_plain(name))
    return found[0] if found else None


def rank(name: str) -> int:
    """0 for the name that is preferred among those of its use; more for names later in the list,
    most for a name of no use."""
    found = _BY_NAME.get(_plain(name))
    return found[1] if found else len(_BY_NAME)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


_BY_NAME = {
    _plain(name): (use, number)
    for use, names in USUAL_NAMES.items()
    for number, name in enumerate(names)
}
