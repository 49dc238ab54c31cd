"""Every sentence that a user reads, word by word."""

import inspect

import pytest

from liveimport.core.report import messages

MANY = tuple(f"m{number}" for number in range(11))
PLACE = ("ValueError: not yet", "trips.py", 4)

EXAMPLES = [
    # Parts of sentences.
    (messages.age(18.7), "18 seconds ago"),
    (messages.joined("a"), "a"),
    (messages.joined("ab"), "a and b"),
    (messages.joined("abc"), "a, b, and c"),
    (messages.listed("abc"), "a, b, c"),
    (messages.listed(MANY), "m0, m1, m2, m3, m4, m5, and 5 more"),
    (messages.with_place(*PLACE), "ValueError: not yet (trips.py, line 4)"),
    (messages.with_place("no", "trips.py", None), "no (trips.py)"),
    (messages.with_place("no", None, 4), "no"),
    (messages.error_summary("ValueError", "not yet"), "ValueError: not yet"),
    (messages.error_summary("ValueError", ""), "ValueError"),
    (messages.with_place("no (/a/trips.py)", "trips.py", 4), "no (/a/trips.py) (line 4)"),
    (messages.with_place("no '/a/trips.py'", "/a/trips.py", None), "no '/a/trips.py'"),
    (messages.with_place("no trips.pyx", "trips.py", None), "no trips.pyx (trips.py)"),
    (messages.with_place("no strips.py", "trips.py", None), "no strips.py (trips.py)"),
    (messages.unprintable("Odd"), "<unprintable Odd>"),
    (messages.printed("a text"), "'a text'"),
    (messages.it_was_interrupted(), "it was interrupted"),
    # The report.
    (messages.nothing_to_reload(), "Nothing to reload"),
    (messages.reloaded_modified("symcode", 18), "Reloaded symcode modified 18 seconds ago"),
    (messages.only_layout_changed("symcode"), "symcode: only comments or layout changed"),
    (
        messages.reloaded_because_it("invoice", "tax", "Rate", "reads"),
        "Reloaded invoice because it reads tax.Rate",
    ),
    (
        messages.would_reload_because_it("invoice", "tax", "Rate", "reads"),
        "Would reload invoice because it reads tax.Rate",
    ),
    (
        messages.reloaded_because_it("invoice", "tax", "", "cycle"),
        "Reloaded invoice because it and tax import each other",
    ),
    (
        messages.reloaded_because_it("tables", "tax", "", "used"),
        "Reloaded tables because tax uses what others have put into it since",
    ),
    (
        messages.not_needed(["cart", "shop"], ["vat"], would=False),
        "cart and shop did not need to run: vat bound again",
    ),
    (messages.not_needed(["cart"], (), would=True), "cart would not need to run"),
    (
        messages.with_obstacle("Reloaded symcode …", messages.because_compiled()),
        "Reloaded symcode …, only in comments or layout; but it is compiled",
    ),
    (messages.with_obstacle("Reloaded symcode", ""), "Reloaded symcode"),
    (
        messages.reloaded_because("simulator", ["symcode"]),
        "Reloaded simulator because symcode reloaded",
    ),
    (messages.reloaded_because("simulator", []), "Reloaded simulator"),
    (
        messages.unchanged_may_refuse("users"),
        (
            "users did not change: it may refuse to run twice "
            "(`%liveimport reload --deep users`, or exclude it)"
        ),
    ),
    (
        messages.may_refuse("users"),
        "users may refuse to run twice: restart to use its new version",
    ),
    (
        messages.reloaded_because_it_holds("registry", ["plug.Plugin"]),
        "Reloaded registry because it holds plug.Plugin",
    ),
    (
        messages.added_again("run", "defaults.LAYERS", "defaults"),
        "run added to defaults.LAYERS again (`%liveimport reload defaults`)",
    ),
    (messages.reloaded_requested("symcode"), "Reloaded symcode because you asked for it"),
    (messages.would_reload_requested("symcode"), "Would reload symcode because you ask for it"),
    (
        messages.reloaded_because_of_file("conf", "conf.json was modified 2 seconds ago"),
        "Reloaded conf because conf.json was modified 2 seconds ago",
    ),
    (
        messages.would_reload_because_of_file("conf", "conf.json was modified 2 seconds ago"),
        "Would reload conf because conf.json was modified 2 seconds ago",
    ),
    (
        messages.became_of_file("conf.json", "modified", 2),
        "conf.json was modified 2 seconds ago",
    ),
    (messages.became_of_file("conf.json", "new", 2), "conf.json is new"),
    (messages.became_of_file("conf.json", "removed", 2), "conf.json was removed"),
    (
        messages.and_more_files("conf.json was modified 2 seconds ago", 3),
        "conf.json was modified 2 seconds ago, with 3 other files",
    ),
    (messages.and_more_files("a is new", 1), "a is new, with 1 other file"),
    (messages.and_more_files("a is new", 0), "a is new"),
    (
        messages.file_changed("conf.json", ["conf"]),
        "conf.json changed; conf read it at import (`%liveimport reload conf`)",
    ),
    (
        messages.too_many_files("conf"),
        "conf read more files at import than are followed",
    ),
    (messages.files_section([]), ()),
    (
        messages.files_section(["conf: conf.json, plugins"]),
        ("Files read at import:", "  conf: conf.json, plugins"),
    ),
    (
        messages.files_read("conf", ["conf.json", "plugins"], is_cut_off=False),
        "conf: conf.json, plugins",
    ),
    (messages.files_read("a", ["b"], is_cut_off=True), "a: b; not all are followed"),
    (messages.changed_file("conf.json"), "conf.json (changed)"),
    (
        messages.files_not_followed("python"),
        "Files read at import are not followed: that takes Python 3.12.",
    ),
    (
        messages.files_not_followed("tools"),
        "Files read at import are not followed: other tools have all ids of sys.monitoring.",
    ),
    (
        messages.would_try_again("trips", *PLACE),
        "Would try trips again: ValueError: not yet (trips.py, line 4)",
    ),
    (
        messages.would_not_reload_broken("trips", "invalid syntax (line 3)"),
        "Would not reload trips: invalid syntax (line 3)",
    ),
    (messages.excluded_section([]), ()),
    (messages.excluded_section(["bigdata"]), ("Excluded:", "  bigdata")),
    (messages.assumed_section([]), ()),
    (
        messages.assumed_section(["units"]),
        ("Taken as current; nobody knows when they were loaded:", "  units"),
    ),
    (messages.untraced_section([]), ()),
    (
        messages.untraced_section(["units"]),
        ("Run as dependents; what they read is not known:", "  units"),
    ),
    (messages.because_excluded(), "it is excluded"),
    (messages.include_it("bigdata"), "undo it: liveimport.include('bigdata')"),
    (messages.cannot_reload("units", "it is excluded"), "cannot reload units: it is excluded"),
    (messages.cannot_reload("units", ""), "cannot reload units"),
    (
        messages.because_not_of_project(),
        "it is not a module of your project; register it first",
    ),
    (
        messages.because_not_loaded("did you mean units?"),
        "it is not loaded; did you mean units?",
    ),
    (messages.because_not_loaded(""), "it is not loaded"),
    (messages.did_you_mean("unitss", ["trips", "units"]), "did you mean units?"),
    (messages.did_you_mean("x", ["trips", "units"]), ""),
    (
        messages.not_module_names("<module 'units'>"),
        "give the names of modules as strings, not <module 'units'>",
    ),
    (messages.no_module_name("'a b'"), "'a b' is not the name of a module"),
    (
        messages.a_list_of_names("reload", "'units'"),
        "reload takes a list of names, such as ['units']",
    ),
    (messages.deep_needs_reload(), "deep goes with reload: name the modules to reload"),
    (messages.not_excluded("units", ""), "units is not excluded"),
    (
        messages.not_excluded("unit", "did you mean units?"),
        "unit is not excluded; did you mean units?",
    ),
    (
        messages.separate_arguments(["'a'", "'b'"]),
        "give the directories as separate arguments: workspace('a', 'b')",
    ),
    (messages.no_path("3"), "a directory is a string or a path, not 3"),
    (messages.names_missing("reload"), "%liveimport reload takes the names of modules"),
    (messages.excluded_now(["bigdata", "plots"]), "Excluded: bigdata, plots"),
    (messages.excluded_now([]), "Nothing is excluded"),
    (
        messages.keeps_last_value("mile", "units", "mile"),
        "mile keeps its last value: units no longer has mile",
    ),
    (
        messages.is_no_longer_exported("mile", "units"),
        "mile is no longer exported by units, and keeps its last value",
    ),
    (
        messages.could_not_reload("trips", *PLACE),
        "Could not reload trips: ValueError: not yet (trips.py, line 4)",
    ),
    (
        messages.installed_fails(messages.could_not_reload("trips", *PLACE)),
        (
            "Could not reload trips: ValueError: not yet (trips.py, line 4); "
            "it is installed, so restart to use it"
        ),
    ),
    (messages.also_held_back(["simulator", "units"]), "also held back: simulator, units"),
    (
        messages.still_fails("trips", *PLACE),
        "trips still fails: ValueError: not yet (trips.py, line 4)",
    ),
    (
        messages.extension_changed("fastmath"),
        "fastmath changed; it is compiled, so restart to use it",
    ),
    (
        messages.not_reloaded_protected("report"),
        (
            "report was not reloaded: its values changed since it was loaded; "
            "register it to reload it too, or exclude it"
        ),
    ),
    (
        messages.not_reloaded_missing("report"),
        "report was not reloaded: its file is missing",
    ),
    (
        messages.package_upgraded("numpy"),
        "numpy was upgraded; restart to use the new version",
    ),
    (
        messages.changed_not_followed(
            "report", messages.because_not_registered(), messages.register_it()
        ),
        (
            "report changed, and is not followed: nothing registered imports it; "
            "register it to follow its edits"
        ),
    ),
    (
        messages.still_not_followed(["report", "tools"]),
        "changed and not followed: report, tools",
    ),
    (
        messages.own_name_replaced("df", "utils.df", "'df'"),
        "df was yours and is now utils.df; yours is in liveimport.replaced['df']",
    ),
    (messages.the_module("symcode"), "the module symcode"),
    (messages.own_name_kept("plot"), "plot is yours: not bound"),
    (
        messages.deleted_names_kept(["plot"]),
        ("plot is yours: not bound, as you deleted it",),
    ),
    (
        messages.deleted_names_kept([*"abcdefghijk"]),
        ("a, b, c, d, e, f, and 5 more are yours: not bound, as you deleted them",),
    ),
    (messages.names_rebound(2), "2 names rebound"),
    (messages.names_rebound(1), "1 name rebound"),
    (messages.traceback_of("trips"), "Traceback of trips"),
    # The plan.
    (messages.would_load("planets"), "Would load planets for the first time"),
    (
        messages.would_reload_modified("symcode", 18),
        "Would reload symcode: modified 18 seconds ago",
    ),
    (
        messages.would_reload_because("simulator", ["symcode"]),
        "Would reload simulator because symcode reloads",
    ),
    (
        messages.would_reload_because("simulator", ["symcode", "units"]),
        "Would reload simulator because symcode and units reload",
    ),
    (messages.would_reload_because("simulator", []), "Would reload simulator"),
    (
        messages.would_reload_because_it_holds("registry", ["plug.Plugin"]),
        "Would reload registry because it holds plug.Plugin",
    ),
    (
        messages.would_not_reload_protected("report"),
        "Would not reload report: its values changed since it was loaded",
    ),
    (
        messages.would_not_reload_missing("report"),
        "Would not reload report: its file is missing",
    ),
    (
        messages.would_rebind(["km"], ["winter"]),
        "Would rebind km and the public names of winter",
    ),
    # ModuleError.
    (
        messages.did_not_reload("trips", messages.with_place(*PLACE)),
        "could not reload trips: ValueError: not yet (trips.py, line 4)",
    ),
    (messages.did_not_reload("trips", ""), "could not reload trips"),
    (messages.syntax_error("invalid syntax", 3), "invalid syntax (line 3)"),
    (messages.syntax_error("invalid syntax", None), "invalid syntax"),
    (
        messages.cannot_be_parsed("source code string cannot contain null bytes"),
        "cannot be parsed: source code string cannot contain null bytes",
    ),
    (
        messages.written_during_reload("/project/trips.py"),
        "/project/trips.py was written during the reload; sync again",
    ),
    (
        messages.extension_holds("fast", "low", "Net"),
        (
            "the compiled module fast holds low.Net and cannot run again; "
            "restart to use the change"
        ),
    ),
    # register, workspace, auto_sync.
    (
        messages.not_a_namespace("[1]"),
        "a namespace is a dict, such as globals(), not [1]",
    ),
    (
        messages.not_a_namespace("x" * 60),
        "a namespace is a dict, such as globals(), not " + "x" * 50,
    ),
    (messages.not_an_import(2, "x = 1"), "line 2 is not an import statement: x = 1"),
    (
        messages.relative_import_needs_package(".low"),
        "relative import '.low' needs a package, and none is given",
    ),
    (
        messages.relative_import_leaves_package("...x", "a.b"),
        "relative import '...x' leaves its package 'a.b'",
    ),
    (messages.module_not_loaded("low"), "module 'low' is not loaded"),
    (messages.name_not_bound("km"), "the namespace has no name 'km'"),
    (
        messages.execute_first(messages.module_not_loaded("low"), "import low"),
        "module 'low' is not loaded: execute `import low` before registering it",
    ),
    (
        messages.execute_first(messages.name_differs("km", "low", "km"), "from low import km"),
        (
            "the namespace's 'km' is not that of module 'low': "
            "execute `from low import km` before registering it"
        ),
    ),
    (
        messages.name_differs("km", "low", "kilo"),
        "the namespace's 'km' is not the 'kilo' of module 'low'",
    ),
    (messages.name_differs("k", "low", None), "the namespace's 'k' is not module 'low'"),
    (
        messages.module_lacks("low", "km", "from low import km"),
        "module 'low' has no 'km', so `from low import km` was not executed",
    ),
    (
        messages.not_statements("None"),
        'import statements are text, such as "import symcode", not None',
    ),
    (
        messages.module_as_statement("low"),
        'import statements are text: use the name of the module, "import low"',
    ),
    (
        messages.not_a_package("1"),
        'package is a name, such as "lab" or __package__, not 1',
    ),
    (
        messages.module_as_package("lab"),
        'package is a name: use the name of the module, "lab"',
    ),
    (
        messages.magic_in_statements(),
        "leave out the line %%liveimport: register takes import statements only",
    ),
    (
        messages.locals_of_function(),
        (
            "locals() of a function is a copy, so its names cannot be bound again: "
            "register globals(), or a dict of your own"
        ),
    ),
    (
        messages.not_an_observer("'x'"),
        "observer is a function that takes a ReloadEvent, not 'x'",
    ),
    (
        messages.not_a_shell("None"),
        "this takes an IPython shell, as %load_ext liveimport gives it, not None",
    ),
    (
        messages.execute_imports_only(),
        "execute=True takes import statements only: leave out allow_other_statements",
    ),
    (messages.not_a_directory("/project/none"), "'/project/none' is not a directory"),
    (
        messages.not_seconds("grace", "-1"),
        "grace is a number of seconds, 0 or more, not -1",
    ),
    (
        messages.not_a_choice("detect", ["'mtime'", "'content'"], "'x'"),
        "detect is 'mtime' or 'content', not 'x'",
    ),
    (
        messages.not_a_choice("report", ["True", "False", "'transient'"], "2"),
        "report is True, False or 'transient', not 2",
    ),
    # The status.
    (messages.registered_section(["import symcode"]), ("Registered:", "  import symcode")),
    (messages.registered_section([]), ("Registered:", "  nothing")),
    (messages.registered_statement("import symcode", 1), "import symcode  (namespace 1)"),
    (messages.registered_statement("import symcode", None), "import symcode"),
    (messages.registered_statement("import symcode", 0), "import symcode  (namespace 0)"),
    (
        messages.tracked_section(["symcode  modified  imported by simulator"]),
        ("Tracked:", "  symcode  modified  imported by simulator"),
    ),
    (messages.tracked_section([]), ("Tracked:", "  nothing")),
    (messages.tracked_headings(), ("module", "state", "why")),
    (
        messages.why_tracked("import symcode", ["simulator"], ""),
        "registered by `import symcode`, imported by simulator",
    ),
    (messages.why_tracked("", ["a", "b"], ""), "imported by a and b"),
    (
        messages.why_tracked("", [], messages.reached_as_parent("lab.models")),
        "package of lab.models",
    ),
    (
        messages.tracked_module(
            "symcode", "registered by `import symcode`, imported by simulator"
        ),
        "symcode: registered by `import symcode`, imported by simulator",
    ),
    (
        messages.with_reason("imported by trips", "it is compiled"),
        "imported by trips; it is compiled",
    ),
    (messages.with_reason("imported by trips", ""), "imported by trips"),
    (messages.blocked_by("units"), "blocked by units"),
    (messages.registered_title(2), "2 statements registered"),
    (messages.registered_title(1), "1 statement registered"),
    (messages.reached_as_parent("lab.models"), "package of lab.models"),
    (messages.reached_by_function("plugins"), "imported by a function of plugins"),
    (messages.reached_as_held("registry"), "held by registry"),
    (messages.reached_as_submodule("lab"), "loaded submodule of lab"),
    (messages.state_of_module("modified", ""), "; modified"),
    (messages.state_of_module("will reload", ""), "; reloads with what it depends on"),
    (messages.state_of_module("failed", "ValueError: no"), "; failed: ValueError: no"),
    (messages.state_of_module("blocked", "units"), "; blocked by units"),
    (messages.because_upgraded(), "its package was upgraded"),
    (messages.because_compiled(), "it is compiled"),
    (messages.because_no_file(), "it has no source file"),
    (messages.looks_at_lines("getsource"), "it may look at lines, by getsource"),
    (messages.reads_own_source(), "it may read its own source, by __file__"),
    (messages.made_by_loader(), "a loader of its own makes its code"),
    (messages.code_is_running("rows"), "its rows is running, or suspended"),
    (messages.code_is_kept("area"), "something keeps the code of its area"),
    (
        messages.code_is_other("area"),
        "the code of its area is not that of its source",
    ),
    (messages.because_not_registered(), "nothing registered imports it"),
    (
        messages.because_values_changed(),
        "nothing registered imports it, and its values changed since it was loaded",
    ),
    (messages.register_it(), "register it to follow its edits"),
    (messages.because_outside(), "it is outside the workspace"),
    (
        messages.because_nested(),
        "no import at the top level of a tracked module leads to it",
    ),
    (messages.register_it_or_follow(), 'register it, or set follow="loaded"'),
    (
        messages.register_it_or_widen("/other/"),
        "register it, or add its folder: workspace('/other/', extend=True)",
    ),
    (
        messages.not_followed(
            "report", messages.because_nested(), messages.register_it_or_follow(), changed=True
        ),
        (
            "report, changed: no import at the top level of a tracked module leads to it; "
            'register it, or set follow="loaded"'
        ),
    ),
    (
        messages.not_followed(
            "report",
            messages.because_outside(),
            messages.register_it_or_widen("/other/"),
            changed=False,
        ),
        (
            "report: it is outside the workspace; "
            "register it, or add its folder: workspace('/other/', extend=True)"
        ),
    ),
    (
        messages.not_followed_section(["a, changed: why"], ["b: why"]),
        ("Not followed:", "  a, changed: why", "  b: why"),
    ),
    (
        messages.not_followed_section(["a, changed: why"], ["b: why"] * 11),
        (
            "Not followed:",
            "  a, changed: why",
            *["  b: why"] * 6,
            "  and 5 more, unchanged",
        ),
    ),
    (messages.not_followed_section([], []), ()),
    (
        messages.versions(
            [("LiveImport", "0.1.0"), ("Python", "3.12.1"), ("IPython", "8.30.0")]
        ),
        "LiveImport 0.1.0, Python 3.12.1, IPython 8.30.0",
    ),
    (
        messages.failed_section(["trips: ValueError: not yet"]),
        ("Failed, to be retried:", "  trips: ValueError: not yet"),
    ),
    (messages.failed_section([]), ()),
    (
        messages.failed_module("trips", "ValueError: not yet (trips.py, line 4)", ["units"]),
        "trips: ValueError: not yet (trips.py, line 4); also held back: units",
    ),
    (messages.failed_module("trips", "ValueError: not yet", []), "trips: ValueError: not yet"),
    (messages.workspace_section(["/project/"]), ("Workspace:", "  /project/")),
    (messages.workspace_section([]), ("Workspace:", "  nothing")),
    (
        messages.automatic_syncing(
            enabled=False, grace=1, detect="mtime", follow="loaded", own_names="replace"
        ),
        (
            "Syncing only when asked to; a file counts as changed by its mtime; "
            "followed imports: loaded; own names: replace."
        ),
    ),
    (
        messages.automatic_syncing(
            enabled=True, grace=2.5, detect="content", follow="top-level", own_names="keep"
        ),
        (
            "Syncing before each cell, 2.5 s after the last one ended; "
            "a file counts as changed by its content; followed imports: top-level; "
            "own names: keep."
        ),
    ),
    (
        messages.each_cell_registers(),
        "Each cell registers its imports of your own modules.",
    ),
    # The diagram.
    (messages.label_modified(), "modified"),
    (messages.label_will_reload(), "will reload"),
    (messages.label_failed(), "failed, to be retried"),
    (messages.label_cycle(), "cycle"),
    (
        messages.diagram_line("trips", "modified", ["units", "maps"], 2),
        "trips [modified] -> units, maps (cycle of 2)",
    ),
    (messages.diagram_line("trips", "", [], 0), "trips"),
    (messages.arrows_left_out(), "Arrows that follow from others are left out."),
    # Before and after a cell.
    (
        messages.changed_while_running("symcode", 1),
        (
            "symcode changed while cells were running; "
            "it reloads before the first cell run after a pause of 1 s "
            "(`%liveimport sync` reloads it now)"
        ),
    ),
    (
        messages.namesake_installed("liveimport 1.3.1"),
        (
            "liveimport 1.3.1 is another project, and its files may stand among ours: "
            "uninstall both, then install liveimport-notebook alone"
        ),
    ),
    (
        messages.autoreload_is_on(),
        "%autoreload is on too and reloads in its own way: turn one of them off",
    ),
    (
        messages.cell_did_not_run(messages.because_modules_failed(["trips"])),
        "could not reload trips; the cell did not run",
    ),
    (messages.because_modules_failed(["trips", "maps"]), "could not reload trips, maps"),
    (
        messages.because_interrupted(),
        "interrupted while reloading; the reload was rolled back",
    ),
    (messages.because_interrupted_waiting(), "interrupted while another shell reloads"),
    (messages.reloading("simulator", 2, 3), "Reloading simulator (2 of 3)"),
    (messages.reloading_took(4.21), "Reloading took 4.2 s"),
    (messages.the_old("low.run"), "the old low.run"),
    (messages.an_old_instance("models.Net"), "an instance of the old models.Net"),
    (
        messages.an_old_instance("models.Net", "Sub"),
        "an instance of Sub, a subclass of the old models.Net",
    ),
    (messages.an_old_subclass("models.Net"), "a subclass of the old models.Net"),
    (messages.made_by_old("low.decorate"), "a function that the old low.decorate made"),
    (messages.running_old("low.steps"), "a call of the old low.steps that has not ended"),
    (messages.is_old("a", "the old low.run", is_path=True), "a is the old low.run"),
    (messages.is_old("a", "the old low.run", is_path=False), "a holds the old low.run"),
    (messages.attribute_of("model", "net"), "model.net"),
    (
        messages.more_old_objects(1),
        "1 more name holds old objects (`%liveimport old` lists all)",
    ),
    (
        messages.more_old_objects(2),
        "2 more names hold old objects (`%liveimport old` lists all)",
    ),
    (
        messages.not_all_searched(),
        "not all was searched for old objects (`%liveimport old` searches the rest)",
    ),
    (
        messages.was_upgraded("models.Net", 2, by_hook=False),
        "2 objects are instances of the present models.Net now",
    ),
    (
        messages.was_upgraded("models.Net", 1, by_hook=True),
        (
            "1 object is an instance of the present models.Net now, "
            "upgraded by its __liveimport_upgrade__"
        ),
    ),
    (
        messages.nothing_upgraded(),
        "Nothing to upgrade: no object is an instance of an old class",
    ),
    (
        messages.no_instance("the old low.run"),
        "only instances can be upgraded, and this is the old low.run",
    ),
    (
        messages.cannot_upgrade("models.Net", "Python refuses", ""),
        "an old models.Net cannot be upgraded: Python refuses; nothing was changed",
    ),
    (
        messages.cannot_upgrade("models.Net", "it is gone", ".steps[0]"),
        (
            "an old models.Net cannot be upgraded: it is gone (it is the object's steps[0]); "
            "nothing was changed"
        ),
    ),
    (
        messages.because_made_in_function("make"),
        "its class was made in make, and cannot be found by a name",
    ),
    (messages.because_no_class("models.Net", is_there=False), "models.Net is gone"),
    (messages.because_no_class("models.Net", is_there=True), "models.Net is no class any more"),
    (
        messages.because_still_old("Sub"),
        "the present Sub is a subclass of an old class; run the cell that defines it again",
    ),
    (
        messages.because_enumeration(),
        "it is a member of an enumeration; take the new member",
    ),
    (messages.because_other_fields(), "the fields of the tuple are others now"),
    (
        messages.because_other_slots(["x"], ["y"]),
        "its slots are others now: without x; with y",
    ),
    (messages.because_other_slots(["x"], []), "its slots are others now: without x"),
    (
        messages.because_python_refuses("__class__ assignment: object layout differs"),
        "Python refuses: object layout differs",
    ),
    (messages.old_file("/lab/models.py", "12:07:31"), "/lab/models.py (before 12:07:31)"),
    (messages.nothing_old(), "No name of the notebook holds anything of an old version"),
    (
        messages.too_much_for_old_objects(),
        "not all was searched: only the first 10,000 entries of containers, 12 levels deep",
    ),
    (messages.with_size("a is old", 1, 0), "a is old"),
    (messages.with_size("a is old", 3, 1_200_000), "a is old, with 2 more like it; 1.2 MB"),
    (messages.size(48), "48 bytes"),
    (messages.size(1000), "1.0 kB"),
    (messages.size(2 * 10**9), "2.0 GB"),
    (messages.what_to_do(), "What to do about old objects"),
    (messages.advice_for("net", "make it again"), "net: make it again"),
    (messages.run_cell_again(None), "make it again"),
    (messages.run_cell_again(3), "run In [3] again"),
    (
        messages.no_code("3"),
        "give a module, its name, or a function or class of it, not 3",
    ),
    (
        messages.has_no_version("units", is_loaded=True),
        "units has no version: LiveImport does not follow it; register it first",
    ),
    (
        messages.has_no_version("units", is_loaded=False),
        "units has no version: it is not loaded; import and register it first",
    ),
    (
        messages.has_no_version("__main__", is_loaded=True),
        "what is defined in the notebook has no version: move it to a module",
    ),
    (
        messages.workers_current("Dask at tcp://127.0.0.1:8786", 3, 4),
        "Dask at tcp://127.0.0.1:8786: 3 of 4 workers run this version",
    ),
    (
        messages.workers_current("Dask", 0, 0),
        "Dask: no workers; those that come begin with this version",
    ),
    (
        messages.with_version(
            "Dask at tcp://127.0.0.1:8786: all 4 workers run this version", "4f2a91c0"
        ),
        "Dask at tcp://127.0.0.1:8786: all 4 workers run this version, 4f2a91c0",
    ),
    (messages.with_version("Dask: it failed", ""), "Dask: it failed"),
    (messages.no_version_yet(), "-"),
    (messages.worker_state("current", 0, ""), "current"),
    (
        messages.worker_state("behind", 1, ""),
        "1 change behind, busy: it changes over before its next task",
    ),
    (
        messages.worker_state("behind", 2, ""),
        "2 changes behind, busy: it changes over before its next task",
    ),
    (messages.worker_state("behind", 0, ""), "busy: it changes over before its next task"),
    (
        messages.worker_state("failed", 2, "ValueError: no"),
        "2 changes behind, cannot run it, and gets no task until it can: ValueError: no",
    ),
    (messages.workers_current("Dask", 4, 4), "Dask: all 4 workers run this version"),
    (messages.workers_current("Dask", 1, 1), "Dask: its worker runs this version"),
    (
        messages.workers_behind(["tcp://127.0.0.1:4001"]),
        "tcp://127.0.0.1:4001 is busy: it changes over before its next task",
    ),
    (
        messages.workers_behind(["tcp://a", "tcp://b"]),
        "tcp://a, tcp://b are busy: they change over before their next task",
    ),
    (
        messages.worker_failed(["tcp://127.0.0.1:4001"], "ValueError: no"),
        "tcp://127.0.0.1:4001 cannot run it, and gets no task until it can: ValueError: no",
    ),
    (
        messages.worker_failed(["a", "b"], "ValueError: no"),
        "a, b cannot run it, and get no task until they can: ValueError: no",
    ),
    (
        messages.worker_refused(["tcp://127.0.0.1:4001"], messages.other_notebook_has("units")),
        (
            "tcp://127.0.0.1:4001 keeps what it runs: "
            "another notebook has other sources for units on this cluster: detach it there first, or restart the workers"
        ),
    ),
    (messages.worker_refused(["a", "b"], "no"), "a, b keep what they run: no"),
    (messages.worker_state("refused", 0, "no"), "keeps what it runs: no"),
    (
        messages.sync_tries_again(),
        "When the cause is gone, liveimport.sync() tries again",
    ),
    (messages.syntax_error_at(3, "invalid syntax"), "line 3: invalid syntax"),
    (
        messages.needs_newer_python("3.11.7", "a.py", "line 3: invalid syntax", "3.12.1"),
        (
            "it runs Python 3.11.7, and a.py needs a newer one (line 3: invalid syntax): "
            "start it with Python 3.12.1, as the notebook"
        ),
    ),
    (
        messages.on_other_python("ImportError: no", "3.11.7", "3.12.1"),
        "ImportError: no (it runs Python 3.11.7, and the notebook 3.12.1)",
    ),
    (
        messages.no_liveimport_there("tcp://127.0.0.1:4001"),
        "tcp://127.0.0.1:4001 has no LiveImport: install the same release there",
    ),
    (
        messages.python_too_old_there("tcp://127.0.0.1:4001", "3.10.13", "3.11"),
        "tcp://127.0.0.1:4001 runs Python 3.10.13: LiveImport needs 3.11 or newer there",
    ),
    (messages.it(), "it"),
    (
        messages.has_not_travelled("fresh"),
        "No module named 'fresh' on this worker: register it, and submit in a later cell",
    ),
    (
        messages.nothing_travels("Dask at tcp://127.0.0.1:8786"),
        "Dask at tcp://127.0.0.1:8786: no module travels until one is registered",
    ),
    (
        messages.other_release("dask", "2030.1", "normalize_token._lookup"),
        (
            "dask 2030.1 has no normalize_token._lookup, which LiveImport needs: "
            "install a newer LiveImport, or the release that its documentation names"
        ),
    ),
    (
        messages.other_wire_format(2, 1),
        (
            "the notebook has another release of LiveImport than this worker (format 2, and 1 here): "
            "install the same"
        ),
    ),
    (
        messages.other_notebook_has("units"),
        "another notebook has other sources for units on this cluster: detach it there first, or restart the workers",
    ),
    (messages.no_cluster("3"), "give a client of Dask or ipyparallel, not 3"),
    (
        messages.asynchronous_client(),
        "give a client that is not asynchronous: a sync waits for the workers",
    ),
    (messages.clusters_section(["Dask: …"]), ("Clusters:", "Dask: …")),
    (messages.clusters_section([]), ()),
    (
        messages.old_workers(2, 3, 4),
        (
            "joblib starts new workers at its next call: 2 had the code of before",
            "3 processes that were started before run the code of then: start a new pool",
            "4 workers of joblib are in use, and keep the code of before until another sync finds them idle",
        ),
    ),
    (messages.upgrade_it("net", deep=False), "`liveimport.upgrade(net)`"),
    (messages.upgrade_it("nets", deep=True), "`liveimport.upgrade(nets, deep=True)`"),
    (
        messages.load_state("net", "models.Net"),
        "`new = models.Net(...); new.load_state_dict(net.state_dict())`",
    ),
    (messages.one_of("wait", "go", "look"), "wait, or go, or look"),
    (messages.has_no_new_version("low.CONFIG"), "low.CONFIG is gone: there is no new one"),
    (messages.bind_it_again("cfg", "low.CONFIG"), "`cfg = low.CONFIG` takes the new one"),
    (
        messages.define_again("Sub", "make it again"),
        "run the cell that defines Sub again, then make it again",
    ),
    (messages.member_of("nets", "1"), "nets[1]"),
    (
        messages.made_in_cell("net is an instance of the old models.Net", 3),
        "net is an instance of the old models.Net, made in In [3]",
    ),
    (messages.made_in_cell("run is the old low.run", None), "run is the old low.run"),
    # The magics.
    (messages.cell_magic_usage(), "%%liveimport [-c | --clear]"),
    (
        messages.cell_option_unknown("-x", ["--clear"]),
        "'-x' is not understood. Usage: %%liveimport [-c | --clear]",
    ),
    (
        messages.cell_option_unknown("--claer", ["-c", "--clear"]),
        "'--claer' is not understood; did you mean --clear? Usage: %%liveimport [-c | --clear]",
    ),
    (
        messages.word_of_line_magic("sync"),
        "'sync' belongs to the line magic: %liveimport sync",
    ),
    (
        messages.option_of_cell_magic("-c"),
        "'-c' belongs to the cell magic: %%liveimport -c",
    ),
    (
        messages.line_magic_help("on"),
        "  on       sync before each cell (the default)",
    ),
    (messages.line_magic_help("o"), messages.line_magic_help()),
    (
        messages.line_word_unknown("x", ["graph", "help", "off"]),
        "'x' is not understood. %liveimport takes one of: graph, help, off",
    ),
    (messages.nothing_reported(), "Nothing was reported yet"),
    (messages.shown_with_cell(7, 18), "With In [7], 18 seconds ago:"),
    (messages.shown_with_cell(None, 18), "18 seconds ago:"),
    (
        messages.in_project_file(
            "/lab/pyproject.toml", messages.not_a_list_of_strings("workspace", "'src'")
        ),
        "/lab/pyproject.toml, [tool.liveimport]: workspace is a list of strings, not 'src'",
    ),
    (
        messages.not_a_list_of_strings("workspace", "'src'"),
        "workspace is a list of strings, not 'src'",
    ),
    (
        messages.file_unreadable("Invalid value (at line 3, column 9)"),
        "the file is not TOML: Invalid value (at line 3, column 9)",
    ),
    (messages.not_a_table("3"), "it is a table, not 3"),
    (
        messages.no_setting("grase", "did you mean grace?"),
        "grase is no setting; did you mean grace?",
    ),
    (messages.no_setting("x", ""), "x is no setting"),
    (
        messages.registers_nothing(messages.because_no_import()),
        "This cell registers nothing: it has no import",
    ),
    (
        messages.registers_nothing(messages.because_no_import(), cleared=True),
        "This cell registers nothing: it has no import; what was registered before is discarded",
    ),
    (messages.because_no_import(), "it has no import"),
    (
        messages.because_nested_in("try:"),
        "its imports stand inside try: …; register them with register()",
    ),
    (
        messages.because_run_elsewhere("bash"),
        "%%bash does not run it in the notebook",
    ),
    (messages.because_not_python(), "what it ran is not Python"),
    (
        messages.because_not_first(),
        "#_%%liveimport stands on the first line of its own cell",
    ),
    (
        messages.magic_not_first(),
        "%%liveimport stands on the first line of its own cell",
    ),
    (
        messages.line_word_unknown("grpah", ["graph", "help", "off"]),
        (
            "'grpah' is not understood; did you mean graph? "
            "%liveimport takes one of: graph, help, off"
        ),
    ),
    (
        messages.setting_refused("grace", "1.0", messages.not_seconds("grace", "-1")),
        "LiveImport.grace stays 1.0: grace is a number of seconds, 0 or more, not -1",
    ),
    (messages.setting_unknown("x", ""), "LiveImport has no setting x"),
    (
        messages.setting_unknown("grce", messages.did_you_mean("grce", ["grace"])),
        "LiveImport has no setting grce; did you mean grace?",
    ),
    (
        messages.no_attribute("replacd", ["plan", "replaced"]),
        "module 'liveimport' has no attribute 'replacd'; did you mean replaced?",
    ),
    (
        messages.no_attribute("_replaced", ["replaced"]),
        "module 'liveimport' has no attribute '_replaced'",
    ),
    (
        messages.word_too_many("plan", "low"),
        "%liveimport plan takes no other word, not 'low'",
    ),
    (
        messages.option_unknown("--dep", ["--deep"]),
        "'--dep' is not understood; did you mean --deep?",
    ),
    (messages.option_unknown("-x", []), "'-x' is not understood."),
    (messages.syncing_is_on(), "LiveImport syncs before each cell."),
    (messages.syncing_is_off(), "LiveImport syncs only when asked to."),
    (messages.setting_help("enabled"), "Whether to sync before a cell runs."),
]
FUNCTIONS = {
    name: function
    for name, function in inspect.getmembers(messages, inspect.isfunction)
    if not name.startswith("_")
}


@pytest.mark.parametrize(("sentence", "expected"), EXAMPLES)
def test_a_sentence(sentence, expected):
    """Its words are these."""
    assert sentence == expected


def test_each_function_has_an_example_here():
    """No sentence is left out."""
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    assert [name for name in FUNCTIONS if f"messages.{name}(" not in text] == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_first_example_of_each_docstring_is_real(name):
    """The function says what its docstring quotes. An ellipsis stands for the rest."""
    doc = FUNCTIONS[name].__doc__
    if not doc.startswith("Returns ``"):
        assert doc.startswith("Returns the help of ")
        return
    start, _, end = doc.split("``")[1].partition("…")
    sentences = [
        line for one, _ in EXAMPLES for line in ([one] if isinstance(one, str) else one)
    ]
    assert [line for line in sentences if line.startswith(start) and line.endswith(end)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds ago"),
        (0.9, "0 seconds ago"),
        (1, "1 second ago"),
        (18.7, "18 seconds ago"),
        (59.99, "59 seconds ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (7200, "2 hours ago"),
        (86400, "1 day ago"),
        (864000, "10 days ago"),
        (-5, "0 seconds ago"),
    ],
)
def test_age(seconds, expected):
    """The largest full unit counts. A file from the future is from just now."""
    assert messages.age(seconds) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ""),
        ("a", "a"),
        ("a b", "a and b"),
        ("a b c", "a, b, and c"),
        ("a b c d", "a, b, c, and d"),
    ],
)
def test_joined(names, expected):
    """A list of three or more has a comma before the last name."""
    assert messages.joined(names.split()) == expected


def test_a_long_list_names_the_first_and_counts_the_others():
    """A line stays a line, also when a hundred modules wait."""
    for cut in (messages.joined, messages.listed):
        assert cut(MANY) == "m0, m1, m2, m3, m4, m5, and 5 more"
    assert messages.joined(MANY[:10]).endswith("m8, and m9")
    assert messages.listed(MANY[:10]).endswith("m8, m9")


def test_a_value_that_cannot_be_printed():
    """Its type is told."""

    class Odd:
        def __repr__(self):
            raise ZeroDivisionError

    assert messages.printed(Odd()) == "<unprintable Odd>"


def test_the_help_of_the_cell_magic_names_its_options():
    """It begins with the usage."""
    text = messages.cell_magic_help()
    assert text.startswith(messages.cell_magic_usage() + "\n")
    assert "  -c, --clear  " in text


def test_the_help_of_the_line_magic_has_a_line_for_each_word():
    """The first line lists the words."""
    text = messages.line_magic_help()
    words = text.splitlines()[0].partition("[")[2].rstrip("]").split(" | ")
    assert words == ["plan", "sync", "on", "off", "graph", "log", "old", "status", "help"]
    for word in words[:-1]:
        assert messages.line_magic_help(word) in text.splitlines()
        assert messages.line_magic_help(word).startswith(f"  {word} ")
    assert messages.line_magic_help("help") == text


def test_each_setting_has_a_help_text():
    """`%config LiveImport` shows it."""
    from liveimport.core.settings import Settings

    for setting in Settings._fields:
        assert messages.setting_help(setting).endswith(".")
