"""The main job: everything in samples/ ends with a résumé, a letter and a score. Runs under the sanitizers too (JOBMILL_BIN)."""
import json
import os

from support import samples


def test_every_sample_ends_with_its_documents(fleet, client, people, books):
    with open(os.path.join(samples.FOLDER, "applications.json"), encoding="utf-8") as f:
        wanted = json.load(f)
    postings = samples.postings()
    lines = [{"user_id": people[os.path.basename(w["resume"])[:-5]], "job": postings[os.path.basename(w["posting"])], "client_ref": w["client_ref"], "options": w["options"]} for w in wanted]
    batch = client.batch(lines)
    assert batch["counts"]["accepted"] == len(wanted) and batch["rejected"]["count"] == 0
    end = client.batch_end(batch["id"])
    assert end["counts"]["done"] + end["counts"]["needs_review"] == len(wanted), end["counts"]
    assert end["stages"] == {s: {"done": len(wanted), "total": len(wanted)} for s in ("analyze", "optimize", "cover-letter", "embed")}
    items = client.items(f"/batches/{batch['id']}/items")
    assert [(i["index"], i["client_ref"]) for i in items] == [(n, w["client_ref"]) for n, w in enumerate(wanted)]
    for item in items:
        application = item["application_id"]
        letter, resume, score = (client.ok(client.get(f"/applications/{application}/{d}")) for d in ("cover-letter", "resume", "score"))
        assert resume["document"]["basics"]["name"]
        assert 0 <= score["overall"] <= 100 and score["overall"] == item["score"]
        if item["state"] == "done":
            assert letter["complete"] and letter["guard"]["verdict"] == "pass" and len(letter["body"]) >= 200
            assert resume["guard"]["verdict"] == "pass"
        for form in ("md", "txt"):
            assert len(client.get(f"/applications/{application}/resume", params={"format": form}).text) > 200
    results = [json.loads(x) for x in client.get(f"/batches/{batch['id']}/results").text.splitlines()]
    assert [r["application_id"] for r in results] == [i["application_id"] for i in items]
    german = [i for i in items if "nordtakt" in i["client_ref"]]
    assert all(i["state"] == "needs_review" for i in german), "a letter in another language than the posting's waits for a person"


def test_one_application_by_itself(fleet, client, person, books):
    a = client.submit(person, samples.distinct(1, 900)[0], ref="single")
    end = client.application_end(a["id"])
    assert end["state"] in ("done", "needs_review") and end["similarity"] is not None
    events = client.ok(client.get(f"/applications/{a['id']}/events", headers={"Accept": "application/json"}))["items"]
    assert [e["stage"] for e in events].count("analyze") == 1
    assert events[-1]["state"] in ("done", "needs_review", "ended")
