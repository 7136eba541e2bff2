"""embed_sql.py OUT FILE...: one C table of all migrations, in the order of their numbers."""
import os
import re
import sys


def main():
    out, files = sys.argv[1], sorted(sys.argv[2:], key=os.path.basename)
    rows = []
    with open(out, "w", encoding="utf-8") as f:
        f.write('#include "migrations.h"\n\n')
        for i, path in enumerate(files):
            match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", os.path.basename(path))
            if not match or int(match.group(1)) != i + 1:
                sys.exit(f"{path}: migrations are numbered 0001_name.sql, 0002_name.sql, ... without gaps")
            data = open(path, "rb").read()
            f.write(f"static const unsigned char sql_{i + 1}[] = {{")
            f.write(",".join(str(b) for b in data) + ",0};\n")
            rows.append(f'    {{{i + 1}, "{match.group(2)}", (const char *)sql_{i + 1}, sizeof(sql_{i + 1}) - 1}},\n')
        f.write("\nconst struct migration migrations[] = {\n" + "".join(rows) + "};\n")
        f.write(f"const int migrations_count = {len(rows)};\n")


main()
