"""A session leaves Python's search for garbage as it was; while it runs, Python looks seldom."""

from __future__ import annotations

from collections.abc import Callable

ROW = "cases/microcms-management/contents-get.yaml::limit-below-minimum"
WATCHED = """
import gc
looked, main = [], pytest.main
def watched(arguments):
    code = main(arguments)
    print("after", gc.get_threshold(), gc.get_freeze_count())
    print("seldom", max(looked, default=None))
    return code
pytest.main = watched
gc.callbacks.append(lambda phase, info: looked.append((gc.get_threshold()[0], gc.get_freeze_count() > 0)))
gc.set_threshold({}, 11, 12)
"""


def test_python_looks_seldom_and_not_at_contracts_and_as_before_in_the_end(run: Callable) -> None:
    ran = run(ROW, before=WATCHED.format(900))
    assert 0 == ran.code, ran.out
    assert "after (900, 11, 12) 0" in ran.out
    assert "seldom (100000, True)" in ran.out


def test_a_search_that_somebody_has_turned_off_stays_off(run: Callable) -> None:
    ran = run(ROW, before=WATCHED.format(0))
    assert "after (0, 11, 12) 0" in ran.out
    assert 0 == ran.code, ran.out
