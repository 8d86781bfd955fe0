"""The probes of one row: example, boundary values, drawn values and open choices, on each operation and language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from itertools import cycle
from typing import Any

from conformance.contract.contract import Contract, Row
from conformance.contract.request_template import (
    OMIT,
    apply_patch,
    format_value,
    merge_patches,
    name_part,
    replace_part,
    split_part,
)
from conformance.contract.schema import Control, Depth, Input, Open
from conformance.contract.templates import captures_used, show_placeholders
from conformance.jsontools import resolve_pointer
from conformance.messages import Message
from conformance.plan.model import DrawSlot, Probe
from conformance.plan.steps import DRAWN, FIRM, PERMISSION_ORDER, operation_patch, permission_of, reaches
from conformance.plan.values import is_excluded, resolve_draw
from conformance.plan.variants import (
    NO_LANGUAGE,
    LanguageVariant,
    OperationVariant,
    language_variants,
    operation_variants,
)
from conformance.target.loader import Target

EXAMPLE = Message("example")
ROUNDS: Mapping[Depth, int] = {"smoke": 1, "standard": 3, "thorough": 10}
"""How often a row with `at_once` sends its example at the same time."""

ContextValues = tuple[tuple[str, Any], ...]
"""Valid values of other parameters, as pairs of a part and its value."""
Turn = tuple[int, ContextValues]
"""Values of other parameters, and their number among those of their operation."""
ContextTurns = Mapping[str, Iterator[Turn]]
"""For each operation, the values of other parameters to combine with its boundary values, in turn."""


class ProbePlanner:
    """Makes the probes of one row at one depth; whether the target has what they need is not asked here."""

    def __init__(self, contract: Contract, target: Target, row: Row, depth: Depth) -> None:
        self.contract, self.target, self.row, self.depth = contract, target, row, depth
        self.case = row.case
        self.variants = operation_variants(contract, row)
        self.language_variants = language_variants(contract, target, row)

    def at_depth(self, depth: Depth) -> ProbePlanner:
        """Return the planner of the same row at another depth."""
        other = copy(self)
        other.depth = depth
        return other

    def all(self) -> Iterator[Probe]:
        """Yields every probe: examples first, then edges and drawn values, repetitions, and open choices."""
        examples = list(self.examples())
        yield from examples
        language = self.language_variants[0]
        # Once an allowance is used up, the other operations must be refused, too, and the same once more.
        for variant in [*self.variants[1:], self.variants[0]] if self.case.repeat else []:
            yield self.example(variant, language, Message("after the limit"))
        # What overlaps when it is sent at the same time does not show each time.
        for number in range(2, 1 + ROUNDS[self.depth]) if self.case.at_once else []:
            yield self.example(self.variants[0], language, Message("round {n}", n=number))
        if self.case.only_example:
            return
        context_values = self.context_values()
        readers = [variant for variant in self.variants if variant.permission == "read"]
        edges, drawn = list(self.edges(context_values)), list(self._drawn(context_values))
        repeats = bool(readers) or len(self.language_variants) > 1
        if drawn and not readers and self.depth == "standard":
            drawn, repeats = [], True  # of what only writes, the same once more shows more than another value
        # Where a look for effects comes at the end, the edges come right before it: they slip through the easiest.
        yield from [*drawn, *edges] if self.case.unchanged else [*edges, *drawn]
        again = max(FIRM - len(examples) - len(edges) - len(drawn), 1 if repeats else 0)
        # What is right only the first time, or wrong now and then, shows in what is sent again: a read for the last
        # time when all else has been sent.
        turn = self.contract.position(self.row.id)  # rows of a table repeat on different ones
        for count in range(again - 1 if readers else again):
            yield self._example_again(self.variants[(count + (0 if readers else turn)) % len(self.variants)])
        yield from self._open()
        if readers:
            yield self._example_again(readers[(again - 1) % len(readers)])

    def _example_again(self, variant: OperationVariant) -> Probe:
        language = self._example_languages(variant)[0]
        probe = self.example(variant, language, Message("example again"))
        return replace(probe, words_of=self._label(EXAMPLE, variant, language))

    def example(self, variant: OperationVariant, language_variant: LanguageVariant, label: str = EXAMPLE) -> Probe:
        return self._probe(variant, language_variant, label=label, role="example")

    def examples(self) -> Iterator[Probe]:
        """The written example on each operation; of a write only in languages in which no edge is sent."""
        asked = {(variant.label, language.language) for variant, language, _, _ in self._edge_places()}
        for variant in self.variants:
            first = ""
            for language_variant in self._example_languages(variant):
                edges_ask = (variant.label, language_variant.language) in asked and variant.permission != "read"
                if first and edges_ask and self.depth != "thorough":
                    continue
                example = self.example(variant, language_variant)
                # What is right only the first time shows where the very same is asked again in another language.
                yield example if self.case.unchanged else replace(example, words_of=first)
                if self.case.only_example:
                    return
                first = first or example.label

    def _example_languages(self, variant: OperationVariant) -> list[LanguageVariant]:
        """The languages of one operation; of several, each begins with another and is asked in other ways."""
        every, ways = self.language_variants, len(self.contract.file.languages)
        if len(every) == 1 or len(self.variants) == 1 or self.depth == "thorough":
            return every
        index, count = self.variants.index(variant), len(every) // ways
        places = [(index + place) % count for place in range(count)]
        return [every[(index + place) % ways * count + place] for place in places]

    def context_values(self) -> ContextTurns:
        """Valid values of other parameters for each operation: all at once, beyond smoke in turn with none of them."""
        none: list[Turn] = [] if self.depth == "smoke" else [(0, ())]
        return {variant.label: cycle([*enumerate(_all_at_once(variant.combine)), *none]) for variant in self.variants}

    def edges(self, context_values: ContextTurns) -> Iterator[Probe]:
        """Near misses and boundary values of each varied part, by operation, in each language by turns."""
        for variant, language, described, edge in self._edge_places():
            probe = self._varied(self._vary_alone(variant, edge[0]), language, described, edge)
            yield _combine(probe, next(context_values[variant.label]))

    def _edge_places(self) -> Iterator[tuple[OperationVariant, LanguageVariant, Input, tuple[str, str, Any]]]:
        """Each edge (its part, its name, its value) with the operation and the language that it is tried in."""
        turns = {variant.label: cycle(self._turned(index)) for index, variant in enumerate(self.variants)}
        for part, described in self.case.vary.items():
            allowed = self.allowed_variants(described)
            for index, (name, value) in enumerate(self._dealt(described)):
                for variant in [allowed[index % len(allowed)]] if described.spread or described.once else allowed:
                    yield variant, next(turns[variant.label]), described, (part, name, value)

    def _open(self) -> Iterator[Probe]:
        language_variants, dealt = cycle(self.language_variants), cycle(range(len(self.variants)))
        for choice in self.case.open:
            if not reaches(self.depth, choice.depth):
                continue
            allowed = self.allowed_variants(choice)
            for part, described in choice.vary.items():
                for name, value in self._dealt(described):
                    variant = allowed[next(dealt) % len(allowed)]
                    probe = self._varied(variant, next(language_variants), described, (part, name, value))
                    yield replace(probe, role="open", accept=tuple(choice.accept), guards=())

    def _drawn(self, context_values: ContextTurns) -> Iterator[Probe]:
        language_variants = cycle(self._turned(1))
        varied = self.case.vary.items()
        settled = [(part, item, resolve_draw(self.target, item.draw)) for part, item in varied if item.draw]
        drawn = [(part, item, draw) for part, item, draw in settled if draw is not None]
        thorough = self.depth == "thorough"
        for index in range(DRAWN[self.depth]):
            for part, described, draw in drawn if thorough else drawn[index % max(len(drawn), 1) :][:1]:
                allowed = self.allowed_variants(described)
                variant = allowed[index % len(allowed)]
                probe = self._probe(
                    self._vary_alone(variant, part),
                    next(language_variants),
                    label=f"{name_part(part)}=drawn-{index + 1}",
                    role="drawn",
                )
                probe = replace(probe, repeatable=probe.repeatable and not described.once)
                yield replace(_combine(probe, next(context_values[variant.label])), slot=DrawSlot(part, draw, index))

    def allowed_variants(self, described: Input | Open | Control) -> list[OperationVariant]:
        """The operations that something of the row is for."""
        return [variant for variant in self.variants if described.for_ is None or variant.label in described.for_]

    def _vary_alone(self, variant: OperationVariant, part: str) -> OperationVariant:
        """The operation with its own values in the other varied parts, so that one thing at a time is wrong.

        A part is left as it is if the operation's own value is a capture, which the row may not have.
        """
        usual = merge_patches(operation_patch(self.contract, variant.operation)).list_members()
        request = variant.request
        for other in self.case.vary:
            head, *rest = split_part(other)
            head = "json" if head == "members" else head
            written = request.list_members().get(head)
            own = usual.get(head, {} if head in ("query", "headers") else None)
            if other == part or not rest or part == "request" or not isinstance(written, dict) or own is None:
                continue
            there, value = resolve_pointer(own, "/".join(["", *rest]))
            if (there or head != "path") and not any(captures_used(value)):
                request = replace_part(request, other, value if there else OMIT)
        return replace(variant, request=request)

    def _turned(self, by: int) -> list[LanguageVariant]:
        by %= len(self.language_variants)
        return self.language_variants[by:] + self.language_variants[:by]

    def _dealt(self, described: Input) -> list[tuple[str, Any]]:
        """The edges that this row tries: all, or its share of an input whose edges several rows divide among them."""
        edges = [*described.near_misses.items(), *described.edges.items()]
        if described.except_ is not None:
            edges = [edge for edge in edges if not is_excluded(self.target, described.except_, edge[1])]
        if described.always is None or self.depth == "thorough":
            return edges
        sharing = [
            row.id
            for row in self.contract.rows
            if any(described in part.values() for part in (row.case.vary, *(choice.vary for choice in row.case.open)))
        ]
        share = edges[described.always + sharing.index(self.row.id) :: len(sharing)]
        return [*edges[: described.always], *share]

    def _varied(
        self, variant: OperationVariant, language_variant: LanguageVariant, described: Input, edge: tuple[str, str, Any]
    ) -> Probe:
        """A probe with another value in one place."""
        part, name, value = edge
        label = f"{name_part(part)}={name}"
        probe = self._probe(variant, language_variant, label=label, role="boundary", change=(part, value))
        near = any(value == other for other in described.near_misses.values())
        return replace(
            probe,
            value=format_value(value),
            unless=described.unless if near else None,
            after_controls=bool(described.near_misses) and variant.permission == "read",
            repeatable=probe.repeatable and not described.once,
        )

    def _probe(
        self,
        variant: OperationVariant,
        language_variant: LanguageVariant,
        *,
        label: str,
        role: str,
        change: tuple[str, Any] | None = None,
    ) -> Probe:
        """The row's request on an operation, in a language, and over both of them another value in one place."""
        request = apply_patch(variant.request, language_variant.request)
        request = request if change is None else replace_part(request, *change)
        kept = all(getattr(request, part).items() >= one.items() for part, one in language_variant.request.items())
        stated = variant.permission if variant.permission_is_stated else None
        own = permission_of(self.contract, variant.operation, request, stated)
        permission = max(variant.permission, own, key=PERMISSION_ORDER.index)
        guards = enumerate(self.case.unchanged)
        return Probe(
            label=self._label(label, variant, language_variant if kept else NO_LANGUAGE),
            role=role,
            operation=variant.operation,
            request=request,
            permission=permission,
            value=self._example_value(variant),
            language=language_variant.language,
            other_language=language_variant.other,
            guards=tuple(index for index, guard in guards if guard.for_ is None or variant.label in guard.for_),
            repeatable=not (self.case.once or self.case.at_once),
        )

    def _label(self, label: str, variant: OperationVariant, language_variant: LanguageVariant) -> str:
        if language_variant.label:
            label = Message("{label} [{language}]", label=label, language=language_variant.label)
        return Message("{label} ({operation})", label=label, operation=variant.label) if self.variants[1:] else label

    def _example_value(self, variant: OperationVariant) -> str:
        """The varied part of the written example."""
        for part in self.case.vary:
            head, *rest = split_part(part)
            _, value = resolve_pointer(variant.request.list_members().get(head), "/".join(["", *rest]))
            if value is not None:
                return format_value(value)
        return ""


def _all_at_once(combine: ContextValues) -> list[ContextValues]:
    """Sets of one value for each part, as many as it takes for every value to be in one; what is omitted is in none."""
    values: dict[str, list[Any]] = {}
    for part, value in combine:
        values.setdefault(part, []).append(value)
    most = max(map(len, values.values()), default=1)
    turns = [[(part, each[turn % len(each)]) for part, each in values.items()] for turn in range(most)]
    return [tuple(pair for pair in turn if pair[1] != OMIT) for turn in turns]


def _combine(probe: Probe, turn: Turn) -> Probe:
    """The probe with valid values of other parameters, some of them before what it varies and some behind it."""
    number, values = turn
    if not values:
        return probe
    request = probe.request
    for part, value in values:
        request = replace_part(request, part, value)
    first = [part.removeprefix("query.") for part, _ in values[: (len(values) + number) // 2]]
    names = [*(name for name in first if name in request.query), *request.query]
    request = request.replace_members(query={name: request.query[name] for name in names})
    other = ", ".join(f"{name_part(part)}={show_placeholders(format_value(value))}" for part, value in values)
    return replace(probe, label=Message("{input} beside {other}", input=probe.label, other=other), request=request)
