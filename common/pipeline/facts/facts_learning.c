/* Degrees, schools and certificates. A degree is true when one entry of the education has its level, its kind and its
 * field, and is finished unless the text says otherwise; a certificate when one statement of the profile has all the
 * words of its name. */
#include "pipeline/facts/facts_parts.h"

#include "pipeline/engine/lex.h"

#define DEGREE_KINDS                                                                                                   \
    (FW(DEGREE_SCIENCE) | FW(DEGREE_ARTS) | FW(DEGREE_ENG) | FW(DEGREE_BUSINESS) | FW(DEGREE_LAW) |                    \
     FW(DEGREE_NURSING) | FW(DEGREE_EDUCATION))

static bool word_is(const struct fcheck *c, size_t i, const char *w)
{
    return i < c->x.n && str_ieqc(facts_token_str(&c->x, i), w);
}

static bool learning_beside(const struct fcheck *c, size_t i)
{
    for (size_t k = c->from; k < c->to; k++)
        if (k != i && (c->x.w[k].cls & (FW(EDU) | FW(SCHOOL))) && !(c->x.w[k].cls & FW(DEGREE)))
            return true;
    return false;
}

/* Letters alone ("MA") are a degree only beside words of learning. */
static bool degree_at(const struct fcheck *c, size_t i)
{
    const struct fword *w = &c->x.w[i];
    if (w->cls & FW(DEGREE)) {
        if (word_is(c, i, "masters") || word_is(c, i, "master")) /* rowing, the scrum master, a master electrician */
            return (c->x.w[i].phrase > 1) || learning_beside(c, i) || word_is(c, i + 1, "degree") ||
                   word_is(c, i + 1, "in") || c->section == SECTION_EDUCATION;
        return true;
    }
    return (w->cls & FW(DEGREE_CAPS)) && (c->x.t[i].flags & TOKEN_CAPS) &&
           (word_is(c, i + 1, "in") || word_is(c, i + 1, "degree") ||
            (i > c->from && (word_is(c, i - 1, "a") || word_is(c, i - 1, "an") || word_is(c, i - 1, "my"))) ||
            c->section == SECTION_EDUCATION);
}

static int degree_level(uint64_t cls)
{
    return cls & FW(DEGREE_4) ? 4 : cls & FW(DEGREE_3) ? 3 : cls & FW(DEGREE_2) ? 2 : cls & FW(DEGREE_1) ? 1 : 0;
}

static bool entry_has(const struct facts_index *ix, const struct fentry *e, uint32_t hash, uint32_t stem)
{
    for (size_t s = e->first; s < e->first + e->n; s++)
        for (size_t k = ix->sources[s].first; k < ix->sources[s].first + ix->sources[s].n; k++)
            if (ix->words.t[k].hash == hash || (stem && ix->words.w[k].stem == stem))
                return true;
    return false;
}

static bool initials_in(const struct facts_index *ix, const struct fentry *e, uint32_t hash)
{
    for (const struct fnode *n = facts_table_first(&ix->initials, hash); n; n = facts_table_next(&ix->initials, n))
        if (n->source >= e->first && n->source < e->first + e->n)
            return true;
    return false;
}

/* The words of the field: "in Computer Science", "of Fine Arts", up to what ends the phrase. */
static size_t field_end(const struct fcheck *c, size_t i)
{
    size_t k = i;
    while (k < c->to && k < i + 8) {
        char g = c->x.w[k].gap;
        struct str w = facts_token_str(&c->x, k);
        bool inner =
            str_ieqc(w, "of") || str_ieqc(w, "in") || str_ieqc(w, "and") || str_ieqc(w, "with") || str_ieqc(w, "minor");
        if (k > i && (g == ',' || g == ';' || g == ':' || g == '.' || g == '(' || g == ')' || g == '|' || g == '\n'))
            break;
        if (!inner && ((c->x.w[k].cls & FW(STOP)) || c->x.w[k].number >= 0) &&
            !(c->x.w[k].cls & (FW(DEGREE) | FW(DEGREE_CAPS))))
            break;
        k++;
    }
    return k;
}

static bool subject_like(const struct fcheck *c, size_t k)
{
    uint64_t cls = c->x.w[k].cls;
    return !(cls &
             (FW(STOP) | FW(DEGREE) | FW(DEGREE_CAPS) | FW(SCHOOL) | FW(OPEN) | FW(HONOURS) | FW(EDU) | FW(FIRST))) &&
           c->x.w[k].number < 0 && !word_is(c, k, "science") && !word_is(c, k, "arts") && !word_is(c, k, "applied");
}

static int degree_entry(const struct fcheck *c, size_t i, size_t end, uint64_t cls, bool *ret_open)
{
    int level = degree_level(cls), best = -1;
    const struct facts_index *ix = c->ix;
    for (size_t e = 0; e < ix->entries_n; e++) {
        const struct fentry *n = &ix->entries[e];
        if (n->section != SECTION_EDUCATION && n->section != SECTION_CERTIFICATE)
            continue;
        if (n->section == SECTION_EDUCATION && level && n->level && n->level != level)
            continue;
        if ((n->section == SECTION_CERTIFICATE || !n->level) && level &&
            !entry_has(ix, n, c->x.t[i].hash, c->x.w[i].stem))
            continue;
        uint64_t want = cls & DEGREE_KINDS;
        if (want && n->kinds && !(want & n->kinds))
            continue;
        bool special = (want & (FW(DEGREE_BUSINESS) | FW(DEGREE_LAW))) &&
                       !(n->kinds & (FW(DEGREE_BUSINESS) | FW(DEGREE_LAW))) && n->section == SECTION_EDUCATION;
        if (special && !entry_has(ix, n, token_hash(STR("business")), 0) &&
            !entry_has(ix, n, token_hash(STR("law")), 0))
            continue;
        size_t words = 0, hits = 0;
        bool after = false;
        for (size_t k = i; k < end; k++) {
            after = after || word_is(c, k, "in") || word_is(c, k, "of") || (k == i && i > c->from);
            if (!after || !subject_like(c, k))
                continue;
            words++;
            hits += entry_has(ix, n, c->x.t[k].hash, c->x.w[k].stem) || initials_in(ix, n, c->x.t[k].hash);
        }
        if (words && hits * 2 <= words && !(words == 2 && hits == 1 && n->level == 0))
            continue;
        if (best < 0 || (*ret_open && !n->open)) {
            best = (int)e;
            *ret_open = n->open;
        }
    }
    return best;
}

/* "a biology degree", "her nursing degree": the field stands before. */
static void check_degree(struct fcheck *c, size_t i, size_t *ret_next)
{
    uint64_t cls = 0;
    size_t end = field_end(c, i);
    for (size_t k = i; k < end; k++)
        cls |= (k == i || (c->x.w[k].cls & (FW(DEGREE) | FW(DEGREE_CAPS))) || word_is(c, k, "science") ||
                word_is(c, k, "arts"))
                   ? c->x.w[k].cls
                   : 0;
    for (size_t k = i + 1; k < end; k++) /* "Bachelor of Science": of science is a phrase of its own */
        if (word_is(c, k, "of"))
            cls |= c->x.w[k].cls & DEGREE_KINDS;
    *ret_next = end;
    if (c->x.w[i].scope != SCOPE_CLAIM)
        return;
    bool open = true;
    int e = degree_entry(c, i, end, cls, &open);
    bool says_open = c->cls & FW(OPEN);
    if (e < 0 || (open && !says_open)) {
        int closest = -1;
        for (size_t k = 0; k < c->ix->entries_n && closest < 0; k++)
            if (c->ix->entries[k].section == SECTION_EDUCATION)
                closest = (int)c->ix->entries[k].first;
        facts_violate(c, FACTS_DEGREE_NOT_HELD, i, MAX(end, i + 1), e >= 0 ? (int)c->ix->entries[e].first : closest);
        return;
    }
    for (size_t k = i; k < i + c->x.w[i].phrase && k < c->to; k++)
        c->x.w[k].used = true;
    /* the school beside it has to be the school of such a degree */
    for (size_t s = 0; s < c->ix->sources_n; s++) {
        const struct fsource *src = &c->ix->sources[s];
        if (!src->name || src->section != SECTION_EDUCATION || src->entry < 0 || src->n == 0)
            continue;
        for (size_t k = c->from; k < c->to; k++) {
            size_t n = 0;
            while (k + n < c->to && n < src->n && c->x.t[k + n].hash == c->ix->words.t[src->first + n].hash)
                n++;
            if (n < src->n && n < 3)
                continue;
            const struct fentry *at = &c->ix->entries[src->entry];
            int level = degree_level(cls);
            size_t degrees = 0;
            for (size_t d = c->from; d < c->to; d++)
                degrees += degree_at(c, d) && degree_level(c->x.w[d].cls);
            bool same_school = false; /* another entry of the same school may hold it */
            for (size_t o = 0; o < c->ix->entries_n; o++) {
                const struct fentry *en = &c->ix->entries[o];
                if (en->section != SECTION_EDUCATION || en->level != level)
                    continue;
                bool all = true;
                for (size_t q = src->first; q < src->first + src->n && all; q++)
                    all = entry_has(c->ix, en, c->ix->words.t[q].hash, 0);
                same_school |= all;
            }
            if (level && at->level && at->level != level && degrees == 1 && !same_school)
                facts_violate(c, FACTS_DEGREE_NOT_HELD, k, k + n, (int)c->ix->entries[e].first);
            return;
        }
    }
}

static void check_honours(struct fcheck *c)
{
    for (size_t i = c->from; i < c->to; i++) {
        if (!(c->x.w[i].cls & FW(HONOURS)) || c->x.w[i].scope != SCOPE_CLAIM)
            continue;
        size_t n = c->x.w[i].phrase;
        if (facts_run_source(c->ix, &c->x, i, i + n, NULL, 0) < 0)
            facts_violate(c, FACTS_DEGREE_NOT_HELD, i, i + n, -1);
        i += n - 1;
    }
}

void facts_check_degrees(struct fcheck *c)
{
    for (size_t i = c->from; i < c->to; i++) {
        if (!degree_at(c, i) || c->x.w[i].used)
            continue;
        size_t next = i + 1;
        check_degree(c, i, &next);
        i = MAX(next, i + 1) - 1;
    }
    check_honours(c);
}

/* certificates */

static bool cert_word(const struct fcheck *c, size_t i)
{
    return c->x.w[i].cls & (FW(CERT) | FW(CERT_NAME));
}

static bool in_name(const struct fcheck *c, size_t i)
{
    if (c->x.w[i].scope == SCOPE_POST) /* "bring the PMP to C" */
        return false;
    return facts_is_upper(&c->x, i) || (c->x.w[i].flags & FT_TECHNICAL) || c->x.w[i].number >= 0;
}

/* The name around the word at i: neighbours with capitals, and small joining words between such. */
static void cert_span(const struct fcheck *c, size_t i, size_t *ret_from, size_t *ret_to)
{
    size_t from = i, to = i + c->x.w[i].phrase;
    while (from > c->from) {
        char g = c->x.w[from].gap;
        if (g != ' ' && g != '-' && g != '/' && g != '.')
            break;
        size_t b = from - 1;
        bool join = (word_is(c, b, "of") || word_is(c, b, "for")) && b > c->from && in_name(c, b - 1);
        if (!(in_name(c, b) && !(c->x.w[b].cls & (FW(FIRST) | FW(STOP)))) && !join)
            break;
        from--;
    }
    while (to < c->to) {
        char g = c->x.w[to].gap;
        bool level = (g == ':' || g == '-' || g == ',' || g == '(') && (c->x.w[to].cls & FW(CERT_LEVEL)) &&
                     facts_is_upper(&c->x, to);
        if (g != ' ' && g != '-' && g != '/' && !level)
            break;
        bool join = (word_is(c, to, "of") || word_is(c, to, "for") || word_is(c, to, "in") || word_is(c, to, "to")) &&
                    to + 1 < c->to && in_name(c, to + 1) && c->x.w[to + 1].gap == ' ';
        if (!in_name(c, to) && !join)
            break;
        to++;
    }
    *ret_from = from;
    *ret_to = to;
}

static bool source_word(const struct facts_index *ix, const struct fsource *s, uint32_t hash, uint32_t stem,
                        size_t source)
{
    for (size_t k = s->first; k < s->first + s->n; k++)
        if (ix->words.t[k].hash == hash || (stem && ix->words.w[k].stem == stem))
            return true;
    for (const struct fnode *n = facts_table_first(&ix->initials, hash); n; n = facts_table_next(&ix->initials, n))
        if (n->source == source)
            return true;
    return false;
}

/* All words of the name in one certificate's entry, or in one other statement that is about credentials. */
static bool cert_held(const struct fcheck *c, size_t from, size_t to)
{
    const struct facts_index *ix = c->ix;
    for (size_t e = 0; e < ix->entries_n; e++) {
        const struct fentry *n = &ix->entries[e];
        if (n->section != SECTION_CERTIFICATE)
            continue;
        bool all = true;
        for (size_t i = from; i < to && all; i++) {
            if ((c->x.w[i].cls & (FW(STOP) | FW(CERT))) || c->x.w[i].number >= 0)
                continue;
            bool any = false;
            for (size_t s = n->first; s < n->first + n->n && !any; s++)
                any = source_word(ix, &ix->sources[s], c->x.t[i].hash, c->x.w[i].stem, s);
            all = any;
        }
        if (all)
            return true;
    }
    for (size_t s = 0; s < ix->sources_n; s++) {
        const struct fsource *src = &ix->sources[s];
        bool all = (src->cls & (FW(CERT) | FW(CERT_NAME))) || src->role || src->section == SECTION_BASICS ||
                   src->section == SECTION_EDUCATION || src->section == SECTION_SKILL || src->section == SECTION_AWARD;
        bool any = false;
        for (size_t i = from; i < to && all; i++) {
            if ((c->x.w[i].cls & (FW(STOP) | FW(CERT))) || c->x.w[i].number >= 0)
                continue;
            any = true;
            all = source_word(ix, src, c->x.t[i].hash, c->x.w[i].stem, s);
        }
        if (all && any)
            return true;
    }
    return false;
}

static bool has_own_words(const struct fcheck *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!(c->x.w[i].cls & (FW(STOP) | FW(CERT))))
            return true;
    return false;
}

/* "licensed electrician", "certified in wound care": small words after the cue. */
static bool small_words_held(const struct fcheck *c, size_t i, size_t *ret_to)
{
    size_t k = i + 1;
    if (k < c->to && (word_is(c, k, "in") || word_is(c, k, "as")))
        k++;
    while (k < c->to && (word_is(c, k, "a") || word_is(c, k, "an")))
        k++;
    size_t first = k;
    while (k < c->to && k < first + 2 && !(c->x.w[k].cls & FW(STOP)) && (k == first || c->x.w[k].gap == ' ') &&
           c->x.w[k].gap != '.')
        k++;
    *ret_to = MAX(k, i + 1);
    if (k == first)
        return c->ix->certificates_n > 0;
    return cert_held(c, first, k) || (c->ix->certificates_n > 0 && !(c->x.w[first].cls & FW(TITLE_HEAD)) &&
                                      facts_table_first(&c->ix->by_stem, c->x.w[first].stem));
}

static bool profile_says_cert(const struct fcheck *c)
{
    for (size_t s = 0; s < c->ix->sources_n; s++)
        if (c->ix->sources[s].cls & (FW(CERT) | FW(CERT_NAME)))
            return true;
    return c->ix->certificates_n > 0;
}

void facts_check_certificates(struct fcheck *c)
{
    bool section = c->section == SECTION_CERTIFICATE && c->in->kind == FACTS_RESUME;
    for (size_t i = c->from; i < c->to; i++) {
        bool cue = cert_word(c, i) || (section && i == c->from && in_name(c, i));
        if (!cue || c->x.w[i].used || c->x.w[i].scope != SCOPE_CLAIM || c->x.w[i].number >= 0)
            continue;
        if ((c->x.w[i].cls & FW(CERT_NAME)) && !(c->x.w[i].cls & FW(CERT)) && c->x.w[i].phrase == 1 &&
            !(c->x.t[i].flags & TOKEN_UPPER))
            continue; /* "ase", "ea" in small letters are no certificates */
        size_t from, to;
        cert_span(c, i, &from, &to);
        bool named = has_own_words(c, from, to), ok;
        if (named)
            ok = cert_held(c, from, to);
        else
            ok = (c->x.w[i].cls & FW(CERT)) && (word_is(c, i, "certified") || word_is(c, i, "licensed") ||
                                                word_is(c, i, "accredited") || word_is(c, i, "chartered"))
                     ? small_words_held(c, i, &to)
                     : profile_says_cert(c) || !c->first_person ||
                           facts_run_source(c->ix, &c->x, i, i + 1, NULL, 0) >= 0;
        for (size_t k = from; k < to; k++)
            c->x.w[k].used = c->x.w[k].number < 0;
        if (!ok) {
            int closest = -1;
            for (size_t e = 0; e < c->ix->entries_n && closest < 0; e++)
                if (c->ix->entries[e].section == SECTION_CERTIFICATE)
                    closest = (int)c->ix->entries[e].first;
            facts_violate(c, FACTS_CERT_NOT_HELD, from, to, closest);
        }
        i = MAX(to, i + 1) - 1;
    }
}
