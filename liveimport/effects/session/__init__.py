"""The session: the one mutable State, and who may change it when."""

from .directories import directories_of
from .parts import Namespace
from .running import NOBODY_TOLD, Told
from .session import SESSION, Session

__all__ = ["NOBODY_TOLD", "SESSION", "Namespace", "Session", "Told", "directories_of"]
