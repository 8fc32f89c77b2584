"""Checks what people log in with: one place that counts failures and writes them into the audit."""

import asyncio
from datetime import UTC, datetime, timedelta

from api.access.accounts import Account, Accounts
from api.access.throttle import WITHIN, Throttle, network_of
from api.errors import NotAuthenticatedError
from station.control.badges import Badges
from station.control.noting import deed
from station.control.passwords import Passwords
from station.control.people import normal_name
from station.domain.errors import AccessError
from station.storage.failed_logins import FailedLogins

AT_ONCE = 2
"""Passwords that are checked at the same time; whoever comes then waits, and is counted when it is checked."""
WRONG = "The name or the password is wrong, or the user may not log in."


class Logins:
    """Checks names with passwords, and counts what is wrong.

    Args:
        accounts: Who may log in.
        passwords: Checks passwords.
        throttle: Counts failures.
        kept: Keeps them, also for the next process.
        badges: Hashes badges.
    """

    def __init__(
        self, accounts: Accounts, passwords: Passwords, throttle: Throttle, kept: FailedLogins, badges: Badges
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._throttle = throttle
        self._kept = kept
        self._badges = badges
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
                if forgotten := self._throttle.succeeded(sources[1:]):
                    await self._kept.forget(forgotten)
                return account
            # A name that nobody has may be a password in the wrong field; it is counted in this process only.
            lasting = sources if account else sources[:1]
            await self._failed(sources, lasting, account.name if account else "unknown", address, how)
        raise NotAuthenticatedError(WRONG)

    async def check_badge(self, badge: str, address: str) -> Account:
        """Give the account that a badge lets in; a TooManyRequestsError or a StorageError passes through.

        A badge that nobody has, one of somebody who may not log in, and what is no badge are told alike, as late.

        Args:
            badge: As it was scanned.
            address: Where from; its failures are those of wrong passwords too.

        Raises:
            AccessError: If it is nobody's, or only names somebody who must show a password.
        """
        sources = (f"address {network_of(address)}",)
        async with self._one_of_few:
            self._throttle.check(*sources)
            account = await self._accounts.of_badge(await self._badges.hash(badge))
            if account is None:
                await self._failed(sources, sources, "unknown", address, "badge")
                msg = "Nobody here has this badge, or who has it may not log in."
                raise AccessError("BADGE_UNKNOWN", msg)
        if not account.role.badge_is_enough:
            msg = f"{account.name} is {account.role.value}: the badge says who it is, and the password must be entered."
            raise AccessError("BADGE_NEEDS_PASSWORD", msg, user=account.name)
        return account

    def check_source(self, kind: str, address: str) -> None:
        """Refuse what is shown from an address that showed too much that is wrong; raises as the throttle does."""
        self._throttle.check(f"{kind} {network_of(address)}")

    async def wrong(self, kind: str, address: str) -> None:
        """Count something wrong that names no user."""
        sources = (f"{kind} {network_of(address)}",)
        await self._failed(sources, sources, "unknown", address, kind)

    async def recall(self) -> None:
        """Count what failed before this process began; a StorageError passes through."""
        now = datetime.now(UTC)
        for source, at in await self._kept.since(now - WITHIN):
            # Somebody may have set the clock back meanwhile.
            self._throttle.recall(source, max(now - at, timedelta()))

    async def _failed(
        self, sources: tuple[str, ...], lasting: tuple[str, ...], name: str, address: str, how: str
    ) -> None:
        deeds = [deed("login_failed", name, address, how=how)]
        for source in self._throttle.failed(*sources):
            kind, _, whom = source.partition(" ")
            # Of a user's name only what exists, as above.
            target = name if kind == "user" else whom
            deeds.append(deed("lockout", target, address, how=how, counted_by=kind))
        await self._kept.add(deeds, lasting, forget_before=deeds[0].at - WITHIN)
