"""Wrong uses of the public names: type checkers must object to each line that says so."""

import json

import liveimport
from liveimport import Outcom  # wrong
from liveimport import State  # wrong

liveimport.regster(globals(), "import json")  # wrong
liveimport.repalced  # wrong
liveimport.anything_at_all  # wrong
liveimport.register(globals(), None)  # wrong
liveimport.register(globals(), ["import json"])  # wrong
liveimport.register(globals(), b"import json")  # wrong
liveimport.register(globals(), json)  # wrong
liveimport.register("import json")  # wrong
liveimport.register(globals(), "import json", package=json)  # wrong
liveimport.register(globals(), "import json", "json")  # wrong
liveimport.sync(observer="x")  # wrong
liveimport.sync(observer=lambda event: event.modul)  # wrong
liveimport.sync(print)  # wrong
liveimport.auto_sync(detect="size")  # wrong
liveimport.auto_sync(follow="top_level")  # wrong
liveimport.auto_sync(on_error="skip")  # wrong
liveimport.auto_sync(own_names="mine")  # wrong
liveimport.auto_sync(register="all")  # wrong
liveimport.auto_sync(grace="2")  # wrong
liveimport.auto_sync("off")  # wrong
liveimport.auto_sync(enable=False)  # wrong
liveimport.hidden_cell_magic("no")  # wrong
liveimport.workspace(["src", "tests"])  # wrong
liveimport.workspace(1)  # wrong
liveimport.upgrade([], deep="yes")  # wrong
liveimport.upgrade([]).changed  # wrong
liveimport.plan().events  # wrong
liveimport.plan().now = 1.0  # wrong
liveimport.plan().steps[0].reason == "changed"  # wrong
liveimport.status().modules[0].state == "fine"  # wrong
liveimport.sync().events.append(1)  # wrong
liveimport.replaced["x"] = 1  # wrong
