"""What the tests of models share: postings that no model has read yet, and how a batch ended."""
from support import samples


def fresh_jobs(n, start):
    """n postings that differ in what a model is asked, too; start tells those of different batches apart."""
    plain = [job for name, job in samples.postings().items() if name.startswith(("aldgate", "kestrel", "tallystick", "quillback"))]
    return [samples.variant(plain[i % len(plain)], start + i) for i in range(n)]


def fresh_lines(user, n, start):
    return [{"user_id": user, "job": job} for job in fresh_jobs(n, start)]


def good(batch):
    """How many of it have documents."""
    return batch["counts"]["done"] + batch["counts"]["needs_review"]
