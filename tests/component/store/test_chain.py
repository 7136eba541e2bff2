"""One application through the pipeline: claims, tokens, completions, settling, and the sharing of postings and profiles."""
import threading

import psycopg2
import pytest
from mill import (ACCEPTED, ANALYSIS, ANALYZE, EMBED, EVENT, FAIL, HAND_BACK, JOIN, LETTER, OPTIMIZE, POSTING, PROFILE, PUBLISH, RETRY, Tenant, subjects)
from support.db import new_id, rows, value

DONE, NEEDS_REVIEW, FAILED, CANCELLED = 4, 5, 6, 7
WAITING, READY, DISPATCHED, RUNNING, PARKED = 1, 2, 3, 4, 5


def test_an_application_from_submission_to_its_end(mill, tenant):
    app, out = tenant.submit()
    published = {(c.subject, c.stage) for c in out if c.what == PUBLISH}
    job = value(tenant.gateway, "SELECT job_id FROM applications")
    assert published == {(job, ANALYZE), (job, EMBED), (tenant.profile, EMBED)}
    assert mill.task(app)[:2] == (1, WAITING)

    out = mill.step(ANALYZE)
    assert subjects(out, ACCEPTED) == [job] and subjects(out, PUBLISH) == [app]
    assert mill.task(app)[:2] == (OPTIMIZE, DISPATCHED) and mill.task(job, ANALYSIS) is None
    out = mill.step(OPTIMIZE)
    assert [(c.subject, c.stage) for c in out if c.what == PUBLISH] == [(app, LETTER)]
    out = mill.step(LETTER)
    assert mill.task(app)[:2] == (JOIN, WAITING), "the embeddings are not there yet"
    assert subjects(out, PUBLISH) == []
    out = mill.step(EMBED)
    assert [c.state for c in out if c.what == EVENT and c.stage == 0] == [DONE, 5]
    assert mill.app(tenant, app)[:2] == (DONE, 70)
    assert mill.app(tenant, app)[2] == pytest.approx(1.0)
    assert [c.seq for c in out if c.what == EVENT][-1] == 6
    b = mill.batch_row(tenant, app)
    assert (b["state"], b["last_seq"], b["n_done"], b["n_analyze"], b["n_optimize"], b["n_cover_letter"], b["n_embed"]) == (5, 6, 1, 1, 1, 1, 1)


def test_embeddings_first_then_the_letter_ends_it(mill, tenant):
    app, _ = tenant.submit()
    for stage in (EMBED, ANALYZE, OPTIMIZE):
        mill.step(stage)
    out = mill.step(LETTER)
    assert mill.app(tenant, app)[0] == DONE
    assert [c.state for c in out if c.what == EVENT] == [6, DONE, 5]


def test_what_needs_review_ends_so(mill, tenant):
    app, _ = tenant.submit()
    mill.step(ANALYZE)
    mill.step(OPTIMIZE, review=True)
    mill.step(LETTER)
    mill.step(EMBED)
    assert mill.app(tenant, app)[0] == NEEDS_REVIEW
    app2, _ = tenant.submit()
    mill.step(ANALYZE)
    mill.step(OPTIMIZE)
    mill.step(EMBED)
    mill.step(LETTER, review=True)
    assert mill.app(tenant, app2)[0] == NEEDS_REVIEW and mill.app(tenant, app2)[3] == 31


def test_many_applications_to_one_posting_analyse_it_once(mill, tenant):
    job = tenant.job()
    apps = [tenant.submit(job)[0] for _ in range(5)]
    assert len(mill.dispatched(ANALYZE)) == 1 and len(mill.dispatched(EMBED)) == 2
    out = mill.step(ANALYZE)
    assert sorted(subjects(out, PUBLISH)) == sorted(apps)
    mill.run()
    assert {mill.app(tenant, a)[0] for a in apps} == {DONE}
    app, out = tenant.submit(job)
    assert [(c.subject, c.stage) for c in out if c.what == PUBLISH] == [(app, OPTIMIZE)], "analysis and embeddings are there: straight to the second stage"
    assert [(c.stage, c.state) for c in out if c.what == EVENT] == [(ANALYZE, 6), (EMBED, 6)]
    mill.run()
    assert mill.app(tenant, app)[0] == DONE


def test_a_task_is_claimed_once_only(mill, tenant):
    for _ in range(10):
        tenant.submit()
    refs = mill.dispatched(EMBED)
    first = mill.claim(EMBED, refs)
    assert len(first) == len(refs) == 11  # ten postings, one profile
    assert mill.claim(EMBED, refs) == []
    assert mill.claim(EMBED, refs + refs) == []
    assert mill.claim(OPTIMIZE, refs) == [], "another stage's worker gets nothing of it"
    assert {c.attempt for c in first} == {1}


def test_duplicates_in_one_claim_are_one_lease(mill, tenant):
    tenant.submit()
    refs = mill.dispatched(ANALYZE)
    claims = mill.claim(ANALYZE, refs * 3)
    assert len(claims) == 1 and claims[0].attempt == 1
    assert mill.claim(ANALYZE, [(tenant.id, new_id()), (new_id(), refs[0][1])]) == []


def fingerprint(mill):
    return [value(mill.eye, f"SELECT coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '') FROM {t} x")
            for t in ("tasks", "documents", "events", "applications", "batches", "posting_analyses", "posting_vectors", "profile_vectors", "task_history")]


@pytest.mark.parametrize("stage", [ANALYZE, OPTIMIZE, LETTER, EMBED])
def test_a_stale_token_writes_nothing(mill, tenant, stage):
    tenant.submit()
    for s in (ANALYZE, OPTIMIZE):
        if stage in (OPTIMIZE, LETTER) and s < stage:
            mill.step(s)
    old = mill.claim(stage, mill.dispatched(stage))
    assert old
    mill.wake(deadline_ms=-1000)  # beyond its deadline: released again
    new = mill.claim(stage, mill.dispatched(stage))
    assert [c.subject for c in new] == [c.subject for c in old]
    before = fingerprint(mill)
    assert mill.complete(old) == []
    for outcome in (HAND_BACK, RETRY, FAIL):
        assert mill.settle(old, outcome) == []
    for c in old:
        c.token = new[0].token  # the right token, but another worker
    assert mill.complete(old) == [] and mill.settle(old, FAIL) == []
    assert fingerprint(mill) == before
    assert len(subjects(mill.complete(new), ACCEPTED)) == len(new)
    before = fingerprint(mill)
    assert mill.complete(new) == [], "a repeated completion"
    assert fingerprint(mill) == before


def test_hand_back_does_not_count_the_attempt(mill, tenant):
    tenant.submit()
    for _ in range(7):
        claims = mill.claim(ANALYZE, mill.dispatched(ANALYZE))
        assert claims[0].attempt == 1
        out = mill.settle(claims, HAND_BACK)
        assert [c.what for c in out] == [ACCEPTED]
        assert mill.task(claims[0].subject, ANALYSIS)[1] == READY
        assert [(r[0], r[2]) for r in mill.wake()] == [(1, claims[0].subject)]
    assert mill.step(ANALYZE)


def test_retry_parks_until_it_is_due_and_fails_after_the_last_attempt(mill, tenant):
    app, _ = tenant.submit()
    mill.step(ANALYZE)
    for attempt in (1, 2):
        claims = mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE))
        assert claims[0].attempt == attempt
        mill.settle(claims, RETRY, delay_ms=3600_000, attempts=3)
        assert mill.task(app)[1] == PARKED
        assert mill.wake() == [] and mill.dispatched(OPTIMIZE) == []
        rows(mill.dispatcher, "UPDATE tasks SET not_before = now() WHERE state = 5")
        assert [r[0] for r in mill.wake()] == [2]
    out = mill.settle(mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)), RETRY, delay_ms=0, attempts=3, code=19)
    assert [c.state for c in out if c.what == EVENT] == [FAILED, 5]
    assert mill.app(tenant, app)[0] == FAILED and mill.app(tenant, app)[3] == 19
    mill.run()
    assert mill.app(tenant, app)[0] == FAILED


def test_a_posting_that_cannot_be_read_ends_all_that_need_it(mill, tenant):
    job, other = tenant.job(), tenant.job()
    apps, spared = [tenant.submit(job)[0] for _ in range(3)], tenant.submit(other)[0]
    claims = [c for c in mill.claim(ANALYZE, mill.dispatched(ANALYZE)) if c.subject == job]
    out = mill.settle(claims, FAIL, code=14)
    assert sorted(c.subject for c in out if c.what == EVENT and c.subject) == sorted(apps)
    assert {mill.app(tenant, a)[::3] for a in apps} == {(FAILED, 14)}
    assert mill.app(tenant, spared)[0] == 1
    mill.wake(deadline_ms=-1000)
    mill.run()
    assert mill.app(tenant, spared)[0] == DONE
    # its embedding went on; a new application starts with another analysis
    again, out = tenant.submit(job)
    assert (job, ANALYZE) in {(c.subject, c.stage) for c in out if c.what == PUBLISH}


def test_a_profile_that_fails_ends_its_applications_wherever_they_are(mill, tenant):
    user, profile = tenant.add_user()
    apps = [tenant.submit(user=user)[0] for _ in range(4)]
    spared, _ = tenant.submit()
    mill.step(ANALYZE)
    mill.complete(mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)[:1]))
    mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)[:1])
    claims = [c for c in mill.claim(EMBED, mill.dispatched(EMBED)) if c.kind == PROFILE and c.subject == profile]
    mill.settle(claims, FAIL, code=15)
    assert {mill.app(tenant, a)[0] for a in apps} == {FAILED}
    assert mill.app(tenant, spared)[0] == 1


def test_two_tenants_with_equal_content_share_nothing(mill, tenant):
    other = Tenant(mill, "other")
    a, _ = tenant.submit(tenant.job("same"))
    b, _ = other.submit(other.job("same"))
    assert len(mill.dispatched(ANALYZE)) == 2
    mill.complete(mill.claim(ANALYZE, mill.dispatched(ANALYZE, tenant)))
    assert mill.task(a)[0] == OPTIMIZE and mill.task(b)[0] == ANALYZE


def test_idempotency_of_a_submission(mill, tenant):
    job = tenant.job()
    a, _ = tenant.submit(job, key=b"k" * 32, body=b"one")
    b, out = tenant.submit(job, key=b"k" * 32, body=b"one")
    assert a == b and out == []
    with pytest.raises(psycopg2.Error, match="idempotency-key-reused"):
        tenant.submit(job, key=b"k" * 32, body=b"two")
    other = Tenant(mill, "other")
    c, _ = other.submit(key=b"k" * 32, body=b"two")
    assert c != a
    with pytest.raises(psycopg2.Error, match="/user_id"):
        tenant.submit(job, user=new_id(), key=b"x" * 32)
    assert tenant.submit(job, key=b"x" * 32)[0], "a refused submission leaves its key free"
    with pytest.raises(psycopg2.Error, match="/job_id"):
        tenant.submit(new_id())
    with pytest.raises(psycopg2.Error, match="/job_id"):
        tenant.submit(other.job())


def test_postings_are_stored_by_content(mill, tenant):
    assert tenant.job("a") == tenant.job("a") != tenant.job("b")
    assert value(tenant.gateway, "SELECT count(*) FROM job_postings") == 2


def test_retrying_a_failed_application(mill, tenant):
    app, _ = tenant.submit()
    mill.step(ANALYZE)
    mill.settle(mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE)), FAIL)
    with pytest.raises(psycopg2.Error, match="not-found"):
        rows(tenant.gateway, "SELECT * FROM jm_app_retry(%s, %s)", tenant.id, new_id())
    out = rows(tenant.gateway, "SELECT what, subject_id, stage FROM jm_app_retry(%s, %s)", tenant.id, app)
    assert (PUBLISH, app, OPTIMIZE) in out
    mill.run()
    assert mill.app(tenant, app)[0] == DONE
    with pytest.raises(psycopg2.Error, match="conflict"):
        rows(tenant.gateway, "SELECT * FROM jm_app_retry(%s, %s)", tenant.id, app)


def test_cancelling_an_application_anywhere(mill, tenant):
    live, _ = tenant.submit()
    mill.step(ANALYZE)
    claims = mill.claim(OPTIMIZE, mill.dispatched(OPTIMIZE))
    rows(tenant.gateway, "SELECT * FROM jm_app_cancel(%s, %s)", tenant.id, live)
    assert mill.app(tenant, live)[0] == CANCELLED
    assert mill.complete(claims) == [], "the attempt can write nothing any more"
    assert rows(tenant.gateway, "SELECT * FROM jm_app_cancel(%s, %s)", tenant.id, live) == []
    batch, apps, _ = tenant.batch(3)
    rows(tenant.gateway, "SELECT * FROM jm_app_cancel(%s, %s)", tenant.id, apps[1])
    mill.admit(tenant, 10)
    mill.run()
    assert [mill.app(tenant, a)[0] for a in apps] == [DONE, CANCELLED, DONE]
    with pytest.raises(psycopg2.Error, match="conflict"):
        rows(tenant.gateway, "SELECT * FROM jm_app_cancel(%s, %s)", tenant.id, apps[0])


def test_erasing_a_user(mill, tenant):
    user, profile = tenant.add_user()
    done, _ = tenant.submit(user=user)
    mill.run()
    live, _ = tenant.submit(user=user)
    batch, apps, _ = tenant.batch(4, users=[user, tenant.user])
    assert value(tenant.gateway, "SELECT count(*) FROM documents WHERE application_id = %s", done) == 3
    rows(tenant.gateway, "SELECT * FROM jm_user_erase(%s, %s)", tenant.id, user)
    assert rows(tenant.gateway, "SELECT key_wrapped, sealed, email_hash, profile_id FROM users WHERE user_id = %s", user)[0][0] is None
    assert value(tenant.gateway, "SELECT count(*) FROM documents WHERE application_id = %s", done) == 0
    assert value(tenant.gateway, "SELECT count(*) FROM user_profiles WHERE user_id = %s", user) == 0
    assert mill.app(tenant, live)[0] == CANCELLED
    assert [mill.app(tenant, a)[0] for a in apps] == [CANCELLED, 1, CANCELLED, 1]
    rows(mill.eye, "UPDATE applications SET state = 7 WHERE application_id = %s AND false", done)
    mill.admit(tenant, 10)
    mill.run()
    assert [mill.app(tenant, a)[0] for a in apps] == [CANCELLED, DONE, CANCELLED, DONE]
    with pytest.raises(psycopg2.Error, match="not-found"):
        rows(tenant.gateway, "SELECT * FROM jm_user_erase(%s, %s)", tenant.id, user)
    # what the erased user's finished application had is gone by intention: not a gap in the books
    rows(mill.eye, "DELETE FROM applications WHERE application_id = %s", done)
    rows(mill.eye, "DELETE FROM events WHERE batch_id = %s", done)
    rows(mill.eye, "DELETE FROM batches WHERE batch_id = %s", done)


@pytest.mark.parametrize("kind", [POSTING, PROFILE])
def test_a_completion_beside_the_release_of_the_next(mill, tenant, kind):
    """Between claim and completion of a shared task another application is released: it must not be left waiting."""
    job = tenant.job()
    a, _ = tenant.submit(job)
    claims = mill.claim(EMBED, mill.dispatched(EMBED)) + []
    mill.complete([c for c in claims if c.kind == kind])
    b, _ = tenant.submit(job)
    mill.complete([c for c in claims if c.kind != kind])
    mill.run()
    assert mill.app(tenant, a)[0] == mill.app(tenant, b)[0] == DONE


@pytest.mark.parametrize("first", [POSTING, PROFILE])
def test_both_halves_of_the_embedding_in_two_transactions_at_once(mill, tenant, first):
    """Neither sees the other's vectors; still one of them must find that both are there."""
    app, _ = tenant.submit()
    for stage in (ANALYZE, OPTIMIZE, LETTER):
        mill.step(stage)
    claims = mill.claim(EMBED, mill.dispatched(EMBED))
    slow = mill.db.connect("embedding")
    slow.autocommit = False
    mill.complete([c for c in claims if c.kind == first], conn=slow)
    other = threading.Thread(target=lambda: mill.complete([c for c in claims if c.kind != first]))
    other.start()
    other.join(0.3)
    slow.commit()
    other.join()
    assert mill.app(tenant, app)[0] == DONE
