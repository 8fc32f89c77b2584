"""Who calls, and how that is known."""

from dataclasses import dataclass

from api.access.roles import Role


@dataclass(frozen=True)
class Caller:
    """Who asks for something.

    Attributes:
        name: As the audit keeps it: a user's name, a key's name, or the address of somebody who need not log in.
        role: None: nobody in particular, who may do what is public.
        address: Where from.
        how: address, session, basic, token or key.
        session: The browser's session; empty where there is none.
        locked: Whether the browser's screen is locked: somebody must log in before anything but STOP is taken.
    """

    name: str
    role: Role | None
    address: str
    how: str = "address"
    session: str = ""
    locked: bool = False
