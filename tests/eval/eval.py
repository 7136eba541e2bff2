"""Measures what the engine writes: one table, compared with the figures kept in figures.json.

    eval.py [--quick] [--update] [--bin DIR] [PART ...]

Every parts/NAME.py has `rows(ctx)` that yields dictionaries:

    name    what is measured; the row is known as "NAME/name"
    value   the figure, with `unit` ("" for a share), `n` (how many cases) and `better` ("higher" or "lower")
    goal    what it should be, or None
    timing  true: measured in CPU time on a machine that others use too. Shown against its goal, never a failure, not kept

figures.json keeps per row {value, n, tolerance, shortfall}. The run fails when a row is worse than its kept value by more than
the tolerance, when it misses its goal and no `shortfall` says why that is known, or when a kept row is gone although its part
ran without a skip. --update keeps the new values (a shortfall is written by hand: it is a decision, not a measurement).
--quick asks the parts for what needs no data from outside and takes seconds.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIGURES = HERE / "figures.json"
TOLERANCE = 0.01  # of the kept value, where the figures name none
EXACT = 1e-9


class EngineError(Exception):
    """The engine died, or answered something that is no answer."""


class Context:
    """What a part may use."""

    def __init__(self, bin_dir, quick, seed=20260101):
        given = os.environ.get("JOBMILL_EVAL_DATA")
        for name in [n for n in os.environ if n.startswith("JOBMILL_")]:
            del os.environ[name]  # the programs take settings from there, and refuse what they do not know
        data = pathlib.Path(given) if given else ROOT.parent / "shared" / "data"
        self.data = data if data.is_dir() and not quick else None
        self.samples = ROOT / "samples"
        self.root = ROOT
        self.bin = pathlib.Path(bin_dir)
        self.tool = self.bin.parent / "tests" / "engine_tool"
        self.seed = seed
        self.quick = quick
        self.skipped = []
        self.part = ""

    def skip(self, reason):
        self.skipped.append((self.part, reason))
        print(f"skipped: {self.part}: {reason}", flush=True)

    def jobmill(self, *args, stdin=b"", check=True):
        """The bytes that the built command line prints."""
        done = subprocess.run([str(self.bin / "jobmill"), *map(str, args)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise EngineError(f"jobmill {' '.join(map(str, args))}: {done.stderr.decode(errors='replace')[:400]}")
        return done.stdout

    def engine(self, requests, tool=None, raw=False):
        """The answers of engine_tool, in order: dictionaries {ok, result | error}, or with raw the lines of bytes."""
        lines = [json.dumps(r, ensure_ascii=False).encode() for r in requests]
        if not lines:
            return []
        done = subprocess.run([str(tool or self.tool)], input=b"\n".join(lines) + b"\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        answers = done.stdout.split(b"\n")[:-1]
        if done.returncode != 0 or len(answers) != len(lines):
            at = lines[min(len(answers), len(lines) - 1)][:300].decode(errors="replace")
            raise EngineError(f"engine_tool ended with {done.returncode} at request {len(answers)}: {at}\n{done.stderr.decode(errors='replace')[-2000:]}")
        return answers if raw else [json.loads(a) for a in answers]

    def results(self, requests):
        """As engine(), but only the results; the first error is raised."""
        out = []
        for request, answer in zip(requests, self.engine(requests)):
            if not answer["ok"]:
                raise EngineError(f"{request.get('op')}: {answer['error']}")
            out.append(answer["result"])
        return out


def load_parts(words):
    names = sorted(p.stem for p in (HERE / "parts").glob("*.py") if not p.stem.startswith("_"))
    unknown = [w for w in words if w not in names]
    if unknown:
        sys.exit(f"no such part: {', '.join(unknown)} (there are: {', '.join(names)})")
    sys.path.insert(0, str(HERE))
    for name in words or names:
        spec = importlib.util.spec_from_file_location(f"eval_part_{name}", HERE / "parts" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield name, module


def measure(ctx, words):
    """The rows of all parts, and the parts that broke."""
    rows, broken, complete = [], [], []
    for name, module in load_parts(words):
        ctx.part = name
        start, skips = time.monotonic(), len(ctx.skipped)
        try:
            for row in module.rows(ctx):
                rows.append(dict({"unit": "", "goal": None, "better": "higher", "n": 0, "timing": False}, **row, key=f"{name}/{row['name']}"))
        except Exception:
            broken.append(name)
            print(f"BROKEN: {name}\n{traceback.format_exc()}", flush=True)
        if name not in broken and len(ctx.skipped) == skips:
            complete.append(name)
        print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)
    return rows, broken, complete


def misses(row):
    if row["goal"] is None:
        return False
    return row["value"] < row["goal"] - EXACT if row["better"] == "higher" else row["value"] > row["goal"] + EXACT


def worse_by(row, kept):
    change = row["value"] - kept["value"]
    return -change if row["better"] == "higher" else change


def judge(row, kept, quick):
    """(verdict, failed)"""
    if row["timing"]:
        return ("over the goal" if misses(row) else "ok"), False
    if misses(row) and not (kept and kept.get("shortfall")):
        return "MISSES THE GOAL", True
    if kept and not (quick and kept.get("n") != row["n"]):
        tolerance = kept.get("tolerance", max(abs(kept["value"]) * TOLERANCE, EXACT))
        worse = worse_by(row, kept)
        if worse > tolerance + EXACT:
            return "REGRESSION", True
        if misses(row):
            return "short: " + kept["shortfall"], False
        return ("better" if worse < -tolerance - EXACT else "ok"), False
    return ("short: " + kept["shortfall"] if misses(row) else "new" if not kept else "ok"), False


def text(value, unit=""):
    if value is None:
        return "-"
    s = f"{value:.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.1f}" if abs(value) >= 100 else f"{value:.4g}"
    return f"{s} {unit}".rstrip()


def table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:-1], widths[1:-1])] + [line[-1]]
        print("  ".join(cells).rstrip())


def report(rows, kept, quick, gone):
    failed = 0
    lines = [("measure", "value", "goal", "kept", "n", "verdict")]
    for row in rows:
        k = kept.get(row["key"])
        verdict, bad = judge(row, k, quick)
        failed += bad
        sign = "" if row["goal"] is None else ">= " if row["better"] == "higher" else "<= "
        lines.append((row["key"], text(row["value"], row["unit"]), sign + text(row["goal"]) if sign else "-", text(k and k["value"]), str(row["n"]), verdict))
    for key in gone:
        lines.append((key, "-", "-", text(kept[key]["value"]), "0", "GONE"))
    print()
    table(lines)
    return failed + len(gone)


def update(rows, kept, gone):
    for key in gone:
        del kept[key]
    for row in rows:
        if row["timing"]:
            continue
        old = kept.get(row["key"], {})
        new = {"value": round(row["value"], 6), "n": row["n"]}
        for field in ("tolerance", "shortfall"):
            if field in old:
                new[field] = old[field]
            elif field in row:
                new[field] = row[field]
        if not misses(row):
            new.pop("shortfall", None)
        kept[row["key"]] = new
    body = ",\n".join(f"  {json.dumps(k)}: {json.dumps(kept[k], ensure_ascii=False)}" for k in sorted(kept))
    FIGURES.write_text("{\n" + body + "\n}\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="tests/eval/run.sh", description="Measures what the engine writes.")
    parser.add_argument("--quick", action="store_true", help="only what needs no data from outside")
    parser.add_argument("--update", action="store_true", help="keep the new figures")
    parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin"), help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*")
    args = parser.parse_args()
    ctx = Context(args.bin, args.quick)
    if ctx.data is None and not args.quick:
        print("skipped: no ../shared/data (nor JOBMILL_EVAL_DATA): only own cases are measured", flush=True)
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    rows, broken, complete = measure(ctx, args.parts)
    seen = {row["key"] for row in rows}
    gone = [k for k in sorted(kept) if k not in seen and k.split("/")[0] in complete] if ctx.data and not args.quick else []
    failed = report(rows, kept, args.quick or ctx.data is None, [] if args.update else gone)
    if args.update:
        update(rows, kept, gone)
        print(f"kept: {sum(not r['timing'] for r in rows)} figures in {FIGURES.relative_to(ROOT)}")
    print(f"\n{len(rows)} rows, {failed} failed, {len(ctx.skipped)} skipped" + (f", broken: {', '.join(broken)}" if broken else ""))
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
