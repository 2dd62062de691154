"""The child process that parses: what it is given, how it may end, and that nothing is left of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extraction import Limits, NeedsOcrError, PermanentError, StoppedError
from extraction.document.structure import Span
from extraction.document.typed import TypedTable, TypedText
from extraction.readers.apart import Parsers
from extraction.readers.raw import Attachment, Raw
from tests.waiting import until

PARSER = """
from extraction.document.structure import Span
from extraction.document.typed import TypedTable, TypedText
from extraction.readers.raw import Attachment, Raw

def read(content, limits):
{body}
"""
_NUMBERS = itertools.count()


def never() -> bool:
    return False


class Run:
    """Runs a child whose parser has a certain body."""

    def __init__(self, folder: Path, *, loads_first: bool) -> None:
        self.parsers = Parsers(loads_first=loads_first)
        self._folder = folder

    @property
    def pids(self) -> list[int]:
        return [server.pid for server in self.parsers._free]

    def __call__(
        self,
        body: str,
        limits: Limits | None = None,
        stop: Callable[[], bool] = never,
        content: bytes = b"content",
    ) -> Raw:
        lines = "\n".join("    " + line for line in body.splitlines())
        name = f"parser_of_a_test_{next(_NUMBERS)}"
        (self._folder / f"{name}.py").write_text(PARSER.replace("{body}", lines))
        return self.parsers.read(f"{name}:read", "PDF", content, limits or Limits(), stop)


def texts(raw: Raw) -> tuple[str, ...]:
    return tuple(part.text for part in raw.parts)


@pytest.fixture(params=[True, False], ids=["loads first", "loads in the child"])
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Run]:
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    before = children()
    running = Run(tmp_path, loads_first=request.param)
    running("return Raw(())")
    yield running
    running.parsers.close()
    assert children() == before


@pytest.fixture
def forked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    running = Run(tmp_path, loads_first=True)
    running("return Raw(())")
    yield running
    running.parsers.close()


def children() -> set[str]:
    """Processes of ours, zombies among them."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def children_of(pid: int | None) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_what_the_parser_returns_comes_back_whole(run: Run) -> None:
    body = (
        "tables = (TypedTable(2, 9, ((Span(3, 4), Span(4, 4)), (Span(5, 6), Span(7, 9))), 1),)\n"
        "parts = (TypedText(content.decode() + ' 1 \\u20ac \\U0001f600', tables), TypedText(''))\n"
        "return Raw(parts, 'Ti\\ntle', True, (2,), ('No.',), (Attachment('a/b', None, b'\\0\\xff'),), True)"
    )
    file = Attachment("a/b", None, b"\0\xff")
    rows = ((Span(3, 4), Span(4, 4)), (Span(5, 6), Span(7, 9)))
    parts = TypedText("content 1 € 😀", (TypedTable(2, 9, rows, 1),)), TypedText("")
    expected = Raw(parts, "Ti\ntle", True, (2,), ("No.",), (file,), True)
    assert run(body) == expected


def test_a_child_that_hangs_ends_at_its_time(run: Run) -> None:
    before = children()
    started = time.monotonic()
    with pytest.raises(PermanentError, match=r"took longer than 0\.4 s"):
        run("while True: pass", Limits(reader_seconds=0.4))
    assert time.monotonic() - started < 2
    assert children() <= before


def test_a_child_that_gives_its_answer_and_hangs_ends_at_its_time(forked: Run) -> None:
    with pytest.raises(PermanentError, match=r"took longer than 0\.4 s"):
        forked("import os, time; os.close(3); time.sleep(60)", Limits(reader_seconds=0.4))


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
    assert run("import os; os.write(1, b'noise'); return Raw((TypedText('text'),))") == Raw(
        (TypedText("text"),)
    )


def test_typed_errors_come_back_as_they_were(run: Run) -> None:
    with pytest.raises(NeedsOcrError, match=r"^scanned$"):
        run("from extraction.errors import NeedsOcrError; raise NeedsOcrError('scanned')")
    with pytest.raises(PermanentError, match=r"^refused$"):
        run("from extraction.errors import PermanentError; raise PermanentError('refused')")


def test_the_environment_is_not_inherited(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    names = texts(run("import os; return Raw(tuple(map(TypedText, sorted(os.environ))))"))
    assert set(names) <= {"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH"}
    assert "PYTHONPATH" in names


def test_nothing_is_left_running_once_told_to_stop(run: Run) -> None:
    before = children()
    asked = iter([False, False, True])
    with pytest.raises(StoppedError):
        run("import time; time.sleep(60)", stop=lambda: next(asked))
    assert children() <= before


def test_what_a_child_starts_ends_with_it(run: Run) -> None:
    seconds = "61.04170922"  # no other process sleeps so long
    body = f"import subprocess\nsubprocess.Popen(['sleep', '{seconds}']).wait()"

    with pytest.raises(StoppedError):
        run(body, stop=lambda: bool(running(seconds)))
    until(lambda: not running(seconds), seconds=5, what="the end of what the child started")


def test_a_document_sees_nothing_of_the_one_before(forked: Run) -> None:
    """The two halves are sought apart, so that whoever seeks does not hold the whole."""
    seek = (
        "half, other = content[:32], bytes(byte ^ 1 for byte in content[32:])\n"
        "found = 0\n"
        "with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:\n"
        "    for line in maps:\n"
        "        place, rights = line.split()[:2]\n"
        "        begin, end = (int(number, 16) for number in place.split('-'))\n"
        "        if rights[0] != 'r' or '[v' in line:\n"
        "            continue\n"
        "        memory.seek(begin)\n"
        "        held = memory.read(end - begin)\n"
        "        at = held.find(half)\n"
        "        while at >= 0:\n"
        "            found += held.startswith(other, at + 32)\n"
        "            at = held.find(half, at + 1)\n"
        "return Raw((TypedText(str(found)),))"
    )
    first = os.urandom(32).hex().encode()
    veiled = first[:32] + bytes(byte ^ 1 for byte in first[32:])
    keep = "import builtins; builtins.kept = content * 3; "
    assert texts(forked(keep + "return Raw((TypedText(content.decode()),))", content=first)) == (
        first.decode(),
    )
    assert texts(forked(seek, content=veiled)) == ("0",)
    unveil = "builtins_kept = content[:32] + bytes(byte ^ 1 for byte in content[32:])\n"
    assert texts(forked(unveil + seek, content=veiled)) != ("0",)  # so it would have been found


def test_nothing_that_a_child_does_changes_the_next_one(forked: Run) -> None:
    forked(
        "import os, sys; os.environ['LANG'] = 'x'; sys.path.clear(); os.chdir('/'); return Raw(())"
    )
    body = (
        "import os, sys; said = os.environ.get('LANG', ''), str(len(sys.path)), os.getcwd()\n"
        "return Raw(tuple(map(TypedText, said)))"
    )
    language, places, folder = texts(forked(body))
    assert language != "x"
    assert int(places) > 1
    assert folder == os.getcwd()  # noqa: PTH109


def test_a_child_has_no_descriptors_but_its_own(forked: Run) -> None:
    assert texts(
        forked("import os; return Raw(tuple(map(TypedText, sorted(os.listdir('/dev/fd')))))")
    )[:4] == (*("0", "1", "2", "3"),)
    assert (
        len(texts(forked("import os; return Raw(tuple(map(TypedText, os.listdir('/dev/fd'))))")))
        <= 5
    )


def test_the_next_document_is_read_after_children_that_loop_crash_and_explode(forked: Run) -> None:
    before = children()
    for body, limits in (
        ("while True: pass", Limits(reader_seconds=0.4)),
        ("x = []\nwhile True: x.append(bytearray(10_000_000))", Limits(reader_megabytes=200)),
        ("import os; os._exit(3)", Limits()),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Limits()),
        ("import ctypes; ctypes.string_at(0)", Limits()),
        ("import os; os.abort()", Limits()),
    ):
        with pytest.raises(PermanentError):
            forked(body, limits)
        assert len(children()) <= len(before)
        assert texts(forked("return Raw((TypedText('well'),))")) == ("well",)


def test_memory_is_laid_out_anew_after_a_crash(forked: Run) -> None:
    where = (
        "with open('/proc/self/maps') as maps:\n"
        "    return Raw(tuple(TypedText(line.split()[0]) for line in maps if line.endswith('[stack]\\n')))"
    )
    first, second = forked(where), forked(where)
    with pytest.raises(PermanentError):
        forked("import ctypes; ctypes.string_at(0)")
    assert first == second != forked(where)


def test_a_process_that_was_killed_between_documents_is_replaced(forked: Run) -> None:
    [killed] = forked.pids
    os.kill(killed, signal.SIGKILL)
    assert texts(forked("return Raw((TypedText('read'),))")) == ("read",)
    assert forked.pids != [killed]
    assert str(killed) not in children()


def test_a_document_whose_process_was_killed_is_read_again_and_its_child_is_gone(
    forked: Run, tmp_path: Path
) -> None:
    seconds = "61.04170923"
    mark = tmp_path / "began"
    body = (
        "import os, subprocess\n"
        f"if os.path.exists({str(mark)!r}): return Raw((TypedText('again'),))\n"
        f"os.close(os.open({str(mark)!r}, os.O_CREAT))\n"
        f"os.execvp('sleep', ['sleep', '{seconds}'])"
    )
    [killed] = forked.pids

    def kill() -> None:
        until(lambda: bool(running(seconds)), seconds=10, what="the child")
        os.kill(killed, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    assert texts(forked(body)) == ("again",)
    thread.join()
    until(lambda: not running(seconds), seconds=5, what="the end of the child")


def test_nothing_is_left_of_a_worker_that_was_killed(tmp_path: Path) -> None:
    seconds = "61.04170924"
    (tmp_path / "parser_that_sleeps.py").write_text(
        f"import subprocess\ndef read(content, limits): subprocess.Popen(['sleep', '{seconds}']).wait()\n"
    )
    worker = (
        "from extraction import Limits\nfrom extraction.readers.apart import Parsers\n"
        "Parsers().read('parser_that_sleeps:read', 'PDF', b'x', Limits(), lambda: False)\n"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    process = subprocess.Popen([sys.executable, "-c", worker], env={"PYTHONPATH": path})
    until(lambda: bool(running(seconds)), seconds=20, what="the child of the child")
    [forking] = children_of(process.pid)
    process.kill()
    process.wait()
    until(lambda: not running(seconds), seconds=5, what="the end of what the child started")
    until(lambda: not Path(f"/proc/{forking}").exists(), seconds=5, what="the end of what forks")


def test_documents_that_are_read_at_the_same_time_keep_apart(forked: Run) -> None:
    body = "import time; time.sleep(0.05); return Raw((TypedText(content.decode()),))"
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda n: texts(forked(body, content=str(n).encode())), range(12))
    assert list(found) == [(str(n),) for n in range(12)]


def running(argument: str) -> list[Path]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if argument.encode() in entry.read_bytes().split(b"\0"):
                found.append(entry)
    return found
