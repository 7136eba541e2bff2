"""What the API's contract says, held against what the API says: every response must be described, every field of it named, typed and, where required, there."""
import json
import os
import re
from urllib.parse import urlsplit

from support.db import ROOT

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Contract:
    def __init__(self, path=os.path.join(ROOT, "proto/openapi.json")):
        with open(path, encoding="utf-8") as f:
            self.root = json.load(f)
        self.paths = [(re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(p)) + "$"), ops) for p, ops in self.root["paths"].items()]
        self.seen = set()  # (method, path, status) that were checked

    def at(self, node):
        while "$ref" in node:
            found = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def faults(self, schema, value, where):
        """What of the value the schema does not say, as sentences."""
        schema = self.at(schema)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                tries = [self.faults(s, value, where) for s in schema[word]]
                return min(tries, key=len)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, t) for t in types):
            return [f"{where}: {json.dumps(value)[:60]} is no {' or '.join(types)}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where}: {json.dumps(value)[:60]} is none of {schema['enum']}"]
        out = []
        if isinstance(value, dict) and types:
            known, more = schema.get("properties", {}), schema.get("additionalProperties")
            out += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
            for name, one in value.items():
                if name in known:
                    out += self.faults(known[name], one, f"{where}/{name}")
                elif isinstance(more, dict):
                    out += self.faults(more, one, f"{where}/{name}")
                elif more is not True:
                    out.append(f"{where}/{name}: not described")
        if isinstance(value, list) and types:
            if "items" not in schema:
                return out + [f"{where}: its items are not described"]
            for i, one in enumerate(value):
                out += self.faults(schema["items"], one, f"{where}/{i}")
        return out

    def response(self, method, url, status, content_type, body):
        """The faults of one response of the API; body: bytes. A path that is none of the contract's is not looked at."""
        path = urlsplit(url).path
        ops = next((ops for pattern, ops in self.paths if pattern.match(path)), None)
        if ops is None or method.lower() not in ops:
            return []
        responses = ops[method.lower()]["responses"]
        described = self.at(responses.get(str(status), responses.get("default", {})))
        kind = content_type.split(";")[0].strip()
        if not body:
            return []
        if not described:
            return [f"{method} {path}: {status} is not described"]
        schema = described.get("content", {}).get(kind, {}).get("schema")
        if schema is None:
            return [f"{method} {path}: {status} is described without {kind}"]
        self.seen.add((method, path, status))
        if kind == "application/x-ndjson":
            values = [json.loads(line) for line in body.split(b"\n") if line.strip()]
        elif kind.endswith("json"):
            values = [json.loads(body)]
        else:
            return []
        return [f"{method} {f}" for v in values for f in self.faults(schema, v, path)]
