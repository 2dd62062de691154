"""The child process that parses: what it is given, how it may end, and that nothing is left of it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from extraction import Limits, NeedsOcrError, PermanentError, StoppedError
from extraction.reading.apart import read_apart, run_apart
from extraction.reading.raw import Raw
from tests.pdfs import Pdf, make_pdf
from tests.waiting import until

Run = Callable[..., Raw]

CHILD = """
import json, sys
from extraction.document import Limits
from extraction.reading.child import bound, serve
from extraction.reading.raw import Raw

limits = Limits(**json.loads(sys.argv[2]))
bound(limits)

def read(content, limits):
{body}

serve(read, limits)
"""


def never() -> bool:
    return False


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a child whose parser has this body."""

    def run_body(body: str, limits: Limits | None = None, stop: Callable[[], bool] = never) -> Raw:
        lines = "\n".join("    " + line for line in body.splitlines())
        (tmp_path / "child_of_a_test.py").write_text(CHILD.replace("{body}", lines))
        monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
        return run_apart("child_of_a_test", "pdf", b"content", limits or Limits(), stop)

    return run_body


def children() -> set[str]:
    """Processes of ours, zombies among them."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_what_the_parser_returns_comes_back_whole(run: Run) -> None:
    body = "return Raw((content.decode() + ' 1 \\u20ac \\U0001f600', ''), 'Ti\\ntle', True, (2,))"
    assert run(body) == Raw(("content 1 € 😀", ""), "Ti\ntle", True, (2,))


def test_a_child_that_hangs_ends_at_its_time(run: Run) -> None:
    before = children()
    started = time.monotonic()
    with pytest.raises(PermanentError, match=r"ran longer than 0\.4 s"):
        run("while True: pass", Limits(reader_seconds=0.4))
    assert time.monotonic() - started < 2
    assert children() == before


def test_a_child_that_takes_all_memory_is_refused_it(run: Run) -> None:
    limits = Limits(reader_megabytes=200)
    with pytest.raises(PermanentError, match="more than 200 MB"):
        run("x = []\nwhile True: x.append(bytearray(10_000_000))", limits)


@pytest.mark.parametrize(
    "body",
    [
        "import ctypes; ctypes.string_at(0)",
        "import os; os.abort()",
        "raise RuntimeError(content)",
        "import os; os._exit(0)",
        "import os; os.write(3, b'half'); os._exit(0)",
    ],
)
def test_a_child_that_dies_is_a_broken_document(run: Run, body: str) -> None:
    with pytest.raises(PermanentError, match="broken") as caught:
        run(body)
    assert "content" not in str(caught.value)


def test_the_memory_of_whoever_starts_a_child_is_not_the_childs(run: Run) -> None:
    of_ours = bytearray(os.urandom(1 << 16) * (200 * 16))  # 200 MB, written to
    with pytest.raises(PermanentError, match="broken"):
        run("import os; os._exit(1)", Limits(reader_megabytes=220))
    del of_ours


def test_whatever_a_parser_prints_is_no_answer(run: Run) -> None:
    assert run("import os; os.write(1, b'noise'); return Raw(('text',))") == Raw(("text",))


def test_typed_errors_come_back_as_they_were(run: Run) -> None:
    with pytest.raises(NeedsOcrError, match=r"^scanned$"):
        run("from extraction.errors import NeedsOcrError; raise NeedsOcrError('scanned')")
    with pytest.raises(PermanentError, match=r"^refused$"):
        run("from extraction.errors import PermanentError; raise PermanentError('refused')")


def test_more_text_than_the_limit_never_leaves_the_child(run: Run) -> None:
    with pytest.raises(PermanentError, match="has 12 characters; the limit is 10"):
        run("return Raw(('x' * 6, 'x' * 6))", Limits(max_characters=10))


def test_the_environment_is_not_inherited(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    names = run("import os; return Raw(tuple(sorted(os.environ)))").parts
    assert set(names) <= {"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH"}
    assert "PYTHONPATH" in names


def test_nothing_is_left_running_once_told_to_stop(run: Run) -> None:
    before = children()
    asked = iter([False, False, True])
    with pytest.raises(StoppedError):
        run("import time; time.sleep(60)", stop=lambda: next(asked))
    assert children() == before


def test_what_a_child_starts_ends_with_it(run: Run) -> None:
    seconds = "61.04170922"  # no other process sleeps so long
    body = f"import subprocess\nsubprocess.Popen(['sleep', '{seconds}']).wait()"

    with pytest.raises(StoppedError):
        run(body, stop=lambda: bool(running(seconds)))
    until(lambda: not running(seconds), seconds=5, what="the end of what the child started")


def running(argument: str) -> list[Path]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if argument.encode() in entry.read_bytes().split(b"\0"):
                found.append(entry)
    return found


def test_a_pdf_is_read_by_the_real_child() -> None:
    content = make_pdf([["Total: 12.50"], ["Second page"]], title="Bill of sale")
    raw = read_apart("pdf", content, Limits(), never)
    assert raw == Raw(("Total: 12.50", "Second page"), "Bill of sale", paged=True)


def test_needs_ocr_of_the_real_child() -> None:
    pdf = Pdf()
    pdf.scan()
    with pytest.raises(NeedsOcrError, match="NEEDS_OCR"):
        read_apart("pdf", pdf.bytes(), Limits(), never)


def test_garbage_is_a_permanent_error_of_either_kind() -> None:
    for kind in ("pdf", "docx"):
        with pytest.raises(PermanentError):
            read_apart(kind, b"\x00" * 100, Limits(), never)
