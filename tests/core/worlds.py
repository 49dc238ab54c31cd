"""Projects drawn as literals, so that a test of the planner reads as a line. No file is touched.

    world(a="import b", b="").register("import a").edit(b="x = 1").trace()   # "b! a<b"

A keyword is a module and its value the source; two underscores stand for a dot, so ``p__a``
is ``p.a``, and ``p`` is a package if anything lies below it. All modules are loaded, in the
version that is drawn; `edit` of another name adds a file that nobody has imported yet.

A trace has a word for each step: ``b!`` is modified, ``a<b`` reloads because b does, and
``c+`` runs for the first time. ``|`` parts the groups, and ``[b!]`` is held back.
"""

from collections.abc import Callable

from attrs import evolve, frozen
from pyrsistent import PMap, pmap

from liveimport.core.outcome import Failed, Outcome, ReloadEvent, settle
from liveimport.core.plan import plan_reload, unseen
from liveimport.core.registration import parse_imports
from liveimport.core.snapshot import ABSENT, Found, Snapshot, Source, Stamp, Unseen, Wanted
from liveimport.core.source import Contents, analyse
from liveimport.core.state import Failure, State, register, within
from liveimport.core.steps import FRESH, MODIFIED, Group, Plan, Step
from liveimport.core.survey import survey
from liveimport.core.tracking import track
from liveimport.core.versions import worth_reading

PROJECT = "/project/"
SECOND = 10**9


@frozen
class File:
    """A file of the drawing: what a scan would find in it."""

    path: str
    text: str
    stamp: Stamp
    real: str
    racy: bool = False
    extension: bool = False
    starred: frozenset[str] = frozenset()


@frozen
class Load:
    """A loaded module: the version noted when it was imported, and the names that it has.

    It is shadowed if its package shows something else under its name.
    """

    version: Stamp | None
    generation: int = 0
    names: frozenset[str] = frozenset()
    shadowed: bool = False


@frozen
class World:
    """A project, a session in it, and the time."""

    state: State
    files: PMap[str, File]
    loaded: PMap[str, Load]
    now: int = 0
    outcome: Outcome = Outcome(0)

    # What the user does.

    def register(self, statements: str, *, key: int = 1, clear: bool = False) -> "World":
        """Executes and registers import statements in namespace `key`."""
        state = register(self.state, key, parse_imports(statements), clear=clear)
        return self.enrolled(state)

    def workspace(self, *directories: str) -> "World":
        """Makes these the workspace."""
        return self.enrolled(track(evolve(self.state, workspace=directories)))

    def detect(self, how: str) -> "World":
        """Sets what counts as changed."""
        return evolve(self, state=evolve(self.state, detect=how))

    # What happens to the files. Each step is a second later than the one before.

    def edit(self, **texts: str) -> "World":
        """Saves files with these texts; a name that is new is a file nobody has imported."""
        named = {dotted(keyword): text for keyword, text in texts.items()}
        packages = {name.rpartition(".")[0] for name in (*self.files, *named)}
        world = evolve(self, now=self.now + 1)
        return world.with_files(
            {
                name: world.saved(name, text, package=name in packages)
                for name, text in named.items()
            }
        )

    def touch(self, *names: str) -> "World":
        """Saves files with the text that they have."""
        return self.edit(**{name: self.files[name].text for name in names})

    def remove(self, *names: str) -> "World":
        """Removes files."""
        files = self.files
        for name in names:
            files = files.remove(name)
        return evolve(self, files=files)

    def restamp(self, name: str, **fields: int) -> "World":
        """Changes what stat says of a file, and nothing else."""
        return self.alter(name, stamp=self.files[name].stamp._replace(**fields))

    def hide(self, **texts: str) -> "World":
        """Writes to files that keep their stamps: two writes within one tick of the clock."""
        world = self
        for keyword, text in texts.items():
            world = world.alter(dotted(keyword), text=text)
        return world

    def alter(self, name: str, **fields: object) -> "World":
        """Changes these fields of a file."""
        return self.with_files({name: evolve(self.files[name], **fields)})

    def unnoted(self, *names: str) -> "World":
        """Leaves it unknown which version of their files these modules were loaded from."""
        known = {n: evolve(self.loaded[n], version=None) for n in names}
        return evolve(self, loaded=self.loaded.update(known))

    def loaded_without_file(self, *names: str) -> "World":
        """Loads modules that no file belongs to, as built-ins are."""
        return evolve(self, loaded=self.loaded.update({n: Load(None) for n in names}))

    def shadow(self, *names: str) -> "World":
        """Lets the packages of these loaded modules show something else under their names."""
        shadowed = {n: evolve(self.loaded[n], shadowed=True) for n in names}
        return evolve(self, loaded=self.loaded.update(shadowed))

    # What LiveImport does.

    def plan(self, *, insist: bool = False) -> Plan:
        """Returns what a sync would do."""
        return self.planned(insist=insist)[0]

    def planned(self, *, insist: bool = False) -> tuple[Plan, State]:
        """Returns what a sync would do, and the State if all of it succeeds.

        What the State knows of its shape only saves work: without it, the plan is the same.
        """
        bare = evolve(self, state=evolve(self.state, shape=None))
        slow, expected = plan_reload(bare.state, bare.snapshot(), insist=insist)
        plan, planned = plan_reload(self.state, self.snapshot(), insist=insist)
        assert (plan, evolve(planned, shape=None)) == (slow, evolve(expected, shape=None))
        return plan, planned

    def trace(self, *, insist: bool = False) -> str:
        """Returns the plan as a line."""
        return " | ".join(map(_group_trace, self.plan(insist=insist).groups))

    def sync(self, *, fails: str = "", insist: bool = False) -> "World":
        """Returns the world after a sync in which the modules named in `fails` raise."""
        plan, planned = self.planned(insist=insist)
        outcome = _ran(plan, frozenset(fails.split()))
        loaded = {
            step.module: Load(step.stamp, planned.generation, step.now.contents.binds.names)
            for step in plan.steps
            if step.module not in outcome.unrun
        }
        return evolve(
            self,
            state=settle(self.state, planned, outcome),
            outcome=outcome,
            loaded=self.loaded.update(loaded),
        )

    @property
    def tracked(self) -> str:
        """The tracked modules as a line."""
        return " ".join(self.state.tracked)

    @property
    def owed(self) -> str:
        """The failures as a line: who failed, and who waits for it."""
        return " | ".join(" ".join((f.module, *f.held)) for f in self.state.failures)

    # What a scan sees.

    def snapshot(self) -> Snapshot:
        """Returns all that core must see to plan."""
        return self.seen(self.glance(), lambda snapshot: unseen(self.state, snapshot))

    def glance(self) -> Snapshot:
        """Returns the snapshot with which a sync begins: stamps that are not as remembered."""
        stamps = {}
        for name in self.state.tracked:
            module = self.state.modules[name]
            file = self.files.get(name)
            stamp = None if file is None or file.path != module.path else file.stamp
            if module.path is not None and (module.racy or stamp != module.stamp):
                stamps[name] = stamp
        return self.blank(stamps=pmap(stamps))

    def blank(self, **fields: object) -> Snapshot:
        """Returns a snapshot of now that shows nothing but these fields and what is loaded."""
        return Snapshot(self.now, loaded=frozenset(self.loaded), **fields)

    def seen(self, snapshot: Snapshot, missing: Callable[[Snapshot], Unseen]) -> Snapshot:
        """Returns the snapshot with what core asks for, until it asks for nothing new."""
        asked: set[object] = set()
        while not asked.issuperset(
            questions := {*(wanted := missing(snapshot)).names, *wanted.sources}
        ):
            asked |= questions
            snapshot = self.answer(snapshot, wanted)
        return snapshot

    def answer(self, snapshot: Snapshot, wanted: Unseen) -> Snapshot:
        """Returns the snapshot with the answers to one round of questions."""
        read = {w.name: self.read(w) for w in wanted.sources}
        return evolve(
            snapshot,
            found=pmap({**snapshot.found, **{name: self.find(name) for name in wanted.names}}),
            sources=pmap(
                {**snapshot.sources, **{n: s for n, s in read.items() if s is not None}}
            ),
            stamps=pmap({**snapshot.stamps, **{n: None for n, s in read.items() if s is None}}),
        )

    def find(self, name: str) -> Found:
        """Returns what is found under a module name."""
        file = self.files.get(name)
        load = self.loaded.get(name)
        if file is None and load is None:
            return ABSENT
        if file is None:
            known = self.state.modules.get(name)
            return Found(loaded=True, exists=known is None or known.path is None)
        found = Found(
            loaded=load is not None,
            exists=True,
            path=file.path,
            real=file.real,
            package=file.path.endswith("__init__.py"),
            extension=file.extension,
        )
        if load is None:
            package, _, attribute = name.rpartition(".")
            parent = self.loaded.get(package)
            return found._replace(shadowed=parent is not None and attribute in parent.names)
        return found._replace(
            version=load.version, generation=load.generation, shadowed=load.shadowed
        )

    def read(self, wanted: Wanted) -> Source | None:
        """Returns the source of a module, or None if its file is away."""
        file = self.files.get(wanted.name)
        if file is None or file.path != wanted.path:
            return None
        return source(file, wanted.package)

    # How a world is made.

    def enrolled(self, state: State) -> "World":
        """Returns the world in this State, with what the State must know of its modules."""
        seen = self.seen(self.foreseen(state), lambda snapshot: survey(state, snapshot).unseen)
        return evolve(self, state=survey(state, seen).facts)

    def foreseen(self, state: State) -> Snapshot:
        """Returns the snapshot of all files that the State does not know, as a scan looks ahead.

        To answer question after question takes as many surveys as a project is deep.
        """
        news = [name for name in self.files if name not in state.modules]
        found = {name: self.find(name) for name in news}
        wanted = [one for name in news for one in worth_reading(state, name, found[name])]
        read = self.answer(self.blank(), Unseen(sources=tuple(wanted)))
        return evolve(read, found=pmap(found))

    def with_files(self, files: dict[str, File]) -> "World":
        """Returns the world with these files as well."""
        return evolve(self, files=self.files.update(files))

    def saved(self, name: str, text: str, *, package: bool) -> File:
        """Returns the file of a module, written now; where it is, or where a new one goes."""
        stamp = Stamp(self.now * SECOND, len(text), 1, self.now * SECOND)
        if name in self.files:
            return evolve(self.files[name], text=text, stamp=stamp)
        path = PROJECT + name.replace(".", "/") + ("/__init__.py" if package else ".py")
        return File(path, text, stamp, path)


def world(**texts: str) -> World:
    """Returns a world in which these modules are loaded, and nothing is registered."""
    state = State(workspace=(PROJECT,))
    drawn = World(state, pmap(), pmap()).edit(**texts)
    loaded = {
        name: Load(file.stamp, names=source(file).contents.binds.names)
        for name, file in drawn.files.items()
    }
    return evolve(drawn, loaded=pmap(loaded))


def dotted(keyword: str) -> str:
    """Returns the module name that a keyword stands for."""
    return keyword.replace("__", ".")


def source(file: File, package: str = "") -> Source:
    """Returns a file as a scan reads it."""
    contents, trouble = Contents(), ""
    try:
        contents = analyse(file.text.encode(), package)
    except SyntaxError as error:
        trouble = str(error)
    return Source(
        stamp=file.stamp,
        racy=file.racy,
        data=file.text.encode(),
        digest=f"digest of {file.text!r}",
        contents=contents,
        starred=file.starred,
        trouble=trouble,
    )


def _ran(plan: Plan, fails: frozenset[str]) -> Outcome:
    """Returns the outcome if the modules in `fails` raise and no others."""
    outcome = Outcome(plan.now, outdated=plan.outdated)
    for group in plan.groups:
        broken = next((name for name in group.members if name in fails), None)
        if group.failure is not None:
            outcome = evolve(outcome, held=(*outcome.held, group.failure))
        elif broken is not None:
            outcome = evolve(outcome, failed=(*outcome.failed, _failed(group, broken)))
        else:
            outcome = _succeeded(outcome, group)
            continue
        outcome = evolve(outcome, unrun=(*outcome.unrun, *group.members))
    return outcome


def _succeeded(outcome: Outcome, group: Group) -> Outcome:
    fresh = tuple(step.module for step in group.steps if step.reason == FRESH)
    events = tuple(
        ReloadEvent(step.module, step.reason, step.stamp.mtime, step.after)
        for step in group.steps
        if step.reason != FRESH
    )
    return evolve(outcome, events=(*outcome.events, *events), fresh=(*outcome.fresh, *fresh))


def _failed(group: Group, name: str) -> Failed:
    error = ZeroDivisionError("division by zero")
    held = tuple(member for member in group.members if member != name)
    cause = f"ZeroDivisionError: {error}"
    path = next(step.path for step in group.steps if step.module == name)
    failure = Failure(
        module=name,
        phase="reload",
        cause=cause,
        file=path,
        shown=within((PROJECT,), path),
        line=1,
        held=held,
        evidence=group.evidence,
    )
    return Failed(error, failure)


def _group_trace(group: Group) -> str:
    steps = " ".join(map(_step_trace, group.steps))
    return steps if group.failure is None else f"[{steps}]"


def _step_trace(step: Step) -> str:
    if step.reason == FRESH:
        return f"{step.module}+"
    return f"{step.module}{'!' if step.reason == MODIFIED else '<' + ','.join(step.after)}"
