"""Who may do what, and what is kept of people and keys."""

from datetime import UTC, datetime

import pytest

from station.domain.errors import AccessError
from station.domain.people import ApiKey, User
from station.domain.roles import Permission, Role

AT = datetime(2026, 1, 5, tzinfo=UTC)
ALL = list(Permission)


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.VIEWER, ALL[:2]), (Role.OPERATOR, ALL[:3]), (Role.MANAGER, ALL[:4]), (Role.ADMIN, ALL)],
)
def test_each_role_may_do_what_the_one_before_it_may_and_one_thing_more(role: Role, may: list[Permission]) -> None:
    assert list(role.permissions) == may
    assert [permission for permission in ALL if role.may(permission)] == may


def test_a_user_and_a_key_are_read_as_they_were_written() -> None:
    user = User(name="kim", role=Role.OPERATOR, active=True, created_at=AT, created_by="lee", changed_at=AT)
    key = ApiKey(name="tablet", role=Role.VIEWER, active=True, created_at=AT, created_by="lee")

    assert User.model_validate_json(user.model_dump_json()) == user
    assert ApiKey.model_validate_json(key.model_dump_json()) == key
    assert key.revoked_at is None


def test_a_refusal_about_users_has_the_code_of_what_was_refused() -> None:
    error = AccessError("USER_EXISTS", "There is a user kim.", name="kim")

    assert (error.code, error.message, error.facts) == ("USER_EXISTS", "There is a user kim.", {"name": "kim"})


def test_a_badge_alone_lets_in_whoever_may_not_change_the_station() -> None:
    assert [role for role in Role if role.badge_is_enough] == [Role.VIEWER, Role.OPERATOR]
