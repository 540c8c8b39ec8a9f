"""Memory of this process."""

from __future__ import annotations

import resource


def peak_mb() -> float:
    """Largest resident size of this process and of its finished children, in MB (10^6 bytes); Linux counts in KiB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) * 1024 / 1e6
