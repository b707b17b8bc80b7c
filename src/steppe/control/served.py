"""The certificate that an agent shows now, which is not always the one on its disk."""

from __future__ import annotations

import socket
import ssl

from steppe.control.access import Access
from steppe.control.conditions import NotMet
from steppe.control.secrets import KeyPair
from steppe.control.tls import operator_context

_TIMEOUT_S = 5.0


def need_served(
    access: Access, ca: KeyPair, pair: KeyPair, *, address: str, port: int, tls_name: str
) -> None:
    """Raises NotMet while what listens there does not show that certificate."""
    trust = operator_context(ca)
    try:
        with (
            socket.create_connection(access.endpoint(address, port), _TIMEOUT_S) as plain,
            trust.wrap_socket(plain, server_hostname=tls_name) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
    except OSError as error:
        raise NotMet(f"{address}:{port} does not answer: {error}") from None
    if shown != ssl.PEM_cert_to_DER_cert(pair.certificate):
        raise NotMet(f"{address}:{port} still shows its old certificate")
