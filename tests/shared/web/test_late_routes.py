from __future__ import annotations

from typing import Any

import pytest
from werkzeug.routing import BuildError, Map, Rule

from shared.web.late_routes import LateRoute

ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("/", {"endpoint": "home"}),
    ("/reports/<id>/matches/<int:place>", {"endpoint": "match"}),
    ("/files/<path:name>", {"endpoint": "file"}),
    ("/pages/", {"endpoint": "page", "defaults": {"number": 1}}),
    ("/pages/<int:number>", {"endpoint": "page"}),
    ("/any/<any(å, b):one>", {"endpoint": "any", "methods": ["POST"]}),
]


def built(kind: type[Rule], endpoint: str, values: dict[str, Any], append_unknown: bool) -> str:
    known = Map([kind(path, **options) for path, options in ROUTES]).bind("localhost")
    return known.build(endpoint, values, append_unknown=append_unknown)


@pytest.mark.parametrize("append_unknown", [True, False])
@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("home", {}),
        ("home", {"lang": "sv", "route": "a b"}),
        ("match", {"id": "R 1/å", "place": 3, "many": ["x", "y"]}),
        ("file", {"name": "a/b c.pdf"}),
        ("page", {"number": 1}),
        ("page", {"number": 2, "self": "me"}),
        ("any", {"one": "å"}),
    ],
)
def test_an_address_is_the_one_that_werkzeugs_own_route_builds(
    endpoint: str, values: dict[str, Any], append_unknown: bool
) -> None:
    expected = built(Rule, endpoint, values, append_unknown)
    assert built(LateRoute, endpoint, values, append_unknown) == expected
    assert expected.startswith("/")


def test_a_value_that_is_missing_or_fits_nowhere_is_refused_alike() -> None:
    for kind in (Rule, LateRoute):
        for values in ({}, {"id": "R1", "place": "no number"}):
            with pytest.raises((BuildError, ValueError)):
                built(kind, "match", values, True)


def test_nothing_is_worked_out_before_the_first_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    own = Rule._compile_builder

    def noted(self: Rule, append_unknown: bool = True) -> Any:
        asked.append(self.endpoint)
        return own(self, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noted)
    known = Map([LateRoute(path, **options) for path, options in ROUTES]).bind("localhost")
    assert known.match("/files/a") == ("file", {"name": "a"})
    assert asked == []
    assert [known.build("file", {"name": "b"}) for _ in range(2)] == ["/files/b"] * 2
    assert asked == ["file"]
