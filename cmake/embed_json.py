"""embed_json.py OUT NAME FILE: a JSON document, checked and made compact, as a C array NAME and its length NAME_bytes."""
import json
import sys


def main():
    out, name, path = sys.argv[1:4]
    with open(path, encoding="utf-8") as f:
        data = json.dumps(json.load(f), ensure_ascii=False, separators=(",", ":")).encode()
    with open(out, "w", encoding="utf-8") as f:
        f.write("#include <stddef.h>\n\n")
        f.write(f"extern const char {name}[];\nextern const size_t {name}_bytes;\n")
        f.write(f"const char {name}[] = {{" + ",".join(str(b if b < 128 else b - 256) for b in data) + ",0};\n")
        f.write(f"const size_t {name}_bytes = {len(data)};\n")


main()
