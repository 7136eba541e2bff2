"""Résumés and postings of samples/, and any number of postings that differ from each other."""
import itertools
import json
import os
import random
import re

from support.db import ROOT

FOLDER = os.path.join(ROOT, "samples")
DATA = os.path.join(os.path.dirname(ROOT), "shared/data")  # beside the repository, when it is there


def resumes():
    out = {}
    for name in sorted(os.listdir(os.path.join(FOLDER, "resumes"))):
        with open(os.path.join(FOLDER, "resumes", name), encoding="utf-8") as f:
            out[name[:-5]] = json.load(f)
    return out


def posting_of(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if path.endswith(".html"):
        return {"html": text}
    if path.endswith(".json"):
        return {"json_ld": json.loads(text)}
    return {"text": text}


def postings():
    folder = os.path.join(FOLDER, "postings")
    return {name: posting_of(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}


def public_postings():
    """Postings of others, when they are there; without the pages that say they are closed, which get no documents."""
    folder = os.path.join(DATA, "postings")
    if not os.path.isdir(folder):
        return []
    found = []
    for sub in ("18f_md", "18f_html"):
        where = os.path.join(folder, sub)
        if os.path.isdir(where):
            found += [posting_of(os.path.join(where, n)) for n in sorted(os.listdir(where))]
    return [j for j in found if not re.search(r"\bhas closed\b", j.get("html", ""), re.I)]


CITIES = ["Aldermoor", "Brixley", "Carrow", "Dunwick", "Eastmere", "Fallow Bay", "Greyford", "Holmewood", "Ironbridge", "Jessop Hill"]


def variant(job, number):
    """The same posting with a number, a place and a date of its own: other content, so another job."""
    r = random.Random(number)
    line = f"Reference JM-{number:06d}. Office: {r.choice(CITIES)}. Team of {r.randrange(3, 40)}, {r.randrange(1, 4)} openings."
    if "html" in job:
        return {"html": re.sub(r"(</body>|</html>|\Z)", f"<p>{line}</p>\\1", job["html"], count=1)}
    if "json_ld" in job:
        text = json.dumps(job["json_ld"])
        return {"json_ld": text.replace('"description": "', f'"description": "{line} ', 1)}
    return {"text": job["text"] + f"\n\n{line}\n"}


def distinct(n, start=0, more=()):
    """n postings, no two alike."""
    all_of_them = list(postings().values()) + list(more)
    return [variant(job, start + i) for i, job in zip(range(n), itertools.cycle(all_of_them))]
