"""The command line: one file per command, the renderers of events, one table of exit codes. No logic."""
