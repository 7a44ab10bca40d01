"""The architecture as rules over the source (docs/decisions/layers.md), with the standard library's `ast`.

`findings_in(path, source)` judges one file by its path; `python -m tools.architecture` judges the tree.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
APPS = ("audit", "approvals", "releases", "portal")  # each imports itself and those before it
LONGEST_MODULE = 400
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}

# The layer of a module, by the first part of its name inside the app.
LAYERS = {
    "rules": 0, "actor": 0, "errors": 0, "canonical": 0,
    "events": 1, "locking": 1, "faults": 1, "journal": 1, "compiled": 1,
    "models": 2, "triggers": 2,
    "facts": 3, "visibility": 3, "selectors": 3, "permissions": 3, "wording": 3, "history": 3, "bulk": 3,
    "documents": 3, "overview": 3, "inbox": 3, "audience": 3, "beginnings": 3, "places": 3, "so_far": 3, "shown": 3,
    "mending": 3,
    "services": 4, "verification": 4, "invariants": 4,
    "admin": 5, "management": 5,
}  # fmt: skip
TOP = 5  # what the portal has besides: doors and assembly
UNLAYERED = {"apps", "migrations", "__init__", "settings"}
PURE_LIBRARIES = {"re2", "rfc8785", "ruamel"}

DOORS = {"admin", "management", "forms", "views", "api", "tasks"}
BEHIND_SELECTORS = {"views", "api", "forms"}
GUARDIAN_READERS = {"audit/permissions.py"}
GUARDIAN_ROWS = {"models", "permission_rows"}  # where tables of permissions are defined
SIGNAL_RECEIVERS = {"audit/apps.py"}

WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create", "_raw_delete", "asave", "acreate", "aupdate", "adelete", "abulk_create",
    "abulk_update", "aget_or_create", "aupdate_or_create",
}  # fmt: skip
# `{}.update(other)`, `cache.delete(key)`, `hashlib.update(data)` take positional arguments; the
# writes of the ORM that share their names take keywords or nothing.
KEYWORD_WRITES = {"create", "update", "delete", "acreate", "aupdate", "adelete"}
BULK_WRITES = {"update", "bulk_create", "bulk_update", "aupdate", "abulk_create", "abulk_update"}
ADMIN_WRITES = {"save_model", "delete_model", "delete_queryset", "save_formset"}
MEMBER_LISTS = {"groups", "user_permissions", "permissions"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}
CLOCK_OWNERS = {"datetime", "dt", "date", "timezone", "time"}

# What makes a function of services/ a use case or a part of one, beside the writes themselves.
STATE_CHANGERS = {
    "save_tracked", "create_tracked", "delete_tracked", "insert_rows", "update_rows", "record",
    "insert_at_once", "update_at_once",
}  # fmt: skip

# Writes outside audit/history.py: file, or file::function → why no history and no actor is lost.
BOOKKEEPING: dict[str, str] = {
    "audit/bulk.py": "the statements of audit/history.py, which keeps the versions, and of projections",
    "audit/services/record.py": "the ledger itself, its heads (counters) and personal values",
    "audit/services/telling.py": "who must be told is bookkeeping, written with what it tells of",
    "audit/services/notices.py": "that somebody has read what they were told is no change",
    "audit/services/deliveries.py": "the state of a delivery is bookkeeping of whoever sends",
    "approvals/services/asked.py": "open seats and the index of rounds are a projection",
    "approvals/services/reconcile.py::rounds_out_of_step": "that a round was looked at is no change",
    "portal/services/visits.py": "up to when somebody knows an activity is a read mark",
    "releases/services/due.py::_claim": "attempts at due work are counted in a table of their own",
    "releases/services/due.py::_note_failure": "likewise",
    "releases/services/due.py::revive_dead_letters": "likewise",
    "releases/services/roles.py::write_grants": "guardian's rows are a projection of assignments",
    "releases/services/roles.py::refresh_grants": "likewise",
}
# Imports against the layers: (file, module) → why.
UPWARD_ALLOWED: dict[tuple[str, str], str] = {
    ("audit/models/tracked.py", "services"): "a change from a shell is adopted into the ledger",
    ("portal/models/people.py", "services"): "user.groups.add() from a shell is adopted likewise",
}


@dataclass(frozen=True, order=True)
class Finding:
    """A breach: where, which rule, what."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


@dataclass(frozen=True)
class Module:
    """A source file, placed."""

    path: str
    tree: ast.Module
    length: int

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).with_suffix("").parts

    @property
    def app(self) -> str:
        return self.parts[0]

    @property
    def place(self) -> str:
        """The first part of the name inside the app: `rules`, `services`, `actor` …"""
        return self.parts[1]

    @property
    def is_door(self) -> bool:
        return self.place in DOORS

    def is_bookkeeping(self, line: int) -> bool:
        """Whether the file, or the function around the line, may write without history."""
        around = {
            f"{self.path}::{node.name}"
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
        }
        return bool(BOOKKEEPING.keys() & {self.path, *around})

    def finding(self, node: ast.AST | MethodCall | None, rule: str, text: str) -> Finding:
        return Finding(self.path, getattr(node, "lineno", 1), rule, text)


def layer_of(app: str, place: str) -> int | None:
    """The layer of `app.place`; None where the layers do not apply, -1 where the place is unknown."""
    if place in UNLAYERED:
        return None
    return LAYERS.get(place, TOP if app == "portal" else -1)


def findings_in(path: str, source: str) -> list[Finding]:
    """Every breach in one file; `path` is relative to the repository, with forward slashes."""
    module = Module(path, ast.parse(source), len(source.splitlines()))
    if len(module.parts) < 2 or module.app not in APPS or module.place == "migrations":
        return []
    return sorted(set(_all_findings(module)))


def _all_findings(module: Module) -> Iterator[Finding]:
    yield from _names_and_sizes(module)
    yield from _imports(module)
    if layer_of(module.app, module.place) == 0:
        yield from _clocks(module)
    if module.is_door:
        yield from _writes_in_door(module)
    if module.app == "portal" and module.place in BEHIND_SELECTORS:
        yield from _managers(module)
    if module.place == "services":
        yield from _services_without_actor(module)
    if not module.is_door:
        yield from _bulk_writes(module)
    yield from _receivers(module)
    yield from _saves_that_write_more(module)


def _names_and_sizes(module: Module) -> Iterator[Finding]:
    for part in module.parts[1:]:
        if part in NAMELESS:
            yield module.finding(None, "name", f"“{part}” says nothing; name it by what it answers")
    if module.length > LONGEST_MODULE:
        yield module.finding(
            None, "size", f"{module.length} lines, more than {LONGEST_MODULE}: look again"
        )
    if layer_of(module.app, module.place) == -1:
        yield module.finding(None, "layer", f"{module.place} has no layer; give it one in LAYERS")


# --- Imports -------------------------------------------------------------------------------------


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        if node.module in APPS:  # `from audit import history`: the name is the module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield node.module


def _imports(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield module.finding(node, "absolute", "imports are absolute")
        for name in _imported(node):
            yield from _import(module, node, name)


def _import(module: Module, node: ast.AST, name: str) -> Iterator[Finding]:
    root = name.partition(".")[0]
    own_layer = layer_of(module.app, module.place)
    if root in APPS:
        place = name.split(".")[1] if "." in name else "__init__"
        yield from _project_import(module, node, root, place)
        return
    if own_layer == 0 and root not in sys.stdlib_module_names | PURE_LIBRARIES:
        yield module.finding(node, "pure", f"rules import no {root}: only what is pure")
    if root == "guardian" and not _may_import_guardian(module, name):
        yield module.finding(node, "guardian", "only audit/permissions.py asks guardian; use can()")


def _project_import(module: Module, node: ast.AST, app: str, place: str) -> Iterator[Finding]:
    if APPS.index(app) > APPS.index(module.app):
        yield module.finding(node, "app order", f"{module.app} does not import {app}")
        return
    own, other = layer_of(module.app, module.place), layer_of(app, place)
    if own is None or other is None or (module.path, place) in UPWARD_ALLOWED:
        return
    if other > own:
        yield module.finding(
            node, "layer order", f"{module.place} (layer {own}) imports {place} (layer {other})"
        )


def _may_import_guardian(module: Module, name: str) -> bool:
    if module.path in GUARDIAN_READERS:
        return True
    return name.startswith("guardian.models") and bool(GUARDIAN_ROWS & set(module.parts))


def _clocks(module: Module) -> Iterator[Finding]:
    for call in _calls(module.tree):
        owner = _last_name(call.func.value)
        if call.func.attr in CLOCKS and owner in CLOCK_OWNERS:
            yield module.finding(call, "clock", "rules are told the moment; they read no clock")


# --- Writes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MethodCall:
    """`something.name(…)`."""

    node: ast.Call
    func: ast.Attribute

    @property
    def lineno(self) -> int:
        return self.node.lineno


def _calls(tree: ast.AST) -> Iterator[MethodCall]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield MethodCall(node, node.func)


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) == "super"


def _is_write(call: MethodCall, names: set[str]) -> bool:
    if call.func.attr not in names:
        return False
    return not (call.func.attr in KEYWORD_WRITES and call.node.args)


def _writes_in_door(module: Module) -> Iterator[Finding]:
    for call in _calls(module.tree):
        name = call.func.attr
        edits_members = (
            name in {"add", "set", "remove", "clear"}
            and _last_name(call.func.value) in MEMBER_LISTS
        )
        admin_write = name in ADMIN_WRITES and _is_super(call.func.value)
        if _is_write(call, WRITES) or edits_members or admin_write:
            yield module.finding(call, "write in a door", f".{name}() belongs into a service")


def _bulk_writes(module: Module) -> Iterator[Finding]:
    if module.path == "audit/history.py":
        return
    for call in _calls(module.tree):
        bulk = _is_write(call, BULK_WRITES) and not _is_super(call.func.value)
        if bulk and not module.is_bookkeeping(call.lineno):
            yield module.finding(
                call, "bulk write", f".{call.func.attr}() leaves no history; use save_tracked()"
            )


def _managers(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {
            "objects", "_default_manager", "_base_manager",
        }:  # fmt: skip
            yield module.finding(
                node, "manager", f"{_last_name(node.value)}.{node.attr}: doors ask selectors (B-11)"
            )


def _saves_that_write_more(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name in {"save", "delete"}:
                for call in _calls(method):
                    if _is_write(call, WRITES) and not _is_super(call.func.value):
                        yield module.finding(
                            call, "save writes more",
                            f"{node.name}.{method.name}() changes other rows; that is a service",
                        )  # fmt: skip


# --- Services and signals ------------------------------------------------------------------------


def _services_without_actor(module: Module) -> Iterator[Finding]:
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if module.is_bookkeeping(node.lineno):
            continue
        keywords = {argument.arg for argument in node.args.kwonlyargs}
        parameters = keywords | {argument.arg for argument in node.args.args}
        # A journal carries the actor through the parts of a use case.
        if "actor" not in keywords and "journal" not in parameters and _changes_state(node):
            yield module.finding(
                node, "actor", f"{node.name}() takes no keyword-only actor (or a journal)"
            )


def _changes_state(function: ast.FunctionDef) -> bool:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if _last_name(target) == "atomic":
            return True
    called = {_last_name(each.func) for each in ast.walk(function) if isinstance(each, ast.Call)}
    writes = any(_is_write(call, WRITES) for call in _calls(function))
    return writes or bool(called & STATE_CHANGERS)


def _receivers(module: Module) -> Iterator[Finding]:
    if module.path in SIGNAL_RECEIVERS:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                if _last_name(target) == "receiver":
                    yield module.finding(node, "signal", "nothing is triggered by a signal")
    signals = _signal_names(module.tree)
    for call in _calls(module.tree):
        if call.func.attr == "connect" and (
            _last_name(call.func.value) in signals
            or {"sender", "dispatch_uid", "weak"} & {word.arg for word in call.node.keywords}
        ):
            yield module.finding(call, "signal", "nothing is triggered by a signal")


def _signal_names(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "signals" in (node.module or "").split(".")
        for alias in node.names
    }


def findings_in_tree(root: Path = ROOT) -> list[Finding]:
    """Every breach in the four apps."""
    found: list[Finding] = []
    for app in APPS:
        for file in sorted((root / app).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            found += findings_in(path, file.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    for each in findings_in_tree():
        print(each)
    sys.exit(1 if findings_in_tree() else 0)
