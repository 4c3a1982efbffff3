"""What the document of the shop says of answers, and whether an answer is so."""

import base64
import functools
import json

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

import documents

JSON, PROBLEM, LINES = "application/json", "application/problem+json", "application/x-ndjson"
# The media types whose text is one message after the other; the schema of a message is beside the text's.
ITEMS = "x-item-schema"


def number(text):
    return text.lstrip("-").isdigit()


FORMATS = jsonschema.FormatChecker(formats=["date-time", "uuid", "email"])
FORMATS.checks("int64")(lambda value: not isinstance(value, str) or (number(value) and -(2**63) <= int(value) < 2**63))
FORMATS.checks("uint64")(lambda value: not isinstance(value, str) or (number(value) and 0 <= int(value) < 2**64))
FORMATS.checks("byte", ValueError)(lambda value: not isinstance(value, str) or base64.b64decode(value, validate=True) is not None)


class Description:
    """The OpenAPI document of the shop."""

    def __init__(self):
        self.document = documents.load(documents.shop().write("3.1"))
        resource = referencing.Resource(self.document, DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:shop", resource)

    def resolve(self, node, pointer):
        """Follows a reference: what is there, and where."""
        while "$ref" in node:
            pointer = node["$ref"]
            assert pointer.startswith("#/"), pointer
            steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer[2:].split("/")]
            node = functools.reduce(lambda part, step: part[step], steps, self.document)
        return node, pointer

    def response(self, method, template, status):
        """The response of an operation with this status: what it is, and where."""
        operation = self.document["paths"][template][method.lower()]
        responses = operation["responses"]
        assert str(status) in responses, f"{method} {template} has no response {status}, only {sorted(responses)}"
        pointer = f"#/paths/{escape(template)}/{method.lower()}/responses/{status}"
        return self.resolve(responses[str(status)], pointer)

    def check(self, method, template, status, text, media_type=JSON):
        """The text is what the document says: one value, or lines of them."""
        response, pointer = self.response(method, template, status)
        content = response.get("content", {})
        assert media_type in content, f"{method} {template} {status} has no {media_type}, only {sorted(content)}"
        key = ITEMS if ITEMS in content[media_type] else "schema"
        for value in map(json.loads, text.splitlines() if key == ITEMS else [text]):
            self.fits(value, f"{pointer}/content/{escape(media_type)}/{key}")

    def fits(self, value, pointer):
        """The value is one of the schema at this place."""
        errors = self.errors(value, pointer)
        if errors:
            found = "; ".join(f"{error.json_path}: {error.message[:500]}" for error in errors)
            raise AssertionError(f"{json.dumps(value)[:500]} is not as {pointer} says: {found}")

    def errors(self, value, pointer):
        schema = {"$ref": f"urn:shop{pointer}"}
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry, format_checker=FORMATS)
        found = []
        for error in validator.iter_errors(value):
            found.append(jsonschema.exceptions.best_match([error]) or error)
        return found

    def schema(self, name):
        """Where a component is."""
        assert name in self.document["components"]["schemas"], name
        return f"#/components/schemas/{escape(name)}"


def escape(step):
    return step.replace("~", "~0").replace("/", "~1")
