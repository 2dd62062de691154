"""Words and tokens: how names and labels are cut up and compared.

The vocabulary is that of business documents at large, not of any one type: what `no.` stands
for, which words carry no meaning in a label, which foreign word means `date`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TOKEN = re.compile(r"[^\W\d_]+|\d+|#|%")
_CAMEL = re.compile(r"(?<=[a-z0-9][a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Words that add nothing to a label: "Date of the invoice" is "date invoice".
_FILLERS = frozenset(
    "a an the of for in on at is are was be our your their its my this that and or as "
    "with der die das des den dem von vom und für im am le la les du de et el los las y "
    "il lo di del della e o da do dos das het een van".split()
)

# One spelling for words that labels use interchangeably.
_CANONICAL = {
    variant: canonical
    for canonical, variants in {
        "number": "no nr n num nbr numéro numero número nummer # identifier id reference ref code",
        "date": "datum fecha data",
        "amount": "sum betrag montant importe importo bedrag sums amt",
        "total": "gesamt gesamtbetrag totaal totale",
        "quantity": "qty quant menge quantité quantite cantidad quantità quantita aantal pcs",
        "price": "preis prix precio prezzo prijs",
        "description": "desc beschreibung bezeichnung désignation designation descripción "
        "descripcion descrizione omschrijving details particulars",
        "invoice": "rechnung facture factura fattura factuur inv",
        "customer": "client buyer purchaser kunde cliente klant acheteur",
        "supplier": "vendor seller lieferant fournisseur proveedor fornitore leverancier",
        "company": "organisation organization firm firma société societe empresa azienda bedrijf "
        "unternehmen",
        "address": "adresse dirección direccion indirizzo adres addr",
        "email": "mail courriel correo",
        "phone": "telephone tel telefon téléphone telefono teléfono telefoon mobile mob cell handy",
        "tax": "vat mwst ust tva iva btw gst",
        "role": "position function funktion fonction ruolo cargo post",
        "owner": "assignee responsible verantwortlich responsable assigned responsibility",
        "due": "deadline fällig fallig échéance echeance vencimiento scadenza vervaldatum until",
        "attendee": "participant present teilnehmer attendance aanwezig asistente partecipante",
        "start": "begin beginn début debut inicio inizio commencement beginning starting",
        "end": "ende fin fine einde expiry expiration termination ending",
        "location": "place venue ort lieu lugar luogo plaats",
        "signature": "signed unterschrift firma_signature",
        "discount": "rabatt remise descuento sconto korting rebate",
        "currency": "währung wahrung devise moneda valuta",
        "unit": "einheit unité unite unidad unità eenheid",
        "name": "nom nombre nome naam",
        "item": "artikel article artículo articulo articolo position_item pos",
        "status": "state stand état estado stato",
        "title": "titel titre título titulo titolo",
        "payment": "zahlung paiement pago pagamento betaling pay",
        "birth": "born geburt naissance nacimiento nascita geboorte",
    }.items()
    for variant in variants.split()
}

_COMPOUNDS = (
    ("rechnungs", "invoice"),
    ("facturatie", "invoice"),
    ("factuur", "invoice"),
    ("kunden", "customer"),
    ("liefer", "delivery"),
    ("vertrags", "contract"),
    ("auftrags", "order"),
    ("bestell", "order"),
    ("fälligkeits", "due"),
    ("einzel", "unit"),
    ("stück", "unit"),
    ("gesamt", "total"),
    ("telefon", "phone"),
    ("geburts", "birth"),
)


def strip_accents(text: str) -> str:
    """Return the text without accents, for comparing words only: lengths change."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _singular(token: str) -> str:
    if len(token) > 3 and token.endswith("ies"):
        return token[:-3] + "y"
    if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is")):
        return token[:-1]
    return token


def _canonical(token: str) -> str:
    found = _CANONICAL.get(token) or _CANONICAL.get(singular := _singular(token))
    return found or singular


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """Cut a name or label into comparable tokens: lower case, singular, one spelling a meaning.

    `invoiceNo`, `Invoice No.` and `invoice_number` all give `("invoice", "number")`. Fillers
    are dropped unless nothing else is left.
    """
    words = [w.casefold() for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200]))]
    cut: list[str] = []
    for word in words:
        for prefix, meaning in _COMPOUNDS:
            if word.startswith(prefix) and len(word) > len(prefix) + 2:
                cut += [meaning, word[len(prefix) :]]
                break
        else:
            cut.append(word)
    kept = [word for word in cut if word not in _FILLERS] or cut
    result: list[str] = []
    for word in kept:
        token = _canonical(word)
        if not result or result[-1] != token:
            result.append(token)
    if result[:2] == ["e", "email"]:
        del result[0]
    return tuple(result)


@lru_cache(maxsize=8192)
def plain_words(text: str) -> tuple[str, ...]:
    """Cut text into lower-case words without any of the meaning that `tokens` adds."""
    return tuple(w.casefold() for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200])))


@lru_cache(maxsize=16384)
def within_one_edit(left: str, right: str) -> bool:
    """Tell whether two words differ by at most one letter added, lost, changed or swapped."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1:
        return False
    at = 0
    while at < min(len(left), len(right)) and left[at] == right[at]:
        at += 1
    if len(left) == len(right):
        swapped = left[at : at + 2] == right[at : at + 2][::-1]
        return left[at + 1 :] == right[at + 1 :] or (swapped and left[at + 2 :] == right[at + 2 :])
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return longer[at + 1 :] == shorter[at:]
