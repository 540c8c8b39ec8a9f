"""Estimates of round trips that nobody measured."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.pricing.roundtrip import complete, distances_km

NAN = np.nan


def test_a_quarter_of_the_equator_is_ten_thousand_kilometres() -> None:
    kilometres = distances_km(np.array([0.0, 0.0, 90.0]), np.array([0.0, 90.0, 0.0]))
    assert kilometres[0, 1] == pytest.approx(10_007.6, abs=0.1)
    assert kilometres[0, 2] == pytest.approx(kilometres[1, 2])
    assert kilometres.diagonal().tolist() == [0.0, 0.0, 0.0]


def test_a_measured_pair_stays_as_it_is_and_serves_the_way_back() -> None:
    average_ms, estimated = complete(np.array([[NAN, 80.0], [NAN, NAN]]), np.array([[0.0, 5e3], [5e3, 0.0]]))
    assert average_ms.tolist() == [[0.0, 80.0], [80.0, 0.0]]
    assert estimated.tolist() == [[False, False], [True, False]]


def test_neighbours_in_one_metro_take_its_median() -> None:
    average_ms, estimated = complete(np.full((2, 2), NAN), np.array([[0.0, 99.0], [99.0, 0.0]]))
    assert average_ms.tolist() == [[0.0, 3.0], [3.0, 0.0]]
    assert estimated[0, 1]


def test_a_place_beside_a_measured_one_borrows_its_pair() -> None:
    # 0 and 1 are measured; 2 lies 10 km from 0 and has no measurement of its own.
    measured = np.array([[NAN, 80.0, NAN], [82.0, NAN, NAN], [NAN, NAN, NAN]])
    kilometres = np.array([[0.0, 5e3, 10.0], [5e3, 0.0, 5e3], [10.0, 5e3, 0.0]])
    average_ms, estimated = complete(measured, kilometres)
    assert average_ms[2].tolist() == [3.0, 80.0, 0.0]
    assert average_ms[1].tolist() == [82.0, 0.0, 82.0]
    assert estimated[2, 1]
    assert not estimated[0, 1]


def test_a_place_far_from_every_measurement_is_estimated_by_distance() -> None:
    average_ms, estimated = complete(np.full((2, 2), NAN), np.array([[0.0, 1e4], [1e4, 0.0]]))
    assert average_ms[0, 1] == pytest.approx(25.3 + 0.01543 * 1e4)
    assert estimated[0, 1]
