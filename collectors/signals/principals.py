"""Who a request came from, in one form whatever log says it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ASSUMED: Final = re.compile(r"^arn:(aws[a-z-]*):sts::(\d+):assumed-role/(.+)/([^/]+)$")
_INSTANCE: Final = re.compile(r"^i-[0-9a-f]{8,17}$")


@lru_cache(maxsize=65536)
def role_and_session(arn: str) -> tuple[str, str]:
    """The role's own ARN and the name of the session, for a session of an assumed role; else the text and ''.

    A session of a virtual machine is named ``instance/i-...``, as the machine's own ARN ends.

    >>> role_and_session("arn:aws:sts::123456789012:assumed-role/etl/i-0123456789abcdef0")
    ('arn:aws:iam::123456789012:role/etl', 'instance/i-0123456789abcdef0')
    >>> role_and_session("-")
    ('', '')
    """
    match = _ASSUMED.match(arn)
    if match is None:
        return ("" if arn == "-" else arn), ""
    session = match[4]
    told = f"instance/{session}" if _INSTANCE.match(session) else session
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}", told
