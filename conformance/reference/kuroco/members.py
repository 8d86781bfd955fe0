"""What members do: log in, exchange a grant for tokens, look at their profile, log out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from conformance.reference.kuroco.replies import NEEDS_TOKEN, gateway, general, success, undocumented
from conformance.reference.kuroco.session import GRANT_SECONDS, STATIC_TOKEN, Account, Token
from conformance.reference.kuroco.setting import Setting, Visit
from conformance.reference.kuroco.vocabulary import LOGIN, PROFILE, TOKEN
from conformance.reference.messages import Reply

__all__ = ["admission", "login", "logout", "profile", "token"]


def login(visit: Visit, setting: Setting) -> Reply:
    """Gives a grant token for an e-mail and a password."""
    body = visit.body if isinstance(visit.body, dict) else {}
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        name = "password" if isinstance(email, str) else "email"
        if setting.choices["missing_login_keys"] == "400":
            return undocumented(400, "required", "Required property missing", name)
        return general(visit, setting, LOGIN)
    visit.known_email = email in setting.desk.accounts
    account = setting.desk.authenticate(email, password)
    if account is None and not setting.decisions.holds(LOGIN, visit):
        account = setting.desk.accounts.get(email) or _anybody(setting)
    if account is None or setting.decisions.invented(visit) == LOGIN:
        return general(visit, setting, LOGIN)
    grant = setting.desk.grant(account)
    info = {"validUntil": int(setting.desk.now() + GRANT_SECONDS)}
    return success(200, setting, grant_token=grant.value, status=0, member_id=account.member_id, info=info)


def token(visit: Visit, setting: Setting) -> Reply:
    """Gives an access token for a grant token, for a refresh token, or to anybody who names neither."""
    body = visit.body if isinstance(visit.body, dict) else {}
    if not {"grant_token", "refresh_token"} & body.keys():
        if setting.choices["empty_token_request"] == "refused":
            return general(visit, setting, TOKEN)
        return success(200, setting, access_token=_out(setting.desk.access(None), setting))
    taken = _exchanged(body, visit, setting)
    if taken is None or setting.decisions.invented(visit) == TOKEN:
        return general(visit, setting, TOKEN)
    access = setting.desk.access(taken.account)
    given = {"access_token": _out(access, setting)}
    if setting.choices["refresh_token"] == "given":
        given["refresh_token"] = _out(setting.desk.refresh(taken.account), setting)
    return success(200, setting, **given)


def profile(visit: Visit, setting: Setting) -> Reply:
    """Who the access token belongs to."""
    account = visit.token.account if visit.token else None
    if account is None and visit.key is None and not setting.decisions.holds(PROFILE, visit):
        account = _anybody(setting)
    if account is None or setting.decisions.invented(visit) == PROFILE:
        return gateway(401, NEEDS_TOKEN, setting, PROFILE)
    names = {"name1": account.name1, "name2": account.name2}
    return success(200, setting, member_id=account.member_id, email=account.email, **names)


def logout(visit: Visit, setting: Setting) -> Reply:
    """Ends the session of the access token."""
    if visit.token is None or visit.token.account is None:
        if setting.choices["logout_anonymous"] == "400":
            return undocumented(400, "bad_request")
    elif setting.decisions.does("log out", visit):
        setting.desk.revoke(visit.token)
    return success(200, setting)


def admission(visit: Visit, setting: Setting) -> Reply | None:
    """The refusal of a visit whose access token is lacking or not valid, where its operation needs one."""
    if visit.operation in ("login", "token"):
        return None
    if visit.key is not None and visit.token is None:
        return _wrong_token(setting)
    if visit.operation in ("list", "detail"):
        open_to_all = visit.token is not None or setting.choices["reads_need_token"] == "no"
        return None if open_to_all else gateway(401, NEEDS_TOKEN, setting)
    return _write_admission(visit, setting) if visit.operation in ("insert", "update", "delete") else None


def _write_admission(visit: Visit, setting: Setting) -> Reply | None:
    if visit.token is not None and visit.token.account is not None:
        return None
    if visit.token is None and setting.choices["anonymous_write"] == "401":
        return gateway(401, NEEDS_TOKEN, setting)
    return undocumented(403, "forbidden", "Insufficient permissions to perform this action.")


def _wrong_token(setting: Setting) -> Reply:
    if setting.choices["wrong_token"] == "envelope":
        return undocumented(401, "unauthorized", "Access token is invalid")
    return gateway(401, NEEDS_TOKEN, setting)


def _exchanged(body: dict[str, Any], visit: Visit, setting: Setting) -> Token | None:
    value, renewed = body.get("grant_token"), body.get("refresh_token")
    if isinstance(renewed, str) and "grant_token" not in body:
        return setting.desk.renew(renewed)
    text = value if isinstance(value, str) else ""
    found = setting.desk.redeem(text, keep=setting.choices["grant_again"] == "taken")
    if found is None and not setting.decisions.holds(TOKEN, visit):
        return Token(STATIC_TOKEN, _anybody(setting), setting.desk.now())
    return found


def _out(token: Token, setting: Setting) -> Any:
    if setting.choices["token_shape"] == "strings":
        return token.value
    expires = datetime.fromtimestamp(token.expires, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return {"value": token.value, "expiresAt": expires}


def _anybody(setting: Setting) -> Account:
    return next(iter(setting.desk.accounts.values()))
