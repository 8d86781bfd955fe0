"""Stores accounts, and the grant, access and refresh tokens that were issued, each with its expiry."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

STATIC_TOKEN = "d3a1f0c29b7e4586a0c4e2175f9b63d8a71c05be94f2d6380e5ab7c1942f6d0e"
"""The access token that the site's owner created in its administration; it never expires."""

LIFETIMES = {"grant": 600.0, "access": 3600.0, "refresh": 14 * 86400.0}
"""Seconds for which a token is valid, by kind. Grant and refresh tokens are exchanged for access tokens."""
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
    """A token that was issued to an account, or to an anonymous visitor if that is None, and its time of expiry."""

    value: str
    account: Account | None
    expires: float


@dataclass(slots=True)
class AccountStore:
    """Checks passwords, issues tokens and redeems them. Not thread-safe.

    `now` is a clock in seconds; `lock_after` is the number of failed logins that locks an account for an hour.
    """

    now: Callable[[], float]
    lock_after: float = 5
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, dict[str, AccessToken]] = field(default_factory=lambda: {kind: {} for kind in LIFETIMES})
    """Tokens by kind and value."""

    def __post_init__(self) -> None:
        email, password = ACCOUNT
        account = Account(9, email, password, "Sato", "Hanako")
        self.accounts[email] = account
        self.tokens["access"][STATIC_TOKEN] = AccessToken(STATIC_TOKEN, account, float("inf"))

    def authenticate(self, email: str, password: str) -> Account | None:
        """Return the account of an e-mail and its password, or None. Repeated failures lock the account."""
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

    def issue(self, kind: str, account: Account | None) -> AccessToken:
        """Issue a new token of a kind, for an account or for an anonymous visitor."""
        token = AccessToken(secrets.token_hex(32), account, self.now() + LIFETIMES[kind])
        self.tokens[kind][token.value] = token
        return token

    def find(self, kind: str, value: str | None) -> AccessToken | None:
        """Return the valid token of a kind with this value, or None."""
        token = self.tokens[kind].get(value or "")
        return token if token and token.expires > self.now() else None

    def redeem(self, kind: str, value: str, *, keep: bool = False) -> AccessToken | None:
        """Return the valid token of a kind with this value, or None; invalidate it unless `keep` is set."""
        token = self.find(kind, value)
        if token and not keep:
            del self.tokens[kind][value]
        return token

    def revoke(self, token: AccessToken) -> None:
        """Revoke an access token and its account's refresh tokens. The static token stays valid."""
        if token.value != STATIC_TOKEN and token.account is not None:
            self.tokens["access"].pop(token.value, None)
            refreshes = self.tokens["refresh"].items()
            self.tokens["refresh"] = {value: one for value, one in refreshes if one.account is not token.account}
