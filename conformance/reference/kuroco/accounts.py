"""Accounts, and the grant, access and refresh tokens that were issued, each with its expiry."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

STATIC_TOKEN = "d3a1f0c29b7e4586a0c4e2175f9b63d8a71c05be94f2d6380e5ab7c1942f6d0e"
"""The access token that the site's owner created in its administration; it never expires."""

GRANT_SECONDS = 600.0
ACCESS_SECONDS = 3600.0
REFRESH_SECONDS = 14 * 86400.0
LOCKED_SECONDS = 3600.0


@dataclass(slots=True)
class Account:
    """One member who may log in, with the number of failed logins since the last success."""

    member_id: int
    email: str
    password: str
    name1: str
    name2: str
    failures: int = 0
    locked_until: float = 0.0


ACCOUNT = ("hanako@example.com", "kZ7-right-of-way")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that was issued: to which account (None: an anonymous visitor), and when it expires."""

    value: str
    account: Account | None
    expires: float


@dataclass(slots=True)
class AccountStore:
    """Checks passwords, issues tokens and redeems them; for one thread at a time.

    `now` is a clock in seconds; `lock_after` is the number of failed logins that locks an account for an hour.
    """

    now: Callable[[], float]
    lock_after: float = 5
    accounts: dict[str, Account] = field(default_factory=dict)
    grants: dict[str, AccessToken] = field(default_factory=dict)
    accesses: dict[str, AccessToken] = field(default_factory=dict)
    refreshes: dict[str, AccessToken] = field(default_factory=dict)

    def __post_init__(self) -> None:
        email, password = ACCOUNT
        account = Account(9, email, password, "Sato", "Hanako")
        self.accounts[email] = account
        self.accesses[STATIC_TOKEN] = AccessToken(STATIC_TOKEN, account, float("inf"))

    def authenticate(self, email: str, password: str) -> Account | None:
        """The account of an e-mail and its password, or None; repeated failures lock the account."""
        account = self.accounts.get(email)
        if account is None or account.locked_until > self.now():
            return None
        if hmac.compare_digest(account.password.encode(), password.encode("utf-8", "replace")):
            account.failures = 0
            return account
        account.failures += 1
        if account.failures >= self.lock_after:
            account.failures, account.locked_until = 0, self.now() + LOCKED_SECONDS
        return None

    def issue_grant(self, account: Account) -> AccessToken:
        """A grant token, to be exchanged once for an access token."""
        return self._issue(self.grants, account, GRANT_SECONDS)

    def redeem(self, value: str, *, keep: bool) -> AccessToken | None:
        """The valid grant token with this value, or None; it becomes invalid, unless kept."""
        return self._redeem(self.grants, value, keep=keep)

    def renew(self, value: str) -> AccessToken | None:
        """The valid refresh token with this value, or None; it becomes invalid."""
        return self._redeem(self.refreshes, value, keep=False)

    def issue_access(self, account: Account | None) -> AccessToken:
        """An access token for an account, or for an anonymous visitor."""
        return self._issue(self.accesses, account, ACCESS_SECONDS)

    def issue_refresh(self, account: Account | None) -> AccessToken:
        """A refresh token, to be exchanged once for new tokens."""
        return self._issue(self.refreshes, account, REFRESH_SECONDS)

    def find_access(self, value: str | None) -> AccessToken | None:
        """The valid access token with this value, or None."""
        token = self.accesses.get(value or "")
        return token if token and token.expires > self.now() else None

    def revoke(self, token: AccessToken) -> bool:
        """Revokes an access token and its account's refresh tokens; False for the static token, which stays valid."""
        if token.value == STATIC_TOKEN or token.account is None:
            return False
        self.accesses.pop(token.value, None)
        self.refreshes = {k: t for k, t in self.refreshes.items() if t.account is not token.account}
        return True

    def _issue(self, tokens: dict[str, AccessToken], account: Account | None, seconds: float) -> AccessToken:
        token = AccessToken(secrets.token_hex(32), account, self.now() + seconds)
        tokens[token.value] = token
        return token

    def _redeem(self, tokens: dict[str, AccessToken], value: str, *, keep: bool) -> AccessToken | None:
        token = tokens.get(value)
        if token is None or token.expires <= self.now():
            return None
        if not keep:
            del tokens[value]
        return token
