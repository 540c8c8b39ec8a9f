"""Entity tags: conditional reads and changes (RFC 9110, sections 13.1.1 and 13.1.2)."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from api.errors import StaleVersion, VersionRequired

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def quoted(tag: str) -> str:
    """The tag as a header value."""
    return f'"{tag}"'


def is_unchanged(if_none_match: str | None, tag: str) -> bool:
    """Whether a conditional read may be answered with 304: weak comparison, as the standard asks."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or any(found[1] == tag for found in _TAG.findall(if_none_match))


def not_modified(tag: str) -> Response:
    """The answer that says that what the client has is current."""
    return Response(status_code=304, headers={"ETag": quoted(tag)})


def require_match(if_match: str | None, tag: str) -> None:
    """Let a change through only when the client has seen the current version: strong comparison.

    Raises:
        VersionRequired: there is no If-Match.
        StaleVersion: If-Match names another version.
    """
    if if_match is None:
        raise VersionRequired("send the ETag of the version that you decide about in If-Match")
    if if_match.strip() == "*":
        return
    if not any(weak == "" and value == tag for weak, value in _TAG.findall(if_match)):
        message = "read it again, look at what changed, and decide about that version"
        raise StaleVersion(message, headers={"ETag": quoted(tag)}, current_etag=quoted(tag))
