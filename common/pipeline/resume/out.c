/* The document as it grows. Every value that is written marks its bytes of reading.clean as used; at the end, letters
 * and digits that nobody used become notes, so that nothing is lost without a word.
 *
 * Where a byte of clean came from is in reading.src; which line that is, is found by bisection. */
#include "pipeline/resume/resume_parts.h"

#include <stdio.h>

#define OUT_LEFT_SHORT 1 /* left-over pieces of so few letters are not worth a note */
#define OUT_NOTE_BYTES 400

int out_begin(struct reading *r, struct err *err)
{
    r->out = json_mut_new(r->a);
    r->root = r->out ? yyjson_mut_obj(r->out) : NULL;
    r->sources = r->out ? yyjson_mut_obj(r->out) : NULL;
    r->notes = r->out ? yyjson_mut_arr(r->out) : NULL;
    if (!r->root || !r->sources || !r->notes)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    return 0;
}

static bool inside(const struct reading *r, struct str s)
{
    return s.n && s.p >= r->clean && s.p + s.n <= r->clean + r->clean_n;
}

void out_used(struct reading *r, struct str src)
{
    if (inside(r, src))
        memset(r->used + (src.p - r->clean), 1, src.n);
}

bool out_is_used(const struct reading *r, struct str src)
{
    if (!inside(r, src))
        return true;
    for (size_t i = 0; i < src.n; i++)
        if (!r->used[(size_t)(src.p - r->clean) + i] && (str_is_alnum(src.p[i]) || (unsigned char)src.p[i] >= 0x80))
            return false;
    return true;
}

static const struct doc_line *line_at(const struct reading *r, size_t byte)
{
    size_t lo = 0, hi = r->d->lines_n;
    while (lo + 1 < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->d->lines[mid].from <= byte)
            lo = mid;
        else
            hi = mid;
    }
    return r->d->lines_n ? &r->d->lines[lo] : NULL;
}

/* Adds line, start and end (and page) of src to obj. */
static void add_source(struct reading *r, yyjson_mut_val *obj, struct str src, bool page)
{
    if (!inside(r, src))
        return;
    size_t start = r->src[src.p - r->clean], last = r->src[src.p + src.n - 1 - r->clean];
    const struct doc_line *l = line_at(r, start);
    size_t end = last + 1;
    while (end < r->d->text.n && ((unsigned char)r->d->text.p[end] & 0xC0) == 0x80)
        end++; /* the rest of a letter that became another one */
    if (page)
        yyjson_mut_obj_add_uint(r->out, obj, "page", l ? l->page : 0);
    yyjson_mut_obj_add_uint(r->out, obj, "line", l ? l->number : 0);
    yyjson_mut_obj_add_uint(r->out, obj, "start", start);
    yyjson_mut_obj_add_uint(r->out, obj, "end", MAX(end, start));
}

static yyjson_mut_val *text_val(struct reading *r, struct str s)
{
    yyjson_mut_val *v = yyjson_mut_strncpy(r->out, s.p, s.n);
    r->text_failed = r->text_failed || !v;
    return v;
}

static void source_of(struct reading *r, const char *pointer, const char *key, ptrdiff_t index, struct str src)
{
    char at[RESUME_POINTER_BYTES + 64];
    if (!inside(r, src))
        return;
    if (index >= 0)
        snprintf(at, sizeof(at), "%s/%s/%zd", pointer, key, index);
    else
        snprintf(at, sizeof(at), "%s/%s", pointer, key);
    yyjson_mut_val *place = yyjson_mut_obj(r->out), *name = text_val(r, str_of(at));
    if (!place || !name || !yyjson_mut_obj_add(r->sources, name, place)) {
        r->text_failed = true;
        return;
    }
    add_source(r, place, src, true);
}

void out_str(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text,
             struct str src)
{
    text = str_trim(text);
    if (text.n == 0 || yyjson_mut_obj_get(obj, key))
        return;
    yyjson_mut_val *name = text_val(r, str_of(key)), *v = text_val(r, text);
    if (!name || !v || !yyjson_mut_obj_add(obj, name, v)) {
        r->text_failed = true;
        return;
    }
    source_of(r, pointer, key, -1, src);
    out_used(r, src);
}

void out_text(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text)
{
    out_str(r, obj, pointer, key, text, str_trim(text));
}

/* Columns that a list item was laid out in are spaces again. */
static struct str without_tabs(struct reading *r, struct str s)
{
    if (!memchr(s.p, '\t', s.n))
        return s;
    char *copy = arena_strndup(r->a, s.p, s.n);
    if (!copy)
        return s;
    for (size_t i = 0; i < s.n; i++)
        if (copy[i] == '\t')
            copy[i] = ' ';
    return (struct str){.p = copy, .n = s.n};
}

void out_add(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text)
{
    text = str_trim(text);
    if (text.n == 0)
        return;
    yyjson_mut_val *list = yyjson_mut_obj_get(obj, key);
    if (!list) {
        list = yyjson_mut_arr(r->out);
        yyjson_mut_val *name = text_val(r, str_of(key));
        if (!list || !name || !yyjson_mut_obj_add(obj, name, list)) {
            r->text_failed = true;
            return;
        }
    }
    yyjson_mut_val *v = text_val(r, without_tabs(r, text));
    if (!v || !yyjson_mut_arr_append(list, v)) {
        r->text_failed = true;
        return;
    }
    source_of(r, pointer, key, (ptrdiff_t)yyjson_mut_arr_size(list) - 1, text);
    out_used(r, text);
}

void out_list(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str list)
{
    struct str items[128];
    size_t n = split_list(list, items, ARRAY_LEN(items));
    for (size_t i = 0; i < n; i++) {
        struct str item = items[i];
        if (i + 1 == n && item.n > 1 && item.p[item.n - 1] == '.' && n > 2 && memchr(item.p, '.', item.n - 1) == NULL)
            item.n--; /* the full stop of the list */
        if (n > 2 && i + 1 == n && str_istarts(item, "and "))
            item = str_sub(item, 4, item.n);
        out_add(r, obj, pointer, key, item);
    }
}

yyjson_mut_val *out_object(struct reading *r, yyjson_mut_val *obj, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_obj_get(obj, key);
    if (v)
        return v;
    v = yyjson_mut_obj(r->out);
    yyjson_mut_val *name = text_val(r, str_of(key));
    if (!v || !name || !yyjson_mut_obj_add(obj, name, v))
        r->text_failed = true;
    return v;
}

yyjson_mut_val *out_entry(struct reading *r, const char *key, char pointer[RESUME_POINTER_BYTES])
{
    yyjson_mut_val *list = yyjson_mut_obj_get(r->root, key);
    if (!list) {
        list = yyjson_mut_arr(r->out);
        yyjson_mut_val *name = text_val(r, str_of(key));
        if (!list || !name || !yyjson_mut_obj_add(r->root, name, list))
            r->text_failed = true;
    }
    yyjson_mut_val *last = yyjson_mut_arr_get_last(list);
    if (last && out_empty(last)) { /* an entry that came to nothing */
        snprintf(pointer, RESUME_POINTER_BYTES, "/%s/%zu", key, yyjson_mut_arr_size(list) - 1);
        return last;
    }
    snprintf(pointer, RESUME_POINTER_BYTES, "/%s/%zu", key, yyjson_mut_arr_size(list));
    yyjson_mut_val *v = yyjson_mut_obj(r->out);
    if (!v || !list || !yyjson_mut_arr_append(list, v))
        r->text_failed = true;
    return v;
}

void out_dates(struct reading *r, yyjson_mut_val *obj, const char *pointer, const struct resume_dates *d,
               bool single_is_end)
{
    struct resume_date start = d->start, end = d->end;
    if (!d->range) {
        end = start;
        if (single_is_end)
            start = (struct resume_date){0};
    }
    if (start.y)
        out_str(r, obj, pointer, "startDate", str_of(dates_text(r->a, start)), d->text);
    if (end.y && !d->present)
        out_str(r, obj, pointer, "endDate", str_of(dates_text(r->a, end)), d->text);
    out_used(r, d->text);
    if (start.ambiguous || end.ambiguous)
        out_note(r, "ambiguous_date", "day and month can be read either way; the year is kept", d->text);
    if (start.season || end.season)
        out_note(r, "season", "a season or quarter names no month; the year is kept", d->text);
}

bool out_empty(yyjson_mut_val *obj)
{
    return yyjson_mut_obj_size(obj) == 0;
}

void out_note(struct reading *r, const char *code, const char *detail, struct str src)
{
    if (r->notes_n == RESUME_NOTES_MAX) {
        r->notes_left_out++;
        out_used(r, src);
        return;
    }
    yyjson_mut_val *note = yyjson_mut_obj(r->out);
    if (!note || !yyjson_mut_arr_append(r->notes, note)) {
        r->text_failed = true;
        return;
    }
    r->notes_n++;
    yyjson_mut_obj_add_strcpy(r->out, note, "code", code);
    yyjson_mut_obj_add_strcpy(r->out, note, "detail", detail);
    if (inside(r, src)) {
        struct str text = str_sub(src, 0, MIN(src.n, OUT_NOTE_BYTES));
        while (text.n && text.n < src.n && ((unsigned char)src.p[text.n] & 0xC0) == 0x80)
            text.n--;
        yyjson_mut_obj_add_strncpy(r->out, note, "text", text.p, text.n);
        add_source(r, note, src, true);
        out_used(r, src);
    }
}

/* Runs of bytes that nobody used, within one block. */
static void notes_of_left_over(struct reading *r)
{
    for (size_t i = 0; i < r->blocks_n; i++) {
        struct str t = r->blocks[i].text;
        size_t base = (size_t)(t.p - r->clean);
        for (size_t k = 0; k < t.n;) {
            if (r->used[base + k]) {
                k++;
                continue;
            }
            size_t to = k, letters = 0;
            while (to < t.n && !r->used[base + to]) {
                letters += str_is_alnum(t.p[to]) || ((unsigned char)t.p[to] & 0xC0) == 0xC0;
                to++;
            }
            if (letters > OUT_LEFT_SHORT)
                out_note(r, "not_understood", "this text has no place in the profile", str_trim(str_sub(t, k, to)));
            k = to;
        }
    }
}

/* Entries that came to nothing: the last of a list at most (out_entry gives it out again). */
static void drop_empty(struct reading *r)
{
    size_t i, n;
    yyjson_mut_val *key, *v;
    const char *gone[RESUME_SECTION_COUNT * 2];
    size_t gone_n = 0;
    yyjson_mut_obj_foreach(r->root, i, n, key, v)
    {
        yyjson_mut_val *last = yyjson_mut_is_arr(v) ? yyjson_mut_arr_get_last(v) : NULL;
        if (last && yyjson_mut_is_obj(last) && out_empty(last))
            yyjson_mut_arr_remove_last(v);
        if (last && yyjson_mut_arr_size(v) == 0 && gone_n < ARRAY_LEN(gone))
            gone[gone_n++] = yyjson_mut_get_str(key);
    }
    for (i = 0; i < gone_n; i++)
        yyjson_mut_obj_remove_key(r->root, gone[i]);
}

int out_end(struct reading *r, struct str *ret, struct err *err)
{
    static const char *const FORMATS[] = {"", "text", "markdown", "pdf", "docx", "json"};
    drop_empty(r);
    notes_of_left_over(r);
    if (r->d->hidden)
        out_note(r, "hidden_text", "text that the page does not show was left out", (struct str){0});
    if (r->notes_left_out)
        out_note(r, "more_notes", "there are more notes than are listed", (struct str){0});
    yyjson_mut_val *about = out_object(r, r->root, "x_import");
    yyjson_mut_obj_add_str(r->out, about, "format", FORMATS[r->d->format]);
    yyjson_mut_obj_add_uint(r->out, about, "pages", r->d->pages);
    yyjson_mut_obj_add_str(r->out, about, "language", r->language);
    yyjson_mut_obj_add_val(r->out, about, "notes", r->notes);
    yyjson_mut_obj_add_val(r->out, r->root, "x_sources", r->sources);
    size_t n;
    char *text = r->text_failed ? NULL : json_write_mut(r->a, r->root, &n);
    if (!text)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    *ret = (struct str){.p = text, .n = n};
    return 0;
}
