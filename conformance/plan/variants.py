"""What a row is tried on: each of its operations before anything is varied, and each language it is asked in."""

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.contract.contract import Contract, Row
from conformance.contract.request_template import RequestPatch, RequestTemplate, merge_patches
from conformance.contract.templates import fill
from conformance.plan.steps import operation_patch, patch_of, permission_of
from conformance.target.loader import Target


@dataclass(frozen=True, slots=True)
class OperationVariant:
    """One operation that the row holds for, with its request before anything is varied."""

    label: str
    operation: str
    request: RequestTemplate
    permission: str
    permission_is_stated: bool
    """The case names the permission, whatever the method."""
    combine: tuple[tuple[str, Any], ...]
    """Valid values of other parameters, as pairs of a part and its value."""


@dataclass(frozen=True, slots=True)
class LanguageVariant:
    """One way of asking for one language; empty where language plays no part."""

    label: str = ""
    request: RequestPatch = field(default_factory=dict)
    language: str | None = None
    other: str | None = None

    @property
    def filled_request(self) -> RequestPatch:
        """Its request, with the placeholders for languages filled in."""
        names = {"language": self.language, "other": self.other}
        return dict(fill(self.request, lambda head, _: names[head]))


NO_LANGUAGE: Final = LanguageVariant()


def operation_variants(contract: Contract, row: Row) -> list[OperationVariant]:
    variants = []
    for ref in row.operations:
        request = merge_patches(operation_patch(contract, ref.call), patch_of(row.case.request), patch_of(ref.request))
        stated = ref.permission or row.case.permission
        permission = permission_of(contract, ref.call, request, stated)
        combine = {**row.case.combine, **ref.combine}
        pairs = tuple((part, one) for part, values in combine.items() if part not in row.case.vary for one in values)
        label = ref.label or ref.call
        variants.append(OperationVariant(label, ref.call, request, permission, stated is not None, pairs))
    return variants


def language_variants(contract: Contract, target: Target, row: Row) -> list[LanguageVariant]:
    """Each way of asking for each language that the target lists, way by way."""
    wordings = row.case.expect.message
    localised = isinstance(wordings, list) and any(wording.language for wording in wordings)
    listed = target.fixtures.get(contract.file.language_fixture or "")
    if not localised or not contract.file.languages or not isinstance(listed, list) or not listed:
        return [NO_LANGUAGE]
    languages = [str(language) for language in listed]
    return [
        LanguageVariant(
            way.label.replace("{language}", language),
            {"query": dict(way.query), "headers": dict(way.headers)},
            language,
            next((other for other in languages if other != language), language),
        )
        for way in contract.file.languages
        for language in languages
    ]
