#!/usr/bin/env bash
# layers.sh: who may include whom.
#
# Our own headers: a layer sees the layers that CMakeLists.txt names for it (and those these see), nothing else; services and
# tests see all, but no service sees another one. Foreign headers: the table below says which folders may include them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

/usr/bin/python3 - <<'PY'
import os
import re
import sys

# header (regular expression) -> folders or files that may include it
FOREIGN = [
    (r"uv\.h", ["common/core/", "common/io/"]),
    (r"yyjson\.h", ["common/base/json.h"]),
    (r"libpq-fe\.h|libpq/.*", ["common/io/pg/"]),
    (r"hiredis/.*", ["common/io/redis/"]),
    (r"librdkafka/.*", ["common/io/kafka/"]),
    (r"nng/.*", ["common/io/control/"]),
    (r"curl/.*", ["common/io/curl/"]),
    (r"llhttp\.h", ["common/io/http/"]),
    (r"sodium\.h|sodium/.*", ["common/core/"]),
    (r"gumbo\.h", ["common/pipeline/engine/html_nodes.h"]),
    (r"msgpack\.h|msgpack/.*", ["common/pipeline/progress/"]),
    (r"protobuf-c/.*|messages\.pb-c\.h", ["common/io/kafka/", "common/io/control/"]),
    (r"zlib\.h", ["common/io/http/", "services/gateway/", "common/pipeline/engine/", "services/cli/"]),
    (r"poppler\.h|glib\.h|glib-object\.h", ["common/io/pdfin/"]),
    (r"pango/.*|cairo.*|fontconfig/.*|hb\.h", ["common/io/pdf/"]),
    (r"zip\.h|libxml/.*", ["common/io/docx/"]),
    (r"criterion/.*|.*sanitizer/.*", []),
]
LIBC = re.compile(r"(arpa|linux|net|netinet|sys)/.*|[a-z0-9_]+\.h|stdc-predef\.h")
OTHER = ["messages.pb-c.h", "migrations.h"]  # generated, in include roots of their own

problems = []


def read_layers():
    layers = {}
    text = open("CMakeLists.txt", encoding="utf-8").read()
    for args in re.findall(r"^layer_library\(([^)]*)\)", text, re.M):
        words = args.split()
        part, lists = None, {"FOLDERS": [], "LAYERS": [], "LIBS": []}
        for word in words[1:]:
            if word in lists:
                part = word
            else:
                lists[part].append(word)
        layers[words[0]] = {"folders": [f[7:] + "/" for f in lists["FOLDERS"] if f.startswith("common/")],
                            "defs": [f[6:] for f in lists["FOLDERS"] if f.startswith("proto:")], "sees": set(lists["LAYERS"]) | {words[0]}}
    seen = {}
    for name, layer in layers.items():  # lowest first: what a layer sees is complete before the next one is read
        for lower in list(layer["sees"] - {name}):
            if lower not in seen:
                problems.append(f"CMakeLists.txt: layer {name} names {lower}, which is not a lower layer")
                continue
            layer["sees"] |= seen[lower]
        seen[name] = layer["sees"]
    return layers


def layer_of(path, layers):
    best = None
    for name, layer in layers.items():
        for folder in layer["folders"]:
            if path.startswith(folder) and (best is None or len(folder) > best[1]):
                best = (name, len(folder))
    return best[0] if best else None


def check_own(path, line, header, layers):
    if header.endswith(".def") and "/" not in header:
        return
    if header in OTHER or os.path.exists(os.path.join(os.path.dirname(path), header)):
        return
    target = layer_of(header, layers)
    if path.startswith("common/"):
        me = layer_of(path[7:], layers)
        if me is None:
            problems.append(f"{path}: belongs to no layer of CMakeLists.txt")
        elif target is None:
            problems.append(f"{path}:{line}: {header} is in no layer")
        elif target not in layers[me]["sees"]:
            problems.append(f"{path}:{line}: layer {me} may not see {header} (layer {target})")
    elif target is None and path.startswith("services/"):
        mine = path.split("/")[1]
        if not header.startswith((mine + "/", "stub_llm/")):  # the stub is a library of its own, also installed
            problems.append(f"{path}:{line}: {header} belongs to another service")


def check_foreign(path, line, header):
    if path.startswith("tests/"):
        return
    for pattern, folders in FOREIGN:
        if re.fullmatch(pattern, header):
            if not any(path.startswith(f) for f in folders):
                problems.append(f"{path}:{line}: <{header}> may be included in {', '.join(folders) or 'tests'} only")
            return
    if not LIBC.fullmatch(header):
        problems.append(f"{path}:{line}: <{header}> is in no row of tests/lint/layers.sh")


def main():
    layers = read_layers()
    n = 0
    for top in ("common", "services", "tests"):
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if not name.endswith((".c", ".h")):
                    continue
                path = os.path.join(folder, name)
                n += 1
                for number, text in enumerate(open(path, encoding="utf-8"), 1):
                    match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', text)
                    if not match:
                        continue
                    kind, header = match.groups()
                    if kind == "<" or re.fullmatch(FOREIGN[11][0], header):
                        check_foreign(path, number, header)
                    else:
                        check_own(path, number, header, layers)
    for problem in problems:
        print(problem)
    print(f"{n} files, {len(layers)} layers, {len(problems)} problems")
    sys.exit(1 if problems or n == 0 else 0)


main()
PY
