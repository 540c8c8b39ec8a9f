"""Groups of places are found from the transfer matrix, and nothing of the matrix is lost in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.solve.place_groups import PlaceGroups, discover_groups

Matrix = npt.NDArray[np.float64]


def rebuilt(groups: PlaceGroups) -> Matrix:
    """Prices between places as the group-flow program charges them: group prices less the saving of the same place."""
    price: Matrix = groups.price[np.ix_(groups.code, groups.code)].copy()
    price[np.diag_indices(len(price))] -= groups.saving
    return price


@st.composite
def matrices(draw: st.DrawFn) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """Prices by group of places or arbitrary ones, a diagonal that may be dearer, and admissible pairs."""
    places = draw(st.integers(1, 7))
    code = draw(st.lists(st.integers(0, 2), min_size=places, max_size=places))
    levels = st.sampled_from([0.0, 0.01, 0.02, 0.09])
    base = [[draw(levels) for _ in range(3)] for _ in range(3)]
    price = np.array([[base[code[i]][code[j]] for j in range(places)] for i in range(places)])
    if draw(st.booleans()):
        price[np.diag_indices(places)] = 0.0
    for _ in range(draw(st.integers(0, 3))):
        price[draw(st.integers(0, places - 1)), draw(st.integers(0, places - 1))] = draw(levels)
    admissible = np.ones((places, places), dtype=np.bool_)
    for _ in range(draw(st.integers(0, 3))):
        admissible[draw(st.integers(0, places - 1)), draw(st.integers(0, places - 1))] = False
    return price, admissible


@settings(max_examples=400, deadline=None, derandomize=True)
@given(matrices())
def test_grouping_reproduces_the_matrices(pair: tuple[Matrix, npt.NDArray[np.bool_]]) -> None:
    price, admissible = pair
    groups = discover_groups(price, admissible)
    np.testing.assert_allclose(rebuilt(groups), price, atol=1e-15)
    assert (groups.admissible[np.ix_(groups.code, groups.code)] == admissible).all()
    assert (groups.saving >= 0).all()
    assert set(groups.code.tolist()) == set(range(groups.count))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(matrices(), st.permutations(range(7)))
def test_the_number_of_groups_does_not_depend_on_the_order_of_places(
    pair: tuple[Matrix, npt.NDArray[np.bool_]], order: list[int]
) -> None:
    price, admissible = pair
    mixed = [place for place in order if place < len(price)]
    shuffled = discover_groups(price[np.ix_(mixed, mixed)], admissible[np.ix_(mixed, mixed)])
    assert shuffled.count == discover_groups(price, admissible).count


def test_regions_of_one_provider_with_one_egress_price_are_one_group() -> None:
    provider = np.array([0, 0, 0, 1, 1])
    price = np.where(provider[:, None] == provider[None, :], 0.02, 0.09)
    price[np.diag_indices(5)] = 0.0
    groups = discover_groups(price, np.ones((5, 5), dtype=np.bool_))
    assert groups.code.tolist() == [0, 0, 0, 1, 1]
    assert groups.price.tolist() == [[0.02, 0.09], [0.09, 0.02]]
    assert groups.saving.tolist() == [0.02] * 5


def test_a_place_whose_own_price_is_dearer_stands_alone() -> None:
    price = np.full((3, 3), 0.02)
    price[2, 2] = 0.05
    assert discover_groups(price, np.ones((3, 3), dtype=np.bool_)).code.tolist() == [0, 0, 1]
