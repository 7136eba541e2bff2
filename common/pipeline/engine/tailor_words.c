/* Skills: which of them the posting wants, under which name; their wording, listing and order.
 *
 * A skill takes the posting's name only when both names stand in one row of tailor_names.def. A full name replaces a
 * short one; a short one is added in brackets, because both are searched for. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define MENTIONS_MAX      32
#define LISTED_MAX        3 /* skills added to the lists */
#define GROUPS_MAX        32
#define SKILL_ADDED_ASKED 0.8 /* of its requirement, as if a list had named it */
#define SKILL_ACRONYM     6   /* an all-capitals word of at most this many letters */

static const char *const ROWS[] = {
#define NAMES(row) row,
#include "pipeline/engine/tailor_names.def"
#undef NAMES
};

bool tailor_same_name(struct str x, struct str y)
{
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct str rest = str_of(ROWS[i]), name;
        bool has_x = false, has_y = false;
        while (str_next_field(&rest, '|', &name)) {
            has_x = has_x || str_ieq(name, x);
            has_y = has_y || str_ieq(name, y);
        }
        if (has_x && has_y)
            return true;
    }
    return false;
}

struct str tailor_spoken(struct tailor *t, struct str word, const struct skill *skill)
{
    bool tool = strcmp(skill->field, "technology") == 0 || strcmp(skill->field, "data") == 0;
    size_t capitals = 0;
    for (size_t i = 0; i < word.n; i++)
        capitals += word.p[i] >= 'A' && word.p[i] <= 'Z';
    if (capitals > SKILL_ACRONYM && str_ieqc(word, skill->label))
        word = str_of(skill->label);
    return tool || strcmp(skill->field, "language") == 0 ? word : phrase_lower_first(t->a, word);
}

bool tailor_is_name(struct str word, const struct skill *skill)
{
    if (str_ieqc(word, skill->label) || tailor_same_name(word, str_of(skill->label)))
        return true;
    bool small = false, mixed = false;
    for (size_t i = 0; i < word.n; i++) {
        small = small || (word.p[i] >= 'a' && word.p[i] <= 'z');
        mixed = mixed || (i > 0 && ((word.p[i] >= 'A' && word.p[i] <= 'Z') || str_is_digit(word.p[i])));
    }
    if (mixed && (small || word.n <= SKILL_ACRONYM)) /* not "READ PRINTS", and the first letter may begin a sentence */
        return true;
    bool tool = strcmp(skill->field, "technology") == 0 || strcmp(skill->field, "data") == 0;
    return tool && word.n && word.p[0] >= 'A' && word.p[0] <= 'Z' && !memchr(word.p, ' ', word.n);
}

static void wanted_add(struct tailor *t, const struct match_row *row, const struct skill_mention *m)
{
    const struct profile_skill *have = match_profile_skill(t->p, m->skill);
    if (!have || t->wanted_n == TAILOR_WANTED_MAX)
        return;
    for (size_t i = 0; i < t->wanted_n; i++)
        if (t->wanted[i].skill == m->skill)
            return;
    double w = tailor_row_weight(row);
    size_t at = t->wanted_n++;
    for (; at > 0 && tailor_row_weight(t->wanted[at - 1].row) < w; at--)
        t->wanted[at] = t->wanted[at - 1];
    t->wanted[at] = (struct tailor_wanted){.skill = m->skill,
                                           .have = have,
                                           .word = str_sub(row->requirement->text, m->start, m->end),
                                           .row = row};
}

void tailor_wanted_read(struct tailor *t)
{
    struct skill_mention m[MENTIONS_MAX];
    for (size_t i = 0; i < t->m->rows_n; i++) {
        const struct match_row *row = &t->m->rows[i];
        if (row->requirement->skills_n == 0 || row->atoms_n == 0 || row->requirement->kind == REQUIREMENT_LANGUAGE)
            continue;
        size_t n = skills_find(row->requirement->text, m, MENTIONS_MAX);
        for (size_t k = 0; k < n; k++)
            if (strcmp(m[k].skill->field, "soft") != 0 && strcmp(m[k].skill->field, "language") != 0)
                wanted_add(t, row, &m[k]);
    }
}

static bool is_acronym(struct str s)
{
    size_t capitals = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.n > SKILL_ACRONYM)
            return false;
        capitals += s.p[i] >= 'A' && s.p[i] <= 'Z';
    }
    return capitals >= 2;
}

/* "JS" -> "JavaScript"; "EHR" -> "Electronic health records (EHR)"; "Kubernetes" -> "Kubernetes (K8s)"; empty when the
 * entry says it already. */
static struct str entry_word(struct tailor *t, struct str mine, struct str asked)
{
    struct str none = {.p = "", .n = 0};
    if (str_ifind(mine, asked) >= 0 || !tailor_same_name(mine, asked))
        return none;
    struct str longer = mine.n >= asked.n ? mine : asked, shorter = mine.n >= asked.n ? asked : mine;
    if (str_ieq(longer, asked) && !is_acronym(shorter))
        return asked;
    if (str_ieq(longer, asked) && str_find(longer, STR(" ")) < 0)
        return asked; /* JS, TS: nobody looks for the short one once the long one is there */
    return phrase_printf(t->a, STR_FMT " (" STR_FMT ")", STR_ARG(phrase_upper_first(t->a, longer)), STR_ARG(shorter));
}

static int entries_reword(struct tailor *t, struct err *err)
{
    for (size_t i = 0; i < t->wanted_n; i++) {
        const struct tailor_wanted *w = &t->wanted[i];
        for (size_t k = 0; k < w->have->atoms_n; k++) {
            const struct atom *x = &t->p->atoms[w->have->atoms[k]];
            if (x->kind != ATOM_SKILL || !str_starts(x->pointer, "/skills/") || str_ieq(x->text, w->word))
                continue;
            struct str value = entry_word(t, x->text, w->word);
            if (value.n == 0)
                continue;
            struct tailor_op op = {.requirements = {w->row->requirement}, .requirements_n = 1};
            tailor_op_atom(&op, w->have->atoms[k]);
            op.reason =
                phrase_printf(t->a,
                              "The posting calls it " STR_FMT "; recruiters and their software search for that name.",
                              STR_ARG(w->word));
            int rc = tailor_set(t, &op, x->pointer.p, x->text, value, err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

/* The first line of a job, project or voluntary work that names the skill, when no list of skills does; -1 otherwise.
 */
static int unlisted_line(struct tailor *t, const struct tailor_wanted *w)
{
    int line = -1;
    for (size_t k = 0; k < w->have->atoms_n; k++) {
        const struct atom *x = &t->p->atoms[w->have->atoms[k]];
        if (x->kind == ATOM_SKILL)
            return -1;
        if (x->kind == ATOM_HIGHLIGHT && line < 0)
            line = (int)w->have->atoms[k];
    }
    return w->have->atoms_n == ARRAY_LEN(w->have->atoms) ? -1 : line;
}

/* The group that holds the nearest relative of the skill; -1 when none does. */
static int group_for(struct tailor *t, const struct skill *skill)
{
    bool implied;
    const struct profile_skill *near = match_related(t->p, skill, &implied);
    for (size_t i = 0; near && i < near->atoms_n; i++) {
        struct str at = t->p->atoms[near->atoms[i]].pointer;
        size_t group = 0, c = sizeof("/skills/") - 1;
        if (t->p->atoms[near->atoms[i]].kind != ATOM_SKILL || !str_starts(at, "/skills/"))
            continue;
        for (; c < at.n && str_is_digit(at.p[c]); c++)
            group = group * 10 + (size_t)(at.p[c] - '0');
        if (group < GROUPS_MAX && str_find(at, STR("/keywords/")) > 0)
            return (int)group;
    }
    return -1;
}

static bool is_listed(yyjson_val *groups, struct str word)
{
    size_t i, n, k, m;
    yyjson_val *group, *item;
    yyjson_arr_foreach(groups, i, n, group)
    {
        if (str_ieq(json_get_str(group, "name"), word))
            return true;
        yyjson_arr_foreach(json_get_arr(group, "keywords"), k, m,
                           item) if (str_ifind(json_str(item), word) >= 0) return true;
    }
    return false;
}

static int entries_add(struct tailor *t, struct err *err)
{
    size_t added = 0;
    for (size_t i = 0; i < t->wanted_n && added < LISTED_MAX; i++) {
        const struct tailor_wanted *w = &t->wanted[i];
        int line = unlisted_line(t, w), group = line >= 0 ? group_for(t, w->skill) : -1;
        if (group < 0)
            continue;
        const struct atom *x = &t->p->atoms[line];
        struct str word = phrase_skill(x, w->skill);
        char path[64];
        snprintf(path, sizeof(path), "/skills/%d/keywords", group);
        size_t at = yyjson_mut_arr_size(yyjson_mut_doc_ptr_get(t->doc, path));
        if (at == 0 || !tailor_is_name(word, w->skill) || is_listed(json_get_arr(t->p->document, "skills"), word))
            continue;
        if (str_ieqc(word, w->skill->label))
            word = str_of(w->skill->label);
        struct tailor_op op = {.op = {.kind = RESUME_OP_INSERT},
                               .requirements = {w->row->requirement},
                               .requirements_n = 1};
        op.op.path = phrase_printf(t->a, "%s/%zu", path, at);
        op.op.value = yyjson_mut_strncpy(t->doc, word.p, word.n);
        tailor_op_atom(&op, (size_t)line);
        const struct employment *e = x->employment >= 0 ? &t->p->employments[x->employment] : NULL;
        op.reason = e && e->organization.n
                        ? phrase_printf(t->a,
                                        "The posting asks for " STR_FMT ", which a line under " STR_FMT
                                        " shows and the list of skills leaves out.",
                                        STR_ARG(w->word), STR_ARG(e->organization))
                        : phrase_printf(t->a,
                                        "The posting asks for " STR_FMT
                                        ", which the work history shows and the list of skills leaves out.",
                                        STR_ARG(w->word));
        int rc = tailor_do(t, &op, err);
        if (rc)
            return rc;
        added++;
    }
    return 0;
}

/* What a list holds now: what was added stands at its end and is wanted. */
static bool skills_list(struct tailor *t, size_t group, struct tailor_list *ret)
{
    char path[64];
    snprintf(path, sizeof(path), "/skills/%zu/keywords", group);
    bool any = tailor_list_read(t, path, ret);
    size_t now = yyjson_mut_arr_size(yyjson_mut_doc_ptr_get(t->doc, path));
    for (; any && ret->n < now && ret->n < TAILOR_LIST_MAX; ret->n++) {
        yyjson_mut_val *v = yyjson_mut_arr_get(yyjson_mut_doc_ptr_get(t->doc, path), ret->n);
        struct str word = {.p = yyjson_mut_get_str(v), .n = yyjson_mut_get_len(v)};
        const struct skill *s = skills_by_name(word);
        ret->atom[ret->n] = -1;
        ret->asked[ret->n] = 0;
        for (size_t i = 0; s && i < t->wanted_n; i++) {
            if (t->wanted[i].skill != s)
                continue;
            ret->atom[ret->n] = unlisted_line(t, &t->wanted[i]);
            ret->asked[ret->n] = SKILL_ADDED_ASKED * tailor_row_weight(t->wanted[i].row);
        }
    }
    return any && ret->n == now;
}

int tailor_skills(struct tailor *t, struct err *err)
{
    yyjson_val *skills = json_get_arr(t->p->document, "skills");
    size_t groups = yyjson_arr_size(skills);
    int rc = 0;
    if (groups == 0 || groups > GROUPS_MAX)
        return 0;
    if (t->o.strategy >= TAILOR_KEYWORDS)
        rc = entries_reword(t, err);
    if (rc == 0 && t->o.strategy == TAILOR_FULL)
        rc = entries_add(t, err);
    struct tailor_list outer = {.path = "/skills", .n = groups};
    for (size_t g = 0; rc == 0 && g < groups; g++) {
        struct tailor_list inner;
        outer.atom[g] = -1;
        bool any = skills_list(t, g, &inner);
        for (size_t i = 0; any && i < inner.n; i++) {
            if (inner.asked[i] > outer.asked[g]) {
                outer.asked[g] = inner.asked[i];
                outer.atom[g] = inner.atom[i];
            }
        }
        if (any && inner.n > 1)
            rc = tailor_reorder(t, &inner, "skill", err);
    }
    return rc || groups < 2 ? rc : tailor_reorder(t, &outer, "group", err);
}
