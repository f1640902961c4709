#!/usr/bin/env python3
"""Holds the examples against the schemas: route files against route.schema.json, junctor.json against config.schema.json.

Skipped (exit status 77) where Debian's python3-jsonschema is not installed.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def without_comments(text):
    """`text` without `//` and `/* */` comments and trailing commas; strings are left alone."""
    out = []
    i = 0
    while i < len(text):
        if text[i] == '"':
            end = i + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(text[i : end + 1])
            i = end + 1
        elif text.startswith("//", i):
            i = text.find("\n", i)
            i = len(text) if i < 0 else i
        elif text.startswith("/*", i):
            i = text.index("*/", i) + 2
        elif text[i] == "," and text[i + 1 :].lstrip()[:1] in ("}", "]"):
            i += 1
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def main():
    root = pathlib.Path(__file__).resolve().parents[3]
    failures = 0
    checked = 0
    for schema_name, files in (
        ("route.schema.json", sorted((root / "examples/routes").glob("*.json*"))),
        ("config.schema.json", [root / "examples/junctor.json"]),
    ):
        schema = json.loads((root / "schemas" / schema_name).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for file in files:
            checked += 1
            document = json.loads(without_comments(file.read_text()))
            for error in validator.iter_errors(document):
                best = jsonschema.exceptions.best_match([error])
                print(f"{file}: {best.json_path}: {best.message}")
                failures += 1
    print(f"{checked} files checked, {failures} problems")
    return 1 if failures or checked < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
