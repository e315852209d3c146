#!/usr/bin/python3
"""Holds docker-compose.yml against the schema of the Compose Specification (what `docker compose` v2 accepts)."""

import copy
import json
import pathlib
import sys

import jsonschema
import yaml

here = pathlib.Path(__file__).resolve().parent
schema = json.loads((here / "compose-spec.json").read_text())
compose = yaml.safe_load((here.parent.parent / "docker-compose.yml").read_text())
validator = jsonschema.Draft202012Validator(schema)

errors = sorted(validator.iter_errors(compose), key=lambda error: list(error.path))
for error in errors:
    print("docker-compose.yml:", "/".join(map(str, error.path)), error.message, file=sys.stderr)

# A schema that lets everything pass would say nothing.
wrong = copy.deepcopy(compose)
wrong["services"]["tsl"]["no-such-key"] = True
if validator.is_valid(wrong):
    sys.exit("the schema accepts a key that Compose does not know: compose-spec.json is not the schema that it should be")

# docker-compose 1.29 refuses it, though the specification has it.
if "name" in compose:
    sys.exit("docker-compose.yml: a top-level `name` is refused by docker-compose 1.29; take it out")

if errors:
    sys.exit(1)
print("docker-compose.yml follows the Compose Specification")
