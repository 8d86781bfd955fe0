"""Who is who: accounts, grant tokens, access tokens and refresh tokens, each with its end."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["ACCOUNT", "STATIC_TOKEN", "Account", "Desk", "Token"]

STATIC_TOKEN = "d3a1f0c29b7e4586a0c4e2175f9b63d8a71c05be94f2d6380e5ab7c1942f6d0e"
"""The access token that the site's owner made in its administration; it has no end."""

GRANT_SECONDS = 600.0
ACCESS_SECONDS = 3600.0
REFRESH_SECONDS = 14 * 86400.0
LOCKED_SECONDS = 3600.0
FAILURES_BEFORE_LOCK = 5


@dataclass(slots=True)
class Account:
    """One member who may log in, and how often that went wrong of late."""

    member_id: int
    email: str
    password: str
    name1: str
    name2: str
    failures: int = 0
    locked_until: float = 0.0


ACCOUNT = ("hanako@example.com", "kZ7-right-of-way")


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out: for whom (none: for anybody), and until when by the desk's clock."""

    value: str
    account: Account | None
    expires: float


@dataclass(slots=True)
class Desk:
    """Gives out tokens and takes them back; one thread at a time. `now` is in seconds."""

    now: Callable[[], float]
    accounts: dict[str, Account] = field(default_factory=dict)
    grants: dict[str, Token] = field(default_factory=dict)
    accesses: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, Token] = field(default_factory=dict)

    def __post_init__(self) -> None:
        email, password = ACCOUNT
        account = Account(9, email, password, "Sato", "Hanako")
        self.accounts[email] = account
        self.accesses[STATIC_TOKEN] = Token(STATIC_TOKEN, account, float("inf"))

    def authenticate(self, email: str, password: str) -> Account | None:
        """The account that the two belong to; five failures in a row lock an account for an hour."""
        account = self.accounts.get(email)
        if account is None or account.locked_until > self.now():
            return None
        if hmac.compare_digest(account.password.encode(), password.encode("utf-8", "replace")):
            account.failures = 0
            return account
        account.failures += 1
        if account.failures >= FAILURES_BEFORE_LOCK:
            account.failures, account.locked_until = 0, self.now() + LOCKED_SECONDS
        return None

    def grant(self, account: Account) -> Token:
        """A grant token, for one exchange against an access token."""
        return self._give(self.grants, account, GRANT_SECONDS)

    def redeem(self, value: str, *, keep: bool = False) -> Token | None:
        """The grant token of that value if it is still good; it is used up by this, unless kept."""
        return self._take(self.grants, value, keep=keep)

    def renew(self, value: str) -> Token | None:
        """The refresh token of that value if it is still good; it is used up by this."""
        return self._take(self.refreshes, value, keep=False)

    def access(self, account: Account | None) -> Token:
        """An access token for an account, or for an anonymous visitor."""
        return self._give(self.accesses, account, ACCESS_SECONDS)

    def refresh(self, account: Account | None) -> Token:
        """A refresh token, for one exchange against new tokens."""
        return self._give(self.refreshes, account, REFRESH_SECONDS)

    def holder(self, value: str | None) -> Token | None:
        """The access token of that value if it is good."""
        token = self.accesses.get(value or "")
        return token if token and token.expires > self.now() else None

    def revoke(self, token: Token) -> bool:
        """Ends an access token and its account's refresh tokens. The site's own static token stays; False says so."""
        if token.value == STATIC_TOKEN or token.account is None:
            return False
        self.accesses.pop(token.value, None)
        self.refreshes = {k: t for k, t in self.refreshes.items() if t.account is not token.account}
        return True

    def _give(self, drawer: dict[str, Token], account: Account | None, seconds: float) -> Token:
        token = Token(secrets.token_hex(32), account, self.now() + seconds)
        drawer[token.value] = token
        return token

    def _take(self, drawer: dict[str, Token], value: str, *, keep: bool) -> Token | None:
        token = drawer.get(value)
        if token is None or token.expires <= self.now():
            return None
        if not keep:
            del drawer[value]
        return token
