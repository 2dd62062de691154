"""FatturaPA of the Italian Agenzia delle Entrate: a header with the parties, and one or more invoices as bodies.

It has no sum of the taxes and none of what they are taken of: those are added up from its summary per rate.
"""

from __future__ import annotations

from extraction.rules.e_invoice.elements import Element, elements_at
from extraction.rules.e_invoice.model import (
    EInvoice,
    Group,
    Joined,
    Paths,
    group_at,
    groups_at,
    sum_of,
)

_GENERAL = "DatiGenerali/DatiGeneraliDocumento"
_PAYMENT = "DatiPagamento/DettaglioPagamento"


def _party(term: str, party: str) -> Paths:
    facts = f"{party}/DatiAnagrafici"
    seat = f"{party}/Sede"
    street = Joined((f"{seat}/Indirizzo", f"{seat}/NumeroCivico"))
    parts = ("CAP", "Comune", "Provincia", "Nazione")
    person = Joined((f"{facts}/Anagrafica/Nome", f"{facts}/Anagrafica/Cognome"))
    tax = f"{facts}/IdFiscaleIVA"
    return {
        term: (f"{facts}/Anagrafica/Denominazione", person),
        f"{term}.registration": (f"{party}/IscrizioneREA/NumeroREA",),
        f"{term}.tax_number": (Joined((f"{tax}/IdPaese", f"{tax}/IdCodice"), ""),),
        f"{term}.other_tax_number": (f"{facts}/CodiceFiscale",),
        f"{term}.address": (Joined((*street.paths, *(f"{seat}/{part}" for part in parts)), ", "),),
        f"{term}.street": (street,),
        f"{term}.city": (f"{seat}/Comune",),
        f"{term}.post_code": (f"{seat}/CAP",),
        f"{term}.country": (f"{seat}/Nazione",),
        f"{term}.phone": (f"{party}/Contatti/Telefono",),
        f"{term}.email": (f"{party}/Contatti/Email",),
    }


_HEADER: Paths = {
    **_party("seller", "FatturaElettronicaHeader/CedentePrestatore"),
    **_party("buyer", "FatturaElettronicaHeader/CessionarioCommittente"),
}
_BODY: Paths = {
    "number": (f"{_GENERAL}/Numero",),
    "issue_date": (f"{_GENERAL}/Data",),
    "type": (f"{_GENERAL}/TipoDocumento",),
    "currency": (f"{_GENERAL}/Divisa",),
    "total": (f"{_GENERAL}/ImportoTotaleDocumento",),
    "rounding": (f"{_GENERAL}/Arrotondamento",),
    "note": (f"{_GENERAL}/Causale",),
    "order": ("DatiGenerali/DatiOrdineAcquisto/IdDocumento",),
    "contract": ("DatiGenerali/DatiContratto/IdDocumento",),
    "preceding": ("DatiGenerali/DatiFattureCollegate/IdDocumento",),
    "despatch": ("DatiGenerali/DatiDDT/NumeroDDT",),
    "delivery_date": ("DatiGenerali/DatiTrasporto/DataOraConsegna",),
    "due_date": (f"{_PAYMENT}/DataScadenzaPagamento",),
    "account_holder": (f"{_PAYMENT}/Beneficiario",),
    "iban": (f"{_PAYMENT}/IBAN",),
    "bic": (f"{_PAYMENT}/BIC",),
}
_TAX: Paths = {
    "taxes.rate": ("AliquotaIVA",),
    "taxes.category": ("Natura",),
    "taxes.basis": ("ImponibileImporto",),
    "taxes.amount": ("Imposta",),
}
_LINE: Paths = {
    "line.id": ("NumeroLinea",),
    "line.code": ("CodiceArticolo/CodiceValore",),
    "line.name": ("Descrizione",),
    "line.quantity": ("Quantita",),
    "line.unit": ("UnitaMisura",),
    "line.period_start": ("DataInizioPeriodo",),
    "line.period_end": ("DataFinePeriodo",),
    "line.price": ("PrezzoUnitario",),
    "line.amount": ("PrezzoTotale",),
    "line.tax_rate": ("AliquotaIVA",),
}


def read(text: str, root: Element) -> list[EInvoice]:
    """Return the invoice of each body of a FatturaElettronica, each with the parties of the header."""
    parties = group_at(text, root, _HEADER)
    return [_invoice(text, parties, body) for body in elements_at(text, root, _BODIES)]


_BODIES = "FatturaElettronicaBody"


def _invoice(text: str, parties: Group, body: Element) -> EInvoice:
    header = parties | group_at(text, body, _BODY)
    taxes = groups_at(text, body, "DatiBeniServizi/DatiRiepilogo", _TAX)
    sums = {"tax_basis": sum_of(taxes, "taxes.basis"), "tax": sum_of(taxes, "taxes.amount")}
    header |= {term: said for term, said in sums.items() if said}
    if "total" not in header and all(sums.values()):
        header["total"] = sum_of([{"total": said} for said in sums.values()], "total")
    payments = [group_at(text, each, _DUE) for each in elements_at(text, body, _PAYMENT)]
    if payable := sum_of(payments, "payable"):
        header["payable"] = payable
    return EInvoice(header, groups_at(text, body, "DatiBeniServizi/DettaglioLinee", _LINE), taxes)


_DUE: Paths = {"payable": ("ImportoPagamento",)}
