"""OpenAPI 3.1 of the declared endpoints: ``python3 -m linebox.web.openapi``."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal, get_args, get_origin

from linebox.base.endpoints import BytesAnswer, Endpoint, FileAnswer
from linebox.base.roles import EVERYBODY
from linebox.base.shapes import Count, Form, Length, Range, hints, mark, outside, render, split
from linebox.web.registry import ENDPOINTS, EXTRA_SHAPES

type Json = dict[str, object]

_STATES = {
    401: "Not logged in, or wrong password",
    403: "The role may not do this",
    404: "There is no such thing",
    409: "It conflicts with what there is, or was rolled back",
    412: "Somebody else changed it since; read it again",
    413: "The body is larger than this operation takes",
    416: "The range isn't in the file",
    422: "The input isn't right; `fields.problems` says where",
    428: "If-Match is missing",
    429: "Too many wrong passwords",
    503: "A part of the box is away; try again",
}


def document(endpoints: tuple[Endpoint, ...] = ENDPOINTS) -> Json:
    """The whole description. Raises ``TypeError`` when two different shapes bear one name."""
    schemas = _Schemas()
    paths: dict[str, dict[str, object]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    for kind in EXTRA_SHAPES:
        schemas.record(kind, answer=True)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Linebox",
            "version": "1",
            "description": "Every error is `Error`: a stable code and its sentence in zh and en.",
        },
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-linebox"}
            },
            "schemas": dict(sorted(schemas.made.items())),
        },
    }


def _operation(one: Endpoint, schemas: _Schemas) -> Json:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": schemas.of(hint, answer=False)}
        for name, hint in one.path_params.items()
    ]
    if one.query:
        fields = {field.name: field for field in dataclasses.fields(one.query)}
        for name, hint in hints(one.query).items():
            plain, marks, _ = split(hint)
            schema = schemas.plain(plain, marks, answer=False)
            default = fields[name].default
            if default not in (None, dataclasses.MISSING):
                schema["default"] = render(default)
            required = default is dataclasses.MISSING
            parameters.append({"name": name, "in": "query", "required": required, "schema": schema})
    if one.needs_match:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": "The `etag` of the state that was seen, or *",
            }
        )
    states = {*one.errors, 422, 503}
    if one.needs_session:
        states |= {401} if one.roles == EVERYBODY else {401, 403}
    operation: Json = {
        "operationId": one.name,
        "tags": [one.feature],
        "summary": one.summary,
        "x-roles": sorted(one.roles) if one.needs_session else [],
        "responses": {
            str(one.status): _answer(one, schemas),
            **{str(state): _error(state) for state in sorted(states)},
        },
    }
    if text := inspect.getdoc(one.handler):
        operation["description"] = text
    if parameters:
        operation["parameters"] = parameters
    if one.body:
        schema = schemas.of(one.body, answer=False)
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if not one.needs_session:
        operation["security"] = []
    return operation


def _answer(one: Endpoint, schemas: _Schemas) -> Json:
    if one.answer is None:
        return {"description": "Done"}
    if one.answer in (FileAnswer, BytesAnswer):
        audio = {"schema": {"type": "string", "format": "binary"}}
        return {"description": "Sound", "content": {"audio/*": audio}}
    schema = schemas.of(one.answer, answer=True)
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _error(state: int) -> Json:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": _STATES[state], "content": {"application/json": {"schema": schema}}}


class _Schemas:
    """JSON Schemas by the name of their dataclass or enumeration."""

    def __init__(self) -> None:
        self.made: dict[str, Json] = {}
        self._kinds: dict[str, type] = {}

    def of(self, hint: object, *, answer: bool) -> Json:
        plain, marks, optional = split(hint)
        schema = self.plain(plain, marks, answer=answer)
        return {"anyOf": [schema, {"type": "null"}]} if optional else schema

    def plain(self, plain: object, marks: tuple[object, ...], *, answer: bool) -> Json:
        origin = get_origin(plain)
        if origin is tuple:
            schema: Json = {"type": "array", "items": self.of(get_args(plain)[0], answer=answer)}
            if limit := mark(marks, Count):
                schema |= {"minItems": limit.min, "maxItems": limit.max}
            return schema
        if origin is Literal:
            return {"type": "string", "enum": list(get_args(plain))}
        if origin is not None and issubclass(origin, Mapping):
            return {
                "type": "object",
                "additionalProperties": self.of(get_args(plain)[1], answer=answer),
            }
        if plain is object:
            return {}
        if isinstance(plain, type) and dataclasses.is_dataclass(plain):
            return self.record(plain, answer=answer)
        if isinstance(plain, type) and issubclass(plain, StrEnum):
            return self._named(plain, {"type": "string", "enum": [one.value for one in plain]})
        return _simple(plain, marks)

    def record(self, kind: type, *, answer: bool) -> Json:
        """A dataclass. Answers have every field; requests may lack those with a default."""
        if self._kinds.get(kind.__name__) is kind:
            return {"$ref": f"#/components/schemas/{kind.__name__}"}
        schema: Json = {"type": "object", "additionalProperties": False}
        reference = self._named(kind, schema)
        properties: dict[str, Json] = {}
        required: list[str] = []
        for field in dataclasses.fields(kind):
            one = self.of(hints(kind)[field.name], answer=answer)
            if field.default is not dataclasses.MISSING and not answer:
                one = {**one, "default": render(field.default)}
            elif not field.metadata.get("may_lack"):
                required.append(outside(field.name))
            properties[outside(field.name)] = one
        schema |= {"properties": properties, "required": required}
        text = inspect.getdoc(kind)
        if text and not text.startswith(f"{kind.__name__}("):
            schema["description"] = text
        return reference

    def _named(self, kind: type, schema: Json) -> Json:
        name = kind.__name__
        if self._kinds.setdefault(name, kind) is not kind:
            raise TypeError(f"two shapes are called {name}: {kind} and {self._kinds[name]}")
        self.made[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}


def _simple(plain: object, marks: tuple[object, ...]) -> Json:
    if plain is str:
        schema: Json = {"type": "string"}
        if length := mark(marks, Length):
            schema |= {"minLength": length.min, "maxLength": length.max}
        if form := mark(marks, Form):
            schema |= {"pattern": f"^(?:{form.pattern})$", "description": form.en}
        return schema
    if plain in (int, float):
        schema = {"type": "integer" if plain is int else "number"}
        if limits := mark(marks, Range):
            schema |= {"minimum": limits.min, "maximum": limits.max}
        return schema
    if plain is bool:
        return {"type": "boolean"}
    if plain is datetime:
        return {"type": "string", "format": "date-time"}
    if plain is date:
        return {"type": "string", "format": "date"}
    if plain is time:
        return {"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"}
    raise TypeError(f"not a shape: {plain}")


if __name__ == "__main__":
    json.dump(document(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
