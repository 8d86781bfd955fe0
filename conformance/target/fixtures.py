"""Checks the values of a profile against its contract, to find mistakes that a run would blame on the target."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from conformance.contract.contract import Contract
from conformance.contract.messages import list_wordings
from conformance.contract.schema import FixtureRule, NamedInput
from conformance.errors import Problem
from conformance.expressions import matches_whole
from conformance.jsontools import resolve_pointer
from conformance.target.addresses import find_local_address
from conformance.target.loader import Target

_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/\{fixture\.(\w+)\}")
"""The URL of an operation whose path is a fixture."""
_LEAVE_OUT: Final = "leave it out: requests that need it have it"


def check_fixture_values(target: Target, contract: Contract) -> Iterator[Problem]:
    """Yield a problem for each value of a profile that breaks a rule of the contract."""
    yield from _check_languages(target, contract)
    yield from _check_vantages(target)
    yield from _check_hooks(target)
    yield from _check_urls(target, contract)
    for name, named in contract.file.credentials.items():
        if name in target.credentials:
            values = {other: each.values for other, each in target.credentials.items()}
            yield from _check_differs(target, "credentials", name, named, values)
            yield from _check_headers(target, contract.file.credentials, name)
    for name, named in contract.file.fixtures.items():
        if name in target.fixtures:
            if misformed := list(_check_form(target, ("fixtures", name), target.fixtures[name], named.example)):
                yield from misformed
                continue
            yield from _check_differs(target, "fixtures", name, named, target.fixtures)
            yield from _check_placeholders(target, name, named.example)
            for rule in named.rules:
                yield from _check_rule(target, name, rule)


def _check_vantages(target: Target) -> Iterator[Problem]:
    """Check that no vantage is the address or the proxy of all other requests."""
    local_address = None if target.proxy else find_local_address(target.base_url)
    for name, vantage in target.vantages.items():
        if vantage.source_address is not None and vantage.source_address == local_address:
            what = f"vantages.{name}: {local_address} is the address that every request comes from"
            yield Problem(target.where("vantages", name), what, "give another address of this machine, or a proxy")
        elif vantage.proxy is not None and vantage.proxy == target.proxy:
            what = f"vantages.{name}: its proxy is the one that every request goes through"
            yield Problem(target.where("vantages", name), what, "give another proxy, or an address of this machine")


def _check_hooks(target: Target) -> Iterator[Problem]:
    """Check that what makes the target fail on purpose is not sent with every request."""
    always = {(header.lower(), value): header for header, value in target.headers}
    for name, headers in target.hooks.items():
        sent = [always.get((header.lower(), value)) for header, value in headers]
        if sent and None not in sent:
            what = f"headers.{sent[0]} is the header of hooks.{name}: every request would have it"
            yield Problem(target.where("headers", str(sent[0])), what, _LEAVE_OUT)


def _check_urls(target: Target, contract: Contract) -> Iterator[Problem]:
    """Check that no two operations of one method have one path; `differs_from` names most of them already."""
    named = contract.file.fixtures
    paths = [(op.method, _PATH.fullmatch(op.spec.url or "")) for op in contract.operations.values()]
    of_method = [(method, match[1], target.fixtures.get(match[1])) for method, match in paths if match]
    for (method, name, path), (other_method, other, other_path) in combinations(of_method, 2):
        is_known = name in named[other].differs_from or other in named[name].differs_from
        if method == other_method and path == other_path is not None and name != other and not is_known:
            what = f"fixtures.{other} has the value of fixtures.{name}"
            yield Problem(target.where("fixtures", other), what, "give each operation its own path")


def _check_headers(target: Target, known: Mapping[str, NamedInput], name: str) -> Iterator[Problem]:
    """Check that a credential's header is not sent with every request, nor another than that of its like.

    A server reads one header: a key in another is refused as none would be, and shows nothing.
    """
    usual = {each: str((named.usual or named.example or {}).get("header", "")) for each, named in known.items()}
    headers = {each: str(one.header) for each, one in target.credentials.items() if usual.get(each) == usual[name]}
    actual, expected = headers[name].lower(), usual[name]
    if expected and actual != expected.lower() and any(each.lower() != actual for each in headers.values()):
        what = f"credentials.{name}.header: {headers[name]} is not the header of the other credentials"
        yield Problem(target.where("credentials", name, "header"), what, f"did you mean {expected}?")
    for header, _ in target.headers:
        if header.lower() == actual:
            what = f"headers.{header} is the header of credentials.{name}: every request would have it"
            yield Problem(target.where("headers", header), what, _LEAVE_OUT)


def _check_differs(
    target: Target, section: str, name: str, named: NamedInput, values: Mapping[str, Any]
) -> Iterator[Problem]:
    for other in named.differs_from:
        if other in values and _comparable_value(values[name], target) == _comparable_value(values[other], target):
            what = f"{section}.{name} has the value of {section}.{other}"
            yield Problem(
                target.where(section, name), what, f"give {named.about[0].lower()}{named.about[1:].rstrip('.')}"
            )


def _comparable_value(value: Any, target: Target) -> Any:
    """Return a value for comparison: secrets by value only, fixtures in a path filled in, no slashes at its ends."""
    if isinstance(value, Mapping):
        return {key: getattr(each, "value", each) for key, each in value.items()}
    return _PLACEHOLDER.sub(lambda found: str(target.fixtures.get(found[0][1:-1], found[0])), str(value)).strip("/")


def _check_form(target: Target, place: tuple[str, ...], value: Any, example: Any) -> Iterator[Problem]:
    """Check that a value is a text, a number or a mapping like its example, and that texts have no spaces around."""
    where, name = target.where(*place), ".".join(place)
    if isinstance(example, Mapping):
        if not isinstance(value, Mapping):
            yield Problem(where, f"{name} must have members", f"write {place[-1]}: {{{', '.join(example)}: …}}")
            return
        usual = next(iter(example.values()))
        for key, each in value.items():
            yield from _check_form(target, (*place, key), each, example.get(key, usual))
    elif isinstance(example, str | int) and _is_misread(value, example, is_member=len(place) > 2):
        yield Problem(where, f"{name} is read as the number {value}", "put what is to be sent in quotes")
    elif isinstance(example, str | int) and isinstance(value, bool | list | Mapping):
        yield Problem(where, f"{name} must be a text or a number", f"write it as in {place[-1]}: {example}")
    elif value == "":
        yield Problem(where, f"{name} is empty", "give its value, or leave it out")
    elif isinstance(value, str) and value != value.strip():
        yield Problem(where, f"{name} has spaces or line ends around it", "take them away")


def _is_misread(value: Any, example: Any, *, is_member: bool) -> bool:
    """Whether a number stands for a text: an integer in a path is its text, one in JSON is not."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, float) or (is_member and is_integer and isinstance(example, str))


def _check_placeholders(target: Target, name: str, example: Any) -> Iterator[Problem]:
    """Check that a fixture has exactly the placeholders of its example."""
    if not isinstance(example, str):
        return
    expected, actual = (set(_PLACEHOLDER.findall(text)) for text in (example, str(target.fixtures[name])))
    where = target.where("fixtures", name)
    for each in sorted(expected - actual):
        yield Problem(where, f"fixtures.{name} lacks {each}", f"write it as in {example}")
    if set("{}") & set(_PLACEHOLDER.sub("", str(target.fixtures[name]))):
        yield Problem(where, f"fixtures.{name} has a brace that belongs to no name", f"write it as in {example}")
    for each in sorted(actual - expected):
        yield Problem(where, f"fixtures.{name} has {each}, which nothing fills in", f"write it as in {example}")


def _check_languages(target: Target, contract: Contract) -> Iterator[Problem]:
    name = contract.file.language_fixture
    listed = target.fixtures.get(name) if name else None
    if name is None or listed is None:
        return
    where = target.where("fixtures", name)
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        yield Problem(where, f"fixtures.{name} is no list of languages", f"write {name}: [ja, en]")
        return
    known = {wording.language for row in contract.rows for wording in list_wordings(row)} - {None}
    for index, language in enumerate(listed):
        if language not in known:
            what = f"fixtures.{name}: the contract has no wording in the language {language!r}"
            hint = f"its wordings are in {', '.join(sorted(map(str, known)))}; leave other languages out"
            yield Problem(target.where("fixtures", name, str(index)), what, hint)


def _check_rule(target: Target, name: str, rule: FixtureRule) -> Iterator[Problem]:
    """Yield a problem if a fixture breaks a rule. Members that the profile does not give are not checked."""
    kind, pointers = rule.kind_and_pointers
    places = [("fixtures", name, *pointer.split("/")[1:]) for pointer in pointers]
    names, lines = [".".join(place) for place in places], [target.where(*place) for place in places]
    found = [resolve_pointer(target.fixtures[name], pointer) for pointer in pointers[: 1 if rule.form else None]]
    if rule.distinct:
        seen: dict[str, str] = {}
        for (there, value), member, line in zip(found, names, lines, strict=True):
            if there and (known := seen.setdefault(str(value), member)) != member:
                yield Problem(line, f"{member} is {value}, as {known} is", "give each its own")
        return
    if not all(there for there, _ in found):
        return
    first, second, where = found[0][1], rule.form[1] if rule.form else found[1][1], lines[0]
    if kind == "ordered":
        if not (_is_number(first) and _is_number(second)):
            yield Problem(where, f"{names[0]} and {names[1]} must be numbers", "write them as digits, without quotes")
        elif first > second:
            yield Problem(where, f"{names[0]} is {first}, above {names[1]}, {second}", "exchange them")
        return
    if kind.endswith("match") and not isinstance(second, str):
        yield Problem(lines[1], f"{names[1]} must be text", "put it in quotes")
        return
    matched = _matches(str(first) if type(first) is int else first, second)
    if kind == "form" and matched is False:
        yield Problem(where, f"{names[0]} is {first}, no value of its kind", f"give one that matches {second}")
    if kind == "match" and matched is False:
        yield Problem(where, f"{names[0]} does not match {names[1]}", "give a value that the server accepts")
    if kind == "mismatch" and matched:
        yield Problem(where, f"{names[0]} matches {names[1]}", "give a value that the server must refuse")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(text: Any, pattern: Any) -> bool | None:
    """Return whether a text matches a pattern as a whole, or None if the pattern is not one that we can match."""
    return matches_whole(pattern, text) if isinstance(text, str) and isinstance(pattern, str) else None
