"""ubox: a UCloud region on one Linux machine.

It imports nothing of steppe, and steppe nothing of it: they meet at the API.
"""
