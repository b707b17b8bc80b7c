"""The cloud room: the connection to UCloud, and one file per kind of resource.

The only room that talks to the UCloud SDK.
"""

from __future__ import annotations

import os
from pathlib import Path

from steppe.cloud.api import Api
from steppe.cloud.claim import require_claim
from steppe.cloud.credentials import Credentials
from steppe.cloud.credentials import find as find_credentials
from steppe.cloud.desired import desired, scope
from steppe.cloud.kinds import KINDS

__all__ = ["KINDS", "Api", "Credentials", "connect", "desired", "find_credentials", "require_claim", "scope"]


def connect(region: str, *, credentials: Credentials | None = None, parallel: int = 16) -> Api:
    """The API of that region, with the given credentials or those that are found in the usual places.

    Nothing is sent yet. Raises UsageError when there are no credentials.
    """
    return Api(credentials or find_credentials(region, os.environ, Path.home()), parallel=parallel)
