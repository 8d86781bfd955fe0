"""What smoke and a run with a budget send: what rows have in common once, and as many probes as there is room for.

Rows that only read are planned first, as they run first. The rows that write share set-ups and controls, and one read
of each guarded resource before the first write and one after the last. Smoke tries the written example of each row, or
a probe that shows all that it would show, and its control, and spends what that leaves of three requests a row on the
probes that show most; a budget is spent as a whole.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import zip_longest

from conformance.contract.contract import Contract, Row
from conformance.contract.power import ProbeKey, control_key
from conformance.plan.model import BUDGET, RowPlan, schedule_steps
from conformance.plan.planner import Planner, SharedCalls, sequence_key
from conformance.plan.power import Faults, Offer, faults_shown, order_offers
from conformance.plan.setup import fixtures_to_check, setup_steps
from conformance.plan.shared_reads import place_reads
from conformance.plan.steps import SMOKE_REQUESTS, plan_steps
from conformance.target.loader import Target

_BASE = ""
"""In place of a label: the first probe of a row, its control, and all that these need."""
_MISSES = 8
"""So many offers are tried in vain to fill a budget to the last request."""


def plan_smoke_rows(contract: Contract, target: Target, rows: Iterable[Row]) -> dict[str, RowPlan]:
    """The plan of each row by its ID, in the order of sending: rows that read, those that write, those that are last.

    Three requests a row, but for rows with `repeat`; what is looked at before all rows is among them.
    """
    drafts = _Drafts(contract, target, rows, example_first=True)
    counted = [name for name in drafts.usable if not drafts.plans[name].repeat]
    repeated = {(name, _BASE) for name in drafts.usable if name not in counted}
    names = fixtures_to_check(contract, target)
    checks = sum(len(setup_steps(contract, target, "fixture", name).steps) for name in names)
    most = SMOKE_REQUESTS * len(counted) + drafts.count(repeated) - checks
    chosen = drafts.fit(list(drafts.offers(every_row=True)), most, {(name, _BASE) for name in drafts.usable})
    plans = drafts.plan(chosen)
    return dict(sorted(plans.items(), key=lambda item: (item[1].row.case.last, item[1].writes)))


def plan_within_budget(
    contract: Contract,
    target: Target,
    rows: Iterable[Row],
    budget: int,
    tried: Mapping[ProbeKey, str] = {},
) -> dict[str, RowPlan]:
    """The plan of each row by its ID, of at most `budget` requests in all; a row that is left out lacks the budget.

    `tried` says when each probe was tried last. Where it says anything, half of the budget goes to what shows most, the
    other half to what was tried longest ago: nights add up.
    """
    drafts = _Drafts(contract, target, rows)
    order = list(drafts.offers())
    chosen = drafts.fit(order, budget // 2 if tried else budget)
    if tried:
        order.sort(key=lambda offer: (offer.name not in chosen, tried.get(drafts.tried_as(offer), "")))
        chosen = drafts.fit(order, budget)
    return drafts.plan(chosen)


class _Drafts:
    """The rows of a target, to be planned with any choice of their probes."""

    def __init__(self, contract: Contract, target: Target, rows: Iterable[Row], *, example_first: bool = False) -> None:
        self._contract, self._target, self._example_first = contract, target, example_first
        self._planners = {row.id: Planner(contract, target, row, "smoke") for row in rows}
        self.plans = {name: planner.plan(SharedCalls()) for name, planner in self._planners.items()}
        # What is read before all rows that write must be read after what their set-ups make.
        self._order = sorted(self.plans, key=lambda name: (self.plans[name].writes, not self.plans[name].before))
        self.usable = [name for name in self._order if not self.plans[name].lacks]
        self._shared_order, self._shares = self.usable, dict(_share(self.plans, self.usable))
        self._plan_row = cache(lambda name, shares: self._planners[name].plan(shares))
        self._offers = {name: tuple(self._list_offers(name)) for name in self.usable}
        self._needs = {offer.name: offer.after[1] for each in self._offers.values() for offer in each if offer.after}

    def _list_offers(self, name: str) -> Iterator[Offer]:
        """The probes of a row, first the one that its base brings, and the controls beyond those of its base.

        The base brings the written example, or what shows all that it shows; within a budget the probe that shows most.
        """
        planner, after = self._planners[name], (name, _BASE)
        probes = planner.offers()
        offers = [
            Offer(
                (name, str(one.label)),
                faults_shown(self._contract, name, str(one.label)),
                after=(name, str(one.words_of)) if one.is_repetition else after,
            )
            for one in probes
        ]
        sure = [
            number
            for number, probe in enumerate(probes)
            if probe.role != "open" and not probe.unless and not probe.is_repetition
        ]
        if self.plans[name].repeat:  # the example uses the allowance up
            sure = sure[:1]
        elif self._example_first:  # unless another shows all that it would show
            sure = [number for number in sure if offers[number].faults >= offers[sure[0]].faults]
        yield offers.pop(max(sure, key=lambda number: len(offers[number].faults), default=0))
        left = {offer.name for offer in offers}
        yield from (offer if offer.after in left else replace(offer, after=after) for offer in offers)
        parts = {control.label: control for control in self.plans[name].controls}
        for control in planner.whole_controls() if self._contract.power else ():
            part, key = parts.get(control.label), control_key(name, control.label)
            if part is None or (part.key != control.key and part.key not in self._shares[name].passed):
                requests = len(list(schedule_steps(control.steps, "control", "", "")))
                yield Offer(key, self._shown_by(key), requests, after=after)

    def _shown_by(self, *keys: ProbeKey) -> Faults:
        return frozenset().union(*(self._contract.power.get(key, frozenset()) for key in keys))

    def offers(self, *, every_row: bool = False) -> Iterator[Offer]:
        """Yields what may be chosen, most faults for a request first; with `every_row` the bases of all rows before.

        Without known power: a probe of each row in turn.
        """
        known = {row for row, _ in self._contract.power}
        all_bases = 0 if every_row else self.count({(name, _BASE) for name in self.usable})
        bases = []
        for number, name in enumerate(self.usable, 1):
            offered = {offer.name for offer in self._offers[name]}  # of these controls it sends a part
            sent = {control_key(name, control.label) for control in self.plans[name].controls}
            shown = self._offers[name][0].faults | self._shown_by(*sent - offered)
            others = {(one, _BASE) for one in ([] if every_row else self.usable) if one != name}
            requests = 1 if every_row else max(all_bases - self.count(others), 1)
            bases.append(
                # Of a row that nobody has measured, it is taken for granted that it shows something.
                Offer((name, _BASE), shown if name in known else frozenset([-number]), requests, at_once=every_row)
            )
        turns = zip_longest(*(self._offers[name][1:] for name in self.usable))
        yield from order_offers([*bases, *(offer for turn in turns for offer in turn if offer)])

    def fit(self, order: Sequence[Offer], most: int, always: Iterable[ProbeKey] = ()) -> set[ProbeKey]:
        """As many of the offers, from the first on, as fit into `most` requests, and all that are `always` sent."""
        kept = set(always)
        names = [offer.name for offer in order if offer.name not in kept]
        first = bisect(range(1, len(names) + 1), most, key=lambda number: self.count({*kept, *names[:number]}))
        chosen, misses = {*kept, *names[:first]}, 0
        for name in names[first:]:
            if self.count({*chosen, name}) <= most:
                chosen.add(name)
            elif (misses := misses + 1) == _MISSES:
                break
        return chosen

    def plan(self, chosen: set[ProbeKey]) -> dict[str, RowPlan]:
        """The plan of every row with what was chosen, in the order of sending."""
        plans = self._build(chosen)
        left_out = {name: RowPlan(self.plans[name].row, lacks=(BUDGET,)) for name in self.usable}
        order = sorted(self._order, key=lambda name: self.plans[name].row.case.last)
        return {name: (self.plans | left_out | plans)[name] for name in order}

    def tried_as(self, offer: Offer) -> ProbeKey:
        """The probe of an offer: for the base of a row its first."""
        name, label = offer.name
        return offer.name if label != _BASE else self._offers[name][0].name

    def _build(self, chosen: set[ProbeKey]) -> dict[str, RowPlan]:
        labels: dict[str, set[str]] = {}
        for name, label in chosen:  # a probe brings the base of its row, and a repetition what it repeats
            labels.setdefault(name, {self._offers[name][0].name[1]}).update(
                (label, self._needs.get((name, label), label))
            )
        order = [name for name in self.usable if name in labels]
        if order != self._shared_order:
            self._shared_order, self._shares = order, dict(_share(self.plans, order))
        plans = {
            name: self._plan_row(name, replace(self._shares[name], chosen=frozenset(labels[name]))) for name in order
        }
        plans |= place_reads(self._contract, self._target, plans)
        return plans | _remove_at_end(self._contract, plans)

    def count(self, chosen: set[ProbeKey]) -> int:
        return sum(len(list(plan.schedule())) for plan in self._build(chosen).values())


def _share(drafts: Mapping[str, RowPlan], order: Iterable[str]) -> Iterator[tuple[str, SharedCalls]]:
    """For each row, what the rows before it send."""
    shares = SharedCalls()
    for name in order:
        yield name, shares
        plan = drafts[name]
        if plan.lacks or plan.row.case.last:
            continue
        captured = shares.captured | {capture for step in plan.before for capture in step.step.capture or {}}
        free = [control for control in plan.controls if control.needs <= captured]
        steps = [*plan.before, *(step for control in free for step in control.steps)]
        shares = replace(
            shares,
            passed=shares.passed | {control.key for control in free},
            calls=shares.calls | {step.key for step in steps},
        )
        if plan.writes:  # these run one after the other, and pass on what they capture
            set_up = {sequence_key(plan.before)} - {""}
            shares = replace(shares, set_up=shares.set_up | set_up, captured=captured)


def _remove_at_end(contract: Contract, plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """What a shared set-up has made is taken away by the last row that uses it."""
    used = {
        name: {one for request in plan.schedule() for one in request.request.captures} for name, plan in plans.items()
    }
    removed: dict[str, RowPlan] = {}
    for name, plan in plans.items():
        if not plan.after and any(step.permission != "read" for step in plan.before):
            made = {capture for step in plan.before for capture in step.step.capture or {}}
            last = [name, *(other for other in plans if made & used[other])][-1]
            after = (*removed.get(last, plans[last]).after, *plan_steps(contract, plan.row.case.after))
            removed[last] = replace(removed.get(last, plans[last]), after=after)
    return removed
