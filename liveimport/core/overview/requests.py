"""Whether what the user asks to run, or to exclude, can be done; if not, why."""

from collections.abc import Sequence

from liveimport.core.model import State
from liveimport.core.planning.dependencies import why_not_followed
from liveimport.core.planning.plan import ReloadPlan
from liveimport.core.report import messages

from .status import CURRENT, module_status


def module_names(names: Sequence[object]) -> tuple[str, ...]:
    """Returns the names, each once.

    Raises:
        TypeError: One is not a text.
        ValueError: One cannot be the name of a module.
    """
    checked: dict[str, None] = {}
    for name in names:
        if not isinstance(name, str):
            raise TypeError(messages.not_module_names(messages.printed(name)))
        # A module may have a name that no import statement can say, such as `01_prep`.
        if not all(name.split(".")) or any(c.isspace() or c in "/\\" for c in name):
            raise ValueError(messages.no_module_name(messages.printed(name)))
        checked[name] = None
    return tuple(checked)


def excluded_names(state: State, names: Sequence[object]) -> tuple[str, ...]:
    """Returns the names, each once, if all of them are excluded.

    Raises:
        TypeError: One is not a text.
        ValueError: One is not excluded.
    """
    checked = module_names(names)
    for name in checked:
        if name not in state.excluded:
            suggestion = messages.did_you_mean(name, sorted(state.excluded))
            raise ValueError(messages.not_excluded(name, suggestion))
    return checked


def why_not_reloaded(planned: State, plan: ReloadPlan, names: Sequence[str]) -> str:
    """Returns why one of the modules that are asked for does not run; empty if all of them do.

    Args:
        planned: The State that the plan leads to.
        plan: The plan in which they would run.
        names: The modules.
    """
    steps = {step.module for step in plan.steps}
    for name in names:
        if name not in steps:
            return messages.cannot_reload(name, _reason(planned, plan, name))
    return ""


def _reason(planned: State, plan: ReloadPlan, name: str) -> str:
    if planned.is_excluded(name):
        return messages.because_excluded()
    if name in planned.tracked:
        status = module_status(planned, plan, name)
        return status.message or ("" if status.state == CURRENT else status.state)
    if name in planned.project:
        return "; ".join(why_not_followed(planned, planned.graph, name))
    if name in planned.loaded:
        return messages.because_not_of_project()
    return messages.because_not_loaded(messages.did_you_mean(name, planned.tracked))
