"""``neurosyn plugins``: list, show, new, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neurosyn.cli.completion import complete_group, complete_plugin
from neurosyn.cli.output import plain, print_json, print_table
from neurosyn.cli.parameters import Json
from neurosyn.errors import PluginError, did_you_mean
from neurosyn.registry import GROUPS, Plugin, registry
from neurosyn.scenario.changes import parse_assignments

app = typer.Typer(no_args_is_help=True, help="List, describe, begin and check plugins.")

Group = Annotated[
    str,
    typer.Argument(
        metavar="GROUP",
        help=f"One of: {', '.join(GROUPS)}.",
        show_default=False,
        autocompletion=complete_group,
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--file", "-f", metavar="FILE", help="Also load this plugin file; repeatable."),
]


def _known_group(group: str) -> str:
    if group not in GROUPS:
        raise PluginError(
            f"{group}: is not a group of plugins{did_you_mean(group, GROUPS)} (there are: {', '.join(GROUPS)})"
        )
    return group


@app.command("list")
def list_(
    group: Annotated[
        str | None, typer.Argument(metavar="[GROUP]", help="Only this group.", autocompletion=complete_group)
    ] = None,
    files: Files = None,
    json: Json = False,
) -> None:
    """List plugins; one that cannot be imported is shown with the cause."""
    for file in files or []:
        registry.load_file(file)
    wanted = [_known_group(group)] if group else list(GROUPS)
    rows = [_row(entry) for entry in registry if entry.group in wanted]
    if json:
        print_json(rows)
    else:
        print_table(("group", "name", "from", "what it is"), [tuple(row.values()) for row in rows])


def _row(entry: Plugin) -> dict[str, str]:
    try:
        about = _first_line(entry.load())
    except PluginError as error:
        about = f"BROKEN: {error.__cause__ or error}"
    return {"group": entry.group, "name": entry.name, "from": entry.origin, "about": about}


def _first_line(cls: Any) -> str:
    return plain(cls.__doc__).partition("\n")[0]


@app.command()
def show(
    group: Group,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Name of the plugin.", show_default=False, autocompletion=complete_plugin),
    ],
    files: Files = None,
    json: Json = False,
) -> None:
    """Describe a plugin and its options."""
    for file in files or []:
        registry.load_file(file)
    entry = registry.find(_known_group(group), name)
    cls: Any = entry.load()
    options = _options(cls)
    if json:
        print_json(
            {"group": group, "name": name, "from": entry.origin, "about": plain(cls.__doc__), "options": options}
        )
        return
    typer.echo(f"{group}/{name}, from {entry.origin}\n")
    typer.echo(f"{plain(cls.__doc__) or 'No description.'}\n")
    if options:
        print_table(
            ("option", "type", "default", "meaning"),
            [(o["name"], o["type"], o["default"], o["description"]) for o in options],
        )
    else:
        typer.echo("It has no options.")


def _options(cls: Any) -> list[dict[str, str]]:
    schema = cls.model_json_schema() if hasattr(cls, "model_json_schema") else {}
    required = schema.get("required", [])
    rows = []
    for name, field in schema.get("properties", {}).items():
        variants = field.get("anyOf", [field])
        kinds = [v.get("type") or "/".join(map(str, v.get("enum", [v.get("const", "?")]))) for v in variants]
        if "enum" in field:
            kinds = ["/".join(map(str, field["enum"]))]
        default = "required" if name in required else str(field.get("default", ""))
        rows.append(
            {
                "name": name,
                "type": " or ".join(kinds),
                "default": default,
                "description": plain(field.get("description")),
            }
        )
    return rows


@app.command()
def new(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="layer, topology, trainer, dataset, encoder, placer or probe.", show_default=False
        ),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name in scenarios, e.g. my_layer.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Default: neurosyn-NAME.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Write a package with a plugin that works: entry point, module, test, README."""
    from neurosyn.scaffold.package import write_package

    folder = write_package(kind, name, out)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    if json:
        print_json({"folder": str(folder), "files": files})
        return
    typer.echo(f"{folder}: {', '.join(files)}\n")
    typer.echo(f"next:  pip install -e '{folder}[test]'")
    typer.echo(f"       pytest {folder}")
    typer.echo(f"       neurosyn plugins check {name}")


@app.command()
def check(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Name of the plugin, or GROUP/NAME.",
            show_default=False,
            autocompletion=complete_plugin,
        ),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="An option to check it with; repeatable."),
    ] = None,
    files: Files = None,
    json: Json = False,
) -> None:
    """Check that a plugin keeps its contract, and list every breach.

    It is run on small synthetic networks, data and boards; nothing is changed.
    """
    from neurosyn.testing.conformance.check import check_plugin
    from neurosyn.testing.conformance.problems import ConformanceError

    for file in files or []:
        registry.load_file(file)
    options = parse_assignments(assignments or [])
    rows: list[dict[str, Any]] = []
    for entry in _named(name):
        try:
            check_plugin(entry, options)
        except ConformanceError as error:
            rows.append({"group": entry.group, "name": entry.name, "conforms": False, "problems": error.problems})
        else:
            rows.append({"group": entry.group, "name": entry.name, "conforms": True, "problems": ()})
    if json:
        print_json(rows)
    else:
        for row in rows:
            typer.echo(f"{row['group']}/{row['name']}: {'conforms' if row['conforms'] else 'does not conform'}")
            for problem in row["problems"]:
                typer.echo(f"  {problem}")
    if not all(row["conforms"] for row in rows):
        raise typer.Exit(PluginError.exit_code)


def _named(name: str) -> list[Plugin]:
    """Return the plugins of a name in all groups, or the one of GROUP/NAME."""
    group, slash, rest = name.rpartition("/")
    if slash:
        return [registry.find(_known_group(group), rest)]
    entries = [plugin for plugin in registry if plugin.name == name]
    if not entries:
        names = {plugin.name for plugin in registry}
        raise PluginError(
            f"{name}: there is no plugin of this name{did_you_mean(name, names)}; "
            "`neurosyn plugins list` shows all (is its package installed?)"
        )
    return entries
