import pytest

NOT_HERE = (
    "does not support processes",
    "can't start new thread",
    "ModuleNotFoundError: No module named 'nbclient'",
)
LIST = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and any(why in str(call.excinfo.value) for why in NOT_HERE):
        LIST.append((item.nodeid, str(call.excinfo.value)[:60]))
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, "not in WebAssembly")
    return report


def pytest_terminal_summary(terminalreporter):
    for one in LIST:
        print("NOTHERE", one)
