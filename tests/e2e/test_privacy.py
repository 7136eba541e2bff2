"""I6: what is personal is found nowhere in the clear: not in Postgres' files, Kafka's segments, Redis' dump or any log."""
import json
import os

import redis
from support import samples
from support.fleet import wait_for

NAME = "Zephyrine Quillfeather-Obaseki"
EMAIL = "zephyrine.quillfeather@obaseki-mail.example"
PHONE = "+1 (541) 555-0198"
STREET = "4417 Marmalade Turnpike"
SENTENCE = "Reorganised the tidal-gauge archive of Port Halvorsen so that 318 surveyors stopped quarrelling"
EMPLOYER = "Halvorsen Tidal Observatory"
SUMMARY = "Cartographer turned data engineer who once mapped the Wexcombe marshes on foot"


def resume():
    return {"basics": {"name": NAME, "email": EMAIL, "phone": PHONE, "summary": SUMMARY, "location": {"address": STREET, "city": "Port Halvorsen"}},
            "work": [{"name": EMPLOYER, "position": "Data Engineer", "startDate": "2018-02", "highlights": [SENTENCE, "Moved 40 nightly jobs from cron to Kafka and PostgreSQL"]}],
            "education": [{"institution": "Wexcombe Polytechnic", "studyType": "BSc", "area": "Geodesy", "endDate": "2014"}],
            "skills": [{"name": "Kafka"}, {"name": "PostgreSQL"}, {"name": "Python"}]}


def files(*folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path


def found_in(path, needles):
    """Needles that a file holds; read in pieces that overlap."""
    longest, hit, tail = max(len(n) for n in needles), set(), b""
    try:
        with open(path, "rb") as f:
            while piece := f.read(8 << 20):
                text = tail + piece
                hit |= {n for n in needles if n in text}
                tail = text[-longest:]
    except FileNotFoundError:
        pass
    return hit


def test_nothing_personal_lies_anywhere_in_the_clear(fleet, client):
    for instance in ("gateway", "analyzer", "optimizer", "cover-letter", "embedding", "dispatcher"):
        fleet.run("set", instance, "log.level", "debug", check=False)
    user = client.user(resume(), name=NAME, email=EMAIL, phone=PHONE, location=STREET)
    jobs = samples.distinct(12, 50_000)
    ids = [client.submit(user, jobs[0], ref="personal")["id"]]
    b = client.batch([{"user_id": user, "job": j} for j in jobs[1:]])["id"]
    client.batch_end(b)
    ids += [i["application_id"] for i in client.items(f"/batches/{b}/items")]
    client.application_end(ids[0])
    letters, shown = 0, ""
    for a in ids:
        letter = client.get(f"/applications/{a}/cover-letter")
        if letter.status_code == 200:
            letters += 1
            shown += letter.text + client.get(f"/applications/{a}/resume").text
    assert letters and NAME in shown and SENTENCE in shown, "the test must look for what is really there"
    # things go wrong too, with personal data in the request
    client.call("PUT", f"/users/{user}/profile", json={"basics": {"name": NAME}, "work": SENTENCE})
    client.post("/users", {"name": NAME, "email": EMAIL})
    client.post("/users", {"name": NAME, "email": "not " + EMAIL, "street": STREET})
    client.batch([json.dumps({"user_id": user, "name": NAME, "job": {"text": "x"}}).encode() + b"\n"], status=422)
    fleet.sql("CHECKPOINT")
    redis.Redis(port=int(fleet.stack.env["JOBMILL_REDIS_PORT"])).save()
    needles = [n.encode() for n in (NAME, EMAIL, PHONE, STREET, SENTENCE, EMPLOYER, SUMMARY, NAME.split()[1], "quillfeather", "Marmalade Turnpike", "tidal-gauge archive", "Wexcombe")]
    control = b"JM-050000"  # of the posting: it must be found, or the search does not look where the data is
    home = fleet.stack.ports()["pg_home"]
    leaks, seen_control, n = [], False, 0
    for path in files(home, fleet.path("kafka"), fleet.path("redis"), fleet.path("log")):
        n += 1
        hit = found_in(path, needles + [control])
        seen_control |= control in hit
        if hit - {control}:
            leaks.append((path, sorted(h.decode() for h in hit - {control})))
    for instance in ("gateway", "analyzer", "optimizer", "cover-letter", "embedding", "dispatcher"):
        fleet.run("set", instance, "log.level", "info", check=False)
    assert n > 100 and seen_control
    assert leaks == []


def test_progress_messages_hold_ids_only(fleet, client, person):
    r = redis.Redis(port=int(fleet.stack.env["JOBMILL_REDIS_PORT"]))
    pubsub = r.pubsub()
    pubsub.psubscribe("*")
    a = client.submit(person, samples.distinct(1, 51_000)[0])["id"]
    client.application_end(a)
    seen = []
    wait_for("messages came", 10, lambda: seen.append(pubsub.get_message(timeout=1)) or any(m and m["type"] == "pmessage" for m in seen))
    while m := pubsub.get_message(timeout=0.5):
        seen.append(m)
    data = [m["data"] for m in seen if m and m["type"] == "pmessage"]
    assert data and all(len(d) < 400 for d in data)
    assert not any(word in d for d in data for word in (b"text", b"name", b"Kafka", b"@"))
    assert all(str(k) for k in r.keys("*")) and len(r.keys("*")) < 1000
    pubsub.close()
