"""The documents that the checks send. They are made up, and small: a model may be paid by the word."""

from __future__ import annotations

# Neither text nor any format: whatever a deployment can read, not this.
NOT_A_DOCUMENT = bytes(range(16)) * 8
_LINES_TO_BE_CANCELLED = 1_500


def invoice_number(run: str) -> str:
    """The number of the run's own invoice: found in a result, it was read in this run."""
    return f"INV-{run.rpartition('deployment-')[2]}"


def invoice(run: str) -> str:
    """An invoice of a few lines."""
    return (
        "INVOICE\n\n"
        f"Invoice number: {invoice_number(run)}\n"
        "Invoice date: 2026-03-01\n"
        "Due date: 2026-03-31\n"
        "Supplier: Northlight Instruments Ltd\n"
        "Customer: Harbour Survey Office\n"
        "Total: 118.50 EUR\n"
    )


def long_text() -> str:
    """Some 110,000 characters with nothing to find, in paragraphs: seconds of work, if nobody ends it."""
    line = "Nothing of interest was seen on watch {}, and nobody was told of it.\n\n"
    return "".join(line.format(number) for number in range(_LINES_TO_BE_CANCELLED))
