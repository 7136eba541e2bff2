"""Every response of a run is what the contract says: Client holds each against proto/openapi.json; here all that can be read are, and the check itself."""
import requests
from support import samples
from support.contract import Contract
from support.fleet import CONTRACT

READ = ["", "/resume", "/cover-letter", "/score", "/claims"]


def test_everything_that_can_be_read_is_described(fleet, client, people):
    lines = [{"user_id": u, "job": job} for u, job in zip(sorted(people.values()), samples.distinct(len(people), 77_000))]
    lines.append({"user_id": sorted(people.values())[0], "job": {"text": "This is no posting."}})
    batch = client.batch(lines)["id"]
    client.batch_end(batch)
    for item in client.items(f"/batches/{batch}/items"):
        for what in READ:
            assert client.get(f"/applications/{item['application_id']}{what}").status_code in (200, 404, 409)
        job = client.ok(client.get(f"/applications/{item['application_id']}"))["job_id"]
        client.ok(client.get(f"/jobs/{job}"))
        client.ok(client.get(f"/jobs/{job}/analysis"))
    for user in people.values():
        client.ok(client.get(f"/users/{user}"))
        client.ok(client.get(f"/users/{user}/profile"))
    for what in ("", "/items", "/results", "/cost"):
        assert client.get(f"/batches/{batch}{what}").status_code == 200
    for what in ("/users", "/applications", "/batches"):
        client.ok(client.get(what))
    for what in ("/livez", "/readyz", "/version"):
        r = requests.get(fleet.url + what, timeout=5)
        assert CONTRACT.response("GET", r.url, r.status_code, r.headers["Content-Type"], r.content) == []
    assert client.get("/batches/nothing").status_code in (404, 422)
    gets = {p for m, p, status in CONTRACT.seen if m == "GET" and status == 200}
    unread = [p for p, (pattern, ops) in zip(CONTRACT.root["paths"], CONTRACT.paths) if "get" in ops and not any(pattern.match(g) for g in gets)]
    assert set(unread) <= {"/api/v1/applications/{id}/events", "/api/v1/batches/{id}/events", "/metrics", "/openapi.json"}, unread


def test_the_check_itself():
    c = Contract()
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"type": ["array", "null"], "items": {"enum": ["x", "y"]}}}}
    assert c.faults(schema, {"a": 1, "b": ["x", "y"]}, "") == [] == c.faults(schema, {"a": 1, "b": None}, "")
    for wrong in ({}, {"a": True}, {"a": 1.5}, {"a": 1, "c": 2}, {"a": 1, "b": ["z"]}, {"a": 1, "b": {}}, [], None):
        assert c.faults(schema, wrong, ""), wrong
    assert c.faults({"oneOf": [{"type": "null"}, schema]}, None, "") == []
    assert c.response("GET", "http://x/api/v1/batches/1/cost", 200, "application/json", b'{"surprise": 1}')
    assert c.response("GET", "http://x/api/v1/batches/1/cost", 200, "text/html", b"<p>")
