"""The stem that a verb and its nouns share: `arrives` and `arrival`, `delivered` and `delivery`."""

from __future__ import annotations

from functools import lru_cache

_LEAST = 3  # letters of a stem
_ENDINGS = tuple(
    sorted(
        "ations ation ating ated ates ate ements ement ments ment ions ion ings ing ed er ers or ors ees ee "
        "als al ures ure atures ature atory ationary ary ances ance ences ence ies ied ier iers y es e s "
        "ung ungen".split(),
        key=lambda ending: (-len(ending), ending),
    )
)
# Pairs that no ending explains.
_IRREGULAR = {
    form: stem
    for stem, forms in {
        "admiss": "admit admits admitted admitting admission admissions",
        "acquisit": "acquire acquires acquired acquiring acquisition acquirer",
        "bear": "born birth geboren geburt naissance née né",
        "begin": "begin begins began begun beginning beginnt",
        "buy": "buy buys bought buying buyer",
        "decis": "decide decides decided decision decisions",
        "die": "die dies died death deceased",
        "expir": "expire expires expired expiry expiration expiring",
        "found": "founded founding founder foundation",
        "held": "hold holds held holding",
        "lead": "lead leads led leading leader",
        "order": "order orders ordered ordering",
        "pay": "pay pays paid paying payment payments payable payer payee",
        "publi": "publish publishes published publishing publication publisher",
        "recei": "receive receives received receipt recipient",
        "register": "register registers registered registration registry",
        "resid": "reside resides resided residence residing resident",
        "resol": "resolve resolves resolved resolution",
        "sell": "sell sells sold selling seller sale sales",
        "sent": "send sends sent sending sender",
        "succe": "succeed succeeds succeeded succeeding successor succession",
        "teach": "teach teaches taught teaching teacher",
        "valid": "valid validity",
        "win": "win wins won winning winner",
        "work": "work works worked working worker",
        "writ": "write writes wrote written writing writer",
    }.items()
    for form in forms.split()
}


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """Return the stem of a lower-case word: close enough to tell that two words go together."""
    known = _IRREGULAR.get(word)
    if known:
        return known
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return _undoubled(word[: -len(ending)])
    return word


def _undoubled(word: str) -> str:
    """`shipped` is of `ship`, and `organized` of the word that others spell with an s."""
    if len(word) > _LEAST and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word[:-1] + "s" if word.endswith("iz") else word
