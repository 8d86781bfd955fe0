"""The initial state of a reference service, and its target profile."""

import random
import uuid
from collections.abc import Mapping
from typing import Any, Final

from conformance.reference.microcms.state import KEYS, Content, Member, Store

ENDPOINT: Final = "news"
OBJECT: Final = "settings"
_WORDS: Final = (
    "harbour", "lantern", "orchard", "glacier", "velvet", "compass", "thicket", "marble", "saffron", "pelican",
    "quartz", "meadow", "almanac", "furnace", "willow", "zephyr",
)  # fmt: skip
_STATES: Final = ("PUBLISH", "DRAFT", "PUBLISH", "CLOSED", "PUBLISH_AND_DRAFT", "PUBLISH", "DRAFT", "PUBLISH")
_IMAGES: Final = 13


def create_store(choices: Mapping[str, str]) -> Store:
    """Create a store with sixteen contents in a list, one object, eighteen media and three members."""
    store = Store(choices["media_host"], choices["token_form"], float(choices["token_seconds"]))
    source = random.Random(choices["id_style"])  # noqa: S311 - IDs, not secrets
    members = [
        Member(_new_id("uuid", "", source), "Hana"),
        Member(_new_id("uuid", "", source), "Kenji"),
        Member(_new_id("uuid", "", source), "", inviting=True),
    ]
    store.members = {person.id: person for person in members}
    for number in range(_IMAGES):
        store.add_medium(f"{_WORDS[number]}-view.png", 1000 + number, image=True)
    for number in range(5):
        store.add_medium(f"{_WORDS[number]}-notes.pdf", 2000 + number, image=False)
    group: dict[str, Content] = {}
    for number, word in enumerate(_WORDS):
        at = f"2026-02-{number + 1:02}T03:00:00.000Z"
        content = Content(
            _new_id(choices["id_style"], word, source), _STATES[number % len(_STATES)], members[1].id, at, at
        )
        group[content.id] = content
    list(group.values())[2].media = (store.media[-1].id,)
    store.contents = {ENDPOINT: group, "diary": {}}
    at = "2026-01-05T03:00:00.000Z"
    store.objects = {
        OBJECT: Content(_new_id(choices["id_style"], "settings-object", source), "PUBLISH", members[0].id, at, at)
    }
    return store


def _new_id(style: str, word: str, source: random.Random) -> str:
    if style == "words":
        return word
    if style == "uuid":
        return str(uuid.UUID(int=source.getrandbits(128), version=4))
    return "".join(source.choice("abcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(11))


def fixtures(store: Store) -> dict[str, Any]:
    """Return every fixture that a case may need."""
    group = list(store.contents[ENDPOINT].values())
    members = list(store.members.values())
    referenced, unreferenced = store.media[-1], store.media[-2]
    return {
        "endpoint": ENDPOINT,
        "object_endpoint": OBJECT,
        "content_id": group[0].id,
        "draft_content_id": group[1].id,
        "own_content_id": group[6].id,
        "missing_content_id": "never-was-here",
        "member_id": members[0].id,
        "invited_member_id": members[2].id,
        "missing_member_id": "00000000-0000-4000-8000-000000000000",
        "media_file_name": store.media[-3].name,
        "missing_media_file_name": "no-such-file-anywhere.png",
        "media_url": unreferenced.url,
        "referenced_media_url": referenced.url,
        "referencing_content_id": group[2].id,
        "missing_media_url": f"https://{store.host}/assets/7d2b1c4e/{'0' * 32}/gone.png",
        "expired_media_token": store.issue_token(10, 10, image_only=False, file_name="", seconds=-1),
    }


def profile(base_url: str, store: Store, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the complete target profile of a service."""
    credentials = {name: {"header": "X-MICROCMS-API-KEY", "value": KEYS[name]} for name in ("full", "forbidden")}
    throttled = {"header": "X-MICROCMS-API-KEY", "value": KEYS["throttled"], "allowance": choices["allowance"]}
    return {
        "contract": "microcms-management",
        "base_url": base_url,
        "credentials": {**credentials, "throttled": throttled},
        "fixtures": fixtures(store),
        "vantages": {"outside": {"source_address": "127.0.0.9"}},
        "hooks": {"internal_error": {"headers": {"X-Fault": "internal"}}},
        "allow": ["write", "delete", "exhaust"],
        "timeout": "10s",
    }
