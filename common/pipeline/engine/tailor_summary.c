/* One sentence for this posting behind the candidate's own summary, or a summary where there is none: where the skills
 * that the posting asks for were used, in the grammatical person of the candidate. Skills, employers, titles and years
 * are those of the profile; which of them, and which turn of phrase, depends on the posting. No adjective, nothing
 * counted. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define PLACES_MAX   12
#define PLACE_SKILLS 3
#define TOTAL_SKILLS 5
#define LISTED_MIN   3
#define LISTED_MAX   4
#define ENTRY_BYTES  40

struct place {
    int employment;
    struct str skills[PLACE_SKILLS];
    size_t atoms[PLACE_SKILLS];
    size_t n;
    bool tools; /* technology or data, all of them */
    double weight;
};

/* {A} skills and {O} place of the first, {B} and {P} of the second. */
enum tense { TENSE_NOW = 1, TENSE_PAST };
enum turn_needs {
    NEEDS_TOOLS = 1,  /* only tools can be worked with */
    NEEDS_ENDED = 2,  /* what was done at the second place is over */
    NEEDS_BEFORE = 4, /* it is a post that came before the first one */
};
struct turn {
    enum tense first;
    bool second;
    int needs;
    const char *implied, *spoken; /* "Works with", "I work with" */
};
#define ALL_THREE (NEEDS_TOOLS | NEEDS_ENDED | NEEDS_BEFORE)
static const struct turn TURNS[] = {
    {TENSE_NOW, true, ALL_THREE, "Currently works with {A} at {O}, after {B} at {P}.",
     "At {O} I work with {A}; before that I worked with {B} at {P}."},
    {TENSE_NOW, true, NEEDS_ENDED | NEEDS_BEFORE, "Current work at {O} covers {A}; earlier work at {P} included {B}.",
     "My work at {O} covers {A}; earlier, at {P}, it included {B}."},
    {TENSE_NOW, true, NEEDS_TOOLS | NEEDS_ENDED, "Uses {A} at {O}, and worked with {B} at {P}.",
     "I use {A} at {O} and worked with {B} at {P}."},
    {TENSE_NOW, true, 0, "Brings {A} from current work at {O} and {B} from {P}.",
     "I bring {A} from my current work at {O} and {B} from {P}."},
    {TENSE_PAST, true, NEEDS_TOOLS | NEEDS_ENDED, "Worked with {A} at {O} and with {B} at {P}.",
     "I worked with {A} at {O} and with {B} at {P}."},
    {TENSE_PAST, true, 0, "Brings {A} from {O} and {B} from {P}.", "I bring {A} from {O} and {B} from {P}."},
    {TENSE_PAST, true, NEEDS_TOOLS | NEEDS_ENDED, "Used {A} at {O}, and {B} at {P}.",
     "I used {A} at {O}, and {B} at {P}."},
    {TENSE_PAST, true, 0, "Work so far covers {A} at {O} and {B} at {P}.",
     "My work so far covers {A} at {O} and {B} at {P}."},
    {TENSE_NOW, false, NEEDS_TOOLS, "Currently works with {A} at {O}.", "At {O} I work with {A}."},
    {TENSE_NOW, false, 0, "Current work at {O} covers {A}.", "My current work at {O} covers {A}."},
    {TENSE_NOW, false, NEEDS_TOOLS, "Uses {A} at {O}.", "I use {A} at {O}."},
    {TENSE_PAST, false, NEEDS_TOOLS, "Worked with {A} at {O}.", "I worked with {A} at {O}."},
    {TENSE_PAST, false, 0, "Experience with {A} comes from work at {O}.",
     "My experience with {A} comes from work at {O}."},
    {TENSE_PAST, false, NEEDS_TOOLS, "Used {A} at {O}.", "At {O} I used {A}."},
};

static bool is_taken(const struct place *places, size_t n, struct str skill)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < places[i].n; k++)
            if (str_ifind(places[i].skills[k], skill) >= 0 || str_ifind(skill, places[i].skills[k]) >= 0)
                return true;
    return false;
}

static void place_add(struct place *places, size_t *n, int employment, struct str skill, size_t atom, bool tool,
                      double w)
{
    size_t i = 0;
    while (i < *n && places[i].employment != employment)
        i++;
    if (i == *n) {
        if (*n == PLACES_MAX)
            return;
        places[(*n)++] = (struct place){.employment = employment, .tools = true};
    }
    if (places[i].n == PLACE_SKILLS || (places[i].n && places[i].tools != tool))
        return; /* "SQL and hospitality" is no list */
    places[i].skills[places[i].n] = skill;
    places[i].atoms[places[i].n++] = atom;
    places[i].tools = places[i].tools && tool;
    places[i].weight += w;
}

static bool is_named(const struct employment *e)
{
    static const char *const NOBODY[] = {"freelance", "freelancer", "self-employed", "self employed", "independent",
                                         "various",   "contract",   "contractor",    "confidential",  NULL};
    return e->organization.n > 0 && e->organization.n < 60 && !lex_has_any(e->organization, NOBODY);
}

/* The line of the latest job (else project) that names the skill; atoms_n when none. */
static size_t line_for(const struct tailor *t, const struct tailor_wanted *w)
{
    size_t best = t->p->atoms_n;
    for (size_t k = 0; k < w->have->atoms_n; k++) {
        const struct atom *x = &t->p->atoms[w->have->atoms[k]];
        bool line = x->kind == ATOM_HIGHLIGHT || x->kind == ATOM_SUMMARY || x->kind == ATOM_SKILL;
        if (!line || x->employment < 0 || !is_named(&t->p->employments[x->employment]))
            continue;
        if (best == t->p->atoms_n || (t->p->employments[x->employment].kind == EMPLOYMENT_JOB &&
                                      t->p->employments[t->p->atoms[best].employment].kind != EMPLOYMENT_JOB))
            best = w->have->atoms[k];
    }
    return best;
}

static bool is_tool(const struct skill *s)
{
    return strcmp(s->field, "technology") == 0 || strcmp(s->field, "data") == 0;
}

/* "PostgreSQL", "Power BI"; not "Open source". */
static bool reads_as_name(struct str name)
{
    const char *space = memchr(name.p, ' ', name.n);
    return !space || space + 1 == name.p + name.n || space[1] < 'a' || space[1] > 'z';
}

/* The skill as it reads inside a sentence. */
static struct str skill_word(const struct tailor *t, const struct tailor_wanted *w, size_t atom)
{
    const struct atom *x = &t->p->atoms[atom];
    struct str mine = phrase_skill(x, w->skill);
    if (mine.n == 0)
        return mine;
    if (str_ieqc(mine, w->skill->label) && is_tool(w->skill))
        mine = str_of(w->skill->label);
    if (tailor_same_name(mine, w->word) && mine.n < w->word.n)
        return w->word;
    bool plain = mine.p[0] >= 'A' && mine.p[0] <= 'Z' && !reads_as_name(mine);
    return plain ? phrase_lower_first(t->a, mine) : mine;
}

static size_t gather(const struct tailor *t, struct place *places)
{
    size_t n = 0, total = 0;
    for (size_t i = 0; i < t->wanted_n && total < 2 * TOTAL_SKILLS; i++) {
        size_t atom = line_for(t, &t->wanted[i]);
        struct str word = atom < t->p->atoms_n ? skill_word(t, &t->wanted[i], atom) : (struct str){.p = "", .n = 0};
        if (!tailor_is_name(word, t->wanted[i].skill) || is_taken(places, n, word))
            continue;
        place_add(places, &n, t->p->atoms[atom].employment, word, atom, is_tool(t->wanted[i].skill),
                  tailor_row_weight(t->wanted[i].row));
        total++;
    }
    return n;
}

static bool is_beginner(struct tailor *t, const struct atom *x)
{
    static const char *const LOW[] = {"beginner", "basic", "elementary", "novice", "learning", NULL};
    char at[TAILOR_PATH_BYTES];
    size_t n = 0, slashes = 0;
    while (n < x->pointer.n && n < sizeof(at) - 8 && (slashes += x->pointer.p[n] == '/') < 3)
        n++;
    memcpy(at, x->pointer.p, n);
    memcpy(at + n, "/level", sizeof("/level"));
    return lex_has_any(json_str(yyjson_ptr_get(t->p->document, at)), LOW);
}

/* The entry as the list has it, so that "Introductory SQL" does not become SQL; "" when it cannot be said so. */
static struct str entry_word(struct tailor *t, const struct tailor_wanted *w, size_t atom)
{
    const struct atom *x = &t->p->atoms[atom];
    struct str none = {.p = "", .n = 0}, mine = phrase_skill(x, w->skill);
    bool heading = str_iends(x->pointer, "/name") && yyjson_arr_size(json_get_arr(t->p->document, "skills")) > 1;
    if (x->kind != ATOM_SKILL || heading || x->text.n > ENTRY_BYTES || is_beginner(t, x) ||
        !tailor_is_name(mine, w->skill))
        return none;
    if (mine.n == x->text.n)
        return skill_word(t, w, atom);
    return mine.p == x->text.p ? x->text : phrase_lower_first(t->a, x->text);
}

static uint32_t hash_of(struct str s, uint32_t h)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return h;
}

/* The same for the same posting, another one for another. */
static uint32_t seed_of(const struct tailor *t)
{
    uint32_t h = hash_of(t->an->company, hash_of(t->an->title, 2166136261u));
    return h ^ (h >> 13);
}

/* Skills that only lists name, when no line says where they were used and the candidate's own words do not have them.
 */
static struct str listed(struct tailor *t, struct tailor_op *op, bool spoken)
{
    struct str names[LISTED_MAX];
    size_t n = 0, fresh = 0;
    for (size_t i = 0; i < t->wanted_n && n < LISTED_MAX; i++) {
        const struct tailor_wanted *w = &t->wanted[i];
        for (size_t k = 0; k < w->have->atoms_n; k++) {
            struct str word = entry_word(t, w, w->have->atoms[k]);
            if (word.n == 0)
                continue;
            names[n++] = word;
            fresh += str_ifind(t->p->summary, word) < 0;
            tailor_op_atom(op, w->have->atoms[k]);
            break;
        }
    }
    if (n < LISTED_MIN || fresh == 0)
        return (struct str){.p = "", .n = 0};
    static const char *const BEGIN[2][2] = {{"Skills include", "Skill set includes"},
                                            {"My skills include", "Among my skills are"}};
    return phrase_printf(t->a, "%s " STR_FMT ".", BEGIN[spoken][seed_of(t) & 1],
                         STR_ARG(phrase_join(t->a, names, n, "and")));
}

/* The place with most of what is asked, then the next one; the later job first in the sentence. */
static size_t choose(const struct tailor *t, struct place *places, size_t n, struct place *ret)
{
    size_t k = 0;
    for (; k < 2 && k < n; k++) {
        size_t best = k;
        for (size_t i = k; i < n; i++)
            if (places[i].weight > places[best].weight)
                best = i;
        struct place swap = places[k];
        places[k] = places[best];
        places[best] = swap;
        ret[k] = places[k];
    }
    if (k == 2 &&
        str_ieq(t->p->employments[ret[0].employment].organization, t->p->employments[ret[1].employment].organization))
        k = 1; /* two posts at one employer */
    if (k == 2 && ret[0].n + ret[1].n > TOTAL_SKILLS)
        ret[1].n = 2;
    bool project_first = k == 2 && t->p->employments[ret[0].employment].kind == EMPLOYMENT_PROJECT;
    if (k == 2 && (ret[1].employment < ret[0].employment || project_first) &&
        t->p->employments[ret[1].employment].kind == EMPLOYMENT_JOB) {
        struct place swap = ret[0];
        ret[0] = ret[1];
        ret[1] = swap;
    }
    return k;
}

static bool speaks(struct str summary)
{
    static const char *const I[] = {"I", "my", "me", NULL};
    for (const char *const *w = I; *w; w++)
        if (lex_has(summary, *w))
            return true;
    return false;
}

static struct str place_name(const struct tailor *t, const struct place *x)
{
    return t->p->employments[x->employment].organization;
}

/* The turn with its values put in; "at {O}" is "in the project {O}" for a project, and so on. */
static struct str fill(struct tailor *t, const char *turn, const struct place *places)
{
    struct buf b;
    buf_init(&b, 4096);
    for (const char *c = turn; *c; c++) {
        bool at = (strncmp(c, "at {", 4) == 0 || strncmp(c, "At {", 4) == 0) && (c[4] == 'O' || c[4] == 'P');
        bool from = strncmp(c, "from {", 6) == 0 && (c[6] == 'P' || c[6] == 'O');
        const char *name = at ? c + 4 : from ? c + 6 : NULL;
        const struct place *x = name ? &places[*name == 'P'] : NULL;
        enum employment_kind kind = x ? t->p->employments[x->employment].kind : EMPLOYMENT_JOB;
        if (kind == EMPLOYMENT_PROJECT) {
            buf_adds(&b, at ? "in the project " : "from the project ");
            c = name - 2;
        } else if (kind == EMPLOYMENT_VOLUNTEER) {
            buf_adds(&b, at ? "as a volunteer at " : "from volunteer work at ");
            c = name - 2;
        } else if (c[0] == '{') {
            x = &places[c[1] == 'B' || c[1] == 'P'];
            struct str value =
                c[1] == 'A' || c[1] == 'B' ? phrase_join(t->a, x->skills, x->n, "and") : place_name(t, x);
            buf_add(&b, value.p, value.n);
            c += 2;
        } else {
            buf_addc(&b, *c);
        }
    }
    struct str text = phrase_printf(t->a, "%s", buf_str(&b));
    if (str_iends(text, "..")) /* "... at Quaywater Inc." */
        text.n--;
    buf_fini(&b);
    return phrase_upper_first(t->a, text);
}

static struct str sentence(struct tailor *t, const struct place *places, size_t n, bool spoken)
{
    const struct employment *e = &t->p->employments[places[0].employment];
    enum tense tense = e->current && e->kind == EMPLOYMENT_JOB ? TENSE_NOW : TENSE_PAST;
    int has = places[0].tools && (n < 2 || places[1].tools) ? NEEDS_TOOLS : 0;
    const struct employment *before = n == 2 ? &t->p->employments[places[1].employment] : NULL;
    if (before && before->end.y && !before->current)
        has |= NEEDS_ENDED | (before->kind == EMPLOYMENT_JOB && before->index > e->index ? NEEDS_BEFORE : 0);
    size_t fit[ARRAY_LEN(TURNS)], fit_n = 0;
    for (size_t i = 0; i < ARRAY_LEN(TURNS); i++)
        if (TURNS[i].first == tense && TURNS[i].second == (n == 2) && (TURNS[i].needs & ~has) == 0)
            fit[fit_n++] = i;
    uint32_t seed = seed_of(t);
    const struct turn *turn = &TURNS[fit[seed % fit_n]];
    return fill(t, spoken ? turn->spoken : turn->implied, places);
}

/* "Senior Backend Engineer at Quaywater since 2021." */
static struct str headline(struct tailor *t, struct tailor_op *op)
{
    for (size_t i = 0; i < t->p->atoms_n; i++) {
        const struct atom *x = &t->p->atoms[i];
        const struct employment *e = x->employment >= 0 ? &t->p->employments[x->employment] : NULL;
        if (!e || x->kind != ATOM_ROLE || e->kind != EMPLOYMENT_JOB || e->index > 0 || e->organization.n == 0)
            continue;
        tailor_op_atom(op, i);
        struct str role = phrase_title_case(t->a, e->role);
        if (e->current && e->start.y)
            return phrase_printf(t->a, STR_FMT " at " STR_FMT " since %d. ", STR_ARG(role), STR_ARG(e->organization),
                                 e->start.y);
        return phrase_printf(t->a, "%s " STR_FMT " at " STR_FMT ". ", e->current ? "Currently" : "Most recently",
                             STR_ARG(role), STR_ARG(e->organization));
    }
    return (struct str){.p = "", .n = 0};
}

static int put_summary(struct tailor *t, struct tailor_op *op, struct str text, struct err *err)
{
    yyjson_mut_val *now = yyjson_mut_doc_ptr_get(t->doc, "/basics/summary");
    op->op.kind = now ? RESUME_OP_SET : RESUME_OP_INSERT;
    op->op.path = STR("/basics/summary");
    op->op.before = now ? yyjson_mut_val_mut_copy(t->doc, now) : NULL;
    op->op.value = yyjson_mut_strncpy(t->doc, text.p, text.n);
    return tailor_do(t, op, err);
}

int tailor_summary(struct tailor *t, struct err *err)
{
    struct place all[PLACES_MAX] = {0}, places[2] = {0};
    struct tailor_op op = {0};
    struct str old = json_get_str(json_get_obj(t->p->document, "basics"), "summary"), seen = t->p->summary;
    if (!t->english || seen.n > TAILOR_SUMMARY_MAX_BYTES || !json_get_obj(t->p->document, "basics"))
        return 0;
    size_t n = choose(t, all, gather(t, all), places);
    bool placed = n > 0 && places[0].n + (n > 1 ? places[1].n : 0) >= 2;
    struct str said = placed ? sentence(t, places, n, speaks(seen)) : listed(t, &op, speaks(seen)), text = said, word;
    if (said.n == 0)
        return 0;
    if (seen.n) {
        bool ended = strchr(".!?", seen.p[seen.n - 1]) != NULL;
        while (old.n && str_is_space(old.p[old.n - 1]))
            old.n--;
        text = phrase_printf(t->a, STR_FMT "%s " STR_FMT, STR_ARG(old), ended ? "" : ".", STR_ARG(said));
    } else {
        struct str head = headline(t, &op);
        text = phrase_printf(t->a, STR_FMT STR_FMT, STR_ARG(head), STR_ARG(said));
    }
    for (size_t i = 0; placed && i < n; i++)
        for (size_t k = 0; k < places[i].n; k++)
            tailor_op_atom(&op, places[i].atoms[k]);
    const char *code;
    struct tailor_text check = {.value = text, .before = old, .atoms = op.atoms, .atoms_n = op.atoms_n};
    if (!tailor_text_holds(t->p, &check, &word, &code))
        return 0;
    tailor_op_rows(t, &op);
    struct str names = tailor_names(t, op.atoms, op.atoms_n);
    if (names.n == 0)
        names = placed ? phrase_join(t->a, places[0].skills, places[0].n, "and") : STR("these skills");
    op.reason =
        seen.n
            ? phrase_printf(t->a, "The posting asks for " STR_FMT ": one sentence %s. The summary's own words stay.",
                            STR_ARG(names),
                            placed               ? "says where that was done"
                            : tailor_many(names) ? "names them"
                                                 : "names it")
            : phrase_printf(t->a, "There was no summary; this one begins with what the posting asks for: " STR_FMT ".",
                            STR_ARG(names));
    return put_summary(t, &op, text, err);
}
