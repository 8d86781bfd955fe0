"""Values that Hypothesis draws for the probes and controls of a row, and failing ones made smaller."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, reduce
from operator import or_
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits
from threading import RLock
from time import thread_time
from typing import Any, Final
from zlib import crc32

from hypothesis import HealthCheck, Phase, Verbosity, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import providers
from hypothesis.internal.intervalsets import IntervalSet

from conformance.checks.response import has_must
from conformance.contract.request_template import format_value, replace_part
from conformance.contract.schema import Draw
from conformance.contract.templates import fill
from conformance.engine.evidence import Evidence
from conformance.engine.row_sender import ProbeResult
from conformance.errors import ConfigError, Problem
from conformance.expressions import matches_whole
from conformance.messages import Message
from conformance.plan.model import ControlPlan, DrawSlot, Probe, RowPlan

DRAWING: Final = RLock()
"""Held while Hypothesis or Schemathesis make inputs, never while a request is under way.

Hypothesis parses the source of functions to describe them, and `ast.parse` of CPython 3.11 fails with a SystemError now
and then when two threads are in it (python/cpython issue 106905). Of targets that are audited at once, one draws, and
the others find its values.
"""

SHRINK_BUDGET = 12
"""Requests that may be spent on making a failing value smaller."""
LONGEST_DRAWING: Final = 10.0
"""Seconds of computing that the values of one description may take: some expressions have hardly any short value.

What else the machine does meanwhile does not count, so that a contract is as valid on a busy machine as on an idle one.
"""
LONGEST = 60
"""Characters of a value that is drawn for a control."""
_FEW_MORE: Final = 8
"""An expression that takes so many more of a character is taken to have no upper bound for it."""


_ENCODABLE: Final = st.characters(exclude_categories=["Cs"])
"""What UTF-8 can write, as in `knowing_utf8`."""

_LOADED_CODE: Final = ("_get_local_constants", "CONSTANTS_CACHE", "Constants")
"""What Hypothesis calls the constants of the code that is loaded, where it keeps them, and what holds none."""
_QUIETLY: Final = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))


class _DrawnTooLong(Exception):
    """Drawing is given up, as it takes too long."""


def build_strategy(draw: Draw) -> st.SearchStrategy[Any]:
    drawn = _plain(draw)
    if draw.except_ is not None:
        unexpected = draw.except_
        drawn = drawn.filter(lambda value: matches_whole(unexpected, str(value)) is False)
    if draw.wrap is not None:
        pattern = draw.wrap
        return drawn.map(lambda value: fill(pattern, lambda *_: value))
    return drawn


def fill_drawn_values(plan: RowPlan, seed_number: int) -> RowPlan:
    """The plan with a drawn value in each place for one; raises ConfigError where none is found in time."""
    slots = sorted((probe.slot for probe in plan.probes if probe.slot), key=lambda slot: slot.index)
    last = {slot.part: slot for slot in slots}
    described, drawn = "the expressions of a control", dict[str, list[Any]]()
    try:
        plan = replace(plan, controls=tuple(_drawn_controls(plan, seed_number)))
        for part, slot in last.items():
            described = str(slot.draw.model_dump(by_alias=True, exclude_unset=True))
            drawn[part] = _values(slot.draw, slot.index + 1, _seed(plan.row.id, part, seed_number))
    except (HypothesisException, _DrawnTooLong):
        what = f"{described}: no value is found within {LONGEST_DRAWING:g} s"
        hint = "write an expression that says less, with short bounds"
        raise ConfigError([Problem(f"{plan.row.file}:{plan.row.line}", what, hint)]) from None
    probes = []
    for probe in plan.probes:
        values = drawn[probe.slot.part][probe.slot.index :] if probe.slot else []
        if probe.slot is None or values:
            probes.append(_with(probe, probe.slot, values[0]) if probe.slot else probe)
    return replace(plan, probes=tuple(probes))


def shrink_probe(
    evidence: Evidence, failed: ProbeResult, send: Callable[[Evidence, Probe], ProbeResult | None]
) -> ProbeResult | None:
    """The smallest failing value within the budget, as it was answered; None where none is smaller than the first."""
    slot = failed.probe.slot
    if slot is None:
        return None
    checks, label = {item.check for item in failed.found}, Message("{part}=smallest", part=slot.part.rpartition(".")[2])
    best: dict[str, tuple[ProbeResult, Evidence]] = {}
    tried = {failed.probe.value: True}

    def fails(value: Any) -> bool:
        key = _whole(value)
        if key not in tried and len(tried) <= SHRINK_BUDGET:
            scratch = evidence.branch()
            outcome = send(scratch, replace(_with(failed.probe, slot, value), label=label))
            with evidence.count_as("shrunk"):
                evidence.add_counts(scratch)
            evidence.warnings += scratch.warnings
            found = outcome.found if outcome is not None else ()
            tried[key] = has_must(found) and bool(checks & {item.check for item in found})
            if outcome is not None and tried[key]:
                best[key] = (outcome, scratch)
        return tried.get(key, False)

    limits = settings(_QUIETLY, max_examples=SHRINK_BUDGET * 4, phases=[Phase.generate, Phase.shrink])
    with DRAWING:
        simpler = build_strategy(slot.draw)
        simpler.validate()
    try:
        smallest = find(simpler, fails, settings=limits, random=Random(0))  # noqa: S311 - repeatable
    except HypothesisException:
        return None
    key = _whole(smallest)
    if key not in best or _weight(key) > _weight(failed.probe.value):
        return None
    outcome, scratch = best[key]  # only this one is reported; the steps on the way to it say nothing more
    evidence.findings += [replace(item, smallest=outcome.probe.value) for item in scratch.findings]
    evidence.attempts += scratch.attempts
    return outcome


def _whole(value: Any) -> str:
    """A value as `shown` would show it if it were never too long."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _weight(value: str) -> tuple[int, int]:
    """How long a value is that may be shown in part, and how far from 0 where it is an integer."""
    cut = re.search(r"… \(([0-9]+) characters\)\Z", value)
    integer = re.fullmatch(r"-?([0-9]{1,40})", value)
    return int(cut[1]) if cut else len(value), int(integer[1]) if integer else 0


def _plain(draw: Draw) -> st.SearchStrategy[Any]:
    low, high = draw.sizes or (0, 50)
    if draw.integers is not None:
        return st.integers(*draw.integers)
    if draw.matching is not None:
        return reduce(or_, [_matching(text) for text in draw.matching])
    if draw.lists is not None:
        return st.lists(st.sampled_from(draw.lists), min_size=low, max_size=high)
    if draw.words is not None and draw.outside is not None:
        least, most = (int(edge) for edge in draw.outside)
        longer = st.text(alphabet=draw.words, min_size=most + 1, max_size=most * 2 + 20)
        return st.text(alphabet=draw.words, min_size=1, max_size=least - 1) | longer if least > 1 else longer
    return st.text(alphabet=draw.words or "", min_size=low, max_size=high)


def _values(draw: Draw, count: int, number: int, *, readable: bool = False) -> list[Any]:
    """Distinct values; the first ones that Hypothesis draws are the simplest, which the edges hold already."""
    with DRAWING:
        return list(_remembered(draw.model_dump_json(by_alias=True, exclude_unset=True), count, number, readable))


@lru_cache(maxsize=4096)
def _remembered(written: str, count: int, number: int, readable: bool) -> tuple[Any, ...]:
    """Values drawn once for all targets; of `readable` ones not the simplest first, which servers refuse (`00000`)."""
    draw = Draw.model_validate_json(written)
    each = [_readable(text) for text in draw.matching or []] if readable else []
    drawn = reduce(or_, each) if each else build_strategy(draw)
    seen: dict[str, Any] = {}
    end, most = thread_time() + LONGEST_DRAWING, min(count * 3, count + 60) + 12

    def draw_in_time(_: None) -> st.SearchStrategy[Any]:
        if thread_time() > end:
            raise _DrawnTooLong
        return drawn

    @seed(number)
    @settings(_QUIETLY, max_examples=most, phases=[Phase.generate], verbosity=Verbosity.quiet)
    @given(st.none().flatmap(draw_in_time))
    def collect(value: Any) -> None:
        seen.setdefault(json.dumps(value, sort_keys=True), value)

    with _ignoring_loaded_code():
        collect()
    values = list(seen.values())
    later = values[len(values) // 3 :] + values[: len(values) // 3]
    return tuple(values[:1] + later[: count - 1] if readable else later[:count])


@contextmanager
def _ignoring_loaded_code() -> Iterator[None]:
    """Inside the block no value is drawn because it stands in the code that is loaded, as Hypothesis does now and then.

    That is other code in each process, and that of whoever runs this suite: equal seeds would draw other values. There
    is no setting for it: in a version of Hypothesis that does it in another way the block changes nothing.
    """
    usual, cache, constants = (getattr(providers, name, None) for name in _LOADED_CODE)
    if usual is None or cache is None or constants is None:
        yield
        return
    setattr(providers, _LOADED_CODE[0], constants)
    try:
        cache.cache.clear()
        yield
    finally:
        setattr(providers, _LOADED_CODE[0], usual)
        cache.cache.clear()


@contextmanager
def knowing_utf8() -> Iterator[None]:
    """Spare Hypothesis finding out what UTF-8 can write: 200 MB and seconds in each folder. If it asks as today."""
    name = "intervals_from_codec"
    usual: Any = getattr(charmap, name, None)
    if getattr(usual, "__annotations__", {}).get("return") != tuple[IntervalSet, IntervalSet]:
        yield
        return
    encodable = IntervalSet(((0, 0xD7FF), (0xE000, sys.maxunicode)))

    def find_intervals(codec: str) -> tuple[IntervalSet, IntervalSet]:
        return (encodable, IntervalSet()) if codec == "utf-8" else usual(codec)

    setattr(charmap, name, find_intervals)
    try:
        yield
    finally:
        setattr(charmap, name, usual)


def _drawn_controls(plan: RowPlan, number: int) -> Iterator[ControlPlan]:
    """Each control with a drawn value while there are any; of an expression that cannot be read there are none."""
    values: dict[str, list[Any]] = {}
    for control in plan.controls:
        if control.draw is None:
            yield control
            continue
        key = repr(control.draw)
        if key not in values:
            count = sum(other.draw == control.draw for other in plan.controls)
            values[key] = _plain_values(control.draw, count, _seed(plan.row.id, "control", number))
        if values[key]:
            yield replace(control, drawn=str(values[key].pop(0)))


def _plain_values(draw: Draw, count: int, number: int) -> list[Any]:
    """Values that nobody would stumble over: short, of printable ASCII and the letters that the expressions name."""
    try:
        values = _values(draw, count, number, readable=True)
    except (re.error, HypothesisException, ValueError):
        return []
    return [_move_to_the_ends(value, draw.matching) if draw.matching else value for value in values[:1]] + values[1:]


def _move_to_the_ends(text: str, expressions: Sequence[str]) -> str:
    """The longest text that still matches, of the last letters and digits, but for the first digit of a row of them.

    `AA-00` becomes `ZZ-0999` of `[A-Z]{2}-[0-9]{2,4}`: where an expression is read too narrowly, what is at its ends is
    refused. Where as many more as one likes match, there are no more.
    """
    for place in reversed(range(len(text))):
        longer = [text[:place] + text[place] * more + text[place:] for more in range(_FEW_MORE + 1)]
        fitting = [one for one in longer if any(matches_whole(each, one) for each in expressions)]
        text = fitting[-1] if longer[-1] not in fitting else text
    for place, char in enumerate(text):
        kind = next((kind for kind in (ascii_uppercase, ascii_lowercase, digits) if char in kind), "")
        if kind == digits and not text[:place][-1:].isdigit():
            continue
        changed = (text[:place] + other + text[place + 1 :] for other in reversed(kind))
        text = next((one for one in changed if any(matches_whole(each, one) for each in expressions)), text)
    return text


def _readable(text: str) -> st.SearchStrategy[str]:
    named = "".join(sorted({char for char in text if not char.isascii() and char.isprintable()}))
    alphabet = st.characters(min_codepoint=32, max_codepoint=126, include_characters=named)
    return _matching(text, alphabet).filter(lambda value: len(value) <= LONGEST and value == value.strip() != "")


def _matching(text: str, alphabet: st.SearchStrategy[str] = _ENCODABLE) -> st.SearchStrategy[str]:
    """Texts that an expression matches as a whole, checked in bounded time; `re` may take 2^n steps."""
    found: Any = st.from_regex(text, fullmatch=True, alphabet=alphabet)
    while hasattr(found, "wrapped_strategy"):
        found = found.wrapped_strategy
    made: st.SearchStrategy[str] = getattr(found, "filtered_strategy", found)
    return made.filter(lambda value: matches_whole(text, value))


def _seed(row: str, part: str, number: int) -> int:
    return crc32(f"{number}/{row}/{part}".encode())


def _with(probe: Probe, slot: DrawSlot, value: Any) -> Probe:
    return replace(probe, request=replace_part(probe.request, slot.part, value), value=format_value(value))
