"""Named plugins: one lazy registry over entry points and files named in a scenario.

Plugins that ship with neurosyn are entry points in one of the groups of `GROUPS`, as those of any other package. A
plugin is imported when its class is first requested; if that fails, the error has its name and the cause.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeVar, cast

from neurosyn.errors import NeurosynError, PluginError, did_you_mean

__all__ = [
    "FILE_MODULE",
    "GROUPS",
    "Plugin",
    "PluginWarning",
    "Registry",
    "UnknownPluginError",
    "blame",
    "plugin",
    "registry",
]

GROUPS = ("layers", "topologies", "trainers", "datasets", "encoders", "placers", "probes", "commands")
"""The kinds of plugin; group ``layers`` is the entry-point group ``neurosyn.layers``, and so on."""

T = TypeVar("T", bound=type)

FILE_MODULE = "neurosyn_plugin_file_"
"""Beginning of the name of a plugin file's module."""


class PluginWarning(UserWarning):
    """A plugin file cannot be imported, or two plugins have one name."""


class UnknownPluginError(PluginError):
    """No plugin of the group has this name."""


@dataclass
class Plugin:
    """One named plugin, imported when its class is first requested.

    Attributes
    ----------
    group, name
        Plugin group; name in scenarios.
    origin
        The distribution or the file it comes from.
    target
        The entry point to load, or the class itself if it came from a file.
    """

    group: str
    name: str
    origin: str
    target: EntryPoint | type

    def load(self) -> type:
        """Import the plugin and return its class.

        Raises
        ------
        PluginError
            If the import fails, with the cause.
        """
        # Where the package `importlib_metadata` has been imported, entry points are of its class. What a plugin file
        # registers is there already, though it need not be a class.
        if not hasattr(self.target, "load") or isinstance(self.target, type):
            return self.target
        try:
            loaded = self.target.load()
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"plugin {self.group}/{self.name} of {self.origin}: cannot be imported: "
                f"{type(error).__name__}: {error}; repair or uninstall it"
            ) from error
        if not callable(loaded):
            raise PluginError(
                f"plugin {self.group}/{self.name} of {self.origin}: '{self.target.value}' is not a class; "
                "point the entry point at one"
            )
        return loaded  # type: ignore[no-any-return]


class Registry:
    """Plugins by group and name, read from the entry points on first use."""

    def __init__(self) -> None:
        self._plugins: dict[str, dict[str, Plugin]] | None = None
        self._pending: list[Plugin] = []
        self._files: dict[Path, tuple[tuple[int, int], list[Plugin]]] = {}
        self.broken: dict[Path, str] = {}
        """Plugin files that could not be imported, with the cause."""

    def _discover(self) -> dict[str, dict[str, Plugin]]:
        if self._plugins is None:
            self._plugins = {group: {} for group in GROUPS}
            # Once for all groups, and one name for each distribution: both are read from files.
            installed = entry_points()
            origins: dict[Distribution | None, str] = {None: "an unknown distribution"}
            for group in GROUPS:
                for entry in sorted(installed.select(group=f"neurosyn.{group}"), key=lambda e: (e.name, e.value)):
                    if entry.dist is not None and entry.dist not in origins:
                        origins[entry.dist] = entry.dist.name
                    self._add(Plugin(group, entry.name, origins[entry.dist], entry))
        return self._plugins

    def _add(self, new: Plugin) -> None:
        plugins = self._discover()[new.group]
        old = plugins.get(new.name)
        if old is not None and old.origin != new.origin:
            warnings.warn(
                f"plugin {new.group}/{new.name}: {new.origin} replaces the one of {old.origin}",
                PluginWarning,
                stacklevel=3,
            )
        plugins[new.name] = new

    def names(self, group: str) -> list[str]:
        """Return the names registered in `group`, sorted."""
        return sorted(self._discover()[group])

    def __iter__(self) -> Iterator[Plugin]:
        for group in GROUPS:
            for name in self.names(group):
                yield self._discover()[group][name]

    def find(self, group: str, name: str) -> Plugin:
        """Return the plugin `name` of `group` without importing it.

        Raises
        ------
        UnknownPluginError
            If there is none; the message lists what there is.
        """
        plugins = self._discover()[group]
        if name not in plugins:
            there_are = ", ".join(sorted(plugins)) or "none"
            broken = "".join(f"; {path.name} could not be imported: {cause}" for path, cause in self.broken.items())
            raise UnknownPluginError(
                f"{group}: there is no plugin named '{name}'{did_you_mean(name, plugins)} "
                f"(there are: {there_are}; `neurosyn plugins list` shows all){broken}"
            )
        return plugins[name]

    def get(self, group: str, name: str) -> type:
        """Import and return the class of plugin `name` of `group`."""
        return self.find(group, name).load()

    def build(self, group: str, table: Mapping[str, Any], where: str, *contracts: type) -> Any:
        """Return the plugin that a table describes: ``kind`` names it, every other key is one of its options.

        Parameters
        ----------
        group
            Plugin group.
        table
            Plain TOML values.
        where
            Place of the table, for the message of an `OptionsError`.
        *contracts
            Base classes, of which the plugin derives from one.

        Returns
        -------
        Options
            An instance of the plugin's class.

        Raises
        ------
        OptionsError
            If `kind` is missing or options are wrong, with every mistake in the table.
        PluginError
            If the plugin is missing, cannot be imported or does not keep its contract.
        """
        from neurosyn.options import Mistake, Options, OptionsError, build_options

        options = dict(table)
        kind = options.pop("kind", None)
        if not isinstance(kind, str):
            choice = f"one of: {', '.join(self.names(group))}"
            mistake = Mistake((), f"has no `kind`; {choice}")
            if kind is not None:
                mistake = Mistake(("kind",), f"must be the name of a plugin; {choice}")
            raise OptionsError(where, (mistake,))
        entry = self.find(group, kind)
        plugin_class = entry.load()
        if not isinstance(plugin_class, type) or not issubclass(plugin_class, contracts or Options):
            raise PluginError(
                f"plugin {group}/{kind} of {entry.origin} does not derive from "
                f"{' or '.join(contract.__name__ for contract in contracts or (Options,))}; correct the plugin"
            )
        with blame(group, kind, "__init__"):
            remedy = f"see `neurosyn plugins show {group} {kind}`"
            return build_options(cast("type[Options]", plugin_class), options, where, remedy)

    def register(self, group: str, name: str, cls: type, origin: str) -> None:
        """Add a class by hand, as the `plugin` decorator does for files named in a scenario."""
        if group not in GROUPS:
            raise PluginError(f"plugin {name}: unknown group '{group}'{did_you_mean(group, GROUPS)}; one of {GROUPS}")
        self._pending.append(Plugin(group, name, origin, cls))

    @contextlib.contextmanager
    def lend(self, group: str, name: str, cls: type) -> Iterator[None]:
        """Register a class within a ``with`` block, for tests."""
        plugins = self._discover()[group]
        before = plugins.get(name)
        plugins[name] = Plugin(group, name, cls.__module__, cls)
        try:
            yield
        finally:
            del plugins[name]
            if before is not None:
                plugins[name] = before

    def load_file(self, path: Path) -> list[Plugin]:
        """Import a plugin file named in a scenario and register what it declares with `plugin`.

        A broken file is a `PluginWarning` with the file and the cause; a later request for one of its plugins is an
        error.
        """
        path = path.resolve()
        try:
            stat = path.stat()
        except OSError as error:
            raise PluginError(f"{path}: plugin file cannot be read: {error.strerror}; correct `plugins`") from error
        if not S_ISREG(stat.st_mode):
            raise PluginError(f"{path}: is a folder, a pipe or a device; name a .py file in `plugins`")
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._files.get(path)
        if known is not None and known[0] == stamp:
            for known_plugin in known[1]:
                self._add(known_plugin)
            return known[1]
        self._pending = []
        name = f"{FILE_MODULE}{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise PluginError(f"{path}: is not a Python file; name a .py file in `plugins`")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        self.broken.pop(path, None)
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            self.broken[path] = f"{type(error).__name__}: {error}"
            warnings.warn(f"plugin file {path}: {self.broken[path]}", PluginWarning, stacklevel=2)
            return []
        loaded = [Plugin(p.group, p.name, str(path), p.target) for p in self._pending]
        self._pending = []
        self._files[path] = (stamp, loaded)
        for new in loaded:
            self._add(new)
        return loaded


registry = Registry()
"""The registry of this process."""


@contextlib.contextmanager
def blame(group: str, name: str, method: str) -> Iterator[None]:
    """Turn an exception within one of a plugin's methods into a `PluginError` that names the plugin.

    A `NeurosynError` and errors of the file system and of memory pass through.

    Raises
    ------
    PluginError
        In place of any other exception.
    """
    try:
        yield
    except (NeurosynError, OSError, MemoryError):
        raise
    except Exception as error:
        raise PluginError(
            f"plugin {group}/{name}: {type(error).__name__} in {method}(): {error}; correct the plugin "
            "(--traceback shows where)"
        ) from error


def plugin(group: str, name: str) -> Any:
    """Class decorator for plugin files: ``@plugin("layers", "foveated")``.

    Installed packages declare an entry point instead and need no decorator.
    """

    def decorate(cls: T) -> T:
        registry.register(group, name, cls, cls.__module__)
        return cls

    return decorate
