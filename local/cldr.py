"""`python -m local.cldr`: what the CLDR says of months, units of time and currencies, for the extractor's recognisers.

Writes `extraction/labels/lists/cldr.tsv`. Needs `babel`, which the Lambda does not carry; run it when a language
is added or a new CLDR is out. Each line: list, language, meaning, and the words for it, with `_` for a space.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from babel import Locale
from babel.localedata import LocaleDataDict, load

_TARGET = Path(__file__).parents[1] / "layers/extraction_jobs/extraction/labels/lists/cldr.tsv"
_LANGUAGES = "en de fr es it nl pt pl sv da cs".split()
_COUNTED = _LANGUAGES[:9]  # `let`, `den` and `time` are units in others, and words in these
_VARIANTS = {"en": ["en_GB"], "de": ["de_AT"]}
_WIDTHS = ("wide", "abbreviated")
_UNITS = {
    "minute": "M", "hour": "H", "day": "D", "week": "W", "month": "MONTHS", "quarter": "QUARTERS", "year": "Y",
}  # fmt: skip
# Currencies whose code is read; a word in capitals that is another country's code (ALL, TOP) is more often a word.
_CODES = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD MAD MXN MYR "
    "NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR"
).split()
_NAMED = "AUD BRL CAD CHF CNY CZK DKK EUR GBP INR JPY NOK PLN SEK USD".split()
# Where a sign is what people write; no other currency of `_CODES` has it.
_AT_HOME = (
    "nl cs_CZ hu_HU id_ID ms_MY pl_PL pt_BR ru_RU th_TH tr_TR uk_UA en_NG zh_TW en_SG".split()
)


def main() -> None:
    """Write the file."""
    lines = [*_months(), *_units(), *_names(), *_signs()]
    _TARGET.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def _months() -> Iterator[tuple[str, ...]]:
    for language in _LANGUAGES:
        for month in range(1, 13):
            said = [
                locale.months[use][width][month].rstrip(".")
                for locale in _locales(language)
                for use in ("format", "stand-alone")
                for width in _WIDTHS
            ]
            yield "month", language, str(month), _joined(word for word in said if word.isalpha())


def _units() -> Iterator[tuple[str, ...]]:
    for language in _COUNTED:
        patterns = LocaleDataDict(cast("dict[str | int | None, Any]", load(language)))[
            "unit_patterns"
        ]
        for unit, meaning in _UNITS.items():
            forms: Mapping[str, str] = patterns[f"duration-{unit}"]["long"]
            said = [form.replace("{0}", "").strip() for key, form in forms.items() if key != "per"]
            yield "unit", language, meaning, _joined(said)


def _names() -> Iterator[tuple[str, ...]]:
    for language in _LANGUAGES:
        locale = Locale(language)
        plurals = LocaleDataDict(cast("dict[str | int | None, Any]", load(language)))[
            "currency_names_plural"
        ]
        for code in _NAMED:
            said = [locale.currencies[code], *plurals.get(code, {}).values()]
            yield "currency", language, code, _joined(said)


def _signs() -> Iterator[tuple[str, ...]]:
    english = Locale("en").currency_symbols
    taken = {sign: code for code, sign in english.items()}
    for code in _CODES:
        said = [english.get(code, code)]
        for tag in _AT_HOME:
            sign = Locale.parse(tag).currency_symbols.get(code, code)
            if taken.setdefault(sign, code) == code:
                said.append(sign)
        yield "sign", "*", code, " ".join(dict.fromkeys((code, *said)))


def _locales(language: str) -> list[Locale]:
    return [Locale.parse(tag) for tag in (language, *_VARIANTS.get(language, ()))]


def _joined(words: Iterator[str] | list[str]) -> str:
    return " ".join(
        dict.fromkeys(word.casefold().replace("\xa0", " ").replace(" ", "_") for word in words)
    )


if __name__ == "__main__":
    main()
