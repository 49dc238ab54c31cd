"""What is told of old objects: in a report, and when somebody asks."""

import time
from collections.abc import Container, Sequence

from liveimport.core.overview.old_objects import DEFINITION, OldObject, OldObjects
from liveimport.core.report import messages
from liveimport.core.report.rendering import OLD_OBJECT, Detail, Line, Report
from liveimport.effects.old_versions.definitions import Old
from liveimport.effects.old_versions.new_versions import is_gone

from .made_in import History
from .search import Found, Holding
from .sizes import size_of

_MAX_LINES = 10
_HISTORY_S = 0.02
"""How long a report looks for the cells that made the names."""
_FOREVER = float("inf")


def old_object_report(
    found: "Found", cells: Sequence[str], already_reported: Container[str]
) -> Report:
    """Returns a line for each name that holds an old object, and what is left out.

    `cells` have run. Names that are `already_reported` are left out.
    """
    holdings = [one for one in found.holdings if one.name not in already_reported]
    history = History(cells, time.monotonic() + _HISTORY_S)
    objects = [_object(one, history) for one in holdings[:_MAX_LINES]]
    lines: list[str] = [one.line for one in objects]
    if len(holdings) > _MAX_LINES:
        left_out = messages.more_old_objects(len(holdings) - _MAX_LINES)
        lines.append(Line(left_out, kind=OLD_OBJECT))
    if not found.is_complete:
        lines.append(Line(messages.not_all_searched(), kind=OLD_OBJECT))
    advice = tuple(messages.advice_for(one.path, one.advice) for one in objects)
    details = (Detail(messages.what_to_do(), advice),) if advice else ()
    return Report(tuple(lines), details)


def old_objects(found: "Found", cells: Sequence[str]) -> OldObjects:
    """Returns all that was found, with sizes; what is alike below a name is counted together."""
    history = History(cells, _FOREVER)
    alike: dict[tuple[str, Old], list[Holding]] = {}
    for holding in found.holdings:
        alike.setdefault((holding.name, holding.old), []).append(holding)
    return OldObjects(
        tuple(_counted(together, history) for together in alike.values()), found.is_complete
    )


def _counted(alike: "Sequence[Holding]", history: History) -> OldObject:
    one = _object(alike[0], history)
    # A class or function is code, which is small.
    size = 0 if one.kind == DEFINITION else size_of(holding.value for holding in alike)
    return one._replace(total=len(alike), nbytes=size)


def _object(holding: "Holding", history: History) -> OldObject:
    kind, old, subclass = holding.old
    return OldObject(
        holding.name,
        holding.path,
        holding.is_path,
        kind,
        old,
        subclass,
        history.last_cell_binding(holding.name),
        holding.total,
        has_state_dict=holding.has_state_dict,
        can_upgrade=holding.can_upgrade,
        is_gone=is_gone(old),
    )
