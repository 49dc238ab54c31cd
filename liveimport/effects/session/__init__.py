"""The session: the one mutable State, and who may change it when."""

from .directories import directories_of
from .parts import Namespace
from .session import SESSION, Session

__all__ = ["SESSION", "Namespace", "Session", "directories_of"]
