"""Mutual TLS as steppe itself speaks it to Consul and Nomad."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from steppe.control import pki
from steppe.control.pki import KeyPair


def operator_context(ca: KeyPair) -> ssl.SSLContext:
    """Trusts that CA alone, and shows a certificate of it that was made for this use and lasts a day."""
    context = ssl.create_default_context(cadata=ca.certificate)
    own = pki.operator(ca)
    # OpenSSL takes a certificate and its key from files only.
    handle, name = tempfile.mkstemp(prefix="steppe-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(own.certificate + own.key)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context
