"""Who reads and writes what: mostly beside the data, sometimes far from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Final

from collectors.sample import activity
from collectors.sample.causes import FAR_READER_RATIO
from collectors.sample.datasets import read_ratio_of
from collectors.sample.draws import Draws
from collectors.sample.organisation import is_critical
from collectors.sample.parts import Edge, SampleDataset, SampleWorkload

MOST_READS_OF_A_DATASET: Final = 12.0
"""A job reads a dataset at most this many times over in a month; what it needs beyond comes from its own tables."""
FAR_READS_OF_NEW_DATA: Final = (4.0, 16.0)
"""A far reader fetches a month's new data this often: several chains were built on it, and each re-reads a window of
weeks for late records."""
FAR_READING_SERVICES: Final = ("databricks", "snowflake", "aws_ec2", "azure_vm", "gcp_gce")
"""Engines that read other clouds' buckets; Athena, Glue and BigQuery stay on their own cloud."""
TIGHT_RTT_MS: Final = 20.0
"""Dashboards without a cache of their own: the warehouse must stand beside its mart."""
ORPHAN_READS_OF_NEW_DATA: Final = 1.0
"""Whoever is left with a dataset that no job was drawn for checks what is new once a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """``far_readers`` are the workloads that read a dataset of another place."""

    edges: tuple[Edge, ...]
    far_readers: frozenset[str]


def draw_lineage(draws: Draws, workloads: list[SampleWorkload], primaries: list[SampleDataset]) -> Lineage:
    """Edges of listed workloads with primaries; every primary has at least one."""
    beside: dict[str, list[SampleDataset]] = defaultdict(list)
    for dataset in primaries:
        beside[dataset.row.place].append(dataset)
    listed = [workload for workload in workloads if workload.listed]
    jobs = [
        workload for workload in listed if workload.row.service in FAR_READING_SERVICES and _reads_in_bulk(workload)
    ]
    far = dict(zip((job.row.workload_id for job in jobs), draws.chosen(len(jobs), FAR_READER_RATIO), strict=True))
    drawn: list[Edge] = []
    far_readers: set[str] = set()
    for workload in listed:
        local = beside[workload.row.place]
        drawn.extend(_local_edges(draws, workload, local))
        if far.get(workload.row.workload_id, False):
            away = _far_edges(draws, workload, primaries)
            far_readers.update(edge.workload_id for edge in away)
            drawn.extend(away)
    drawn.extend(_orphan_edges(draws, listed, primaries, {edge.dataset_id for edge in drawn}))
    return Lineage(edges=_with_written_gb(drawn, primaries), far_readers=frozenset(far_readers))


def _reads_in_bulk(workload: SampleWorkload) -> bool:
    return workload.row.role in ("batch_compute", "sql_warehouse")


def _bulk_read_gb(workload: SampleWorkload) -> float:
    if workload.row.role == "batch_compute":
        return workload.row.vcpu_hours * activity.SPARK_GB_PER_VCPU_HOUR
    return workload.row.scanned_gb * activity.LAKE_READ_RATIO[workload.row.service]


def _local_edges(draws: Draws, workload: SampleWorkload, local: list[SampleDataset]) -> list[Edge]:
    weights = [dataset.stored_gb for dataset in local]
    workload_id = workload.row.workload_id
    if not _reads_in_bulk(workload):
        return _machine_edges(draws, workload, local)
    inputs = draws.several(local, weights, draws.whole(2, 4))
    total_gb = sum(dataset.stored_gb for dataset in inputs)
    tight = bool(workload.consumers) and workload.row.role == "sql_warehouse"
    edges = [
        Edge(
            workload_id=workload_id,
            dataset_id=dataset.row.dataset_id,
            direction="read",
            gb_per_month=round(min(_bulk_read_gb(workload) / total_gb, MOST_READS_OF_A_DATASET) * dataset.stored_gb, 3),
            max_rtt_ms=TIGHT_RTT_MS if tight and position == 0 else None,
        )
        for position, dataset in enumerate(inputs)
    ]
    outputs = draws.several(local, weights, 2 if workload.row.role == "batch_compute" else draws.whole(0, 1))
    return edges + [_write(workload_id, dataset) for dataset in outputs]


def _machine_edges(draws: Draws, workload: SampleWorkload, local: list[SampleDataset]) -> list[Edge]:
    workload_id = workload.row.workload_id
    if workload_id.startswith("kafka-"):
        landing = [dataset for dataset in local if dataset.row.dataset_id.startswith("landing-")]
        return [_write(workload_id, dataset) for dataset in landing]
    if workload_id.startswith("airflow-"):
        return []
    return [
        Edge(
            workload_id=workload_id,
            dataset_id=dataset.row.dataset_id,
            direction="read",
            gb_per_month=round(draws.between(*activity.APPLICATION_READ_GB), 3),
        )
        for dataset in draws.several(local, [1.0] * len(local), draws.whole(0, 2))
    ]


def _write(workload_id: str, dataset: SampleDataset) -> Edge:
    return Edge(workload_id=workload_id, dataset_id=dataset.row.dataset_id, direction="write", gb_per_month=0.0)


def _far_edges(draws: Draws, workload: SampleWorkload, primaries: list[SampleDataset]) -> list[Edge]:
    """One input elsewhere. Critical data are not read from afar: that would not have passed review."""
    elsewhere = [
        dataset
        for dataset in primaries
        if dataset.row.place != workload.row.place and not is_critical(dataset.row.data_class)
    ]
    return [
        Edge(
            workload_id=workload.row.workload_id,
            dataset_id=dataset.row.dataset_id,
            direction="read",
            gb_per_month=round(dataset.row.written_gb_per_month * draws.between(*FAR_READS_OF_NEW_DATA), 3),
        )
        for dataset in draws.several(elsewhere, [dataset.stored_gb for dataset in elsewhere], 1)
    ]


def _orphan_edges(
    draws: Draws, listed: list[SampleWorkload], primaries: list[SampleDataset], touched: set[str]
) -> list[Edge]:
    edges = []
    for dataset in primaries:
        if dataset.row.dataset_id in touched:
            continue
        nearest = (
            [workload for workload in listed if workload.row.place == dataset.row.place]
            or [workload for workload in listed if workload.row.jurisdiction == dataset.row.jurisdiction]
            or listed
        )
        edges.append(
            Edge(
                workload_id=draws.one(nearest).row.workload_id,
                dataset_id=dataset.row.dataset_id,
                direction="read",
                gb_per_month=round(dataset.row.written_gb_per_month * ORPHAN_READS_OF_NEW_DATA, 3),
            )
        )
    return edges


def _with_written_gb(edges: list[Edge], primaries: list[SampleDataset]) -> tuple[Edge, ...]:
    """What is written to a dataset, split evenly between its writers."""
    written_gb = {dataset.row.dataset_id: dataset.row.written_gb_per_month for dataset in primaries}
    writers = Counter(edge.dataset_id for edge in edges if edge.direction == "write")
    return tuple(
        replace(edge, gb_per_month=round(written_gb[edge.dataset_id] / writers[edge.dataset_id], 3))
        if edge.direction == "write"
        else edge
        for edge in edges
    )


def with_reads(primaries: list[SampleDataset], edges: tuple[Edge, ...]) -> list[SampleDataset]:
    """The primaries with what the edges read of them spread over their age bands."""
    read_gb: defaultdict[str, float] = defaultdict(float)
    for edge in edges:
        if edge.direction == "read":
            read_gb[edge.dataset_id] += edge.gb_per_month
    return [_with_read_gb(dataset, read_gb[dataset.row.dataset_id]) for dataset in primaries]


def _with_read_gb(dataset: SampleDataset, read_gb: float) -> SampleDataset:
    bands = tuple(
        replace(
            band,
            retrieved_gb_per_month=round(read_gb * ratio, 3),
            get_requests_per_month=float(round(read_gb * ratio / activity.GB_PER_GET_REQUEST)),
        )
        for band, ratio in zip(dataset.bands, read_ratio_of(dataset), strict=True)
    )
    return replace(dataset, bands=bands)
