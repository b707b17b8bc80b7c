"""`python -m ubox` is `ubox`."""

from ubox.cli import main

main()
