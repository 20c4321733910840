"""Routes that cost little to declare: most addresses are only ever matched, and few are built in a process's life."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRoute(Rule):
    """A route that works out how an address is built when the first one is: for werkzeug, half of declaring it."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        compiled: Callable[..., tuple[str, str]] | None = None

        def build(route: Rule, /, **values: object) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_now(append_unknown)
            return compiled(route, **values)

        return build
