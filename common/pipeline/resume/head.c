/* The lines that begin an entry, taken apart: dates, place, URL, and what is left in order. Which of the rest is the
 * employer and which the position is the section's business. */
#include "pipeline/resume/resume_parts.h"

#define HEAD_LINE_BYTES    160
#define HEAD_DETAILS_BYTES 400

/* "2019 – 2021 · Boston, MA · what the employer does": a date, then a separator. */
static bool begins_with_date(struct str s, struct resume_dates *d)
{
    struct str behind;
    if (!dates_find(str_sub(s, 0, MIN(s.n, (size_t)64)), d) || d->text.p != s.p)
        return false;
    behind = str_trim(str_sub(s, d->text.n, s.n));
    return behind.n == 0 || behind.p[0] == '|' || str_starts(behind, "·") || str_starts(behind, "•") ||
           s.p[d->text.n] == '\t';
}

bool head_like(const struct block *b)
{
    struct str label, rest, s = b->text;
    struct resume_dates d;
    if (b->kind == DOC_BULLET || b->furniture)
        return false;
    if (s.n <= HEAD_DETAILS_BYTES && begins_with_date(s, &d))
        return true;
    if (s.n > HEAD_LINE_BYTES || s.p[s.n - 1] == ':')
        return false;
    if (b->kind == DOC_HEADING)
        return true;
    bool apart = (str_find(s, STR(" — ")) > 0 || memchr(s.p, '|', s.n) || memchr(s.p, '\t', s.n)) &&
                 s.p[s.n - 1] != '.' && words_count(s) <= 28;
    if (!apart && words_sentence(s))
        return false;
    return !(split_label(s, 3, &label, &rest) && rest.n && !memchr(label.p, '\t', label.n));
}

bool head_dated(const struct block *b, struct resume_dates *ret)
{
    return head_like(b) && dates_find(b->text, ret);
}

/* "2 yrs 3 mos", "(18 Monate)" */
static bool duration(struct str s)
{
    static const char *const UNITS[] = {"yr",  "year", "mo",   "month", "jahr", "monat",
                                        "an ", "ans",  "mois", "año",   "mes"};
    size_t words = words_count(s);
    if (words == 0 || words > 5 || !str_is_digit(s.p[0]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
        if (str_ifind(s, str_of(UNITS[i])) > 0)
            return true;
    return false;
}

/* Where a place begins behind a comma: "Acme Corp, Boston, MA". n when there is none. */
static size_t place_behind(struct str s)
{
    size_t found = s.n;
    for (size_t i = s.n; i-- > 1;) {
        if (s.p[i] != ',')
            continue;
        if (words_location(str_trim(str_sub(s, i + 1, s.n))))
            found = i;
        else if (found < s.n)
            break;
    }
    return found;
}

static void segment_add(struct entry_head *h, struct str s, bool places)
{
    s = trim_separators(s);
    if (s.n == 0 || duration(s))
        return;
    struct str url = token_url(s), label, rest;
    if (url.n == s.n && h->url.n == 0) {
        h->url = url;
        return;
    }
    if (split_label(s, 1, &label, &rest) &&
        (str_ieqc(label, "location") || str_ieqc(label, "ort") || str_ieqc(label, "lieu"))) {
        h->location = rest;
        return;
    }
    if (places && h->location.n == 0 && words_location(s) && (h->parts_n > 0 || h->dated)) {
        h->location = s;
        return;
    }
    if (h->parts_n < RESUME_SEGMENTS_MAX)
        h->parts[h->parts_n++] = s;
}

static void segments_add(struct entry_head *h, struct str s, bool places)
{
    struct str segments[RESUME_SEGMENTS_MAX];
    s = trim_separators(s);
    size_t n = split_segments(s, segments, ARRAY_LEN(segments));
    for (size_t i = 0; i < n; i++)
        segment_add(h, segments[i], places);
}

void head_read(const struct reading *r, struct blocks_range range, bool places, struct entry_head *ret)
{
    struct entry_head h = {0};
    for (size_t i = range.from; i < range.to; i++) {
        struct str s = r->blocks[i].text;
        struct resume_dates d;
        size_t before = h.parts_n;
        if (!h.dated && dates_find(s, &d)) {
            struct str front = str_sub(s, 0, (size_t)(d.text.p - s.p));
            h.dates = d;
            segments_add(&h, front, places);
            h.dated = true;
            h.details = i == range.from + 1 && trim_separators(front).n == 0 && before > 0;
            segments_add(&h, str_sub(s, front.n + d.text.n, s.n), places);
        } else {
            segments_add(&h, s, places);
        }
        if (i == range.from)
            h.first_n = h.parts_n;
    }
    /* a place that stands behind the name on the same line */
    for (size_t k = 0; places && h.location.n == 0 && k < h.parts_n && k < 2; k++) {
        size_t at = place_behind(h.parts[k]);
        if (at == h.parts[k].n)
            continue;
        h.location = str_trim(str_sub(h.parts[k], at + 1, h.parts[k].n));
        h.parts[k] = str_trim(str_sub(h.parts[k], 0, at));
    }
    *ret = h;
}

/* "Inc." and the like belong to the name before the comma. */
static bool suffix(struct str s)
{
    static const char *const SUFFIXES[] = {"inc",     "llc",          "ltd", "gmbh", "ag", "co.",  "corp",
                                           "plc",     "s.a",          "llp", "phd",  "jr", "sr",   "s.l",
                                           "limited", "incorporated", "kg",  "e.v",  "pc", "pllc", "md"};
    for (size_t i = 0; i < ARRAY_LEN(SUFFIXES); i++) {
        size_t n = strlen(SUFFIXES[i]);
        if (str_istarts(s, SUFFIXES[i]) && (s.n == n || !str_is_alnum(s.p[n])))
            return true;
    }
    return false;
}

bool head_cut(struct str s, int (*first)(struct str), int (*second)(struct str), struct str *ret_first,
              struct str *ret_second)
{
    int best = -1;
    bool swapped = false;
    size_t depth = 0;
    *ret_first = s;
    *ret_second = (struct str){.p = "", .n = 0};
    for (size_t i = 1; i + 1 < s.n; i++) {
        depth += s.p[i] == '(';
        depth -= s.p[i] == ')' && depth;
        if (s.p[i] != ',' || depth || s.p[i + 1] != ' ')
            continue;
        struct str left = str_trim(str_sub(s, 0, i)), right = str_trim(str_sub(s, i + 1, s.n));
        if (right.n == 0 || suffix(right))
            continue;
        int straight = first(left) + second(right), other = second(left) + first(right);
        if (MAX(straight, other) <= best)
            continue;
        best = MAX(straight, other);
        swapped = other > straight;
        *ret_first = swapped ? right : left;
        *ret_second = swapped ? left : right;
    }
    return swapped;
}
