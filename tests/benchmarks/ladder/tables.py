"""A rung as the tables of the published format."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from optimizer.exchange.schemas import PROBLEM_FORMAT
from optimizer.exchange.tables import ProblemTables
from tests.benchmarks.ladder.estate import FAMILIES, Estate, Floats, Ints
from tests.benchmarks.ladder.market import Market
from tests.benchmarks.ladder.options import HORIZON_MONTHS, VARIANTS, Options

RESOURCES = tuple(f"{family}_vcpu" for family in FAMILIES)
WORKLOAD, DATASET = 0, 1


def node_names(estate: Estate) -> list[str]:
    """Ids in node order, the application before the slash: ``a7/w0``, ``a7/d0``, ``a7/d0-replica``, ``hub0/d0``."""
    app = [
        f"a{number}" if number >= 0 else f"hub{node - estate.workloads}"
        for node, number in enumerate(estate.node_app.tolist())
    ]
    kind = [
        *(f"w{number}" for number in range(estate.workloads)),
        *(f"d{number}" for number in range(estate.datasets)),
        *(f"d{number}-replica" for number in estate.replica_of.tolist()),
    ]
    return [f"{of}/{name}" for of, name in zip(app, kind, strict=True)]


def option_names(market: Market) -> list[str]:
    """Ids by ``place * len(VARIANTS) + variant``, for instance ``aws:eu-west-1/arm64-spot``."""
    return [f"{place.id}/{variant}" for place in market.places for variant in VARIANTS]


def problem_tables(
    estate: Estate, market: Market, options: Options, limit_ms: Floats, rules: list[dict[str, Any]], names: list[str]
) -> ProblemTables:
    """The tables, rules and head."""
    place_ids = [place.id for place in market.places]
    option = options.place * len(VARIANTS) + options.variant
    used = options.node < estate.workloads
    user = options.node[used]
    head = {"format": PROBLEM_FORMAT, "currency": "USD", "horizon_months": HORIZON_MONTHS}
    tables = {
        "places": _places(market),
        "nodes": _nodes(estate, market, options, option, names),
        "options": pa.table(
            {
                "node": _texts(options.node, names),
                "id": _texts(option, option_names(market)),
                "place": _texts(options.place, place_ids),
                "monthly": _decimals(options.monthly_micro_usd),
                "one_off": _decimals(options.one_off_micro_usd),
            }
        ),
        "uses": pa.table(
            {
                "node": _texts(user, names),
                "option": _texts(option[used], option_names(market)),
                "resource": _texts(estate.family[user], RESOURCES),
                "amount": estate.vcpu[user],
            }
        ),
        "flows": pa.table(
            {
                "from": _texts(estate.flow_from, names),
                "to": _texts(estate.flow_to, names),
                "gb_per_month": estate.flow_gb,
                "max_rtt_ms": pa.array(limit_ms, from_pandas=True),
            }
        ),
        "transfer": _pairs(place_ids, "per_gb", _decimals(market.transfer_micro_usd_per_gb.ravel())),
        "rtt": _pairs(place_ids, "ms", pa.array(market.rtt_ms.ravel())),
    }
    return ProblemTables(tables=tables, rules=rules, head=head)


def _places(market: Market) -> pa.Table:
    columns = {name: [getattr(place, name) for place in market.places] for name in ("id", "provider", "region")}
    return pa.table(
        {
            **columns,
            "continent": [place.continent for place in market.places],
            "jurisdictions": pa.array([list(place.jurisdictions) for place in market.places], pa.list_(pa.string())),
        }
    )


def _nodes(estate: Estate, market: Market, options: Options, option: Ints, names: list[str]) -> pa.Table:
    kind = (np.arange(len(names)) >= estate.workloads).astype(np.int64)
    copies = np.ones(len(names), dtype=np.int64)
    copies[estate.workloads + estate.copied] = 2
    by_provider = np.zeros(len(names), dtype=np.int64)
    by_provider[estate.workloads + estate.copied] = 1 + estate.copied_by_provider
    return pa.table(
        {
            "id": names,
            "kind": _texts(kind, ("workload", "dataset")),
            "current": _texts(np.where(options.stay < 0, -1, option[options.stay]), option_names(market)),
            "copies": copies,
            "copies_distinct": _texts(by_provider, ("place", "region", "provider")),
        }
    )


def _texts(codes: Ints, names: list[str] | tuple[str, ...]) -> pa.Array[Any]:
    """Names by code, null where the code is -1."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string())).dictionary_decode()


def _decimals(micro_usd: Ints) -> pa.Array[Any]:
    """Whole micro-USD as decimals with six places: an int64 is the low half of an Arrow decimal, its sign the high."""
    halves: npt.NDArray[np.int64] = np.stack([micro_usd, micro_usd >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(38, 6), len(micro_usd), [None, pa.py_buffer(halves.tobytes())])


def _pairs(place_ids: list[str], name: str, values: pa.Array[Any]) -> pa.Table:
    count = len(place_ids)
    ids = np.array(place_ids, dtype=object)
    return pa.table({"from": np.repeat(ids, count), "to": np.tile(ids, count), name: values})
