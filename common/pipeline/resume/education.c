/* Education: school, degree and field in any order. */
#include "pipeline/resume/resume_parts.h"

/* "Bachelor of Science in Computer Science", "B.Sc. Informatik", "Master of Science, Computer Science". */
static bool abbreviation_cut(struct str s, struct str *ret_type, struct str *ret_area)
{
    size_t word = 0;
    while (word < s.n && s.p[word] != ' ')
        word++;
    struct str first = str_sub(s, 0, word), rest = str_trim(str_sub(s, word, s.n));
    bool capital = first.n >= 2 && first.p[first.n - 1] >= 'A' && first.p[first.n - 1] <= 'Z';
    bool abbreviation =
        first.n <= 6 && (memchr(first.p, '.', first.n) || capital || str_ieqc(first, "bsc") || str_ieqc(first, "msc"));
    if (!words_degree(first) || !abbreviation || rest.n == 0 || str_istarts(rest, "of ") || rest.p[0] == '(')
        return false;
    *ret_type = first;
    *ret_area = rest;
    return true;
}

static void degree_cut(struct str s, struct str *ret_type, struct str *ret_area)
{
    static const char *const IN[] = {" in ", " en ", " im fach "};
    *ret_type = s;
    *ret_area = (struct str){.p = "", .n = 0};
    for (size_t i = 0; i < ARRAY_LEN(IN); i++) {
        ptrdiff_t k = str_ifind(s, str_of(IN[i]));
        if (k <= 0)
            continue;
        *ret_type = str_trim(str_sub(s, 0, (size_t)k));
        *ret_area = str_trim(str_sub(s, (size_t)k + strlen(IN[i]), s.n));
        return;
    }
    struct str type, area;
    if (str_find(s, STR(", ")) > 0) {
        head_cut(s, words_degree, words_school, &type, &area);
        if (words_degree(type) && area.n && !abbreviation_cut(type, ret_type, ret_area)) {
            *ret_type = type;
            *ret_area = area;
        }
        return;
    }
    abbreviation_cut(s, ret_type, ret_area);
}

static bool score_label(struct str label)
{
    static const char *const LABELS[] = {"grade",       "gpa",     "cgpa",    "score", "note",       "abschlussnote",
                                         "final grade", "average", "mention", "nota",  "nota media", "moyenne"};
    for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
        if (str_ieqc(label, LABELS[i]))
            return true;
    return false;
}

static bool courses_label(struct str label)
{
    static const char *const LABELS[] = {"courses",
                                         "coursework",
                                         "relevant coursework",
                                         "relevant courses",
                                         "selected courses",
                                         "key courses",
                                         "modules",
                                         "key modules",
                                         "kurse",
                                         "schwerpunkte",
                                         "cours",
                                         "cursos",
                                         "asignaturas",
                                         "subjects"};
    for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
        if (str_ieqc(label, LABELS[i]))
            return true;
    return false;
}

/* "Grade: 1.4 (German scale)", "GPA 3.8/4.0", "Courses: ...": true when it was one of these. */
static bool labelled(struct reading *r, yyjson_mut_val *o, const char *at, struct str s)
{
    struct str label, rest;
    if (split_label(s, 3, &label, &rest) && rest.n && (score_label(label) || courses_label(label))) {
        out_used(r, label);
        if (score_label(label))
            out_text(r, o, at, "score", rest);
        else
            out_list(r, o, at, "courses", rest);
        return true;
    }
    if (str_istarts(s, "gpa ") && s.n < 24 && s.n > 4) {
        out_used(r, str_sub(s, 0, 3));
        out_text(r, o, at, "score", str_sub(s, 4, s.n));
        return true;
    }
    return false;
}

struct study {
    struct str school, degree, area;
};

static void degree_take(struct study *t, struct str s)
{
    if (t->degree.n == 0)
        degree_cut(s, &t->degree, &t->area);
}

/* One part that may hold both. */
static void part_both(struct study *t, struct str s)
{
    struct str degree, school;
    head_cut(s, words_degree, words_school, &degree, &school);
    if (school.n && (words_school(school) || words_degree(degree))) {
        t->school = school;
        degree_take(t, degree);
    } else if (words_degree(s) > words_school(s) || (words_degree(s) && str_ifind(s, STR(" in ")) > 0)) {
        degree_take(t, s);
    } else {
        t->school = s;
    }
}

static void parts_assign(const struct entry_head *h, const bool *taken, struct study *t)
{
    struct str left[RESUME_SEGMENTS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < h->parts_n; i++)
        if (!taken[i])
            left[n++] = h->parts[i];
    if (n == 1) {
        part_both(t, left[0]);
        return;
    }
    size_t school = n, degree = n;
    int best_school = 0, best_degree = 0;
    for (size_t i = 0; i < n; i++) {
        int s = words_school(left[i]) * 2 - words_degree(left[i]),
            d = words_degree(left[i]) * 2 - words_school(left[i]);
        if (s > best_school) {
            best_school = s;
            school = i;
        }
        if (d > best_degree) {
            best_degree = d;
            degree = i;
        }
    }
    if (school == degree && n > 1 && school < n)
        degree = school == 0 ? 1 : 0;
    if (school == n && n > 0) /* nothing says which: the one that is no degree; without a degree the last */
        school = degree == 0 ? 1 : degree < n ? 0 : n - 1;
    if (degree == n && n > 1)
        degree = school == 0 ? 1 : 0;
    /* "B.Sc. Informatik, TU Berlin" and a place behind it */
    if (school < n)
        t->school = left[school];
    if (degree < n && degree != school) {
        if (words_degree(left[degree]))
            degree_take(t, left[degree]);
        else
            t->area = left[degree];
    }
    for (size_t i = 0; i < n; i++)
        if (i != school && i != degree && t->area.n == 0 && words_count(left[i]) <= 6)
            t->area = left[i];
}

static void study_write(struct reading *r, const struct entry *e)
{
    char at[RESUME_POINTER_BYTES];
    struct entry_head h;
    struct study t = {0};
    bool taken[RESUME_SEGMENTS_MAX] = {false};
    head_read(r, e->head, false, &h);
    yyjson_mut_val *o = out_entry(r, "education", at);
    for (size_t i = 0; i < h.parts_n; i++) {
        taken[i] = labelled(r, o, at, h.parts[i]);
        for (size_t k = 1; !taken[i] && k + 1 < h.parts[i].n; k++) /* "TU München, Note: 1,7" */
            if (h.parts[i].p[k] == ',' && labelled(r, o, at, str_trim(str_sub(h.parts[i], k + 1, h.parts[i].n))))
                h.parts[i].n = k;
    }
    for (size_t i = 0; i < h.parts_n && h.location.n == 0; i++) {
        if (!taken[i] && i > 0 && words_location(h.parts[i]) && words_school(h.parts[i]) == 0) {
            h.location = h.parts[i];
            taken[i] = true;
        }
    }
    parts_assign(&h, taken, &t);
    out_text(r, o, at, "institution", t.school);
    out_text(r, o, at, "studyType", t.degree);
    out_text(r, o, at, "area", t.area);
    for (size_t i = 0; i < h.parts_n; i++) /* "in" between the two */
        if (t.degree.n && t.area.n && t.degree.p >= h.parts[i].p && t.area.p >= t.degree.p &&
            t.area.p + t.area.n <= h.parts[i].p + h.parts[i].n)
            out_used(r, (struct str){t.degree.p, (size_t)(t.area.p - t.degree.p)});
    if (h.dated)
        out_dates(r, o, at, &h.dates, true);
    out_text(r, o, at, "url", h.url);
    out_text(r, o, at, "location", h.location);
    for (size_t i = e->body.from; i < e->body.to; i++) {
        struct str s = r->blocks[i].text;
        if (r->blocks[i].furniture || labelled(r, o, at, s))
            continue;
        if (token_url(s).n == s.n)
            out_text(r, o, at, "url", s);
        else
            out_add(r, o, at, "x_highlights", s);
    }
    for (size_t i = 0; i < h.parts_n; i++)
        if (!taken[i] && !out_is_used(r, h.parts[i]))
            out_add(r, o, at, "x_highlights", h.parts[i]);
}

/* A head may be one sentence-like bullet: "- B.Sc. Computer Science, MIT, 2012". */
void section_education(struct reading *r, struct blocks_range s)
{
    struct entry *e = ARENA_NEW_N(r->a, struct entry, RESUME_ENTRIES_MAX);
    if (!e) {
        r->text_failed = true;
        return;
    }
    size_t n = entries_cut(r, s, 2, e, RESUME_ENTRIES_MAX);
    for (size_t i = 0; i < n; i++) {
        bool bare = e[i].head.to == e[i].head.from;
        for (size_t k = e[i].body.from; bare && k < e[i].body.to; k++) { /* each bullet is one */
            struct entry one = {.head = {k, k + 1}, .body = {k + 1, k + 1}};
            study_write(r, &one);
        }
        if (!bare)
            study_write(r, &e[i]);
    }
}
