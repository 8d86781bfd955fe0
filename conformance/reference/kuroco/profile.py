"""The target profile of the reference site; its credentials are valid nowhere else."""

from typing import Any

from conformance.reference.hooks import late_effects
from conformance.reference.kuroco.accounts import ACCOUNT, STATIC_TOKEN
from conformance.reference.kuroco.context import KurocoSite
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.language import LANGUAGES
from conformance.reference.kuroco.routes import BASE, GROUP_PATH, MISSING_GROUP_PATH

_ID = "{topics_id}"


def profile(base_url: str, site: KurocoSite) -> dict[str, Any]:
    """Return a complete target profile as a JSON value."""
    email, password = ACCOUNT
    return {
        "contract": "kuroco",
        "base_url": base_url,
        "credentials": {
            "token": {"header": "X-RCMS-API-ACCESS-TOKEN", "value": STATIC_TOKEN},
            "login": {"email": {"value": email}, "password": {"value": password}},
        },
        "fixtures": {
            "login_path": f"{BASE}/login",
            "logout_path": f"{BASE}/logout",
            "profile_path": f"{BASE}/profile",
            "token_path": f"{BASE}/token",
            "list_path": GROUP_PATH,
            "detail_path": f"{GROUP_PATH}/{_ID}",
            "insert_path": f"{GROUP_PATH}/insert",
            "update_path": f"{GROUP_PATH}/update/{_ID}",
            "delete_path": f"{GROUP_PATH}/delete/{_ID}",
            "missing_group_list_path": MISSING_GROUP_PATH,
            "missing_group_detail_path": f"{MISSING_GROUP_PATH}/{_ID}",
            "missing_group_insert_path": f"{MISSING_GROUP_PATH}/insert",
            "missing_group_update_path": f"{MISSING_GROUP_PATH}/update/{_ID}",
            "topics_id": min(site.store.topics),
            "missing_topics_id": 999_999_999,
            "fields": {field.kind: _field(field) for field in site.fields},
            "languages": list(LANGUAGES),
        },
        "allow": ["write", "delete", "exhaust"],
        "pace": "1000/1s",
        "timeout": "10s",
        **late_effects(site.behaviour.delay),
    }


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "title": field.title, "valid": field.valid}
    if field.kind == "length":
        described |= {"min": field.least, "max": field.most}
    if field.kind == "regex":
        described |= {"pattern": field.pattern, "mismatch": field.mismatch}
    return described
