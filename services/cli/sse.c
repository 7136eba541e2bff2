#include "cli/sse.h"

#include <stdio.h>

void sse_init(struct sse *s)
{
    *s = (struct sse){.skip_lf = false};
    buf_init(&s->line, SSE_EVENT_MAX_BYTES);
    buf_init(&s->name, 256);
    buf_init(&s->data, SSE_EVENT_MAX_BYTES);
}

void sse_fini(struct sse *s)
{
    buf_fini(&s->line);
    buf_fini(&s->name);
    buf_fini(&s->data);
}

void sse_restart(struct sse *s)
{
    buf_reset(&s->line);
    buf_reset(&s->name);
    buf_reset(&s->data);
    s->skip_lf = false;
    s->over = false;
}

static bool sse_dispatch(struct sse *s, sse_fn *fn, void *ud)
{
    bool more = true;
    if (s->data.len > 0) {
        struct sse_event e = {
            .name = s->name.len ? (struct str){.p = buf_str(&s->name), .n = s->name.len} : STR("message"),
            .data = {.p = buf_str(&s->data), .n = s->data.len - 1}, /* without the last line end */
        };
        more = fn(ud, &e);
    }
    buf_reset(&s->name);
    buf_reset(&s->data);
    return more;
}

static bool sse_line(struct sse *s, sse_fn *fn, void *ud)
{
    struct str line = {.p = buf_str(&s->line), .n = s->line.len};
    if (line.n == 0)
        return sse_dispatch(s, fn, ud);
    ptrdiff_t colon = str_find(line, STR(":"));
    if (colon == 0) /* comment */
        return true;
    struct str field = colon < 0 ? line : str_sub(line, 0, (size_t)colon);
    struct str value = colon < 0 ? STR("") : str_sub(line, (size_t)colon + 1, line.n);
    if (value.n && value.p[0] == ' ')
        value = str_sub(value, 1, value.n);
    if (str_eqc(field, "data")) {
        buf_add(&s->data, value.p, value.n);
        buf_addc(&s->data, '\n');
    } else if (str_eqc(field, "event")) {
        buf_reset(&s->name);
        buf_add(&s->name, value.p, value.n);
    } else if (str_eqc(field, "id") && value.n < sizeof(s->last_id)) {
        snprintf(s->last_id, sizeof(s->last_id), STR_FMT, STR_ARG(value));
    }
    return true;
}

bool sse_feed(struct sse *s, struct str piece, sse_fn *fn, void *ud)
{
    for (size_t i = 0; i < piece.n; i++) {
        char c = piece.p[i];
        if (s->skip_lf && c == '\n') {
            s->skip_lf = false;
            continue;
        }
        s->skip_lf = c == '\r';
        if (c != '\n' && c != '\r') {
            buf_addc(&s->line, c);
            continue;
        }
        s->over = s->over || buf_failed(&s->line) || buf_failed(&s->data);
        bool more = !s->over && sse_line(s, fn, ud);
        buf_reset(&s->line);
        if (!more)
            return false;
    }
    return !buf_failed(&s->line);
}
