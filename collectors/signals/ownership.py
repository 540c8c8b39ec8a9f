"""Whose dataset a URI is, and whose workload a job or principal is, told from the inventory's ``resources``.

Datasets: a resource id is read as a dataset's name (``collectors.signals.uris``); the longest one that contains the URI
wins. A URI that no resource contains is looked up by its symlinks, a table by its path for instance.

Workloads, the first rule that finds one:

1. the longest resource id that is the job, or the beginning of it up to ``/``, ``.`` or ``:``;
2. the same for the principal (roles without their path, as logs of S3 leave it out);
3. the only workload with a resource id that ends like the job or principal, in kind and name (``instance/i-0a1b``,
   ``warehouse/etl``), without regard to case;
4. the workload whose id is the job, or the job's name without its namespace.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from collectors.inventory import Inventory
from collectors.signals.errors import InvalidUri
from collectors.signals.uris import DatasetUri, parse_uri

_BREAKS: Final = re.compile(r"[/.:]")
_KIND_AND_NAME: Final = re.compile(r"([^/:]+)[/:]([^/:]+)$")
_ROLE: Final = re.compile(r"^(arn:aws[a-z-]*:iam::\d*:role/)(?:.*/)?([^/]+)$")
_SHORTEST_NAME: Final = 2
"""A scheme alone contains nothing; a scheme and a bucket, project or account do."""

Segments = tuple[str, ...]


class Ownership:
    """Owners of datasets and workloads; lookups are remembered."""

    def __init__(self, inventory: Inventory, symlinks: Iterable[tuple[str, str]] = ()) -> None:
        self._datasets: dict[Segments, str] = {}
        self._uris: defaultdict[str, list[DatasetUri]] = defaultdict(list)
        self._workloads: dict[Segments, str] = {}
        self._by_ending: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._workload_ids = {row.workload_id for row in inventory.workloads}
        dataset_ids = {row.dataset_id for row in inventory.datasets}
        for row in inventory.resources:
            if row.belongs_to in dataset_ids:
                self._add_dataset(row.resource_id, row.belongs_to)
            elif row.belongs_to in self._workload_ids:
                self._add_workload(row.resource_id, row.belongs_to)
        self._symlinks: defaultdict[str, set[str]] = defaultdict(set)
        for one, other in symlinks:
            self._symlinks[one].add(other)
            self._symlinks[other].add(one)
        self._found_datasets: dict[str, str | None] = {}
        self._found_workloads: dict[tuple[str, str], str | None] = {}

    @property
    def uris(self) -> Mapping[str, list[DatasetUri]]:
        """The names of each dataset that has any."""
        return self._uris

    def dataset_of(self, uri: str) -> str | None:
        """The dataset that contains a canonical URI; None when no dataset does."""
        if uri not in self._found_datasets:
            names = (uri, *sorted(self._same_as(uri) - {uri}))
            owners = (_longest(parse_uri(name).segments, self._datasets, _SHORTEST_NAME) for name in names)
            self._found_datasets[uri] = next((owner for owner in owners if owner is not None), None)
        return self._found_datasets[uri]

    def workload_of(self, *, principal: str, job: str) -> str | None:
        """The workload that a job runs as, or a principal stands for; None when no rule finds one."""
        key = (principal, job)
        if key not in self._found_workloads:
            self._found_workloads[key] = self._workload(principal, job)
        return self._found_workloads[key]

    def _workload(self, principal: str, job: str) -> str | None:
        named = [text for text in (job, principal) if text]
        for text in named:
            owner = _longest(_broken(text), self._workloads, 1)
            if owner is not None:
                return owner
        for text in named:
            owners = self._by_ending.get(_ending(text), set()) if _ending(text) != ("", "") else set()
            if len(owners) == 1:
                return next(iter(owners))
        return next((name for name in (job, job.rpartition("/")[2]) if name in self._workload_ids), None)

    def _add_dataset(self, resource_id: str, dataset_id: str) -> None:
        try:
            uri = parse_uri(resource_id)
        except InvalidUri:
            return  # an id of the bills that is no name of a dataset; nothing can lie in it
        self._datasets[uri.segments] = dataset_id
        self._uris[dataset_id].append(uri)

    def _add_workload(self, resource_id: str, workload_id: str) -> None:
        self._workloads[_broken(resource_id)] = workload_id
        self._by_ending[_ending(resource_id)].add(workload_id)
        if resource_id.startswith("//bigquery."):
            self._workloads[_broken(str(parse_uri(resource_id)))] = workload_id

    def _same_as(self, uri: str) -> set[str]:
        """Every name that symlinks lead to."""
        seen = {uri}
        waiting = [uri]
        while waiting:
            for name in self._symlinks.get(waiting.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return seen


def _longest(segments: Segments, owners: Mapping[Segments, str], shortest: int) -> str | None:
    for length in range(len(segments), shortest - 1, -1):
        owner = owners.get(segments[:length])
        if owner is not None:
            return owner
    return None


def _broken(text: str) -> Segments:
    return tuple(_BREAKS.split(_without_path(text)))


def _ending(text: str) -> tuple[str, str]:
    match = _KIND_AND_NAME.search(text.lower())
    return (match[1], match[2]) if match else ("", "")


def _without_path(text: str) -> str:
    match = _ROLE.match(text)
    return f"{match[1]}{match[2]}" if match else text
