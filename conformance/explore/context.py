"""What exploring one operation of one target needs, taken from the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.engine.context import RunContext
from conformance.explore.openapi import DocumentedOperation, OpenApiDocument, with_known_body


@dataclass(frozen=True, slots=True)
class ExploreContext:
    """One operation of one target, and what may be done to it.

    `bodies` holds, by operation, the members that every valid body of this target needs (those of a log-in are used in
    links only, never beside drawn data).
    """

    run: RunContext
    document: OpenApiDocument
    operation: DocumentedOperation
    budget: int
    """Requests, those that follow up a finding included."""
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def permissions(self) -> frozenset[str]:
        """What may be done to the target."""
        return frozenset({"read", *self.run.target.allow})

    def creates(self, operation: DocumentedOperation) -> bool:
        """Whether a success leaves a new thing behind, which the contract says how to find and to delete."""
        return operation.id in self.run.contract.file.created_resources

    def allowed(self, operation: DocumentedOperation) -> bool:
        """Whether the permissions cover a call of it, and the deletion of what it creates."""
        return {operation.permission, "delete" if self.creates(operation) else "read"} <= self.permissions

    def own_sources(self, operation: DocumentedOperation) -> tuple[DocumentedOperation, ...]:
        """The operations that lead to something of its own, in the order in which they are sent.

        Empty where it needs none, and where a fixture is its own.
        """
        sources: list[DocumentedOperation] = []
        name = operation.own
        while name in self.run.contract.operations and name not in (operation.id, *(one.id for one in sources)):
            sources.insert(0, self.document.operation(name))
            name = sources[0].own
        return tuple(sources)

    def sets_back(self, operation: DocumentedOperation) -> bool:
        """Whether what it changes is set back: on a record that the target's owner gave, not on one created here."""
        return bool(operation.own) and not self.own_sources(operation) and not self.creates(operation)

    def base_body(self, operation: DocumentedOperation) -> dict[str, Any]:
        """The members that every valid body has on this target; what is updated needs those of what was created."""
        source = operation.own if operation.kind != "read" else ""
        return dict(self.bodies.get(operation.id) or self.bodies.get(source) or {})


def build_explore_context(run: RunContext, operation: str) -> ExploreContext:
    """The context of an operation; MissingValue where the profile lacks its path or its credential."""
    file = run.contract.file
    credential = file.operations[operation].credential or file.credential
    if credential not in (None, "none"):
        run.builder.build(operation, RequestTemplate(credential=credential, url="/"), "read", PlaceholderScope())
    urls = {name: spec.url for name, spec in file.operations.items() if spec.url is not None}
    if operation in urls:
        run.builder.fill(urls[operation], PlaceholderScope())
    document = OpenApiDocument(
        run.contract.openapi,
        paths={**dict.fromkeys(urls, ""), **dict(_filled(run, urls))},
        fixtures=dict(_filled(run, {name: f"{{fixture.{name}}}" for name in file.fixtures})),
        path_values={name: dict(_filled(run, spec.path or {})) for name, spec in file.operations.items()},
    )
    bodies = {name: spec.body or spec.json_ for name, spec in file.operations.items()}
    context = ExploreContext(
        run=run,
        document=document,
        operation=document.operation(operation),
        budget=file.exploration.get(run.depth, 0),
        bodies=dict(_filled(run, {name: body for name, body in bodies.items() if isinstance(body, dict) and body})),
    )
    writes = context.operation.kind != "read"
    known = with_known_body(context.operation, None, context.base_body(context.operation) if writes else {})
    return replace(context, operation=known)


def _filled(run: RunContext, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each value with its placeholders filled; without those for which the profile lacks something."""
    for name, value in values.items():
        if (filled := run.builder.fill_known(value, PlaceholderScope(salt="exploring"))) is not None:
            yield name, filled
