#include "pipeline/worker/prompt.h"

#include <stdlib.h>
#include "base/json.h"
#include "base/utf8.h"

#define LINE_BYTES           2000 /* as long as a line of a document may be */
#define EVIDENCE_LEAST       4    /* lines without which there is nothing to work with */
#define LINE_HEAD_BYTES      200  /* id, title, employer, years: more often less than a third of it */
#define EVIDENCE_TAGS_TOKENS 60
#define VIOLATIONS_MAX       12
#define SENTENCE_BYTES       240

static const char *const TAGS[] = {"posting", "requirements", "evidence", "options"};

/* Whether a tag of ours begins at s. */
static bool is_tag(struct str s)
{
    size_t at = s.n > 1 && s.p[1] == '/' ? 2 : 1;
    while (at < s.n && s.p[at] == ' ')
        at++;
    for (size_t i = 0; i < ARRAY_LEN(TAGS); i++)
        if (str_istarts(str_sub(s, at, s.n), TAGS[i]))
            return true;
    return false;
}

static void data(struct buf *b, struct str text, bool breaks)
{
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool blank = c == '\r' || (c == '\n' && !breaks), tag = c == '<' && is_tag(str_sub(text, i, text.n));
        if (!blank && !tag)
            continue;
        buf_add(b, text.p + from, i - from);
        buf_adds(b, tag ? "(" : " ");
        from = i + 1;
    }
    buf_add(b, text.p + from, text.n - from);
}

void prompt_line(struct buf *b, struct str text)
{
    if (text.n)
        data(b, utf8_cut(text, LINE_BYTES), false);
    if (text.n > LINE_BYTES)
        buf_adds(b, " [...]");
}

void prompt_text(struct buf *b, struct str text)
{
    if (text.n)
        data(b, text, true);
}

static int by_weight(const void *x, const void *y)
{
    const struct match_row *const *a = x, *const *b = y;
    double p = (*a)->requirement->weight, q = (*b)->requirement->weight;
    if (p != q)
        return p < q ? 1 : -1;
    return *a < *b ? -1 : *a > *b; /* as in the posting */
}

void prompt_requirements(struct buf *b, const struct analysis *an, const struct match *m)
{
    const struct match_row *rows[ANALYSIS_REQUIREMENTS_MAX];
    bool repeats[ANALYSIS_REQUIREMENTS_MAX] = {false};
    for (size_t i = 0; i < m->rows_n; i++)
        rows[i] = &m->rows[i];
    analysis_repeats(an, repeats);
    qsort(rows, m->rows_n, sizeof(rows[0]), by_weight);
    buf_adds(b, "<requirements>\n");
    for (size_t i = 0; i < m->rows_n; i++) {
        const struct requirement *q = rows[i]->requirement;
        if (repeats[q - an->requirements])
            continue;
        buf_addf(b, STR_FMT " (%s, profile: %s): ", STR_ARG(q->id),
                 q->priority == REQUIREMENT_REQUIRED ? "required" : "preferred", match_status_name(rows[i]->status));
        prompt_line(b, q->text);
        buf_addc(b, '\n');
    }
    buf_adds(b, "</requirements>\n");
}

static void years(struct buf *b, const struct employment *e)
{
    if (e->start.y)
        buf_addf(b, ", %d", e->start.y);
    if (e->start.y && e->current)
        buf_adds(b, "-today");
    else if (e->start.y && e->end.y && e->end.y != e->start.y)
        buf_addf(b, "-%d", e->end.y);
}

static const char *about(enum atom_kind k)
{
    static const char *const NAMES[] = {
        [ATOM_SUMMARY] = "summary",         [ATOM_SKILL] = "skill",       [ATOM_EDUCATION] = "education",
        [ATOM_CERTIFICATE] = "certificate", [ATOM_LANGUAGE] = "language", [ATOM_AWARD] = "award",
        [ATOM_PUBLICATION] = "publication"};
    return (size_t)k < ARRAY_LEN(NAMES) ? NAMES[k] : NULL;
}

static void atom_line(struct buf *b, const struct profile *p, const struct atom *x)
{
    const struct employment *e = x->employment >= 0 ? &p->employments[x->employment] : NULL;
    buf_add(b, x->id.p, x->id.n);
    if (e) {
        buf_adds(b, x->kind == ATOM_SUMMARY ? " (summary, " : " (");
        prompt_line(b, e->role);
        buf_adds(b, e->role.n && e->organization.n ? ", " : "");
        prompt_line(b, e->organization);
        years(b, e);
        buf_addc(b, ')');
    } else if (about(x->kind)) {
        buf_addf(b, " (%s)", about(x->kind));
    }
    buf_adds(b, ": ");
    prompt_line(b, x->text);
    buf_addc(b, '\n');
}

bool prompt_has_room(const struct model_ask *ask, const struct buf *b, int64_t more)
{
    return model_room_surely(&ask->room, b->len + (size_t)more) ||
           model_room_count(&ask->room, (struct str){.p = buf_str(b), .n = b->len}) + more <= ask->room.tokens;
}

int prompt_too_large(const struct model_ask *ask, int64_t tokens, const char *what, struct err *err)
{
    return err_set(err, ERR_TOO_LARGE,
                   "%s alone are about %lld tokens; beside its instructions and the answer the model takes %lld", what,
                   (long long)tokens, (long long)MAX(ask->room.tokens, (int64_t)0));
}

/* What is offered, most relevant first. */
struct offer {
    const struct profile *p;
    const struct match *m;
    unsigned kinds;
    bool chosen[PROFILE_ATOMS_MAX];
    size_t n, all, bytes; /* bytes: of all lines, at most */
};

static bool offer_next(const struct offer *o, size_t *ret)
{
    size_t best = o->p->atoms_n;
    for (size_t i = 0; i < o->p->atoms_n; i++)
        if (!o->chosen[i] && (o->kinds >> o->p->atoms[i].kind & 1) &&
            (best == o->p->atoms_n || o->m->atom_relevance[i] > o->m->atom_relevance[best]))
            best = i;
    *ret = best;
    return best < o->p->atoms_n;
}

/* Takes lines until max of them are there or the room is full. */
static void offer_choose(struct offer *o, size_t max, const struct model_ask *ask, struct str before)
{
    struct buf line;
    size_t i;
    bool counted = !model_room_surely(&ask->room, before.n + o->bytes);
    int64_t used = counted ? model_room_count(&ask->room, before) + EVIDENCE_TAGS_TOKENS : 0;
    buf_init(&line, PROMPT_MAX_BYTES);
    while (o->n < max && offer_next(o, &i)) {
        if (counted) {
            buf_reset(&line);
            atom_line(&line, o->p, &o->p->atoms[i]);
            used += model_room_count(&ask->room, (struct str){.p = buf_str(&line), .n = line.len});
            if (used > ask->room.tokens)
                break;
        }
        o->chosen[i] = true;
        o->n++;
    }
    buf_fini(&line);
}

int prompt_evidence(struct buf *b, const struct profile *p, const struct match *m, unsigned kinds, size_t max,
                    struct model_ask *ask, struct err *err)
{
    struct offer o = {.p = p, .m = m, .kinds = kinds, .bytes = EVIDENCE_TAGS_TOKENS};
    struct str before = {.p = buf_str(b), .n = b->len};
    for (size_t i = 0; i < p->atoms_n; i++) {
        o.all += kinds >> p->atoms[i].kind & 1;
        o.bytes += MIN(p->atoms[i].text.n, (size_t)LINE_BYTES) + LINE_HEAD_BYTES;
    }
    offer_choose(&o, max, ask, before);
    if (o.n < MIN(MIN(o.all, max), (size_t)EVIDENCE_LEAST))
        return prompt_too_large(ask, model_room_count(&ask->room, before) + EVIDENCE_TAGS_TOKENS,
                                "the posting's title, requirements and duties", err);
    buf_adds(b, "<evidence>\n");
    for (size_t i = 0; i < p->atoms_n; i++) {
        if (o.chosen[i])
            atom_line(b, p, &p->atoms[i]);
        else if (kinds >> p->atoms[i].kind & 1)
            ask->left_out.profile += p->atoms[i].text.n;
    }
    buf_adds(b, "</evidence>\n");
    if (o.n < o.all)
        buf_addf(b, "Left out: %zu more lines of the profile, less relevant to this posting.\n", o.all - o.n);
    return 0;
}

int prompt_take(struct buf *b, struct arena *a, struct model_ask *ret, struct err *err)
{
    bool large = buf_failed(b);
    struct llm_part *user = large ? NULL : ARENA_NEW(a, struct llm_part);
    char *text = user ? arena_strndup(a, buf_str(b), b->len) : NULL;
    if (text)
        user->text = (struct str){.p = text, .n = b->len};
    buf_fini(b);
    if (large)
        return err_set(err, ERR_TOO_LARGE, "the data for the model is larger than %zu bytes", PROMPT_MAX_BYTES);
    if (!text)
        return err_set(err, ERR_MEMORY, "no memory left for the model's call");
    ret->chat.user = user;
    ret->chat.user_count = 1;
    return 0;
}

static void violation(struct buf *b, struct str sentence, yyjson_val *v)
{
    struct str text = utf8_cut(json_get_str(v, "text"), SENTENCE_BYTES), said = utf8_cut(sentence, SENTENCE_BYTES),
               advice = json_get_str(v, "advice"),
               closest = utf8_cut(json_get_str(json_get_obj(v, "closest_source"), "text"), SENTENCE_BYTES);
    buf_addf(b, "- In \"" STR_FMT "\": \"" STR_FMT "\". " STR_FMT, STR_ARG(said), STR_ARG(text), STR_ARG(advice));
    if (closest.n)
        buf_addf(b, " The profile has: \"" STR_FMT "\".", STR_ARG(closest));
    buf_addc(b, '\n');
}

size_t prompt_violations(struct arena *a, struct str document, struct buf *complaint)
{
    yyjson_val *root, *claim, *v;
    size_t i, k, max, most, n = 0;
    struct err err;
    if (json_parse(a, document, &root, NULL, &err) < 0)
        return 0;
    yyjson_arr_foreach(json_get_arr(root, "claims"), i, max, claim)
    {
        yyjson_arr_foreach(json_get_arr(claim, "violations"), k, most, v)
        {
            if (!str_eqc(json_get_str(v, "severity"), "block") || n == VIOLATIONS_MAX)
                continue;
            violation(complaint, json_get_str(claim, "sentence"), v);
            n++;
        }
    }
    return n;
}
