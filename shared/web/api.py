"""The REST API's common ground: bodies read strictly, versions as ETags, errors as problem details, OpenAPI."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import flask
import flask_smorest
from flask import Flask, Response, request
from marshmallow import RAISE, Schema, fields, validate
from webargs import core
from webargs.flaskparser import FlaskParser

from shared.web.access import MARK, access
from shared.web.json_body import BadJsonError, read_json
from shared.web.numbers import LAST_PAGE
from shared.web.outside_address import path_of
from shared.web.problems import CONTENT_TYPE, Problem, ProblemSchema

View = TypeVar("View", bound=Callable[..., Any])

MAX_PAGE_SIZE = 100
# As `etag_of` writes it, or as it comes back where a proxy compresses: nginx weakens it, Apache httpd adds the coding.
VERSION_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})(?:[-;](?:gzip|br|zstd|deflate))?"')


class StrictParser(FlaskParser):
    """Reads arguments; a JSON body goes through `read_json` and must say that it is JSON."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012

    def _raw_load_json(self, req: flask.Request) -> Any:
        body = req.get_data(cache=True)
        if not core.is_json(req.mimetype):
            said = repr(req.mimetype) if req.mimetype else "no content type"
            raise Problem(
                415, f"The body must be JSON, sent as `Content-Type: application/json`; this one says {said}."
            )
        if not body:
            raise Problem(400, "The body is empty; send a JSON object.")
        try:
            return read_json(body)
        except BadJsonError as error:
            raise Problem(400, str(error)) from error


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A flask-smorest blueprint whose bodies are read strictly; declare its views with the typed helpers below."""

    ARGUMENTS_PARSER = StrictParser()

    def register_views_in_doc(self, api: Api, *arguments: Any, **named: Any) -> None:
        """Leave the description to `Api.document`: it takes longer than all else that makes an app."""
        api.descriptions.append(partial(super().register_views_in_doc, api, *arguments, **named))


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest is untyped
    """flask-smorest's Api with our errors: `problems.handle_problems` answers, this only documents."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self.descriptions: list[Callable[[], None]] = []
        self._describing = threading.Lock()
        super().__init__(app, **options)

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document; the views are described when it is asked for first."""
        with self._describing:
            for describe in self.descriptions:
                describe()
            self.descriptions.clear()
            document: dict[str, Any] = self.spec.to_dict()
        return document

    def _openapi_json(self) -> Response:
        text = flask.json.dumps(self.document(), indent=2, sort_keys=False)
        return Response(text, mimetype="application/json")

    def _register_responses(self) -> None:
        """Leave the errors that any view may answer to `document` too: they are only described."""
        self.descriptions.append(self._describe_errors)

    def _describe_errors(self) -> None:
        content = {CONTENT_TYPE: {"schema": ProblemSchema}}
        errors = {status.name: status.phrase for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}
        for name, description in (*errors.items(), (self.DEFAULT_ERROR_RESPONSE_NAME, "An error")):
            response = {"description": description, "content": dict(content)}
            self.spec.components.response(name, response, lazy=True)

    def _register_pagination_header(self) -> None:
        self.descriptions.append(super()._register_pagination_header)

    def _register_error_handlers(self) -> None:
        """Leave errors to `problems.handle_problems`."""


def route(
    blueprint: Blueprint, rule: str, method: str, role: str, summary: str, *, description: str = ""
) -> Callable[[View], View]:
    """Make a view answer `method rule`, for `role` (anyone or staff), with a summary for the API's documentation.

    The view returns what flask-smorest's `response` decorator takes, or a whole flask Response.
    """

    def register(view: View) -> View:
        marked = access(role)(view)  # type: ignore[arg-type]
        documented = blueprint.doc(
            summary=summary,
            **({"description": description} if description else {}),
            security=[{"staffToken": []}] if role == "staff" else [],
        )(marked)
        setattr(documented, MARK, role)
        blueprint.route(rule, methods=[method])(documented)
        return view

    return register


def body(
    blueprint: Blueprint, schema: type[Schema] | Schema, *, example: Any = None
) -> Callable[[View], View]:
    """Have a view take a JSON body, checked by a schema, as its first argument."""
    decorate: Callable[[View], View] = blueprint.arguments(_made(schema), location="json", example=example)
    return decorate


def query(blueprint: Blueprint, schema: type[Schema] | Schema) -> Callable[[View], View]:
    """Have a view take the query's parameters, checked by a schema, as its first argument."""
    decorate: Callable[[View], View] = blueprint.arguments(_made(schema), location="query")
    return decorate


def _made(schema: type[Schema] | Schema) -> Schema:
    # webargs would make a class's schema anew for every request, which costs more than checking the body.
    made = schema() if isinstance(schema, type) else schema
    # flask-smorest copies what a view is documented by at each decorator: of schemas, which nobody changes, that is
    # half of what it costs to make an app.
    vars(made)["__deepcopy__"] = lambda _memo: made
    return made


def answers(
    blueprint: Blueprint, status: int, schema: type[Schema] | Schema | None = None
) -> Callable[[View], View]:
    """Document what a view answers when all goes well, and dump what it returns by the schema."""
    decorate: Callable[[View], View] = blueprint.response(
        status, schema and _made(schema), description=HTTPStatus(status).phrase
    )
    return decorate


def answers_whole(
    blueprint: Blueprint, status: int, kind: str, content_type: str = "application/json"
) -> Callable[[View], View]:
    """Document a view that makes its whole Response: of which JSON type ("object", "string"), and sent as what."""
    decorate: Callable[[View], View] = blueprint.response(
        status, {"type": kind}, content_type=content_type, description=HTTPStatus(status).phrase
    )
    return decorate


class PageArgs(Schema):
    """Which page of a list."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, LAST_PAGE))
    page_size = fields.Integer(load_default=20, validate=validate.Range(1, MAX_PAGE_SIZE))


def etag_of(version: int) -> str:
    """Return the ETag of a version: `"7"`."""
    return f'"{version}"'


def required_version() -> int:
    """Read the version that the caller saw from `If-Match`.

    A tag that a proxy marked when it compressed the answer is the version all the same. Raises Problem 428 when the
    header is missing, 412 when it is no version of ours (`*` is none).
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise Problem(428, "Say which version you saw: send its ETag in the header `If-Match`.")
    found = VERSION_TAG.fullmatch(header)
    if found is None:
        raise Problem(412, f'{header} is no version of this; read it again and send its ETag, such as "3".')
    return int(found[1])


def stale_version(current: int) -> Problem:
    """Make the answer to a caller who saw an older version."""
    return Problem(
        412,
        f"This has changed since you read it: it is at version {current} now. Read it again, then repeat your change.",
        headers={"ETag": etag_of(current)},
        extra={"current_version": current},
    )


def not_found(what: str, identifier: str) -> Problem:
    """Make the answer to an id that nothing has."""
    return Problem(404, "There is no %(what)s with the id %(id)r.", values={"what": what, "id": identifier})


def register_api(app: Flask, blueprints: Sequence[Blueprint]) -> None:
    """Serve blueprints, and the document that describes them at `/api/v1/openapi/SERVICE.json`."""
    service: str = app.config["SERVICE"]
    app.config.update(
        API_TITLE=f"Handslag {service}",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1/openapi",
        OPENAPI_JSON_PATH=f"{service}.json",
    )
    api = Api(
        app,
        spec_kwargs={
            "servers": [{"url": f"{path_of(app.config['SETTINGS'].base_url)}/"}],
            "components": {"securitySchemes": {"staffToken": {"type": "http", "scheme": "bearer"}}},
        },
    )
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions["handslag-openapi"] = api
