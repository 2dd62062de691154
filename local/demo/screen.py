"""What the demo shows: chapters, facts, tables, a progress bar."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


class DemoError(Exception):
    """A step of the story that did not happen."""


class Screen:
    """Writes the story to the terminal, or plainly to a file or pipe."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = 120

    def chapter(self, number: int, title: str) -> None:
        """Begin a chapter."""
        self._console.print()
        self._console.rule(f"[bold]{number}. {escape(title)}", align="left")

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(escape(text))

    def quiet(self, text: str) -> None:
        """Print a line of less weight, such as a log line."""
        self._console.print(f"[dim]  {escape(text)}", soft_wrap=True)

    def check(self, holds: bool, claim: str, otherwise: object = None) -> None:
        """Show a claim as checked.

        Raises:
            DemoError: It does not hold; `otherwise` is what is so instead.
        """
        if not holds:
            raise DemoError(f"Not so: {claim}" + (f"\n{otherwise}" if otherwise else ""))
        self._console.print(f"[green]✓[/green] {escape(claim)}")

    def failure(self, text: str) -> None:
        """Print why the demo ends early."""
        self._console.print(f"[bold red]✗[/bold red] {escape(text)}")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; columns whose name ends in # hold numbers."""
        table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
        for column in columns:
            number = column.endswith("#")
            table.add_column(
                column.removesuffix("#"),
                justify="right" if number else "left",
                no_wrap=number,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
        self._console.print(table)

    @contextmanager
    def progress(self, title: str) -> Iterator["Bar"]:
        """Show the progress of a job while the block runs."""
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("chunks"),
            TimeElapsedColumn(),
            console=self._console,
        ) as progress:
            yield Bar(progress, title)


class Bar:
    """A job's progress bar."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None)

    def show(self, done: int, total: int) -> None:
        """Show how far the job has got; a total of 0 means not known yet."""
        self._progress.update(self._task, total=total or None, completed=done)
