"""Operations of members: log in, exchange a grant token, read the profile, log out. Also checks access to topics."""

from datetime import UTC, datetime
from typing import Any

from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import LIFETIMES, STATIC_TOKEN, AccessToken, Account
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.responses import (
    TOKEN_REQUIRED,
    gateway_error,
    general_error,
    success,
    undocumented_error,
)
from conformance.reference.kuroco.rows import LOGIN, PROFILE, TOKEN


def log_in(context: KurocoContext) -> JsonResponse:
    """Issue a grant token for an e-mail and a password."""
    body = context.body if isinstance(context.body, dict) else {}
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        name = "password" if isinstance(email, str) else "email"
        if context.site.choices["missing_login_keys"] == "400":
            return undocumented_error(400, "required", "Required property missing", name)
        return general_error(context, LOGIN)
    context.known_email = email in context.site.accounts.accounts
    account = context.site.accounts.authenticate(email, password)
    if account is None and not context.site.behaviour.enforces(LOGIN, context):
        account = context.site.accounts.accounts.get(email) or _first_account(context.site)
    if account is None or context.site.behaviour.wrong_rejection(context) == LOGIN:
        return general_error(context, LOGIN)
    grant = context.site.accounts.issue("grant", account)
    info = {"validUntil": int(context.site.accounts.now() + LIFETIMES["grant"])}
    return success(200, context.site, grant_token=grant.value, status=0, member_id=account.member_id, info=info)


def exchange_token(context: KurocoContext) -> JsonResponse:
    """Issue an access token for a grant token or a refresh token, or an anonymous one for neither."""
    body = context.body if isinstance(context.body, dict) else {}
    if not {"grant_token", "refresh_token"} & body.keys():
        if context.site.choices["empty_token_request"] == "refused":
            return general_error(context, TOKEN)
        return success(
            200, context.site, access_token=_token_json(context.site.accounts.issue("access", None), context.site)
        )
    redeemed = _redeem(body, context)
    if redeemed is None or context.site.behaviour.wrong_rejection(context) == TOKEN:
        return general_error(context, TOKEN)
    access = context.site.accounts.issue("access", redeemed.account)
    tokens = {"access_token": _token_json(access, context.site)}
    if context.site.choices["refresh_token"] == "given":
        tokens["refresh_token"] = _token_json(context.site.accounts.issue("refresh", redeemed.account), context.site)
    return success(200, context.site, **tokens)


def get_profile(context: KurocoContext) -> JsonResponse:
    """Return the member to whom the access token belongs."""
    account = context.token.account if context.token else None
    if account is None and context.key is None and not context.site.behaviour.enforces(PROFILE, context):
        account = _first_account(context.site)
    if account is None or context.site.behaviour.wrong_rejection(context) == PROFILE:
        return gateway_error(401, TOKEN_REQUIRED, context.site, PROFILE)
    names = {"name1": account.name1, "name2": account.name2}
    return success(200, context.site, member_id=account.member_id, email=account.email, **names)


def log_out(context: KurocoContext) -> JsonResponse:
    """Revoke the access token."""
    if context.token is None or context.token.account is None:
        if context.site.choices["logout_anonymous"] == "400":
            return undocumented_error(400, "bad_request")
    else:
        context.site.accounts.revoke(context.token)
    return success(200, context.site)


def check_access(context: KurocoContext) -> JsonResponse | None:
    """Return the rejection of a request without the access token that its operation needs, or None."""
    if context.operation in ("login", "token"):
        return None
    if context.key is not None and context.token is None:
        return _invalid_token(context.site)
    if context.operation in ("list", "detail"):
        is_open = context.site.choices["reads_need_token"] == "no" or context.site.choices["anonymous_write"] == "done"
        return None if is_open or context.token is not None else gateway_error(401, TOKEN_REQUIRED, context.site)
    return _check_write_access(context) if context.operation in ("insert", "update", "delete") else None


def _check_write_access(context: KurocoContext) -> JsonResponse | None:
    if context.token is not None and context.token.account is not None:
        return None
    if context.site.choices["anonymous_write"] == "done" or not context.site.behaviour.performs(
        "check access to writes", context
    ):
        return None
    if context.token is None and context.site.choices["anonymous_write"] == "401":
        return gateway_error(401, TOKEN_REQUIRED, context.site)
    return undocumented_error(403, "forbidden", "Insufficient permissions to perform this action.")


def _invalid_token(site: KurocoSite) -> JsonResponse:
    if site.choices["wrong_token"] == "envelope":
        return undocumented_error(401, "unauthorized", "Access token is invalid")
    return gateway_error(401, TOKEN_REQUIRED, site)


def _redeem(body: dict[str, Any], context: KurocoContext) -> AccessToken | None:
    grant, refresh = body.get("grant_token"), body.get("refresh_token")
    if isinstance(refresh, str) and "grant_token" not in body:
        return context.site.accounts.redeem("refresh", refresh)
    keep = context.site.choices["grant_again"] == "taken"
    found = context.site.accounts.redeem("grant", grant if isinstance(grant, str) else "", keep=keep)
    if found is None and not context.site.behaviour.enforces(TOKEN, context):
        return AccessToken(STATIC_TOKEN, _first_account(context.site), context.site.accounts.now())
    return found


def _token_json(token: AccessToken, site: KurocoSite) -> Any:
    if site.choices["token_shape"] == "strings":
        return token.value
    expires = datetime.fromtimestamp(token.expires, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return {"value": token.value, "expiresAt": expires}


def _first_account(site: KurocoSite) -> Account:
    return next(iter(site.accounts.accounts.values()))
