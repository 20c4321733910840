"""What the shell shows on every page is hidden by no page: no variable of a page has the name of a shell's value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from flask import Flask, render_template_string
from jinja2 import Environment, nodes

from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.registry import for_tests
from shared.web.app import create_service_app

ROOT = Path(__file__).parents[3]
MODULES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.py"))]
TEMPLATES = [path for part in ("services", "shared") for path in sorted((ROOT / part).rglob("*.html"))]
FORM_METHODS = {"matches", "submit", "reset", "closest", "append", "remove", "contains", "elements", "action"}
"""What scripts and browsers ask of a form by these names; an input of the same name answers in its place."""


@pytest.fixture
def app(state_dir: Path, clock: Clock, ids: IdSource) -> Flask:
    return create_service_app("shell", ROOT / "shared" / "web", for_tests(state_dir), clock, ids)


def shell_values(app: Flask) -> set[str]:
    with app.test_request_context():
        found = [cast(dict[str, object], make()) for make in app.template_context_processors[None]]
    return {name for one in found for name in one}


def given_to_pages(source: str) -> set[str]:
    """Return the names that a module gives to templates: to one of them, or to all by a context processor."""
    tree = ast.parse(source)
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    named = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "render_template":
            for keyword in one.keywords:
                named |= {keyword.arg} if keyword.arg else set(_keys(keyword.value, functions))
        elif isinstance(one, ast.FunctionDef) and any(
            getattr(mark, "attr", "") == "app_context_processor" for mark in one.decorator_list
        ):
            named |= set(_keys(one, functions))
    return named


def _keys(value: ast.AST, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Yield the keys of a dict that is written down, also by a function of the module that is called."""
    for one in ast.walk(value):
        if isinstance(one, ast.Dict):
            yield from (key.value for key in one.keys if isinstance(key, ast.Constant))  # type: ignore[misc]
        elif isinstance(one, ast.Call) and (called := functions.get(getattr(one.func, "id", ""))):
            returned = [inner for inner in ast.walk(called) if isinstance(inner, ast.Return) and inner.value]
            for inner in returned:
                yield from _keys(inner.value, {})  # type: ignore[arg-type]


def set_in_templates(source: str) -> set[str]:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    return {one.name for one in tree.find_all(nodes.Name) if one.ctx in ("store", "param")}


@pytest.mark.parametrize(("language", "names"), [("sv", "Beta, Zeta, Åkern"), ("en", "Åkern, Beta, Zeta")])
def test_pages_list_names_in_the_alphabet_of_their_language(app: Flask, language: str, names: str) -> None:
    with app.test_request_context(f"/?lang={language}"):
        listed = render_template_string(
            "{{ names | alphabetical | join(', ') }}", names=["Zeta", "Åkern", "Beta"]
        )
    assert listed == names


def test_no_module_gives_a_page_what_hides_a_value_of_the_shell(app: Flask) -> None:
    values = shell_values(app)
    assert {"settings", "navigation", "staff", "language"} <= values
    given = {path: given_to_pages(path.read_text()) for path in MODULES}
    assert set().union(*given.values()) >= {"programme", "plan", "rare_for", "report"}
    assert {str(path): found & values for path, found in given.items() if found & values} == {}


def test_no_template_sets_what_hides_a_value_of_the_shell(app: Flask) -> None:
    values = shell_values(app)
    found = {str(path): set_in_templates(path.read_text()) & values for path in TEMPLATES}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_name_that_hides_is_found() -> None:
    source = "def _more():\n    return {'nav': 1}\nrender_template('a.html', settings=1, **_more())"
    assert given_to_pages(source) == {"settings", "nav"}
    assert set_in_templates("{% set staff = 1 %}{% macro one(language) %}{% endmacro %}") >= {
        "staff", "language",
    }  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_input_hides_what_a_form_can_do(path: Path) -> None:
    text = path.read_text()
    assert not [name for name in FORM_METHODS if f'name="{name}"' in text]
