"""Finds, loads and checks the plugins that an installation names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, NamedTuple

import pluggy

from crm.hooks import specs

GROUP = "crm.plugins"
"""entry-point group in which a package offers its plugins"""


class PluginStatus(NamedTuple):
    """How one named plugin fared."""

    name: str
    module: str
    """what the entry point names; empty if there is no such plugin"""
    version: str
    """of the package it came with"""
    state: Literal["active", "broken"]
    error: str = ""
    """why it is broken, one line"""


class Registry:
    """The plugins of one installation, each named one active or broken, never fatal.

    :ivar hook: calls a hook on every active plugin, in the order in which they were named (pluggy's relay)
    """

    def __init__(self, found: Iterable[tuple[PluginStatus, object]] = ()) -> None:
        self._manager = pluggy.PluginManager(specs.PROJECT)
        self._manager.add_hookspecs(specs)
        self.hook = self._manager.hook
        loaded = list(found)
        self._statuses = {status.name: status for status, _ in loaded}
        # pluggy calls the last one registered first.
        for status, plugin in reversed(loaded):
            if status.state == "active":
                self._register(status, plugin)

    @property
    def plugins(self) -> list[PluginStatus]:
        """Every plugin named, in order."""
        return list(self._statuses.values())

    def collect(self, hook: str, /, **arguments: Any) -> list[Any]:
        """Calls a hook that returns lists, plugin by plugin, and joins what they give.

        A plugin that fails is broken from then on; the others are still heard.

        :raises AttributeError: for a hook there is none of
        """
        getattr(self.hook, hook)
        found: list[Any] = []
        for status in self.plugins:
            if status.state != "active":
                continue
            others = [plugin for name, plugin in self._manager.list_name_plugin() if name != status.name]
            try:
                for given in self._manager.subset_hook_caller(hook, others)(**arguments):
                    found += list(given)
            except Exception as error:  # a plugin's fault of any kind stays the plugin's
                self._break(status, f"{hook} failed: {_said(error)}")
        return found

    def _register(self, status: PluginStatus, plugin: object) -> None:
        try:
            if fault := self._fault(plugin):
                self._break(status, fault)
            else:
                self._manager.register(plugin, status.name)
        except Exception as error:  # a plugin may be any object, and looking at it may run its code
            self._break(status, _said(error))

    def _fault(self, plugin: object) -> str:
        known = [name for name, caller in vars(self.hook).items() if caller.has_spec()]
        marked = 0
        for attribute in dir(plugin):
            options = self._manager.parse_hookimpl_opts(plugin, attribute)
            if options is None:
                continue
            marked += 1
            hook = options.get("specname") or attribute
            if hook not in known and not options.get("optionalhook"):
                return f"there is no hook “{hook}”; {_nearest(hook, known)}"
        return "" if marked else f"implements no hook; mark one with crm.plugin.hookimpl: {', '.join(known)}"

    def _break(self, status: PluginStatus, error: str) -> None:
        if self._manager.has_plugin(status.name):
            self._manager.unregister(name=status.name)
        self._statuses[status.name] = status._replace(state="broken", error=error)


def load(names: Sequence[str], *, group: str = GROUP) -> Registry:
    """Loads the plugins named, in this order.

    A plugin that does not exist, cannot be imported, or implements a hook there is none of is reported as broken and
    otherwise left out.
    """
    names = list(dict.fromkeys(names))
    offers = _offers(group) if names else {}
    return Registry([_loaded(name, offers) for name in names])


def available(group: str = GROUP) -> list[str]:
    """Gives the names of the plugins installed here, loaded or not, in alphabetical order."""
    return sorted(_offers(group))


def _offers(group: str) -> dict[str, list[EntryPoint]]:
    return _installed(group, tuple(sys.path))


@cache
def _installed(group: str, _path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    # Reading what every package offers takes longer than anything else that an installation does when it opens.
    offers: dict[str, list[EntryPoint]] = {}
    for offer in entry_points(group=group):
        same = offers.setdefault(offer.name, [])
        # An installation in development may list one package twice.
        if offer.value not in [other.value for other in same]:
            same.append(offer)
    return offers


def _loaded(name: str, offers: dict[str, list[EntryPoint]]) -> tuple[PluginStatus, object]:
    found = offers.get(name, [])
    if len(found) != 1:
        values = ", ".join(offer.value for offer in found)
        reason = f"offered twice, as {values}; uninstall one" if found else f"not installed; {_nearest(name, offers)}"
        return PluginStatus(name, values, "", "broken", reason), None
    [offer] = found
    status = PluginStatus(name, offer.value, offer.dist.version if offer.dist else "", "active")
    try:
        return status, offer.load()
    except (Exception, SystemExit) as error:
        return status._replace(state="broken", error=f"cannot be imported: {_said(error)}"), None


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {', '.join(names)}" if names else "there are none"


def _said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
