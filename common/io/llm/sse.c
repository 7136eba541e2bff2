#include "io/llm/sse.h"

static struct str sse_line(struct str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    struct str line = str_sub(*rest, 0, n);
    if (n < rest->n)
        n += rest->p[n] == '\r' && n + 1 < rest->n && rest->p[n + 1] == '\n' ? 2 : 1;
    *rest = str_sub(*rest, n, rest->n);
    return line;
}

static struct str sse_value(struct str line, size_t name)
{
    if (line.n == name)
        return str_sub(line, name, name);
    struct str v = str_sub(line, name + 1, line.n);
    return v.n && v.p[0] == ' ' ? str_sub(v, 1, v.n) : v;
}

static bool sse_is(struct str line, const char *name)
{
    size_t n = strlen(name);
    return str_starts(line, name) && (line.n == n || line.p[n] == ':');
}

/* data + LF + more */
static bool sse_join(struct sse *s, struct str *data, struct str more)
{
    char *p = data->n + more.n < SSE_EVENT_MAX_BYTES ? arena_try_alloc(s->arena, data->n + 1 + more.n) : NULL;
    if (!p)
        return false;
    memcpy(p, data->p, data->n);
    p[data->n] = '\n';
    memcpy(p + data->n + 1, more.p, more.n);
    *data = (struct str){.p = p, .n = data->n + 1 + more.n};
    return true;
}

bool sse_next(struct sse *s, struct str *ret_event, struct str *ret_data)
{
    bool any = false;
    *ret_event = *ret_data = (struct str){.p = "", .n = 0};
    if (str_starts(s->rest, "\xef\xbb\xbf"))
        s->rest = str_sub(s->rest, 3, s->rest.n);
    while (s->rest.n && !s->failed) {
        struct str line = sse_line(&s->rest);
        if (!line.n && any)
            return true;
        if (!line.n)
            *ret_event = (struct str){.p = "", .n = 0};
        if (line.n > SSE_EVENT_MAX_BYTES) {
            s->failed = true;
        } else if (sse_is(line, "event")) {
            *ret_event = sse_value(line, 5);
        } else if (sse_is(line, "data") && !any) {
            *ret_data = sse_value(line, 4);
            any = true;
        } else if (sse_is(line, "data")) {
            s->failed = !sse_join(s, ret_data, sse_value(line, 4));
        }
    }
    return any && !s->failed;
}
