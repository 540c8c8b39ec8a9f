"""What a move costs in work, as shares of the labour that the inventory states for a workload."""

from __future__ import annotations

from typing import Final

BETWEEN_SERVICES_RATIO: Final = 1.0
"""Rewriting for another service: the whole of ``migration_labour_hours``, times the service's own effort ratio."""

BETWEEN_PLACES_RATIO: Final = 0.5
"""The same service elsewhere: configuration, cut-over and tests, but no rewriting."""

RESIZE_HOURS: Final = 1.0
"""Changing size, purchase term or lifecycle in place: a reviewed change of configuration."""

DATASET_MIGRATION_HOURS: Final = 16.0
"""Copying, checking and switching the readers of one dataset; the inventory states hours for workloads only."""

NEW_COPY_HOURS: Final = 4.0
"""Setting up replication to a new recovery copy: no reader is switched."""
