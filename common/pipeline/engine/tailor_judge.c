/* What may go out, and what each line of it rests on.
 *
 * Every text of the document is a text of the profile, byte for byte, or the value of an operation that holds: each of
 * its words stands in the text that it replaces or in the evidence it names (with employer, title and years of that
 * evidence), is a form of such a word, another name of the same thing, or one of the few words that hold sentences
 * together; and no number or name of the text that it replaces is lost. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/posting_internal.h"
#include "pipeline/engine/tailor_parts.h"

#define WORD_MAX_BYTES 96
#define SOURCES_MAX    40
#define YEAR_BYTES     12
#define PAGE_LINES     56.0
#define LINE_BYTES     100

/* Words of our own sentences that claim nothing. */
static const char *const GLUE[] = {"a",        "an",       "and",       "the",     "at",         "in",        "of",
                                   "with",     "for",      "on",        "as",      "to",         "by",        "from",
                                   "before",   "that",     "since",     "then",    "also",       "most",      "recent",
                                   "recently", "current",  "currently", "work",    "works",      "worked",    "working",
                                   "covers",   "includes", "included",  "project", "projects",   "volunteer", "i",
                                   "my",       "so",       "far",       "there",   "earlier",    "later",     "used",
                                   "uses",     "using",    "use",       "after",   "experience", "comes",     "brings",
                                   "bring",    "skills",   "include",   "skill",   "set",        "among",     "are",
                                   "both",     NULL};

struct sources {
    struct lex_text texts[SOURCES_MAX];
    size_t n;
    const struct profile *p;
    const struct tailor_text *text;
    uint32_t stems[LEX_TOKENS_MAX];
    size_t stems_n;
    char years[TAILOR_OP_IDS_MAX][YEAR_BYTES];
};

static void source_add(struct sources *s, struct str text)
{
    if (text.n && s->n < SOURCES_MAX)
        lex_text_init(&s->texts[s->n++], text);
}

static void sources_read(struct sources *s, const struct profile *p, const struct tailor_text *text)
{
    s->n = 0;
    s->p = p;
    s->text = text;
    s->stems_n = lex_stems(text->before, s->stems, LEX_TOKENS_MAX);
    source_add(s, text->before);
    for (size_t i = 0; i < text->atoms_n && i < TAILOR_OP_IDS_MAX; i++) {
        const struct atom *x = &p->atoms[text->atoms[i]];
        source_add(s, x->text);
        if (x->employment < 0)
            continue;
        const struct employment *e = &p->employments[x->employment];
        source_add(s, e->organization);
        source_add(s, e->role);
        if (e->start.y) {
            snprintf(s->years[i], YEAR_BYTES, "%d", e->start.y);
            source_add(s, str_of(s->years[i]));
        }
    }
}

static bool in_sources(const struct sources *s, const char *word)
{
    for (size_t i = 0; i < s->n; i++)
        if (lex_text_has(&s->texts[i], word))
            return true;
    return false;
}

static bool stem_in_sources(const struct sources *s, struct str word)
{
    uint32_t stem = lex_stem(word);
    for (size_t i = 0; i < s->stems_n; i++)
        if (s->stems[i] == stem)
            return true;
    for (size_t i = 0; i < s->text->atoms_n; i++) {
        const struct atom *x = &s->p->atoms[s->text->atoms[i]];
        for (size_t k = 0; k < x->stems_n; k++)
            if (x->stems[k] == stem)
                return true;
    }
    return false;
}

/* A word of a name of the same thing that the other texts name: "JavaScript" for their "JS". */
static bool other_name(struct str word, struct str inside, const struct lex_text *others, size_t n)
{
    struct skill_mention mine[16], theirs[16];
    size_t mine_n = skills_find(inside, mine, ARRAY_LEN(mine));
    for (size_t i = 0; i < mine_n; i++) {
        if (word.p < inside.p + mine[i].start || word.p >= inside.p + mine[i].end)
            continue;
        for (size_t k = 0; k < n; k++) {
            size_t theirs_n = skills_find(others[k].text, theirs, ARRAY_LEN(theirs));
            for (size_t x = 0; x < theirs_n; x++)
                if (tailor_same_name(str_sub(inside, mine[i].start, mine[i].end),
                                     str_sub(others[k].text, theirs[x].start, theirs[x].end)))
                    return true;
        }
    }
    return false;
}

static bool verb_of_sources(const struct sources *s, struct str word)
{
    struct str rest = s->text->before, theirs;
    while (lex_next_word(&rest, &theirs))
        if (tailor_verb_forms(word, theirs))
            return true;
    return false;
}

static bool is_glue(struct str word)
{
    for (const char *const *w = GLUE; *w; w++)
        if (str_ieqc(word, *w))
            return true;
    return false;
}

static bool has_digit(struct str w)
{
    for (size_t i = 0; i < w.n; i++)
        if (str_is_digit(w.p[i]))
            return true;
    return false;
}

static bool word_copy(struct str word, char ret[WORD_MAX_BYTES])
{
    if (word.n >= WORD_MAX_BYTES)
        return false;
    memcpy(ret, word.p, word.n);
    ret[word.n] = '\0';
    return true;
}

static bool word_holds(const struct sources *s, struct str word, struct str inside)
{
    char copy[WORD_MAX_BYTES];
    if (!word_copy(word, copy))
        return false;
    if (in_sources(s, copy))
        return true;
    if (has_digit(word))
        return other_name(word, inside, s->texts, s->n);
    return is_glue(word) || stem_in_sources(s, word) || other_name(word, inside, s->texts, s->n) ||
           verb_of_sources(s, word);
}

/* Numbers and names (words with a capital behind the first) of the old text must be in the new one. */
static bool word_is_kept(struct str word, bool first, struct str before, const struct lex_text *value)
{
    char copy[WORD_MAX_BYTES];
    bool name = !first && word.p[0] >= 'A' && word.p[0] <= 'Z';
    if ((!name && !has_digit(word)) || !word_copy(word, copy))
        return true;
    return lex_text_has(value, copy) || (name && word.n == 1) || other_name(word, before, value, 1);
}

/* A number in words. */
static bool is_number_word(struct str word)
{
    static const char *const WORDS[] = {"two",     "three",    "four",    "five",     "six",      "seven",
                                        "eight",   "nine",     "ten",     "eleven",   "twelve",   "fifteen",
                                        "twenty",  "thirty",   "forty",   "fifty",    "sixty",    "seventy",
                                        "eighty",  "ninety",   "hundred", "hundreds", "thousand", "thousands",
                                        "million", "millions", "billion", "billions", "dozen",    "dozens",
                                        "double",  "doubled",  "tripled", "triple",   "halved",   NULL};
    for (const char *const *w = WORDS; *w; w++)
        if (str_ieqc(word, *w))
            return true;
    return false;
}

static bool begins_sentence(struct str text, struct str word)
{
    const char *c = word.p;
    while (c > text.p && (c[-1] == ' ' || c[-1] == '"' || c[-1] == '('))
        c--;
    return c == text.p || strchr(".!?:", c[-1]) != NULL;
}

/* A tool, method or language that the sources do not name. */
static bool new_skill(const struct sources *s, struct str value, struct str *ret_word)
{
    struct skill_mention mine[32], theirs[32];
    size_t n = skills_find(value, mine, ARRAY_LEN(mine));
    for (size_t i = 0; i < n; i++) {
        bool known = strcmp(mine[i].skill->field, "soft") == 0;
        *ret_word = str_sub(value, mine[i].start, mine[i].end);
        for (size_t k = 0; k < s->n && !known; k++) {
            size_t m = skills_find(s->texts[k].text, theirs, ARRAY_LEN(theirs));
            for (size_t x = 0; x < m && !known; x++)
                known = theirs[x].skill == mine[i].skill;
        }
        if (!known)
            return true;
    }
    return false;
}

/* A model's text: numbers, names and tools have their ground, and at most a third of its words are new. */
static const char *model_fault(const struct sources *s, const struct tailor_text *text, struct str *ret_word)
{
    size_t content = 0, fresh = 0;
    size_t most = text->rule == TAILOR_RULE_LINE ? text->before.n * 3 / 2 + 60 : TAILOR_SUMMARY_MAX_BYTES;
    *ret_word = (struct str){.p = text->value.p, .n = 0};
    if (text->value.n > most)
        return "TOO_LONG";
    if (posting_guard_speaks(text->value))
        return "SPEAKS_TO_MACHINE";
    if (new_skill(s, text->value, ret_word))
        return "UNGROUNDED_SKILL";
    for (struct str left = text->value; lex_next_word(&left, ret_word);) {
        bool holds = word_holds(s, *ret_word, text->value), name = ret_word->p[0] >= 'A' && ret_word->p[0] <= 'Z';
        if (!holds && (has_digit(*ret_word) || is_number_word(*ret_word)))
            return "UNGROUNDED_METRIC";
        if (!holds && name && !begins_sentence(text->value, *ret_word))
            return "UNGROUNDED_NAME";
        content += !is_glue(*ret_word) && !lex_is_stop(*ret_word);
        fresh += !holds && !lex_is_stop(*ret_word);
    }
    return fresh * 3 > content ? "UNGROUNDED_TEXT" : NULL;
}

bool tailor_text_holds(const struct profile *p, const struct tailor_text *text, struct str *ret_word,
                       const char **ret_code)
{
    struct sources s;
    struct lex_text value;
    struct str rest = text->value, word;
    if (text->before.n && text->value.n >= text->before.n && memcmp(text->value.p, text->before.p, text->before.n) == 0)
        rest = str_sub(text->value, text->before.n, text->value.n); /* the whole old text goes on standing there */
    bool added = rest.n < text->value.n;
    sources_read(&s, p, text);
    if (text->rule != TAILOR_RULE_WORDS) {
        *ret_code = model_fault(&s, text, ret_word);
        if (*ret_code)
            return false;
        rest.n = 0;
        added = false;
    }
    *ret_code = "UNGROUNDED_TEXT";
    for (struct str left = rest; lex_next_word(&left, ret_word);)
        if (!word_holds(&s, *ret_word, text->value)) {
            *ret_code = has_digit(*ret_word) ? "UNGROUNDED_METRIC" : "UNGROUNDED_TEXT";
            return false;
        }
    lex_text_init(&value, text->value);
    bool first = true;
    for (struct str left = added ? (struct str){.p = "", .n = 0} : text->before; lex_next_word(&left, &word);
         first = false) {
        if ((text->rule != TAILOR_RULE_SUMMARY || has_digit(word)) &&
            !word_is_kept(word, first, text->before, &value)) {
            *ret_word = word;
            *ret_code = has_digit(word) ? "CHANGED_METRIC" : "CONTENT_LOST";
            return false;
        }
    }
    return true;
}

/* -- the document -- */

struct judge {
    const struct tailor_judged *j;
    struct emit *e;
    size_t violations;
};

struct str tailor_str(yyjson_mut_val *v)
{
    if (!yyjson_mut_is_str(v))
        return (struct str){.p = "", .n = 0};
    return (struct str){.p = yyjson_mut_get_str(v), .n = yyjson_mut_get_len(v)};
}

static void violation(struct judge *g, const char *code, const char *path, struct str value)
{
    emit_obj(g->e, NULL);
    emit_strc(g->e, "code", code);
    emit_strc(g->e, "path", path);
    emit_str(g->e, "value", value);
    emit_strc(g->e, "severity", "block");
    emit_obj_end(g->e);
    g->violations++;
}

static const struct tailor_text *written(const struct tailor_judged *j, struct str value)
{
    for (size_t i = 0; i < j->texts_n; i++)
        if (str_eq(j->texts[i].value, value))
            return &j->texts[i];
    return NULL;
}

static void check_text(struct judge *g, struct str value, const char *path)
{
    struct str word = value;
    const char *code = "UNGROUNDED_TEXT";
    if (profile_states(g->j->p, value))
        return;
    const struct tailor_text *text = written(g->j, value);
    if (!text || !tailor_text_holds(g->j->p, text, &word, &code))
        violation(g, code, path, word);
}

static void check(struct judge *g, yyjson_mut_val *v, char *path)
{
    size_t i, n, end = strlen(path);
    yyjson_mut_val *key, *item;
    if (yyjson_mut_is_str(v)) {
        check_text(g, tailor_str(v), path);
    } else if (yyjson_mut_is_arr(v)) {
        yyjson_mut_arr_foreach(v, i, n, item)
        {
            char at[TAILOR_PATH_BYTES];
            tailor_path_element(at, path, i);
            memcpy(path, at, strlen(at) + 1);
            check(g, item, path);
            path[end] = '\0';
        }
    } else if (yyjson_mut_is_obj(v)) {
        yyjson_mut_obj_foreach(v, i, n, key, item)
        {
            json_pointer_add(path, TAILOR_PATH_BYTES, yyjson_mut_get_str(key));
            check(g, item, path);
            path[end] = '\0';
        }
    }
}

/* Every entry of the profile is there, with its identity: employers, titles, dates, degrees, in their order or, for
 * projects and certificates, in any. */
static bool same_but_lines(yyjson_mut_val *before, yyjson_mut_val *after)
{
    size_t i, n;
    yyjson_mut_val *key, *item;
    if (!yyjson_mut_is_obj(before) || !yyjson_mut_is_obj(after))
        return yyjson_mut_equals(before, after);
    yyjson_mut_obj_foreach(before, i, n, key, item)
    {
        if (yyjson_mut_equals_str(key, "highlights"))
            continue;
        yyjson_mut_val *now = yyjson_mut_obj_getn(after, yyjson_mut_get_str(key), yyjson_mut_get_len(key));
        if (now != item && !yyjson_mut_equals(item, now))
            return false;
    }
    return true;
}

static void check_entries(struct judge *g, const char *section, bool ordered)
{
    yyjson_mut_val *before = yyjson_mut_obj_get(g->j->before, section),
                   *after = yyjson_mut_obj_get(g->j->after, section);
    size_t n = yyjson_mut_arr_size(before), i, k, max, max2;
    yyjson_mut_val *x, *y;
    char path[TAILOR_PATH_BYTES] = "";
    json_pointer_add(path, sizeof(path), section);
    if (!before)
        return;
    if (n != yyjson_mut_arr_size(after)) {
        violation(g, "CONTENT_LOST", path, str_of(section));
        return;
    }
    yyjson_mut_arr_foreach(before, i, max, x)
    {
        bool found = false;
        if (ordered) {
            found = same_but_lines(x, yyjson_mut_arr_get(after, i));
        } else {
            yyjson_mut_arr_foreach(after, k, max2, y) found = found || same_but_lines(x, y);
        }
        if (!found) {
            json_pointer_add_index(path, sizeof(path), i);
            violation(g, "IDENTITY_FIELD", path, str_of(section));
            return;
        }
    }
}

static void check_identity(struct judge *g)
{
    static const struct {
        const char *section;
        bool ordered;
    } SECTIONS[] = {{"work", true},       {"volunteer", true},    {"education", true},
                    {"awards", true},     {"publications", true}, {"languages", true},
                    {"references", true}, {"projects", false},    {"certificates", false}};
    for (size_t i = 0; i < ARRAY_LEN(SECTIONS); i++)
        check_entries(g, SECTIONS[i].section, SECTIONS[i].ordered);
    static const char *const BASICS[] = {"name", "label", "email", "phone", "url", "image", "location", "profiles"};
    yyjson_mut_val *before = yyjson_mut_obj_get(g->j->before, "basics"),
                   *after = yyjson_mut_obj_get(g->j->after, "basics");
    for (size_t i = 0; i < ARRAY_LEN(BASICS); i++) {
        yyjson_mut_val *x = yyjson_mut_obj_get(before, BASICS[i]), *y = yyjson_mut_obj_get(after, BASICS[i]);
        char path[TAILOR_PATH_BYTES] = "/basics";
        json_pointer_add(path, sizeof(path), BASICS[i]);
        if (x != y && !yyjson_mut_equals(x, y))
            violation(g, "IDENTITY_FIELD", path, str_of(BASICS[i]));
    }
}

static void guard(const struct tailor_judged *j, struct emit *e)
{
    struct judge g = {.j = j, .e = e};
    char path[TAILOR_PATH_BYTES] = "";
    emit_obj(e, "guard");
    emit_int(e, "ruleset_version", 2);
    emit_arr(e, "violations");
    check(&g, j->after, path);
    check_identity(&g);
    emit_arr_end(e);
    emit_strc(e, "verdict", g.violations ? "block" : "pass");
    emit_obj_end(e);
}

/* -- claims -- */

static void claim(const struct tailor_judged *j, struct emit *e, const char *path, struct str sentence,
                  const char *relation, const size_t *atoms, size_t n)
{
    emit_obj(e, NULL);
    emit_strc(e, "path", path);
    emit_str(e, "sentence", sentence);
    emit_strc(e, "class", "claim");
    emit_strc(e, "relation", relation);
    emit_arr(e, "evidence_ids");
    for (size_t i = 0; i < n; i++)
        emit_str(e, NULL, j->p->atoms[atoms[i]].id);
    emit_arr_end(e);
    emit_obj_end(e);
}

/* The line's atom: same text, and in the same place unless entries of its kind may have been moved. */
static bool line_atom(const struct tailor_judged *j, struct str text, struct str entry, size_t *hint, size_t *ret)
{
    struct str trimmed = str_trim(text);
    for (size_t k = 0, n = j->p->atoms_n; k < n; k++) {
        size_t i = *hint + k < n ? *hint + k : *hint + k - n;
        const struct atom *x = &j->p->atoms[i];
        if (x->kind != ATOM_HIGHLIGHT || !str_eq(x->text, trimmed) || x->employment < 0)
            continue;
        const struct employment *e = &j->p->employments[x->employment];
        if (e->kind != EMPLOYMENT_PROJECT && !str_eq(e->pointer, entry))
            continue;
        *hint = *ret = i;
        return true;
    }
    return false;
}

static void claims_of_section(const struct tailor_judged *j, struct emit *e, const char *section, size_t *hint)
{
    size_t i, n, k, m;
    yyjson_mut_val *entry, *line;
    yyjson_mut_arr_foreach(yyjson_mut_obj_get(j->after, section), i, n, entry)
    {
        char at[TAILOR_PATH_BYTES] = "", path[TAILOR_PATH_BYTES], list[TAILOR_PATH_BYTES + 16];
        json_pointer_add(at, sizeof(at), section);
        json_pointer_add_index(at, sizeof(at), i);
        snprintf(list, sizeof(list), "%s/highlights", at);
        yyjson_mut_arr_foreach(yyjson_mut_obj_get(entry, "highlights"), k, m, line)
        {
            struct str text = tailor_str(line);
            size_t atom;
            const struct tailor_text *own = text.n ? written(j, text) : NULL;
            tailor_path_element(path, list, k);
            if (line_atom(j, text, str_of(at), hint, &atom))
                claim(j, e, path, text, "verbatim", &atom, 1);
            else if (own)
                claim(j, e, path, text, "paraphrase", own->atoms, own->atoms_n);
        }
    }
}

static void claims(const struct tailor_judged *j, struct emit *e)
{
    size_t hint = 0;
    emit_arr(e, "claims");
    yyjson_mut_val *summary = yyjson_mut_ptr_get(j->after, "/basics/summary");
    const struct tailor_text *own = yyjson_mut_is_str(summary) ? written(j, tailor_str(summary)) : NULL;
    if (own) {
        struct str added = own->value;
        if (own->before.n && own->value.n > own->before.n && memcmp(own->value.p, own->before.p, own->before.n) == 0)
            added = str_trim(str_sub(own->value, own->before.n, own->value.n));
        claim(j, e, "/basics/summary", added, "merge", own->atoms, own->atoms_n);
    }
    claims_of_section(j, e, "work", &hint);
    claims_of_section(j, e, "volunteer", &hint);
    claims_of_section(j, e, "projects", &hint);
    emit_arr_end(e);
}

/* -- style -- */

static void measure(yyjson_mut_val *v, size_t *bytes, double *lines)
{
    size_t i, n;
    yyjson_mut_val *key, *item;
    if (yyjson_mut_is_str(v)) {
        *bytes += yyjson_mut_get_len(v);
        *lines += 1.0 + (double)(yyjson_mut_get_len(v) / LINE_BYTES);
    } else if (yyjson_mut_is_arr(v)) {
        yyjson_mut_arr_foreach(v, i, n, item) measure(item, bytes, lines);
    } else if (yyjson_mut_is_obj(v)) {
        yyjson_mut_obj_foreach(v, i, n, key, item) measure(item, bytes, lines);
    }
}

/* Lines that a list of short words takes when they stand behind one another. */
static double keyword_lines(yyjson_mut_val *words)
{
    size_t bytes = 0;
    double lines = 0;
    measure(words, &bytes, &lines);
    return 1.0 + (double)(bytes / LINE_BYTES);
}

double tailor_pages(yyjson_mut_val *document)
{
    static const char *const LISTS[] = {"work",      "volunteer",    "projects",     "education",
                                        "awards",    "certificates", "publications", "skills",
                                        "languages", "interests",    "references"};
    static const double HEAD[] = {3, 3, 2.5, 2.5, 1, 1, 1, 0, 0.5, 0.5, 1}; /* lines around each entry */
    double lines = 6;                                                       /* name and contact */
    size_t bytes = 0, i, n;
    yyjson_mut_val *entry;
    measure(yyjson_mut_ptr_get(document, "/basics/summary"), &bytes, &lines);
    for (size_t s = 0; s < ARRAY_LEN(LISTS); s++) {
        yyjson_mut_val *list = yyjson_mut_obj_get(document, LISTS[s]);
        lines += yyjson_mut_arr_size(list) ? 3 : 0;
        yyjson_mut_arr_foreach(list, i, n, entry)
        {
            lines += HEAD[s];
            measure(yyjson_mut_obj_get(entry, "highlights"), &bytes, &lines);
            measure(yyjson_mut_obj_get(entry, "summary"), &bytes, &lines);
            measure(yyjson_mut_obj_get(entry, "description"), &bytes, &lines);
            if (yyjson_mut_arr_size(yyjson_mut_obj_get(entry, "keywords")))
                lines += keyword_lines(yyjson_mut_obj_get(entry, "keywords"));
        }
    }
    return lines / PAGE_LINES;
}

static void style(const struct tailor_judged *j, struct emit *e)
{
    size_t before = 0, after = 0;
    double lines = 0;
    measure(j->before, &before, &lines);
    measure(j->after, &after, &lines);
    emit_obj(e, "style");
    emit_milli(e, "word_ratio", before ? (double)after / (double)before : 1);
    emit_milli(e, "pages_before", tailor_pages(j->before));
    emit_milli(e, "pages_est", tailor_pages(j->after));
    emit_obj_end(e);
}

void tailor_judge(const struct tailor_judged *j, struct emit *e)
{
    style(j, e);
    guard(j, e);
    claims(j, e);
}
