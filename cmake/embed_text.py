"""embed_text.py OUT NAME FILE: a text file as a C string NAME."""
import sys


def main():
    out, name, path = sys.argv[1:4]
    with open(path, "rb") as f:
        data = f.read()
    with open(out, "w", encoding="utf-8") as f:
        f.write(f"extern const char {name}[];\n")
        f.write(f"const char {name}[] = {{" + ",".join(str(b if b < 128 else b - 256) for b in data) + ",0};\n")


main()
