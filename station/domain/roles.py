"""Who may do what: four roles, each of which may do all that the one before it may."""

from enum import StrEnum


class Permission(StrEnum):
    """What something asks of whoever wants it done."""

    PUBLIC = "public"
    """Nothing: liveness, and logging in. The caller's address must be served all the same."""
    WATCH = "watch"
    """To see what the station does and did."""
    OPERATE = "operate"
    """To run units: start, stop, pause, answer, choose."""
    MANAGE = "manage"
    """To steer a run against its plan, to control by hand, to decide what the MES is told."""
    ADMINISTER = "administer"
    """To change what the station is: packages, users, settings."""


class Role(StrEnum):
    """What somebody is on this station."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"

    def may(self, permission: Permission) -> bool:
        """Whether somebody of this role may do that."""
        return permission in _MAY[self]

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Everything somebody of this role may do."""
        return tuple(each for each in _ORDER if self.may(each))

    @property
    def badge_is_enough(self) -> bool:
        """Whether somebody of this role is let in by a badge alone, which may be lost and can be copied."""
        return not self.may(Permission.MANAGE)


_ORDER = (Permission.PUBLIC, Permission.WATCH, Permission.OPERATE, Permission.MANAGE, Permission.ADMINISTER)
_MAY = {role: frozenset(_ORDER[: number + 2]) for number, role in enumerate(Role)}
