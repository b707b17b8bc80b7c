"""What a person gives, checked by Kubernetes' own rules before anything is written.

Names: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
Images: https://github.com/distribution/reference (its grammar)
"""

from __future__ import annotations

import re

from steppe.errors import UsageError

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?/)?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"{_HOST}{_PART}(?:/{_PART})*(?P<version>(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?)", re.ASCII
)


def checked_namespace(text: str) -> str:
    """The same. Raises UsageError if no namespace can be called so."""
    if not _NAMESPACE.fullmatch(text):
        raise UsageError(
            f"--namespace {text!r} can't be the name of a namespace.",
            code="kubernetes.namespace",
            hint="1 to 63 lower-case letters, digits and dashes; no dash at the ends",
        )
    return text


def checked_name(text: str) -> str:
    """The same. Raises UsageError if no Secret can be called so."""
    if not _NAME.fullmatch(text) or len(text) > _LONGEST_NAME:
        raise UsageError(
            f"--secret {text!r} can't be the name of a Secret.",
            code="kubernetes.secret",
            hint="give the name of a Secret, such as orders-steppe, never what is in it",
        )
    return text


def checked_image(text: str) -> str:
    """The same. Raises UsageError if it names no image, or one without tag and digest."""
    found = _IMAGE.fullmatch(text)
    if not found:
        raise UsageError(
            f"--image {text!r} is no name of an image.",
            code="kubernetes.image",
            hint="such as registry.example.com/tools/steppe:0.1.0",
        )
    if not found["version"]:
        raise UsageError(
            f"--image {text} has neither a tag nor a digest, so what runs would change by itself.",
            code="kubernetes.image",
            hint=f"name one: {text}:0.1.0",
        )
    return text
