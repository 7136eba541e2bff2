/* The profile as the fact check compares with it: every string of the document is a source with its words in one array;
 * tables by word, by stem and by initials lead back to the sources. Built once, read only afterwards. */
#include "pipeline/facts/facts_parts.h"

#include <math.h>

#include "pipeline/engine/lex.h"
#include "pipeline/engine/profile_parts.h"

#define SOURCES_MAX      3000
#define ENTRIES_MAX      400
#define POINTER_BYTES    200
#define SKILLS_FOUND_MAX 512

struct builder {
    struct arena *a;
    struct facts_index *ix;
    struct buf text; /* all sources, each on a line of its own */
    char pointer[POINTER_BYTES];
    enum facts_section section;
    int entry, employment;
    bool failed;
};

static const struct {
    const char *key;
    enum facts_section section;
} SECTIONS[] = {{"basics", SECTION_BASICS},    {"work", SECTION_WORK},           {"volunteer", SECTION_VOLUNTEER},
                {"projects", SECTION_PROJECT}, {"education", SECTION_EDUCATION}, {"certificates", SECTION_CERTIFICATE},
                {"skills", SECTION_SKILL},     {"languages", SECTION_LANGUAGE},  {"awards", SECTION_AWARD},
                {"interests", SECTION_OTHER}};

const struct fnode *facts_table_first(const struct ftable *t, uint32_t key)
{
    for (int32_t i = t->heads[key & (FACTS_SLOTS - 1)]; i; i = t->nodes[i - 1].next)
        if (t->nodes[i - 1].key == key)
            return &t->nodes[i - 1];
    return NULL;
}

const struct fnode *facts_table_next(const struct ftable *t, const struct fnode *n)
{
    uint32_t key = n->key;
    for (int32_t i = n->next; i; i = t->nodes[i - 1].next)
        if (t->nodes[i - 1].key == key)
            return &t->nodes[i - 1];
    return NULL;
}

static bool table_init(struct arena *a, struct ftable *t, size_t cap)
{
    t->nodes = arena_try_alloc(a, MAX(cap, (size_t)1) * sizeof(*t->nodes));
    t->cap = cap;
    return t->nodes != NULL;
}

static void table_add(struct ftable *t, uint32_t key, size_t source, size_t at)
{
    if (t->n == t->cap)
        return;
    int32_t *head = &t->heads[key & (FACTS_SLOTS - 1)];
    t->nodes[t->n] = (struct fnode){key, (uint32_t)source, (uint32_t)at, *head};
    *head = (int32_t)++t->n;
}

static struct str id_of(const struct profile *p, struct str pointer)
{
    for (size_t i = 0; i < p->atoms_n; i++)
        if (str_eq(p->atoms[i].pointer, pointer))
            return p->atoms[i].id;
    return pointer;
}

static bool key_is(struct str pointer, const char *const *keys)
{
    size_t at = pointer.n;
    while (at && pointer.p[at - 1] != '/')
        at--;
    struct str key = str_sub(pointer, at, pointer.n);
    for (; *keys; keys++)
        if (str_eqc(key, *keys))
            return true;
    return false;
}

static void source_add(struct builder *b, struct str text)
{
    static const char *const NAMES[] = {"name",    "company",   "organization", "institution", "issuer",
                                        "awarder", "publisher", "entity",       NULL};
    static const char *const ROLES[] = {"position", "label", NULL};
    static const char *const DATES[] = {"startDate", "endDate", "date", "releaseDate", "lastModified", NULL};
    struct facts_index *ix = b->ix;
    text = str_trim(text);
    if (text.n == 0 || ix->sources_n == ix->sources_max)
        return;
    char *pointer = arena_strdup(b->a, b->pointer);
    if (!pointer) {
        b->failed = true;
        return;
    }
    struct fsource *s = &ix->sources[ix->sources_n++];
    *s = (struct fsource){.text = text,
                          .pointer = str_of(pointer),
                          .employment = b->employment,
                          .entry = b->entry,
                          .section = b->section};
    s->id = id_of(ix->p, s->pointer);
    s->name = key_is(s->pointer, NAMES) && b->section != SECTION_BASICS && b->section != SECTION_SKILL;
    s->role = key_is(s->pointer, ROLES) || str_find(s->pointer, STR("/roles/")) > 0;
    s->dated = key_is(s->pointer, DATES);
    for (size_t i = 0; i < text.n; i++)
        buf_addc(&b->text, text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i]);
    buf_addc(&b->text, '\n');
}

static void walk(struct builder *b, yyjson_val *v, int depth)
{
    size_t len = strlen(b->pointer), i, n;
    yyjson_val *key, *item;
    if (yyjson_is_str(v)) {
        source_add(b, json_str(v));
    } else if (depth < 8 && yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item)
        {
            json_pointer_add_index(b->pointer, sizeof(b->pointer), i);
            walk(b, item, depth + 1);
            b->pointer[len] = 0;
        }
    } else if (depth < 8 && yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item)
        {
            json_pointer_add(b->pointer, sizeof(b->pointer), yyjson_get_str(key));
            walk(b, item, depth + 1);
            b->pointer[len] = 0;
        }
    }
}

static int employment_of(const struct profile *p, const char *pointer)
{
    for (size_t i = 0; i < p->employments_n; i++)
        if (str_eqc(p->employments[i].pointer, pointer))
            return (int)i;
    return -1;
}

static void entry_read(struct builder *b, yyjson_val *obj)
{
    struct facts_index *ix = b->ix;
    if (ix->entries_n == ix->entries_max)
        return;
    struct fentry *e = &ix->entries[ix->entries_n];
    *e = (struct fentry){.section = b->section,
                         .employment = employment_of(ix->p, b->pointer),
                         .first = (uint32_t)ix->sources_n};
    struct str end = json_get_str(obj, "endDate");
    e->start = month_parse(json_get_str(obj, "startDate"));
    e->end = month_parse(end);
    if (e->end.y == 0)
        e->end = month_parse(json_get_str(obj, "date"));
    if (e->end.y == 0)
        e->end = month_parse(json_get_str(obj, "releaseDate"));
    e->current = e->start.y && e->end.y == 0;
    if (b->section == SECTION_EDUCATION) {
        struct str type = json_get_str(obj, "studyType");
        e->open = e->current || education_in_progress(type);
        ix->degrees_n += type.n > 0;
    }
    ix->certificates_n += b->section == SECTION_CERTIFICATE;
    ix->jobs_n += b->section == SECTION_WORK;
    b->entry = (int)ix->entries_n++;
    b->employment = e->employment;
    walk(b, obj, 0);
    e->n = (uint32_t)(ix->sources_n - e->first);
    b->entry = b->employment = -1;
}

static void document_read(struct builder *b, yyjson_val *root)
{
    size_t i, n, k, m;
    yyjson_val *key, *v, *item;
    yyjson_obj_foreach(root, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        if (v != yyjson_obj_getn(root, name, yyjson_get_len(key)) || strcmp(name, "$schema") == 0 ||
            strcmp(name, "meta") == 0 || strcmp(name, "x_goals") == 0)
            continue;
        b->section = SECTION_OTHER;
        for (size_t s = 0; s < ARRAY_LEN(SECTIONS); s++)
            if (strcmp(name, SECTIONS[s].key) == 0)
                b->section = SECTIONS[s].section;
        b->pointer[0] = 0;
        json_pointer_add(b->pointer, sizeof(b->pointer), name);
        size_t len = strlen(b->pointer);
        if (!yyjson_is_arr(v)) {
            walk(b, v, 0);
            continue;
        }
        yyjson_arr_foreach(v, k, m, item)
        {
            json_pointer_add_index(b->pointer, sizeof(b->pointer), k);
            entry_read(b, item);
            b->pointer[len] = 0;
        }
    }
}

/* Initials of two to six neighbouring words, small joining words left out or not: "Certified Kubernetes Administrator"
 * is CKA. */
static void initials_add(struct facts_index *ix, const struct fsource *s, size_t source)
{
    const struct ftext *x = &ix->words;
    for (size_t i = s->first; i < s->first + s->n; i++) {
        char with[8], without[8];
        size_t a = 0, b = 0;
        for (size_t k = i; k < s->first + s->n && k < i + 7 && a < 7; k++) {
            char c = x->text.p[x->t[k].start];
            if (!str_is_alpha(c) || (k > i && x->w[k].gap != ' ' && x->w[k].gap != '-'))
                break;
            struct str word = facts_token_str(x, k);
            if (str_ieqc(word, "and") || str_ieqc(word, "or") || (x->w[k].flags & FT_TECHNICAL))
                break; /* a list, not a name */
            with[a++] = c;
            if (!(x->w[k].cls & FW(STOP)) || k == i)
                without[b++] = c;
            else
                continue;
            if (a >= 2)
                table_add(&ix->initials, token_hash((struct str){with, a}), source, i);
            if (b >= 2 && b != a)
                table_add(&ix->initials, token_hash((struct str){without, b}), source, i);
        }
    }
}

static void source_words(struct facts_index *ix, size_t at, size_t *word)
{
    struct ftext *x = &ix->words;
    struct fsource *s = &ix->sources[at];
    s->first = (uint32_t)*word;
    while (*word < x->n && (*word == s->first || !(x->t[*word].flags & TOKEN_LINE_START)))
        s->n++, (*word)++;
    for (size_t i = s->first; i < s->first + s->n; i++) {
        s->cls |= x->w[i].cls;
        table_add(&ix->by_word, x->t[i].hash, at, i);
        if (x->w[i].number >= 0 || (x->t[i].flags & TOKEN_DIGIT))
            continue;
        const struct fnode *have = facts_table_first(&ix->by_stem, x->w[i].stem);
        if (!have || have->source != at)
            table_add(&ix->by_stem, x->w[i].stem, at, i);
    }
    initials_add(ix, s, at);
    table_add(&ix->by_line, token_hash(str_sub(x->text, s->at, s->at + s->text.n)), at, s->first);
}

static void degrees_read(struct facts_index *ix)
{
    for (size_t i = 0; i < ix->entries_n; i++) {
        struct fentry *e = &ix->entries[i];
        if (e->section != SECTION_EDUCATION)
            continue;
        uint64_t cls = 0;
        for (size_t s = e->first; s < e->first + e->n; s++)
            if (str_iends(ix->sources[s].pointer, "studyType") || str_iends(ix->sources[s].pointer, "area"))
                cls |= ix->sources[s].cls;
        e->kinds = cls & (FW(DEGREE_SCIENCE) | FW(DEGREE_ARTS) | FW(DEGREE_ENG) | FW(DEGREE_BUSINESS) | FW(DEGREE_LAW) |
                          FW(DEGREE_NURSING) | FW(DEGREE_EDUCATION));
        e->level = cls & FW(DEGREE_4)   ? 4
                   : cls & FW(DEGREE_3) ? 3
                   : cls & FW(DEGREE_2) ? 2
                   : cls & FW(DEGREE_1) ? 1
                                        : 0;
        for (size_t s = e->first; s < e->first + e->n && !e->level; s++)
            if (str_iends(ix->sources[s].pointer, "studyType")) {
                enum education_level l = education_level_of(ix->sources[s].text);
                e->level = l == EDUCATION_PHD                                      ? 4
                           : l == EDUCATION_MASTER                                 ? 3
                           : l == EDUCATION_BACHELOR                               ? 2
                           : str_ifind(ix->sources[s].text, STR("associate")) >= 0 ? 1
                                                                                   : 0;
            }
    }
}

/* Whoever used PostgreSQL used SQL. */
static const struct {
    const char *have, *want;
} IMPLIED[] = {
#define IMPLIES(have, want) {have, want},
#define SIMILAR(a, b)
#include "pipeline/engine/relations.def"
#undef IMPLIES
#undef SIMILAR
};

static void skills_imply(struct facts_index *ix)
{
    for (size_t i = 0; i < ARRAY_LEN(IMPLIED); i++) {
        const struct skill *have = skills_by_slug(str_of(IMPLIED[i].have)),
                           *want = skills_by_slug(str_of(IMPLIED[i].want));
        if (have && want && ix->skills_n < SKILLS_FOUND_MAX + PROFILE_SKILLS_MAX && facts_states_skill(ix, have) &&
            !facts_states_skill(ix, want))
            ix->skills[ix->skills_n++] = want;
    }
}

static bool skills_read(struct builder *b)
{
    struct facts_index *ix = b->ix;
    struct skill_mention *m = arena_try_alloc(b->a, SKILLS_FOUND_MAX * sizeof(*m));
    ix->skills = arena_try_alloc(b->a, (SKILLS_FOUND_MAX + PROFILE_SKILLS_MAX) * sizeof(const struct skill *));
    if (!m || !ix->skills)
        return false;
    /* the skills that the profile's reader saw come from whole strings, which need no context around them */
    for (size_t i = 0; i < ix->p->skills_n && i < PROFILE_SKILLS_MAX; i++)
        if (ix->p->skills[i].skill)
            ix->skills[ix->skills_n++] = ix->p->skills[i].skill;
    size_t n = skills_find(ix->words.text, m, SKILLS_FOUND_MAX);
    for (size_t i = 0; i < n; i++)
        if (!facts_states_skill(ix, m[i].skill))
            ix->skills[ix->skills_n++] = m[i].skill;
    skills_imply(ix);
    return true;
}

static bool index_fill(struct builder *b)
{
    struct facts_index *ix = b->ix;
    struct str all = {.p = arena_strndup(b->a, buf_str(&b->text), b->text.len), .n = b->text.len};
    if (!all.p || buf_failed(&b->text) || !facts_text_read(b->a, all, NULL, &ix->words))
        return false;
    size_t words = ix->words.n, word = 0;
    if (!table_init(b->a, &ix->by_word, words) || !table_init(b->a, &ix->by_stem, words) ||
        !table_init(b->a, &ix->initials, words * 4) || !table_init(b->a, &ix->by_line, ix->sources_n))
        return false;
    /* a source without any word takes no line's words */
    size_t source = 0;
    for (size_t at = 0; source < ix->sources_n; source++) {
        size_t end = at + ix->sources[source].text.n;
        ix->sources[source].first = (uint32_t)word;
        ix->sources[source].at = (uint32_t)at;
        if (word < words && ix->words.t[word].start < end)
            source_words(ix, source, &word);
        at = end + 1;
    }
    for (size_t k = 0; k < ix->words.numbers_n; k++) {
        struct fnumber *m = &ix->words.numbers[k];
        size_t lo = 0, hi = ix->sources_n;
        while (hi - lo > 1) {
            size_t mid = (lo + hi) / 2;
            if (ix->sources[mid].first <= m->first)
                lo = mid;
            else
                hi = mid;
        }
        m->source = (int)lo;
    }
    uint32_t *names = arena_try_alloc(b->a, (ix->sources_n + 1) * sizeof(*names));
    if (!names)
        return false;
    for (size_t s = 0; s < ix->sources_n; s++)
        if (ix->sources[s].name && ix->sources[s].employment >= 0 &&
            ix->sources[s].employment < PROFILE_EMPLOYMENTS_MAX)
            names[ix->names_n++] = (uint32_t)s;
    for (size_t k = 0; k < ix->names_n; k++)
        for (size_t i = 0; i < ix->sources[names[k]].n; i++)
            facts_seen_add(ix->names_seen, ix->words.t[ix->sources[names[k]].first + i].hash);
    ix->names = names;
    ix->log_n = log((double)ix->sources_n + 1);
    degrees_read(ix);
    return skills_read(b);
}

static void count(yyjson_val *v, int depth, size_t *strings, size_t *elements)
{
    size_t i, n;
    yyjson_val *key, *item;
    *strings += yyjson_is_str(v);
    if (yyjson_is_arr(v) && depth < 10) {
        *elements += depth == 1 ? yyjson_arr_size(v) : 0;
        yyjson_arr_foreach(v, i, n, item) count(item, depth + 1, strings, elements);
    } else if (yyjson_is_obj(v) && depth < 10) {
        yyjson_obj_foreach(v, i, n, key, item) count(item, depth + 1, strings, elements);
    }
}

int facts_index_make(struct arena *a, const struct profile *p, const struct facts_index **ret, struct err *err)
{
    struct facts_index *ix = ARENA_NEW(a, struct facts_index);
    struct builder b = {.a = a, .ix = ix, .entry = -1, .employment = -1};
    if (!ix)
        return err_set(err, ERR_MEMORY, "the profile needs more memory than its limit");
    ix->p = p;
    size_t strings = 0, elements = 0;
    count(p->document, 0, &strings, &elements);
    ix->sources_max = MIN(strings, (size_t)SOURCES_MAX);
    ix->sources = arena_try_alloc(a, (ix->sources_max + 1) * sizeof(*ix->sources));
    ix->entries_max = MIN(elements, (size_t)ENTRIES_MAX);
    ix->entries = arena_try_alloc(a, (ix->entries_max + 1) * sizeof(*ix->entries));
    buf_init(&b.text, 2 * PROFILE_MAX_BYTES);
    bool ok = ix->sources && ix->entries;
    if (ok) {
        document_read(&b, p->document);
        ok = !b.failed && index_fill(&b);
    }
    buf_fini(&b.text);
    if (!ok)
        return err_set(err, ERR_MEMORY, "the profile needs more memory than its limit");
    *ret = ix;
    return 0;
}

bool facts_states_skill(const struct facts_index *ix, const struct skill *s)
{
    for (size_t i = 0; i < ix->skills_n; i++)
        if (ix->skills[i] == s)
            return true;
    return false;
}

bool facts_knows(const struct facts_index *ix, uint32_t hash, uint32_t stem)
{
    return facts_table_first(&ix->by_word, hash) || facts_table_first(&ix->by_stem, stem) ||
           facts_table_first(&ix->initials, hash);
}

double facts_weight(const struct facts_index *ix, uint32_t stem)
{
    size_t df = 0;
    for (const struct fnode *n = facts_table_first(&ix->by_stem, stem); n && df < 64;
         n = facts_table_next(&ix->by_stem, n))
        df++;
    return df ? log(((double)ix->sources_n + 1) / ((double)df + 0.5)) / ix->log_n : 0;
}

int facts_run_source(const struct facts_index *ix, const struct ftext *x, size_t from, size_t to,
                     bool (*want)(const struct facts_index *ix, const struct fsource *s, int arg), int arg)
{
    if (from >= to)
        return -1;
    for (const struct fnode *n = facts_table_first(&ix->by_word, x->t[from].hash); n;
         n = facts_table_next(&ix->by_word, n)) {
        const struct fsource *s = &ix->sources[n->source];
        size_t k = 1;
        if (want && !want(ix, s, arg))
            continue;
        while (from + k < to && n->at + k < s->first + s->n &&
               (ix->words.t[n->at + k].hash == x->t[from + k].hash ||
                (ix->words.w[n->at + k].stem && ix->words.w[n->at + k].stem == x->w[from + k].stem)))
            k++;
        if (from + k == to)
            return (int)n->source;
    }
    return -1;
}
