"""The command line: exit codes, --json, and what it writes."""
import json
import os

import pytest
from support import samples

NOBODY = "01a00000-0000-7000-8000-00000000dead"


@pytest.fixture(scope="module")
def lines(tmp_path_factory, person):
    path = tmp_path_factory.mktemp("cli") / "applications.ndjson"
    path.write_text("".join(json.dumps({"user_id": person, "job": j, "client_ref": f"cli-{i}"}) + "\n" for i, j in enumerate(samples.distinct(6, 40_000))))
    return path


@pytest.fixture(scope="module")
def batch(fleet, lines):
    r = fleet.run("submit", str(lines), "--json")
    submitted = json.loads(r.stdout)
    assert submitted["accepted"] == 6 and submitted["rejected"] == 0
    assert fleet.run("watch", submitted["batch_id"], "--timeout", "60s", check=False).returncode in (0, 3)
    return submitted["batch_id"]


def test_submit_and_wait(fleet, lines):
    r = fleet.run("submit", str(lines), "--wait", check=False)
    assert r.returncode in (0, 3) and len([x for x in r.stdout.splitlines() if "done" in x or "needs_review" in x]) >= 6


def test_submit_from_standard_input_and_from_a_folder(fleet, lines):
    r = fleet.run("submit", "-", "--json", input=lines.read_text())
    assert json.loads(r.stdout)["accepted"] == 6
    r = fleet.run("submit", samples.FOLDER, "--json")
    assert json.loads(r.stdout)["accepted"] >= 30


def test_submitting_what_cannot_be_submitted(fleet, tmp_path):
    assert fleet.run("submit", str(tmp_path / "nothing"), check=False).returncode in (1, 2)
    bad = tmp_path / "bad.ndjson"
    bad.write_text("{}\n")
    r = fleet.run("submit", str(bad), check=False)
    assert r.returncode != 0 and r.stderr
    assert fleet.run("submit", check=False).returncode == 2
    assert fleet.run("sumbit", "x", check=False).returncode == 2


def test_watch_follows_to_the_end(fleet, batch):
    r = fleet.run("watch", batch, "--json", check=False)
    assert r.returncode in (0, 3)
    events = [json.loads(x) for x in r.stdout.splitlines()]
    seqs = [e["seq"] for e in events if "seq" in e and "stage" in e]
    assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= 6 * 5
    assert fleet.run("watch", NOBODY, check=False).returncode == 1
    assert fleet.run("watch", "xyz", check=False).returncode in (1, 2)


def test_results_are_written_one_folder_an_application(fleet, batch, tmp_path):
    r = fleet.run("results", batch, "--out", str(tmp_path / "out"), check=False)
    assert r.returncode in (0, 3), r.stderr
    folders = sorted(os.listdir(tmp_path / "out"))
    assert len([f for f in folders if (tmp_path / "out" / f).is_dir()]) == 6
    for f in folders:
        where = tmp_path / "out" / f
        if where.is_dir():
            names = os.listdir(where)
            assert {"cover-letter.txt", "resume.md", "resume.json", "score.json", "claims.json"} <= set(names), names
            for n in names:
                if n.endswith(".json"):
                    json.loads((where / n).read_text())


def test_show_and_why(fleet, client, batch):
    application = client.items(f"/batches/{batch}/items")[0]["application_id"]
    assert "score" in fleet.run("show", application).stdout.lower()
    document = json.loads(fleet.run("show", application, "--json").stdout)
    assert document
    assert fleet.run("show", batch, check=False).returncode in (0, 3)
    why = fleet.run("why", application)
    assert why.stdout.strip()
    assert json.loads(fleet.run("why", application, "--json").stdout)["application"]["id"] == application
    for command in ("show", "why"):
        assert fleet.run(command, NOBODY, check=False).returncode == 1


def test_a_refused_key_has_an_exit_code_of_its_own(fleet, batch):
    r = fleet.run("show", batch, env={"JOBMILL_CLIENT_API_KEY": "wrong"}, check=False)
    assert r.returncode == 4, r.stderr


def test_a_wait_that_is_over(fleet, client, person):
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(2000, 60_000)])["id"]
    client.ok(client.post(f"/batches/{b}:pause"), 200, 202)  # most of it waits
    assert fleet.run("watch", b, "--timeout", "1s", check=False).returncode == 124
    why = fleet.run("why", client.items(f"/batches/{b}/items")[-1]["application_id"]).stdout
    assert "paused" in why, why
    client.ok(client.post(f"/batches/{b}:cancel"), 200, 202)
    assert fleet.run("watch", b, "--timeout", "60s", check=False).returncode == 3


def test_commands_that_need_no_server(fleet):
    resume = os.path.join(samples.FOLDER, "resumes", sorted(os.listdir(os.path.join(samples.FOLDER, "resumes")))[0])
    posting = os.path.join(samples.FOLDER, "postings", "tallystick-backend-engineer.md")
    away = {"JOBMILL_PG_PORT": "1", "JOBMILL_HTTP_PORT": "1"}
    assert json.loads(fleet.run("analyze", posting, "--json", env=away).stdout)["requirements"]
    assert 0 <= json.loads(fleet.run("score", "--profile", resume, posting, "--json", env=away).stdout)["overall"] <= 100
    assert len(fleet.run("tailor", "--profile", resume, posting, env=away).stdout) > 200
    assert len(fleet.run("letter", "--profile", resume, posting, env=away).stdout) > 200
    with open(posting, encoding="utf-8") as f:
        assert json.loads(fleet.run("analyze", "-", "--json", input=f.read(), env=away).stdout)["requirements"]
    assert fleet.run("score", posting, env=away, check=False).returncode == 2


def test_help_names_every_command(fleet):
    text = fleet.run("--help").stdout
    for word in ("submit", "watch", "results", "show", "why", "up", "stop", "status", "scale", "migrate", "doctor"):
        assert word in text
        assert fleet.run(word, "--help").stdout
