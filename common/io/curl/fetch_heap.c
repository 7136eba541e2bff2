/* One deadline a call, in a binary heap. Bytes that arrive move nothing: a call's key may be earlier than its real
 * deadline, never later; when it comes up, the real one is computed and the call sinks to its place. So a call costs
 * two or three heap steps in its life, however many pieces its answer has. */
#include "io/curl/fetch_int.h"

static void heap_place(struct fetch *f, size_t at, struct fetch_call *c)
{
    f->heap[at] = c;
    c->heap_at = at + 1;
}

static void heap_up(struct fetch *f, size_t at)
{
    struct fetch_call *c = f->heap[at];
    while (at && f->heap[(at - 1) / 2]->due_ms > c->due_ms) {
        heap_place(f, at, f->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_place(f, at, c);
}

static void heap_down(struct fetch *f, size_t at)
{
    struct fetch_call *c = f->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= f->heap_count)
            break;
        if (child + 1 < f->heap_count && f->heap[child + 1]->due_ms < f->heap[child]->due_ms)
            child++;
        if (f->heap[child]->due_ms >= c->due_ms)
            break;
        heap_place(f, at, f->heap[child]);
        at = child;
    }
    heap_place(f, at, c);
}

bool fetch_heap_reserve(struct fetch *f, size_t n)
{
    if (n <= f->heap_cap)
        return true;
    size_t cap = MAX((size_t)256, 2 * f->heap_cap);
    struct fetch_call **bigger = realloc(f->heap, cap * sizeof(*bigger)); // NOLINT(bugprone-sizeof-expression)
    if (!bigger)
        return false;
    f->heap = bigger;
    f->heap_cap = cap;
    return true;
}

void fetch_heap_add(struct fetch *f, struct fetch_call *c)
{
    f->heap_count++;
    heap_place(f, f->heap_count - 1, c);
    heap_up(f, f->heap_count - 1);
}

void fetch_heap_remove(struct fetch *f, struct fetch_call *c)
{
    if (!c->heap_at)
        return;
    size_t at = c->heap_at - 1;
    c->heap_at = 0;
    struct fetch_call *last = f->heap[--f->heap_count];
    if (last == c)
        return;
    heap_place(f, at, last);
    heap_up(f, at);
    heap_down(f, last->heap_at - 1);
}

static void deadline_min(uint64_t *at, enum fetch_end *what, uint64_t from_ms, uint64_t limit_ms, enum fetch_end end)
{
    if (limit_ms && from_ms + limit_ms < *at) {
        *at = from_ms + limit_ms;
        *what = end;
    }
}

uint64_t fetch_deadline(const struct fetch_call *c, enum fetch_end *ret)
{
    const struct fetch_request *r = &c->request;
    uint64_t at = UINT64_MAX;
    enum fetch_end end = FETCH_END_DONE;
    deadline_min(&at, &end, c->queued_ms, r->total_ms,
                 c->phase == FETCH_PHASE_WAITING ? FETCH_END_UNQUEUED : FETCH_END_TOO_LONG);
    switch (c->phase) {
    case FETCH_PHASE_WAITING:
        break;
    case FETCH_PHASE_CONNECTING:
        deadline_min(&at, &end, c->started_ms, r->connect_ms ? r->connect_ms : FETCH_CONNECT_MS, FETCH_END_UNCONNECTED);
        break;
    case FETCH_PHASE_SENT:
        deadline_min(&at, &end, c->sent_ms, r->first_byte_ms, FETCH_END_NO_BYTE);
        break;
    case FETCH_PHASE_ANSWERED:
        deadline_min(&at, &end, c->last_ms, r->silence_ms, FETCH_END_SILENT);
        break;
    }
    *ret = end;
    return at;
}

uint64_t fetch_heap_expire(struct fetch *f, uint64_t now_ms)
{
    while (f->heap_count && f->heap[0]->due_ms <= now_ms) {
        struct fetch_call *c = f->heap[0];
        enum fetch_end end;
        uint64_t real = fetch_deadline(c, &end);
        if (real <= now_ms) {
            fetch_call_end(c, end, "");
            continue;
        }
        c->due_ms = real;
        heap_down(f, 0);
    }
    return f->heap_count ? f->heap[0]->due_ms : UINT64_MAX;
}
