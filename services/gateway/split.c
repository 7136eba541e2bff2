/* A line that lies whole in a piece is handed on without copying. An array is walked byte by byte: only brackets,
 * strings and the commas between elements matter here. */
#include "gateway/split.h"

#include <string.h>

enum { ARRAY_START = 0, ARRAY_FIRST, ARRAY_ITEM, ARRAY_NEXT, ARRAY_DONE };

void split_init(struct split *s, enum split_mode mode, size_t item_max_bytes)
{
    *s = (struct split){.mode = mode, .item_max = item_max_bytes};
    buf_init(&s->item, item_max_bytes + 1);
}

void split_fini(struct split *s)
{
    buf_fini(&s->item);
}

static void split_emit(struct split *s, struct str text, int64_t at, split_fn *fn, void *ud)
{
    if (s->overlong || text.n > s->item_max) {
        fn(ud, STR(""), at, true);
    } else {
        struct str t = str_trim(text);
        if (t.n)
            fn(ud, t, at + (t.p - text.p), false);
    }
    s->overlong = false;
    buf_reset(&s->item);
}

static void split_keep(struct split *s, const char *p, size_t n)
{
    if (!s->overlong)
        buf_add(&s->item, p, n);
    s->overlong = s->overlong || buf_failed(&s->item) || s->item.len > s->item_max;
    if (s->overlong)
        buf_reset(&s->item);
}

static void split_lines(struct split *s, struct str piece, split_fn *fn, void *ud)
{
    while (piece.n) {
        const char *nl = memchr(piece.p, '\n', piece.n);
        size_t n = nl ? (size_t)(nl - piece.p) : piece.n;
        if (!nl) {
            split_keep(s, piece.p, n);
            s->at += (int64_t)n;
            return;
        }
        if (s->item.len == 0 && !s->overlong) {
            split_emit(s, (struct str){piece.p, n}, s->item_at, fn, ud);
        } else {
            split_keep(s, piece.p, n);
            split_emit(s, (struct str){buf_str(&s->item), s->item.len}, s->item_at, fn, ud);
        }
        s->at += (int64_t)n + 1;
        s->item_at = s->at;
        piece = str_sub(piece, n + 1, piece.n);
    }
}

/* True when c ends the current element (a comma or the closing bracket of the array). */
static bool split_item_byte(struct split *s, char c)
{
    if (s->in_string) {
        if (s->escaped)
            s->escaped = false;
        else if (c == '\\')
            s->escaped = true;
        else if (c == '"')
            s->in_string = false;
        return false;
    }
    if (s->depth == 0 && (c == ',' || c == ']'))
        return true;
    if (c == '"')
        s->in_string = true;
    else if (c == '{' || c == '[')
        s->depth++;
    else if ((c == '}' || c == ']') && s->depth > 0)
        s->depth--;
    return false;
}

static int split_broken(const struct split *s, const char *what, struct err *err)
{
    return err_set(err, ERR_MALFORMED, "the JSON array is not valid at byte %lld: %s", (long long)s->at, what);
}

/* Bytes of the current element up to its end or the end of the piece; *ret_ended when the end was found. */
static size_t split_item_run(struct split *s, struct str piece, bool *ret_ended)
{
    for (size_t i = 0; i < piece.n; i++)
        if (split_item_byte(s, piece.p[i])) {
            *ret_ended = true;
            return i;
        }
    *ret_ended = false;
    return piece.n;
}

/* Between elements: one byte that is not white space. */
static int split_between(struct split *s, char c, struct err *err)
{
    switch (s->state) {
    case ARRAY_START:
        if (c != '[')
            return split_broken(s, "it must begin with [", err);
        s->state = ARRAY_FIRST;
        return 0;
    case ARRAY_FIRST:
        if (c == ']') {
            s->state = ARRAY_DONE;
            return 0;
        }
        __attribute__((fallthrough));
    case ARRAY_NEXT:
        if (c == ',' || c == ']')
            return split_broken(s, "an element is missing", err);
        s->state = ARRAY_ITEM;
        s->item_at = s->at;
        return 1;
    default:
        return split_broken(s, "nothing may follow the array", err);
    }
}

static int split_array(struct split *s, struct str piece, split_fn *fn, void *ud, struct err *err)
{
    while (piece.n) {
        if (s->state == ARRAY_ITEM) {
            bool ended;
            size_t n = split_item_run(s, piece, &ended);
            split_keep(s, piece.p, n);
            s->at += (int64_t)n;
            piece = str_sub(piece, n, piece.n);
            if (!ended)
                return 0;
            split_emit(s, (struct str){buf_str(&s->item), s->item.len}, s->item_at, fn, ud);
            s->state = piece.p[0] == ',' ? ARRAY_NEXT : ARRAY_DONE;
        } else if (!str_is_space(piece.p[0])) {
            int rc = split_between(s, piece.p[0], err);
            if (rc < 0)
                return rc;
            if (rc > 0)
                continue; /* the byte belongs to the element */
        }
        s->at++;
        piece = str_sub(piece, 1, piece.n);
    }
    return 0;
}

int split_feed(struct split *s, struct str piece, split_fn *fn, void *ud, struct err *err)
{
    if (s->mode == SPLIT_ARRAY)
        return split_array(s, piece, fn, ud, err);
    split_lines(s, piece, fn, ud);
    return 0;
}

int split_end(struct split *s, split_fn *fn, void *ud, struct err *err)
{
    if (s->mode == SPLIT_ARRAY)
        return s->state == ARRAY_DONE ? 0 : split_broken(s, "it is not complete", err);
    if (s->item.len || s->overlong)
        split_emit(s, (struct str){buf_str(&s->item), s->item.len}, s->item_at, fn, ud);
    return 0;
}
