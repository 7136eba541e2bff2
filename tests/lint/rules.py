"""rules.py RULE: one rule of the house over all sources; prints what breaks it, exit 1 then.

banned      functions that a safer one replaces
sql         SQL only in common/pipeline/store and migrations (io/pg has its session statements)
sizes       lines of a file: more than 400 is said, more than 600 refused; main.c at most 60
mains       one main() a program, in main.c (tests and fuzz drivers aside)
words       no leftovers, no machine's paths, no registry's hosts, no unfinished places
"""
import os
import re
import sys

SOURCES = (".c", ".h", ".def", ".sql", ".sh", ".py", ".cmake", ".proto", ".md", ".txt", ".json", ".yaml", ".yml", ".html", ".css", ".js", ".xml")
SKIPPED = {"build", ".git", "shared", "__pycache__", ".pytest_cache", "corpus"}

BANNED = {
    "strcpy": "snprintf or memcpy", "strcat": "buf_adds", "sprintf": "snprintf", "vsprintf": "vsnprintf", "gets": "fgets", "strtok": "str_next_field",
    "strtok_r": "str_next_field", "strncpy": "snprintf", "strncat": "buf_add", "system": "uv_spawn", "popen": "uv_spawn", "alloca": "the arena",
    "rand": "ids_random", "srand": "ids_random", "tmpnam": "mkstemp", "mktemp": "mkstemp", "scanf": "strto*", "atol": "strtol", "asctime": "strftime",
    "ctime": "strftime", "localtime": "localtime_r", "gmtime": "gmtime_r", "gethostbyname": "getaddrinfo",
    "vfork": "posix_spawn", "sleep": "a timer of the loop",
}
# file -> why it may
SQL_ALLOWED = {
    "common/io/pg/": "BEGIN, COMMIT and what prepares a session",
}
SQL = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|TRUNCATE|BEGIN|COMMIT|LOCK|LISTEN|NOTIFY)\s')
SIZE_SAID, SIZE_MAX, SIZE_MAIN = 400, 600, 60
# written in pieces, so that this file does not break its own rule
WORDS = [
    (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b|\bHA" r"CK\b", "a leftover"),
    (r"(?i)\bplace" r"holder\b(?!\s*=)", "an unfinished place"),
    (r"(?i)(?<!501 )(?<!\")not\s+implement" r"ed", "an unfinished place"),
    (r"(?i)\bfor\s+n" r"ow\b", "an unfinished place"),
    (r"(?i)lorem\s+ip" r"sum", "an unfinished place"),
    (r"(?<![\w.])/(wo" r"rk/(?=[a-z.])(?!highlights|name|position|summary)|ro" r"ot/|ho" r"me/\w+/|Us" r"ers/\w+/)", "a path of one machine"),
    (r"/tm" r"p/jm\b", "a path of one machine"),
    (r"(?i)\b(deb\.deb" r"ian\.org|repo1?\.mav" r"en\.(apache\.)?org|pypi\.o" r"rg|files\.pythonhost" r"ed\.org|registry\.npm" r"js\.org|dock" r"er\.io|ghcr\.i" r"o|quay\.i" r"o|proxy\.gol" r"ang\.org|crat" r"es\.io)\b", "the host of a package registry"),
    (r"^(<<<<<<<|>>>>>>>) ", "a merge's leftover"),
]
WORDS_ALLOWED = {
    ("common/pipeline/engine/", "an unfinished place"): "words that a posting's own leftovers are found by",
    ("samples/", "an unfinished place"): "text of postings",
}


def files(suffixes, tops=(".",)):
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name))
                if name.endswith(suffixes) or name in ("Makefile", "CMakeLists.txt"):
                    yield path


def code_lines(path):
    """Lines with comments and the contents of strings blanked (strings: kept when they are wanted)."""
    text = open(path, encoding="utf-8").read()
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    text = re.sub(r"^(\s*)//[^\n]*", r"\1", text, flags=re.M)
    return text.split("\n")


def banned():
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in files((".c", ".h"), ("common", "services")):
        for number, line in enumerate(code_lines(path), 1):
            line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            for match in pattern.finditer(line):
                yield f"{path}:{number}: {match.group(1)}() is banned: {BANNED[match.group(1)]}"


def sql():
    for path in files((".c", ".h"), ("common", "services")):
        if path.startswith("common/pipeline/store/") or any(path.startswith(p) for p in SQL_ALLOWED):
            continue
        for number, line in enumerate(code_lines(path), 1):
            if SQL.search(line) and not re.search(r'"(with|update) ', line):
                yield f"{path}:{number}: SQL outside common/pipeline/store: {line.strip()[:80]}"


def sizes():
    for path in files((".c", ".h", ".py", ".sh"), ("common", "services", "tests", "infra", "cmake")):
        n = sum(1 for _ in open(path, encoding="utf-8"))
        limit = SIZE_MAIN if os.path.basename(path) == "main.c" else SIZE_MAX
        if n > limit:
            yield f"{path}: {n} lines, {limit} are the limit"
        elif n > SIZE_SAID:
            print(f"(said only) {path}: {n} lines, {SIZE_SAID} are the habit")


def mains():
    found = {}
    for path in files((".c",), ("common", "services")):
        for number, line in enumerate(code_lines(path), 1):
            if re.match(r"int main\(", line):
                found.setdefault(os.path.dirname(path), []).append(path)
                if os.path.basename(path) != "main.c":
                    yield f"{path}:{number}: main() belongs in main.c"
    for folder in sorted(os.listdir("services")):
        folder = os.path.join("services", folder)
        if os.path.isdir(folder) and os.listdir(folder) and len(found.get(folder, [])) != 1:
            yield f"{folder}: {len(found.get(folder, []))} main()s, one is right"


def words():
    for path in files(SOURCES):
        try:
            lines = open(path, encoding="utf-8").read().split("\n")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            for pattern, what in WORDS:
                match = re.search(pattern, line)
                if match and not any(path.startswith(p) and what == w for p, w in WORDS_ALLOWED):
                    yield f"{path}:{number}: {what}: {match.group()}"


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    rules = {f.__name__: f for f in (banned, sql, sizes, mains, words)}
    if len(sys.argv) != 2 or sys.argv[1] not in rules:
        sys.exit(__doc__)
    problems = list(rules[sys.argv[1]]())
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
