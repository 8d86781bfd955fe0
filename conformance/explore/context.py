"""What exploring one operation of one target needs, taken from the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.engine.context import RunContext
from conformance.explore.openapi import DocumentedOperation, OpenApiDocument


@dataclass(frozen=True, slots=True)
class ExploreContext:
    """One operation of one target, and what may be done to it."""

    run: RunContext
    document: OpenApiDocument
    operation: DocumentedOperation
    budget: int
    """Requests, those that follow up a finding included."""

    @property
    def permissions(self) -> frozenset[str]:
        """What may be done to the target."""
        return frozenset({"read", *self.run.target.allow})

    @property
    def own_sources(self) -> tuple[DocumentedOperation, ...]:
        """As `OpenApiDocument.own_sources`, of the operation that is explored."""
        return self.document.own_sources(self.operation)

    def allowed(self, operation: DocumentedOperation) -> bool:
        """Whether its path is known, and the permissions cover a call of it and the deletion of what it creates."""
        return bool(operation.template) and operation.needs <= self.permissions


def build_explore_context(run: RunContext, operation: str) -> ExploreContext:
    """The context of an operation; MissingValue where the profile lacks its path or its credential."""
    file = run.contract.file
    credential = file.operations[operation].credential or file.credential
    if credential not in (None, "none"):
        run.builder.build(operation, RequestTemplate(credential=credential, url="/"), "read", PlaceholderScope())
    urls = {name: spec.url for name, spec in file.operations.items() if spec.url is not None}
    if operation in urls:
        run.builder.fill(urls[operation], PlaceholderScope())
    bodies = {name: spec.body or spec.json_ for name, spec in file.operations.items()}
    document = OpenApiDocument(
        run.contract.openapi,
        paths={**dict.fromkeys(urls, ""), **dict(_filled(run, urls))},
        fixtures=dict(_filled(run, {name: f"{{fixture.{name}}}" for name in file.fixtures})),
        path_values={name: dict(_filled(run, spec.path or {})) for name, spec in file.operations.items()},
        bodies=dict(_filled(run, {name: body for name, body in bodies.items() if isinstance(body, dict) and body})),
        created=file.created_resources,
    )
    return ExploreContext(run, document, document.operation(operation), file.exploration.get(run.depth, 0))


def _filled(run: RunContext, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each value with its placeholders filled; without those for which the profile lacks something."""
    for name, value in values.items():
        if (filled := run.builder.fill_known(value, PlaceholderScope(salt="exploring"))) is not None:
            yield name, filled
