"""Operations of members: log in, exchange a grant token, read the profile, log out; and access to topics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import GRANT_SECONDS, STATIC_TOKEN, AccessToken, Account
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.responses import (
    TOKEN_REQUIRED,
    gateway_error,
    general_error,
    success,
    undocumented_error,
)
from conformance.reference.kuroco.rows import LOGIN, PROFILE, TOKEN


def log_in(context: KurocoContext, site: KurocoSite) -> JsonResponse:
    """Issues a grant token for an e-mail and a password."""
    body = context.body if isinstance(context.body, dict) else {}
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        name = "password" if isinstance(email, str) else "email"
        if site.choices["missing_login_keys"] == "400":
            return undocumented_error(400, "required", "Required property missing", name)
        return general_error(context, site, LOGIN)
    context.known_email = email in site.accounts.accounts
    account = site.accounts.authenticate(email, password)
    if account is None and not site.behaviour.enforces(LOGIN, context):
        account = site.accounts.accounts.get(email) or _first_account(site)
    if account is None or site.behaviour.wrong_rejection(context) == LOGIN:
        return general_error(context, site, LOGIN)
    grant = site.accounts.issue_grant(account)
    info = {"validUntil": int(site.accounts.now() + GRANT_SECONDS)}
    return success(200, site, grant_token=grant.value, status=0, member_id=account.member_id, info=info)


def exchange_token(context: KurocoContext, site: KurocoSite) -> JsonResponse:
    """Issues an access token for a grant token or a refresh token, or an anonymous one for neither."""
    body = context.body if isinstance(context.body, dict) else {}
    if not {"grant_token", "refresh_token"} & body.keys():
        if site.choices["empty_token_request"] == "refused":
            return general_error(context, site, TOKEN)
        return success(200, site, access_token=_token_json(site.accounts.issue_access(None), site))
    redeemed = _redeem(body, context, site)
    if redeemed is None or site.behaviour.wrong_rejection(context) == TOKEN:
        return general_error(context, site, TOKEN)
    access = site.accounts.issue_access(redeemed.account)
    tokens = {"access_token": _token_json(access, site)}
    if site.choices["refresh_token"] == "given":
        tokens["refresh_token"] = _token_json(site.accounts.issue_refresh(redeemed.account), site)
    return success(200, site, **tokens)


def get_profile(context: KurocoContext, site: KurocoSite) -> JsonResponse:
    """The member that the access token belongs to."""
    account = context.token.account if context.token else None
    if account is None and context.key is None and not site.behaviour.enforces(PROFILE, context):
        account = _first_account(site)
    if account is None or site.behaviour.wrong_rejection(context) == PROFILE:
        return gateway_error(401, TOKEN_REQUIRED, site, PROFILE)
    names = {"name1": account.name1, "name2": account.name2}
    return success(200, site, member_id=account.member_id, email=account.email, **names)


def log_out(context: KurocoContext, site: KurocoSite) -> JsonResponse:
    """Revokes the access token."""
    if context.token is None or context.token.account is None:
        if site.choices["logout_anonymous"] == "400":
            return undocumented_error(400, "bad_request")
    else:
        site.accounts.revoke(context.token)
    return success(200, site)


def check_access(context: KurocoContext, site: KurocoSite) -> JsonResponse | None:
    """The rejection of a request that lacks a valid access token where its operation needs one; else None."""
    if context.operation in ("login", "token"):
        return None
    if context.key is not None and context.token is None:
        return _invalid_token(site)
    if context.operation in ("list", "detail"):
        is_open = site.choices["reads_need_token"] == "no" or site.choices["anonymous_write"] == "done"
        return None if is_open or context.token is not None else gateway_error(401, TOKEN_REQUIRED, site)
    return _check_write_access(context, site) if context.operation in ("insert", "update", "delete") else None


def _check_write_access(context: KurocoContext, site: KurocoSite) -> JsonResponse | None:
    if context.token is not None and context.token.account is not None:
        return None
    if site.choices["anonymous_write"] == "done" or not site.behaviour.performs("check access to writes", context):
        return None
    if context.token is None and site.choices["anonymous_write"] == "401":
        return gateway_error(401, TOKEN_REQUIRED, site)
    return undocumented_error(403, "forbidden", "Insufficient permissions to perform this action.")


def _invalid_token(site: KurocoSite) -> JsonResponse:
    if site.choices["wrong_token"] == "envelope":
        return undocumented_error(401, "unauthorized", "Access token is invalid")
    return gateway_error(401, TOKEN_REQUIRED, site)


def _redeem(body: dict[str, Any], context: KurocoContext, site: KurocoSite) -> AccessToken | None:
    grant, refresh = body.get("grant_token"), body.get("refresh_token")
    if isinstance(refresh, str) and "grant_token" not in body:
        return site.accounts.renew(refresh)
    keep = site.choices["grant_again"] == "taken"
    found = site.accounts.redeem(grant if isinstance(grant, str) else "", keep=keep)
    if found is None and not site.behaviour.enforces(TOKEN, context):
        return AccessToken(STATIC_TOKEN, _first_account(site), site.accounts.now())
    return found


def _token_json(token: AccessToken, site: KurocoSite) -> Any:
    if site.choices["token_shape"] == "strings":
        return token.value
    expires = datetime.fromtimestamp(token.expires, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return {"value": token.value, "expiresAt": expires}


def _first_account(site: KurocoSite) -> Account:
    return next(iter(site.accounts.accounts.values()))
