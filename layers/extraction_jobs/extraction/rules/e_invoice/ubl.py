"""Universal Business Language of OASIS, version 2: Invoice and CreditNote, as Peppol and XRechnung write them."""

from __future__ import annotations

from extraction.rules.e_invoice.elements import Element
from extraction.rules.e_invoice.model import EInvoice, Joined, Paths, group_at, groups_at

_SUMS = "LegalMonetaryTotal"
_MEANS = "PaymentMeans"


def _party(term: str, party: str) -> Paths:
    address = f"{party}/PostalAddress"
    country = f"{address}/Country/IdentificationCode"
    lines = (
        f"{address}/StreetName",
        f"{address}/AdditionalStreetName",
        f"{address}/AddressLine/Line",
    )
    town = (f"{address}/PostalZone", f"{address}/CityName")
    legal = f"{party}/PartyLegalEntity"
    tax_schemes = f"{party}/PartyTaxScheme"
    return {
        term: (f"{legal}/RegistrationName", f"{party}/PartyName/Name"),
        f"{term}.trading_name": (f"{party}/PartyName/Name",),
        f"{term}.id": (f"{party}/PartyIdentification/ID",),
        f"{term}.registration": (f"{legal}/CompanyID",),
        f"{term}.tax_number": (f"{tax_schemes}[TaxScheme/ID=VAT]/CompanyID",),
        f"{term}.other_tax_number": (f"{tax_schemes}/CompanyID",),
        f"{term}.address": (Joined((*lines, *town, country), ", "),),
        f"{term}.street": (lines[0],),
        f"{term}.city": (f"{address}/CityName",),
        f"{term}.post_code": (f"{address}/PostalZone",),
        f"{term}.country": (country,),
        f"{term}.contact": (f"{party}/Contact/Name",),
        f"{term}.phone": (f"{party}/Contact/Telephone",),
        f"{term}.email": (f"{party}/Contact/ElectronicMail",),
    }


_HEADER: Paths = {
    "number": ("ID",),
    "issue_date": ("IssueDate",),
    "due_date": ("DueDate", f"{_MEANS}/PaymentDueDate"),
    "type": ("InvoiceTypeCode|CreditNoteTypeCode",),
    "note": ("Note",),
    "tax_point": ("TaxPointDate",),
    "currency": ("DocumentCurrencyCode",),
    "buyer_reference": ("BuyerReference",),
    "period_start": ("InvoicePeriod/StartDate",),
    "period_end": ("InvoicePeriod/EndDate",),
    "order": ("OrderReference/ID",),
    "sales_order": ("OrderReference/SalesOrderID",),
    "preceding": ("BillingReference/InvoiceDocumentReference/ID",),
    "despatch": ("DespatchDocumentReference/ID",),
    "contract": ("ContractDocumentReference/ID",),
    "project": ("ProjectReference/ID",),
    **_party("seller", "AccountingSupplierParty/Party"),
    **_party("buyer", "AccountingCustomerParty/Party"),
    "payee": ("PayeeParty/PartyName/Name",),
    "delivery_date": ("Delivery/ActualDeliveryDate",),
    "remittance": (f"{_MEANS}/PaymentID",),
    "iban": (f"{_MEANS}/PayeeFinancialAccount/ID",),
    "account_holder": (f"{_MEANS}/PayeeFinancialAccount/Name",),
    "bic": (f"{_MEANS}/PayeeFinancialAccount/FinancialInstitutionBranch/ID",),
    "payment_terms": ("PaymentTerms/Note",),
    "shipping": ("AllowanceCharge[AllowanceChargeReasonCode=FC]/Amount",),
    "sum_of_lines": (f"{_SUMS}/LineExtensionAmount",),
    "discount": (f"{_SUMS}/AllowanceTotalAmount",),
    "charges": (f"{_SUMS}/ChargeTotalAmount",),
    "tax_basis": (f"{_SUMS}/TaxExclusiveAmount",),
    "total": (f"{_SUMS}/TaxInclusiveAmount",),
    "paid": (f"{_SUMS}/PrepaidAmount",),
    "rounding": (f"{_SUMS}/PayableRoundingAmount",),
    "payable": (f"{_SUMS}/PayableAmount",),
}
_TAX: Paths = {
    "taxes.rate": ("TaxCategory/Percent",),
    "taxes.basis": ("TaxableAmount",),
    "taxes.amount": ("TaxAmount",),
    "taxes.category": ("TaxCategory/ID",),
}
_QUANTITY = "InvoicedQuantity|CreditedQuantity"
_LINE: Paths = {
    "line.id": ("ID",),
    "line.note": ("Note",),
    "line.quantity": (_QUANTITY,),
    "line.unit": (f"{_QUANTITY}/@unitCode",),
    "line.amount": ("LineExtensionAmount",),
    "line.period_start": ("InvoicePeriod/StartDate",),
    "line.period_end": ("InvoicePeriod/EndDate",),
    "line.discount": ("AllowanceCharge[ChargeIndicator=false]/Amount",),
    "line.name": ("Item/Name",),
    "line.description": ("Item/Description",),
    "line.code": ("Item/SellersItemIdentification/ID",),
    "line.buyer_code": ("Item/BuyersItemIdentification/ID",),
    "line.standard_code": ("Item/StandardItemIdentification/ID",),
    "line.tax_rate": ("Item/ClassifiedTaxCategory/Percent",),
    "line.price": ("Price/PriceAmount",),
    "line.gross_price": ("Price/AllowanceCharge/BaseAmount",),
}


def read(text: str, root: Element) -> list[EInvoice]:
    """Return the invoice of an Invoice or a CreditNote."""
    header = group_at(text, root, _HEADER)
    currency = header["currency"][0].value if "currency" in header else ""
    in_its_currency = (f"TaxTotal/TaxAmount[@currencyID={currency}]",) if currency.isalpha() else ()
    header |= group_at(text, root, {"tax": (*in_its_currency, "TaxTotal/TaxAmount")})
    lines = groups_at(text, root, "InvoiceLine|CreditNoteLine", _LINE)
    return [EInvoice(header, lines, groups_at(text, root, "TaxTotal/TaxSubtotal", _TAX))]
