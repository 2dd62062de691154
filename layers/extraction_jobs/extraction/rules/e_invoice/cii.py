"""Cross Industry Invoice of UN/CEFACT: Factur-X, ZUGFeRD 2 and XRechnung in their CII form, and ZUGFeRD 1.

All profiles, from MINIMUM to EXTENDED, have the same elements; a smaller one leaves some out. ZUGFeRD 1 has other names
for the upper elements, which are put right here.
"""

from __future__ import annotations

from extraction.rules.e_invoice.elements import Element, renamed
from extraction.rules.e_invoice.model import EInvoice, Joined, Paths, group_at, groups_at

_OF_ZUGFERD_1 = {
    "HeaderExchangedDocument": "ExchangedDocument",
    "SpecifiedSupplyChainTradeTransaction": "SupplyChainTradeTransaction",
    "ApplicableSupplyChainTradeAgreement": "ApplicableHeaderTradeAgreement",
    "ApplicableSupplyChainTradeDelivery": "ApplicableHeaderTradeDelivery",
    "ApplicableSupplyChainTradeSettlement": "ApplicableHeaderTradeSettlement",
    "SpecifiedSupplyChainTradeAgreement": "SpecifiedLineTradeAgreement",
    "SpecifiedSupplyChainTradeDelivery": "SpecifiedLineTradeDelivery",
    "SpecifiedSupplyChainTradeSettlement": "SpecifiedLineTradeSettlement",
    "ApplicablePercent": "RateApplicablePercent",
}
_TRADE = "SupplyChainTradeTransaction"
_AGREED = f"{_TRADE}/ApplicableHeaderTradeAgreement"
_DELIVERED = f"{_TRADE}/ApplicableHeaderTradeDelivery"
_SETTLED = f"{_TRADE}/ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLED}/SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
_MEANS = f"{_SETTLED}/SpecifiedTradeSettlementPaymentMeans"
_REFERENCE = "IssuerAssignedID|ID"


def _party(term: str, party: str) -> Paths:
    address = f"{party}/PostalTradeAddress"
    contact = f"{party}/DefinedTradeContact"
    town = Joined((f"{address}/PostcodeCode", f"{address}/CityName"))
    lines = [f"{address}/Line{number}" for number in ("One", "Two", "Three")]
    return {
        term: (f"{party}/Name", f"{party}/SpecifiedLegalOrganization/TradingBusinessName"),
        f"{term}.trading_name": (f"{party}/SpecifiedLegalOrganization/TradingBusinessName",),
        f"{term}.id": (f"{party}/ID", f"{party}/GlobalID"),
        f"{term}.registration": (f"{party}/SpecifiedLegalOrganization/ID",),
        f"{term}.tax_number": (f"{party}/SpecifiedTaxRegistration/ID[@schemeID=VA]",),
        f"{term}.other_tax_number": (f"{party}/SpecifiedTaxRegistration/ID[@schemeID=FC]",),
        f"{term}.address": (Joined((*lines, *town.paths, f"{address}/CountryID"), ", "),),
        f"{term}.street": (lines[0],),
        f"{term}.city": (f"{address}/CityName",),
        f"{term}.post_code": (f"{address}/PostcodeCode",),
        f"{term}.country": (f"{address}/CountryID",),
        f"{term}.contact": (f"{contact}/PersonName", f"{contact}/DepartmentName"),
        f"{term}.phone": (f"{contact}/TelephoneUniversalCommunication/CompleteNumber",),
        f"{term}.email": (f"{contact}/EmailURIUniversalCommunication/URIID",),
    }


_HEADER: Paths = {
    "number": ("ExchangedDocument/ID",),
    "issue_date": ("ExchangedDocument/IssueDateTime/DateTimeString",),
    "type": ("ExchangedDocument/TypeCode",),
    "note": ("ExchangedDocument/IncludedNote/Content",),
    "buyer_reference": (f"{_AGREED}/BuyerReference",),
    **_party("seller", f"{_AGREED}/SellerTradeParty"),
    **_party("buyer", f"{_AGREED}/BuyerTradeParty"),
    "order": (f"{_AGREED}/BuyerOrderReferencedDocument/{_REFERENCE}",),
    "sales_order": (f"{_AGREED}/SellerOrderReferencedDocument/{_REFERENCE}",),
    "contract": (f"{_AGREED}/ContractReferencedDocument/{_REFERENCE}",),
    "project": (f"{_AGREED}/SpecifiedProcuringProject/ID",),
    "delivery_date": (
        f"{_DELIVERED}/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString",
    ),
    "despatch": (
        f"{_DELIVERED}/DespatchAdviceReferencedDocument/{_REFERENCE}",
        f"{_DELIVERED}/DeliveryNoteReferencedDocument/{_REFERENCE}",
    ),
    "currency": (f"{_SETTLED}/InvoiceCurrencyCode",),
    "tax_point": (f"{_SETTLED}/ApplicableTradeTax/TaxPointDate/DateString",),
    "remittance": (f"{_SETTLED}/PaymentReference",),
    "payee": (f"{_SETTLED}/PayeeTradeParty/Name",),
    "iban": (f"{_MEANS}/PayeePartyCreditorFinancialAccount/IBANID",),
    "account_holder": (f"{_MEANS}/PayeePartyCreditorFinancialAccount/AccountName",),
    "bic": (f"{_MEANS}/PayeeSpecifiedCreditorFinancialInstitution/BICID",),
    "period_start": (f"{_SETTLED}/BillingSpecifiedPeriod/StartDateTime/DateTimeString",),
    "period_end": (f"{_SETTLED}/BillingSpecifiedPeriod/EndDateTime/DateTimeString",),
    "due_date": (f"{_SETTLED}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",),
    "payment_terms": (f"{_SETTLED}/SpecifiedTradePaymentTerms/Description",),
    "preceding": (f"{_SETTLED}/InvoiceReferencedDocument/{_REFERENCE}",),
    "shipping": (
        f"{_SETTLED}/SpecifiedLogisticsServiceCharge/AppliedAmount",
        f"{_SETTLED}/SpecifiedTradeAllowanceCharge[ReasonCode=FC]/ActualAmount",
    ),
    "sum_of_lines": (f"{_SUMS}/LineTotalAmount",),
    "charges": (f"{_SUMS}/ChargeTotalAmount",),
    "discount": (f"{_SUMS}/AllowanceTotalAmount",),
    "tax_basis": (f"{_SUMS}/TaxBasisTotalAmount",),
    "total": (f"{_SUMS}/GrandTotalAmount",),
    "paid": (f"{_SUMS}/TotalPrepaidAmount",),
    "rounding": (f"{_SUMS}/RoundingAmount",),
    "payable": (f"{_SUMS}/DuePayableAmount",),
}
_TAX: Paths = {
    "taxes.rate": ("RateApplicablePercent",),
    "taxes.basis": ("BasisAmount",),
    "taxes.amount": ("CalculatedAmount",),
    "taxes.category": ("CategoryCode",),
}
_PRODUCT = "SpecifiedTradeProduct"
_PRICES = "SpecifiedLineTradeAgreement"
_LINE_SETTLED = "SpecifiedLineTradeSettlement"
_LINE_SUMS = (
    "SpecifiedTradeSettlementLineMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
)
_PERIOD = f"{_LINE_SETTLED}/BillingSpecifiedPeriod"
_LINE: Paths = {
    "line.id": ("AssociatedDocumentLineDocument/LineID",),
    "line.note": ("AssociatedDocumentLineDocument/IncludedNote/Content",),
    "line.name": (f"{_PRODUCT}/Name",),
    "line.description": (f"{_PRODUCT}/Description",),
    "line.code": (f"{_PRODUCT}/SellerAssignedID",),
    "line.buyer_code": (f"{_PRODUCT}/BuyerAssignedID",),
    "line.standard_code": (f"{_PRODUCT}/GlobalID",),
    "line.price": (f"{_PRICES}/NetPriceProductTradePrice/ChargeAmount",),
    "line.gross_price": (f"{_PRICES}/GrossPriceProductTradePrice/ChargeAmount",),
    "line.quantity": ("SpecifiedLineTradeDelivery/BilledQuantity",),
    "line.unit": ("SpecifiedLineTradeDelivery/BilledQuantity/@unitCode",),
    "line.tax_rate": (f"{_LINE_SETTLED}/ApplicableTradeTax/RateApplicablePercent",),
    "line.discount": (
        f"{_LINE_SETTLED}/SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=false]/ActualAmount",
    ),
    "line.period_start": (f"{_PERIOD}/StartDateTime/DateTimeString",),
    "line.period_end": (f"{_PERIOD}/EndDateTime/DateTimeString",),
    "line.amount": (f"{_LINE_SETTLED}/{_LINE_SUMS}/LineTotalAmount",),
}


def read(text: str, root: Element) -> list[EInvoice]:
    """Return the invoice of a CrossIndustryInvoice or, of ZUGFeRD 1, a CrossIndustryDocument."""
    if "HeaderExchangedDocument" in root.children:
        root = renamed(root, _OF_ZUGFERD_1)
    header = group_at(text, root, _HEADER)
    currency = header["currency"][0].value if "currency" in header else ""
    tax = f"{_SUMS}/TaxTotalAmount"
    in_its_currency = (f"{tax}[@currencyID={currency}]",) if currency.isalpha() else ()
    header |= group_at(text, root, {"tax": (*in_its_currency, tax)})
    return [
        EInvoice(
            header,
            groups_at(text, root, f"{_TRADE}/IncludedSupplyChainTradeLineItem", _LINE),
            groups_at(text, root, f"{_SETTLED}/ApplicableTradeTax", _TAX),
        )
    ]
