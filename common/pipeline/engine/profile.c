/* Reads the document once, section by section in document order; each section is a row of SECTIONS. Atoms beyond
 * PROFILE_ATOMS_MAX and employments beyond PROFILE_EMPLOYMENTS_MAX stay in the document and are rendered, but are not
 * offered as evidence.
 *
 * Invariant: every atom's text is a string of the document, or strings of one entry joined (education, certificates,
 * awards). */
#include "pipeline/engine/profile.h"

#include "pipeline/engine/filler.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/profile_parts.h"

#define READER_POINTER_BYTES 96

struct reader {
    struct arena *a;
    struct profile *p;
    size_t atoms_cap, skills_cap;
    yyjson_val *sources; /* x_sources, NULL when there are none */
    bool failed;         /* arena exhausted */
};

static void *reader_grow(struct reader *r, void *old, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *v = arena_try_zalloc_n(r->a, more, size);
    if (!v) {
        r->failed = true;
        return NULL;
    }
    if (n)
        memcpy(v, old, n * size);
    *cap = more;
    return v;
}

static void skill_note(struct reader *r, const struct skill *skill, struct str label, size_t atom)
{
    struct profile *p = r->p;
    size_t i = 0;
    while (i < p->skills_n &&
           !(skill ? p->skills[i].skill == skill : !p->skills[i].skill && str_ieq(p->skills[i].label, label)))
        i++;
    if (i == p->skills_n) {
        if (i == PROFILE_SKILLS_MAX)
            return;
        if (i == r->skills_cap) {
            void *v = reader_grow(r, p->skills, i, &r->skills_cap, sizeof(*p->skills));
            if (!v)
                return;
            p->skills = v;
        }
        p->skills[i] = (struct profile_skill){.skill = skill, .label = skill ? str_of(skill->label) : label};
        p->skills_n++;
    }
    struct profile_skill *s = &p->skills[i];
    if (s->atoms_n < ARRAY_LEN(s->atoms) && (s->atoms_n == 0 || s->atoms[s->atoms_n - 1] != atom))
        s->atoms[s->atoms_n++] = atom;
}

static void atom_skills(struct reader *r, struct atom *atom, size_t index)
{
    struct skill_mention found[PROFILE_ATOM_SKILLS_MAX * 2];
    size_t n = skills_find(atom->text, found, ARRAY_LEN(found));
    size_t i = 0;
    for (; i < n && atom->skills_n < PROFILE_ATOM_SKILLS_MAX; i++) {
        size_t k = 0;
        while (k < atom->skills_n && atom->skills[k] != found[i].skill)
            k++;
        if (k < atom->skills_n)
            continue;
        atom->skills[atom->skills_n++] = found[i].skill;
        skill_note(r, found[i].skill, (struct str){0}, index);
    }
    atom->skills_whole = i == n && n < ARRAY_LEN(found);
    if (atom->skills_n == 0 && atom->kind == ATOM_SKILL)
        skill_note(r, NULL, atom->text, index);
}

static void atom_stems(struct reader *r, struct atom *atom)
{
    uint32_t stems[LEX_TOKENS_MAX];
    size_t n = lex_stems(atom->text, stems, LEX_TOKENS_MAX);
    uint32_t *kept = ARENA_NEW_N(r->a, uint32_t, n + 1);
    if (!kept) {
        r->failed = true;
        return;
    }
    memcpy(kept, stems, n * sizeof(*kept));
    atom->stems = kept;
    atom->stems_n = n;
}

/* Numbers of a profile are text (json_parse_exact). */
static size_t place_of(yyjson_val *v, const char *key)
{
    yyjson_val *number = yyjson_obj_get(v, key);
    struct str digits = {.p = yyjson_get_raw(number), .n = yyjson_get_len(number)};
    uint64_t n;
    return digits.p && str_to_u64(digits, &n) ? (size_t)n : 0;
}

static struct source_ref source_of(const struct reader *r, const char *pointer)
{
    yyjson_val *v = yyjson_obj_get(r->sources, pointer);
    return (struct source_ref){.page = (unsigned)place_of(v, "page"),
                               .line = (unsigned)place_of(v, "line"),
                               .start = place_of(v, "start"),
                               .end = place_of(v, "end")};
}

static void atom_add(struct reader *r, enum atom_kind kind, int employment, struct str text, const char *pointer)
{
    struct profile *p = r->p;
    text = str_trim(text);
    if (text.n == 0 || p->atoms_n == PROFILE_ATOMS_MAX || r->failed)
        return;
    if (p->atoms_n == r->atoms_cap) {
        void *v = reader_grow(r, p->atoms, p->atoms_n, &r->atoms_cap, sizeof(*p->atoms));
        if (!v)
            return;
        p->atoms = v;
    }
    char *id = arena_printf(r->a, "a%zu", p->atoms_n + 1);
    char *at = arena_strdup(r->a, pointer);
    if (!id || !at) {
        r->failed = true;
        return;
    }
    struct atom *atom = &p->atoms[p->atoms_n++];
    *atom =
        (struct atom){.id = str_of(id), .kind = kind, .employment = employment, .text = text, .pointer = str_of(at)};
    atom->source = source_of(r, pointer);
    atom->has_number = (kind == ATOM_HIGHLIGHT || kind == ATOM_SUMMARY) && lex_has_metric(text);
    atom->filler = filler_has(text);
    atom_stems(r, atom);
    atom_skills(r, atom, p->atoms_n - 1);
}

static void atom_field(struct reader *r, enum atom_kind kind, int employment, yyjson_val *obj, const char *base,
                       const char *key)
{
    char at[READER_POINTER_BYTES];
    snprintf(at, sizeof(at), "%s/%s", base, key);
    atom_add(r, kind, employment, json_get_str(obj, key), at);
}

static void atom_list(struct reader *r, enum atom_kind kind, int employment, yyjson_val *obj, const char *base,
                      const char *key)
{
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(obj, key), i, n, item)
    {
        char at[READER_POINTER_BYTES];
        snprintf(at, sizeof(at), "%s/%s/%zu", base, key, i);
        atom_add(r, kind, employment, json_str(item), at);
    }
}

/* "a, b" of two fields, either may be empty. */
static struct str join_two(struct reader *r, struct str x, const char *sep, struct str y, const char *end)
{
    x = str_trim(x);
    y = str_trim(y);
    if (x.n == 0 || y.n == 0)
        return x.n ? x : y;
    char *s = arena_printf(r->a, STR_FMT "%s" STR_FMT "%s", STR_ARG(x), sep, STR_ARG(y), end);
    r->failed = r->failed || !s;
    return str_of(s);
}

static bool says_present(struct str s)
{
    static const char *const WORDS[] = {"present", "current", "now", "today", "ongoing", NULL};
    return lex_has_any(s, WORDS);
}

static int employment_add(struct reader *r, enum employment_kind kind, yyjson_val *obj, struct str organization,
                          struct str role, const char *pointer, size_t index)
{
    struct profile *p = r->p;
    if (p->employments_n == PROFILE_EMPLOYMENTS_MAX)
        return -1;
    char *at = arena_strdup(r->a, pointer);
    r->failed = r->failed || !at;
    struct str end = str_trim(json_get_str(obj, "endDate"));
    struct employment *e = &p->employments[p->employments_n];
    *e = (struct employment){.kind = kind,
                             .organization = str_trim(organization),
                             .role = str_trim(role),
                             .location = str_trim(json_get_str(obj, "location")),
                             .pointer = str_of(at),
                             .start = month_parse(json_get_str(obj, "startDate")),
                             .end = month_parse(end),
                             .index = index};
    e->current = e->end.y == 0 && e->start.y != 0 && (end.n == 0 || says_present(end));
    p->as_of = month_max(p->as_of, month_max(e->start, e->end));
    return (int)p->employments_n++;
}

static void read_basics(struct reader *r, yyjson_val *basics)
{
    struct profile *p = r->p;
    p->name = str_trim(json_get_str(basics, "name"));
    p->label = str_trim(json_get_str(basics, "label"));
    p->summary = str_trim(json_get_str(basics, "summary"));
    p->email = str_trim(json_get_str(basics, "email"));
    p->phone = str_trim(json_get_str(basics, "phone"));
    p->city = str_trim(json_get_str(json_get_obj(basics, "location"), "city"));
    atom_field(r, ATOM_ROLE, -1, basics, "/basics", "label");
    atom_field(r, ATOM_SUMMARY, -1, basics, "/basics", "summary");
}

static void read_work(struct reader *r, yyjson_val *obj, const char *at, size_t index)
{
    struct str org = json_get_str(obj, "name");
    if (org.n == 0)
        org = json_get_str(obj, "company"); /* the name of the field before 1.0 */
    struct str role = json_get_str(obj, "position");
    if (str_trim(org).n == 0 && str_trim(role).n == 0 && yyjson_arr_size(json_get_arr(obj, "highlights")) == 0)
        return;
    int e = employment_add(r, EMPLOYMENT_JOB, obj, org, role, at, index);
    atom_field(r, ATOM_ROLE, e, obj, at, "position");
    atom_field(r, ATOM_SUMMARY, e, obj, at, "summary");
    atom_list(r, ATOM_HIGHLIGHT, e, obj, at, "highlights");
}

static void read_volunteer(struct reader *r, yyjson_val *obj, const char *at, size_t index)
{
    struct str org = json_get_str(obj, "organization"), role = json_get_str(obj, "position");
    int e = employment_add(r, EMPLOYMENT_VOLUNTEER, obj, org, role, at, index);
    atom_field(r, ATOM_ROLE, e, obj, at, "position");
    atom_field(r, ATOM_SUMMARY, e, obj, at, "summary");
    atom_list(r, ATOM_HIGHLIGHT, e, obj, at, "highlights");
}

static void read_project(struct reader *r, yyjson_val *obj, const char *at, size_t index)
{
    struct str role = json_str(yyjson_arr_get_first(json_get_arr(obj, "roles")));
    int e = employment_add(r, EMPLOYMENT_PROJECT, obj, json_get_str(obj, "name"), role, at, index);
    atom_list(r, ATOM_ROLE, e, obj, at, "roles");
    atom_field(r, ATOM_SUMMARY, e, obj, at, "description");
    atom_list(r, ATOM_HIGHLIGHT, e, obj, at, "highlights");
    atom_list(r, ATOM_SKILL, e, obj, at, "keywords");
}

static void read_education(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    struct str type = json_get_str(obj, "studyType"), area = json_get_str(obj, "area");
    struct str what = join_two(r, type, str_find(type, STR(" in ")) >= 0 ? ", " : " in ", area, "");
    atom_add(r, ATOM_EDUCATION, -1, join_two(r, what, ", ", json_get_str(obj, "institution"), ""), at);
    atom_list(r, ATOM_EDUCATION, -1, obj, at, "courses");
    struct month start = month_parse(json_get_str(obj, "startDate")), end = month_parse(json_get_str(obj, "endDate"));
    r->p->as_of = month_max(r->p->as_of, start);
    /* a degree counts once it is stated as finished */
    bool open = start.y && !end.y;
    if (!open && !education_in_progress(type))
        r->p->education = MAX(r->p->education, (int)education_level_of(what));
}

static void read_award(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    atom_add(r, ATOM_AWARD, -1, join_two(r, json_get_str(obj, "title"), ", ", json_get_str(obj, "awarder"), ""), at);
    r->p->as_of = month_max(r->p->as_of, month_parse(json_get_str(obj, "date")));
}

static void read_certificate(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    atom_add(r, ATOM_CERTIFICATE, -1, json_get_str(obj, "name"), at);
    r->p->as_of = month_max(r->p->as_of, month_parse(json_get_str(obj, "date")));
}

static void read_publication(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    atom_add(r, ATOM_PUBLICATION, -1, json_get_str(obj, "name"), at);
    r->p->as_of = month_max(r->p->as_of, month_parse(json_get_str(obj, "releaseDate")));
}

static void read_skill(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    struct str name = str_trim(json_get_str(obj, "name"));
    /* a group's heading ("Languages") is a skill only when it stands alone or the dictionary knows it */
    if (yyjson_arr_size(json_get_arr(obj, "keywords")) == 0 || skills_by_name(name))
        atom_field(r, ATOM_SKILL, -1, obj, at, "name");
    atom_list(r, ATOM_SKILL, -1, obj, at, "keywords");
}

static void read_language(struct reader *r, yyjson_val *obj, const char *at, size_t index UNUSED)
{
    struct str fluency = json_get_str(obj, "fluency");
    if (fluency.n == 0)
        fluency = json_get_str(obj, "level");
    atom_add(r, ATOM_LANGUAGE, -1, join_two(r, json_get_str(obj, "language"), " (", fluency, ")"), at);
}

static const struct {
    const char *key;
    void (*read)(struct reader *r, yyjson_val *obj, const char *at, size_t index);
    bool substance; /* an entry makes the profile not empty */
} SECTIONS[] = {
    {"work", read_work, true},           {"volunteer", read_volunteer, true},
    {"projects", read_project, true},    {"education", read_education, true},
    {"awards", read_award, false},       {"certificates", read_certificate, true},
    {"skills", read_skill, true},        {"publications", read_publication, false},
    {"languages", read_language, false},
};

static void read_section(struct reader *r, yyjson_val *key, yyjson_val *list)
{
    for (size_t s = 0; s < ARRAY_LEN(SECTIONS); s++) {
        if (!yyjson_equals_str(key, SECTIONS[s].key))
            continue;
        size_t before = r->p->atoms_n, i, n;
        yyjson_val *obj;
        yyjson_arr_foreach(list, i, n, obj)
        {
            char at[READER_POINTER_BYTES];
            snprintf(at, sizeof(at), "/%s/%zu", SECTIONS[s].key, i);
            SECTIONS[s].read(r, obj, at, i);
        }
        if (SECTIONS[s].substance && r->p->atoms_n > before)
            r->p->empty = false;
    }
}

static void read_goals(struct profile *p, yyjson_val *v)
{
    if (yyjson_is_str(v)) {
        struct str goal = str_trim(json_str(v));
        if (goal.n)
            p->goals[p->goals_n++] = goal;
        return;
    }
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(v, i, n, item)
    {
        struct str goal = str_trim(json_str(item));
        if (goal.n && p->goals_n < ARRAY_LEN(p->goals))
            p->goals[p->goals_n++] = goal;
    }
}

int profile_read(struct arena *a, struct str json, struct profile **ret, struct err *err)
{
    if (json.n > PROFILE_MAX_BYTES)
        return err_set_at(err, ERR_TOO_LARGE, "", "a profile may have at most %zu bytes", PROFILE_MAX_BYTES);
    yyjson_val *root;
    int rc = json_parse_exact(a, json, &root, err);
    if (rc == 0)
        rc = profile_check(root, err);
    if (rc)
        return rc;
    struct profile *p = ARENA_NEW(a, struct profile);
    if (!p)
        return err_set(err, ERR_MEMORY, "the profile needs more memory than its limit");
    struct reader r = {.a = a, .p = p, .sources = json_get_obj(root, "x_sources")};
    p->document = root;
    p->strings = profile_strings_make(a, root);
    r.failed = !p->strings;
    p->empty = true;
    size_t i, n;
    yyjson_val *key, *v;
    yyjson_obj_foreach(root, i, n, key, v)
    {
        if (v != yyjson_obj_getn(root, yyjson_get_str(key), yyjson_get_len(key)))
            continue; /* a key given twice: the first one counts */
        if (yyjson_equals_str(key, "basics"))
            read_basics(&r, v);
        else if (yyjson_equals_str(key, "x_goals"))
            read_goals(p, v);
        else
            read_section(&r, key, v);
    }
    p->as_of = month_max(p->as_of, month_parse(json_get_str(json_get_obj(root, "meta"), "lastModified")));
    if (r.failed)
        return err_set(err, ERR_MEMORY, "the profile needs more memory than its limit");
    struct vocabulary_seen seen = {.n = 0};
    for (size_t k = 0; k < p->atoms_n; k++)
        vocabulary_topics(p->atoms[k].text, p->topics, &seen);
    *ret = p;
    return 0;
}
