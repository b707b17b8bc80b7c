"""Tables that stay whole where the screen is narrow, or there is none."""

from __future__ import annotations

from rich.table import Table

from steppe.cli.render import console

_WIDEST = 400


def table(*titles: str, dim: bool = False) -> Table:
    """An empty one with these columns."""
    made = Table(box=None, header_style="dim" if dim else "bold", pad_edge=dim, padding=(0, 1))
    for title in titles:
        made.add_column(title, no_wrap=True)
    return made


def show(made: Table) -> None:
    """Prints it as wide as it is."""
    screen = console()
    needed = screen.measure(made, options=screen.options.update(max_width=_WIDEST)).maximum
    screen.width = max(screen.width, needed)
    screen.print(made, crop=False)
