"""Who may do what, under the name that routes import it by; the command line uses it too."""

from station.domain.roles import Permission, Role

__all__ = ["Permission", "Role"]
