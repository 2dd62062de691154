"""Makes one script of the page's modules, so that a browser asks once: `bundle.py page/main.js` prints it.

What it understands is what the modules keep to, and no more: `import {…} from "./…"` at the head of a file,
`export` before a function, class or constant, or `export {…}` as vendored files end with. Each module becomes a
function that gives its exports, in an order in which everything is there before it is used.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_BLANK = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_IMPORT = re.compile(r"import\s*\{([^}]*)\}\s*from\s*[\"']([^\"']+)[\"'];?")
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:function\*?|class|const)\s+(?P<name>\w+))", re.MULTILINE
)
_EXPORT_LIST = re.compile(r"\bexport\s*\{([^}]*)\};?\s*(?://[^\n]*\s*)?\Z")
# Spaces at the beginning of a line, and lines of comment but for licences, say nothing to a browser. They were a
# quarter of the script.
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_COMMENT = re.compile(r"^(?://[^\n]*|/\*\*(?![\s*]*@license).*?\*/)\n", re.MULTILINE | re.DOTALL)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class BundleError(ValueError):
    """A module is not written in the way that this file understands."""


def bundle(entry: Path) -> str:
    """The script that does what the module `entry` does, with all that it imports.

    Raises:
        BundleError: modules import each other in a circle, or one is written in another way.
    """
    order: list[Path] = []
    written: list[str] = []
    _add(entry.resolve(), order, [], written)
    return '"use strict";\n' + "".join(written)


def _add(module: Path, order: list[Path], above: list[Path], written: list[str]) -> None:
    if module in above:
        raise BundleError(f"{module.name} imports itself, by way of {above[-1].name}")
    if module in order:
        return
    text = _SOURCE_MAP.sub("", module.read_text(encoding="utf-8"))
    imports, body = _head(text)
    for _, address in imports:
        _add((module.parent / address).resolve(), order, [*above, module], written)
    order.append(module)
    taken = "".join(
        f"const {{{_renamed(names)}}} = $m{order.index((module.parent / address).resolve())};\n"
        for names, address in imports
    )
    body, exports = _tail(body, module)
    written.append(
        f"const $m{len(order) - 1} = (() => {{ // {module.name}\n"
        f"{taken}{_without_comments(body).strip()}\nreturn {{{exports}}};\n}})();\n"
    )


def _head(text: str) -> tuple[list[tuple[str, str]], str]:
    """The imports that a module begins with, and the rest of it."""
    found: list[tuple[str, str]] = []
    position = 0
    while True:
        blank = _BLANK.match(text, position)
        start = blank.end() if blank else position
        statement = _IMPORT.match(text, start)
        if statement is None:
            return found, text[position:]
        found.append((statement[1], statement[2]))
        position = statement.end()


def _tail(body: str, module: Path) -> tuple[str, str]:
    """The body without its exports, and them as the properties of an object."""
    listed = _EXPORT_LIST.search(body)
    if listed:
        pairs = [each.split(" as ") for each in listed[1].split(",")]
        return body[: listed.start()], ", ".join(f"{p[-1].strip()}: {p[0].strip()}" for p in pairs)
    names = [found["name"] for found in _EXPORT.finditer(body)]
    body = _EXPORT.sub("", body)
    left = re.search(r"^(?:import|export)\b", body, re.MULTILINE)
    if left:
        raise BundleError(f"{module.name}: {body[left.start() :].splitlines()[0]}")
    return body, ", ".join(names)


def _without_comments(body: str) -> str:
    return _COMMENT.sub("", _INDENTATION.sub("", body))


def _renamed(names: str) -> str:
    return ", ".join(
        each.strip().replace(" as ", ": ") for each in names.split(",") if each.strip()
    )


if __name__ == "__main__":
    sys.stdout.write(bundle(Path(sys.argv[1])))
