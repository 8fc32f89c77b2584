"""Checks what people log in with: one place that counts failures and writes them into the audit."""

import asyncio

from api.access.accounts import Account, Accounts
from api.access.throttle import Throttle, network_of
from api.errors import NotAuthenticatedError
from station.control.noting import deed
from station.control.passwords import Passwords
from station.control.people import normal_name
from station.storage.audit import Audit

AT_ONCE = 2
"""Passwords that are checked at the same time; whoever comes then waits, and is counted when it is checked."""
WRONG = "The name or the password is wrong, or the user may not log in."


class Logins:
    """Checks names with passwords, and counts what is wrong.

    Args:
        accounts: Who may log in.
        passwords: Checks passwords.
        throttle: Counts failures.
        audit: Keeps them.
    """

    def __init__(self, accounts: Accounts, passwords: Passwords, throttle: Throttle, audit: Audit) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._throttle = throttle
        self._audit = audit
        self._one_of_few = asyncio.Semaphore(AT_ONCE)

    async def check(self, name: str, password: str, address: str, how: str) -> Account:
        """Give the account whose password this is; a TooManyRequestsError or a StorageError passes through.

        Args:
            name: As it was typed.
            password: As it was typed.
            address: Where from.
            how: The way in; kept in the audit.

        Raises:
            NotAuthenticatedError: If it is nobody's.
        """
        account = await self._accounts.find(name[:256])
        sources = (f"address {network_of(address)}", f"user {normal_name(name[:256])}")
        if account is not None and self._passwords.remembers(password, account.password_hash):
            self._throttle.check(*sources)
            return account
        async with self._one_of_few:
            self._throttle.check(*sources)
            if await self._passwords.check(password, account.password_hash if account else None) and account:
                # The address keeps its failures: somebody with one password must not guess others between.
                self._throttle.succeeded(sources[1:])
                return account
            # A name that nobody has may be a password in the wrong field.
            await self.failed(sources, account.name if account else "unknown", address, how)
        raise NotAuthenticatedError(WRONG)

    def check_source(self, kind: str, address: str) -> None:
        """Refuse what is shown from an address that showed too much that is wrong; raises as the throttle does."""
        self._throttle.check(f"{kind} {network_of(address)}")

    async def wrong(self, kind: str, address: str) -> None:
        """Count something wrong that names no user."""
        await self.failed((f"{kind} {network_of(address)}",), "unknown", address, kind)

    async def failed(self, sources: tuple[str, ...], name: str, address: str, how: str) -> None:
        """Count a failure, and write it down."""
        locked = self._throttle.failed(*sources)
        await self._audit.write(deed("login_failed", name, address, how=how))
        for source in locked:
            kind, _, whom = source.partition(" ")
            # Of a user's name only what exists, as above.
            target = name if kind == "user" else whom
            await self._audit.write(deed("lockout", target, address, how=how, counted_by=kind))
