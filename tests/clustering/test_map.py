"""One map for all texts."""

import numpy as np

from workbench.clustering.embed import embed
from workbench.clustering.map import place
from workbench.clustering.partition import MIN_GRAPH_POINTS

MANY = [f"{who} {what} in {where}" for who in ("the bus", "a train", "my taxi", "the ferry", "our car", "the tram")
        for what in ("was late", "broke down", "never came", "was full", "was dirty")
        for where in ("Rome", "Oslo", "Lima", "Cairo", "Quito", "Delhi")]  # fmt: skip


def test_few_texts_lie_on_their_main_axes() -> None:
    places = place(["bad soup", "cold soup", "late flight", "lost bag"], embed=embed)
    assert places.shape == (4, 2)
    assert np.isfinite(places).all()
    soup, flight = places[:2], places[2]
    assert np.linalg.norm(soup[0] - soup[1]) < np.linalg.norm(soup[0] - flight)


def test_identical_texts_have_one_place_and_unknown_ones_none() -> None:
    places = place(["bad soup", "Bad soup!", "late flight", "lost bag", "", "☃"], embed=embed)
    assert places[0].tolist() == places[1].tolist()
    assert np.isnan(places[4:]).all()


def test_two_texts_have_no_map() -> None:
    assert np.isnan(place(["bad soup", "late flight"], embed=embed)).all()
    assert place([], embed=embed).shape == (0, 2)


def test_many_texts_are_laid_out_the_same_in_any_order() -> None:
    assert len(set(MANY)) >= MIN_GRAPH_POINTS
    places = place(MANY, embed=embed, seed=4)
    assert np.isfinite(places).all()
    assert place(MANY[::-1], embed=embed, seed=4)[::-1].tolist() == places.tolist()
