/* Plan (which evidence), say (sentences with a paragraph and a priority), trim (drop the least important until it
 * fits), check, write.
 *
 * Invariants: every claim names its atoms or its place in the profile; words of the posting appear only inside
 * quotation marks, as title, employer or name of a skill; no number stands outside a quote unless the evidence of its
 * sentence has it; the same input gives the same bytes. */
#include "pipeline/engine/letter.h"

#include "base/utf8.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define TITLE_MAX_BYTES   80
#define COMPANY_MAX_BYTES 60
#define LETTER_FLOOR      200
#define LETTER_RULESET    1

static const size_t CEILING[] = {[LETTER_SHORT] = 900, [LETTER_STANDARD] = 1800, [LETTER_LONG] = 2600};
static const char *const TONE[] = {[LETTER_FORMAL] = "formal",
                                   [LETTER_DIRECT] = "direct",
                                   [LETTER_CONVERSATIONAL] = "conversational",
                                   [LETTER_MIRROR] = "mirror"};
static const char *const LENGTH[] = {[LETTER_SHORT] = "short", [LETTER_STANDARD] = "standard", [LETTER_LONG] = "long"};

static bool name_is_sane(struct str s, size_t max)
{
    static const char *const BAD[] = {"ignore", "instructions", "http", "https", "www", NULL};
    return s.n && s.n <= max && !lex_has_any(s, BAD) && !memchr(s.p, '\n', s.n) && !memchr(s.p, '@', s.n) &&
           !memchr(s.p, '{', s.n) && !memchr(s.p, '<', s.n) && !memchr(s.p, '"', s.n);
}

/* The title as one would say it: without brackets, places after a dash stay out, capitals calmed. */
static struct str spoken_title(struct letter *l, struct str title)
{
    char out[TITLE_MAX_BYTES * 4];
    size_t n = 0, depth = 0;
    title = str_trim(title);
    for (size_t i = 0; i < title.n && n + 1 < sizeof(out); i++) {
        char c = title.p[i];
        if (c == '(' || c == '[')
            depth++;
        else if ((c == ')' || c == ']') && depth)
            depth--;
        else if (depth == 0 && !(c == ' ' && n && out[n - 1] == ' ')) {
            if ((c == ',' || c == ';') && n && out[n - 1] == ' ')
                n--;
            out[n++] = c;
        }
    }
    char *copy = arena_strndup(l->a, out, n);
    struct str s = str_trim(str_of(copy));
    static const char *const CUTS[] = {" - ", " – ", " — ", " | ", " @ ", " · ", ", Remote", ": "};
    for (size_t i = 0; i < ARRAY_LEN(CUTS); i++) {
        ptrdiff_t at = str_find(s, str_of(CUTS[i]));
        if (at > 3)
            s = str_trim(str_sub(s, 0, (size_t)at));
    }
    while (s.n && strchr(",;:-*#", s.p[s.n - 1]))
        s.n--;
    ptrdiff_t fte = str_find(s, STR(", 0."));
    if (fte > 3)
        s.n = (size_t)fte;
    return name_is_sane(s, TITLE_MAX_BYTES) ? phrase_title_case(l->a, s) : (struct str){.p = "", .n = 0};
}

static struct str spoken_company(struct letter *l, struct str company)
{
    struct str s = str_trim(company);
    while (s.n && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';'))
        s.n--;
    if (!name_is_sane(s, COMPANY_MAX_BYTES) || lex_has(s, "confidential"))
        return (struct str){.p = "", .n = 0};
    return phrase_title_case(l->a, s);
}

/* The posting's own voice: contractions and "you" read as conversational, "the candidate" and "shall" as formal. */
static enum letter_tone voice_of(const struct analysis *an)
{
    int casual = 0, stiff = 0;
    static const char *const CASUAL[] = {"you'll", "we're", "you're", "don't", "it's",  "we've",  "you’ll", "we’re",
                                         "you’re", "don’t", "it’s",   "we’ve", "isn't", "what's", "that's", NULL};
    static const char *const STIFF[] = {"incumbent",  "shall",  "the candidate", "successful candidate", "candidates",
                                        "applicants", "duties", "must possess",  "demonstrated",         NULL};
    for (size_t i = 0; i < an->requirements_n + an->responsibilities_n + 1; i++) {
        struct str t = i < an->requirements_n ? an->requirements[i].evidence.text
                       : i - an->requirements_n < an->responsibilities_n
                           ? an->responsibilities[i - an->requirements_n].quote.text
                           : an->mission;
        casual += lex_has_any(t, CASUAL) || memchr(t.p ? t.p : "", '!', t.n) != NULL;
        stiff += lex_has_any(t, STIFF);
    }
    return casual > stiff ? LETTER_CONVERSATIONAL : stiff ? LETTER_FORMAL : LETTER_DIRECT;
}

static uint64_t mix(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
    return h;
}

static void prepare(struct letter *l)
{
    l->o.tone = l->o.tone ? l->o.tone : LETTER_DIRECT;
    l->o.length = l->o.length ? l->o.length : LETTER_STANDARD;
    l->tone = l->o.tone == LETTER_MIRROR ? voice_of(l->an) : l->o.tone;
    l->title = spoken_title(l, l->an->title);
    if (!l->an->confidential)
        l->company = spoken_company(l, l->an->company);
    else
        VALUE(&l->values, 'L') = STR("your client");
    l->rng = mix(mix(mix(l->o.seed ^ 1469598103934665603ULL, l->an->title), l->an->company), l->p->name);
    for (size_t i = 0; i < l->an->requirements_n; i++)
        l->rng = mix(l->rng, l->an->requirements[i].text);
    VALUE(&l->values, 'T') = l->title;
    VALUE(&l->values, 'C') = l->company;
    VALUE(&l->values, 'A') = l->title.n ? str_of(phrase_article(l->title)) : (struct str){.p = "", .n = 0};
}

static struct str salutation(struct letter *l)
{
    static const char *const FORMAL[] = {"Dear Hiring Manager,", "Dear members of the {C} hiring team,",
                                         "Dear {C} Hiring Team,", NULL};
    static const char *const DIRECT[] = {"Dear {C} team,", "Dear {C} hiring team,", "Dear hiring team,", NULL};
    static const char *const CONVERSATIONAL[] = {"Hello {C} team,", "Hi {C} team,", "Hello,", NULL};
    const char *const *list = l->tone == LETTER_FORMAL ? FORMAL : l->tone == LETTER_DIRECT ? DIRECT : CONVERSATIONAL;
    /* the plain form only when the employer is not known: it is the last of each list, the first of the formal one */
    if (l->company.n == 0)
        return l->tone == LETTER_FORMAL   ? STR("Dear Hiring Manager,")
               : l->tone == LETTER_DIRECT ? STR("Dear hiring team,")
                                          : STR("Hello,");
    return letter_fill(l, list, &l->values);
}

static bool new_paragraph(const struct letter *l, size_t i)
{
    return i == 0 || l->sentences[i].paragraph != l->sentences[i - 1].paragraph;
}

static struct str body_of(const struct letter *l, struct str greeting, struct str signoff)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    buf_add(&b, greeting.p, greeting.n);
    for (size_t i = 0; i < l->sentences_n; i++) {
        buf_adds(&b, new_paragraph(l, i) ? "\n\n" : " ");
        buf_add(&b, l->sentences[i].text.p, l->sentences[i].text.n);
    }
    buf_adds(&b, "\n\n");
    buf_add(&b, signoff.p, signoff.n);
    struct str block[] = {l->p->name, l->p->email, l->p->phone};
    for (size_t i = 0; i < ARRAY_LEN(block); i++) {
        buf_adds(&b, block[i].n ? "\n" : "");
        buf_add(&b, block[i].p, block[i].n);
    }
    char *text = buf_failed(&b) ? NULL : arena_strndup(l->a, buf_str(&b), b.len);
    buf_fini(&b);
    return str_of(text);
}

static bool drop_one(struct letter *l)
{
    size_t worst = l->sentences_n;
    for (size_t i = 0; i < l->sentences_n; i++)
        if (l->sentences[i].priority > 0 &&
            (worst == l->sentences_n || l->sentences[i].priority >= l->sentences[worst].priority))
            worst = i;
    if (worst == l->sentences_n)
        return false;
    memmove(&l->sentences[worst], &l->sentences[worst + 1], (l->sentences_n - worst - 1) * sizeof(l->sentences[0]));
    l->sentences_n--;
    return true;
}

static size_t word_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += !str_is_space(s.p[i]) && (i == 0 || str_is_space(s.p[i - 1]));
    return n;
}

/* -- check -- */

static bool number_in(struct str digits, struct str text)
{
    size_t from = 0;
    while (from < text.n) {
        ptrdiff_t at = str_find(str_sub(text, from, text.n), digits);
        if (at < 0)
            return false;
        size_t i = from + (size_t)at, end = i + digits.n;
        if ((i == 0 || !str_is_digit(text.p[i - 1])) && (end == text.n || !str_is_digit(text.p[end])))
            return true;
        from = i + 1;
    }
    return false;
}

static bool number_is_grounded(const struct letter *l, const struct sentence *s, struct str digits)
{
    struct str names[] = {l->title, l->company, l->p->name, s->names};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (number_in(digits, names[i]))
            return true;
    for (size_t i = 0; i < l->p->employments_n && !s->claim; i++)
        if (number_in(digits, l->p->employments[i].organization))
            return true; /* a remark may name a former employer */
    for (size_t i = 0; i < s->atoms_n; i++) {
        const struct atom *x = &l->p->atoms[s->atoms[i]];
        const struct employment *e = x->employment >= 0 ? &l->p->employments[x->employment] : NULL;
        if (number_in(digits, x->text) || (e && (number_in(digits, e->organization) || number_in(digits, e->role))))
            return true;
    }
    return false;
}

/* The first number outside quotes that nothing supports; empty when all are. */
static struct str loose_number(const struct letter *l, const struct sentence *s)
{
    struct str t = s->text;
    ptrdiff_t quote = s->quote.n ? str_find(t, s->quote) : -1;
    for (size_t i = 0; i < t.n;) {
        if (quote >= 0 && i == (size_t)quote) {
            i += s->quote.n;
            continue;
        }
        if (!str_is_digit(t.p[i])) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < t.n && str_is_digit(t.p[end]))
            end++;
        if (!number_is_grounded(l, s, str_sub(t, i, end)))
            return str_sub(t, i, end);
        i = end;
    }
    return (struct str){.p = "", .n = 0};
}

static size_t violation(struct emit *e, const char *code, struct str value, const char *severity)
{
    emit_obj(e, NULL);
    emit_strc(e, "code", code);
    emit_str(e, "value", value);
    emit_strc(e, "severity", severity);
    emit_obj_end(e);
    return 1;
}

static void emit_guard(const struct letter *l, struct emit *e, struct str body)
{
    size_t block = 0, warn = 0, chars = utf8_count(body);
    emit_obj(e, "guard");
    emit_int(e, "ruleset_version", LETTER_RULESET);
    emit_arr(e, "violations");
    if (l->an->language.n && !str_eqc(l->an->language, "en"))
        block += violation(e, "language", l->an->language, "block");
    for (size_t i = 0; i < l->sentences_n; i++) {
        const struct sentence *s = &l->sentences[i];
        struct str loose = loose_number(l, s);
        if (loose.n)
            block += violation(e, "UNGROUNDED_METRIC", loose, "block");
        if (s->claim && s->atoms_n == 0 && s->pointer.n == 0)
            block += violation(e, "NO_EVIDENCE", s->text, "block");
    }
    if (chars > CEILING[l->o.length] || chars < LETTER_FLOOR)
        warn += violation(e, "length", STR("outside the band"), "warn");
    if (l->p->name.n == 0)
        warn += violation(e, "name_missing", STR(""), "warn");
    emit_arr_end(e);
    emit_strc(e, "verdict", block ? "block" : warn ? "warn" : "pass");
    emit_obj_end(e);
}

/* -- write -- */

static void emit_citations(const struct letter *l, struct emit *e, size_t from, size_t to)
{
    emit_arr(e, "citations");
    for (size_t i = from; i < to; i++) {
        const struct sentence *s = &l->sentences[i];
        for (size_t k = 0; k < s->atoms_n; k++) {
            emit_obj(e, NULL);
            emit_strc(e, "kind", "atom");
            emit_str(e, "id", l->p->atoms[s->atoms[k]].id);
            emit_obj_end(e);
        }
        if (s->pointer.n) {
            emit_obj(e, NULL);
            emit_strc(e, "kind", "profile");
            emit_str(e, "pointer", s->pointer);
            emit_obj_end(e);
        }
        if (s->quote.n) {
            emit_obj(e, NULL);
            emit_strc(e, "kind", "jd");
            emit_str(e, "quote", s->quote);
            emit_obj_end(e);
        }
    }
    emit_arr_end(e);
}

static void emit_paragraphs(const struct letter *l, struct emit *e)
{
    emit_arr(e, "paragraphs");
    for (size_t i = 0; i < l->sentences_n;) {
        size_t end = i + 1;
        struct str text = l->sentences[i].text;
        while (end < l->sentences_n && !new_paragraph(l, end)) {
            text = phrase_printf(l->a, STR_FMT " " STR_FMT, STR_ARG(text), STR_ARG(l->sentences[end].text));
            end++;
        }
        emit_obj(e, NULL);
        emit_strc(e, "role", l->sentences[i].role);
        emit_str(e, "text", text);
        emit_citations(l, e, i, end);
        emit_obj_end(e);
        i = end;
    }
    emit_arr_end(e);
}

static void emit_claims(const struct letter *l, struct emit *e)
{
    emit_arr(e, "claims");
    for (size_t i = 0; i < l->sentences_n; i++) {
        const struct sentence *s = &l->sentences[i];
        emit_obj(e, NULL);
        emit_str(e, "sentence", s->text);
        emit_strc(e, "class", s->claim ? "claim" : "non_claim");
        emit_arr(e, "evidence_ids");
        for (size_t k = 0; k < s->atoms_n; k++)
            emit_str(e, NULL, l->p->atoms[s->atoms[k]].id);
        emit_arr_end(e);
        emit_strc(e, "relation", s->relation);
        if (s->pointer.n)
            emit_str(e, "pointer", s->pointer);
        if (s->quote.n)
            emit_str(e, "quote", s->quote);
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static void emit_used(const struct letter *l, struct emit *e)
{
    emit_arr(e, "key_claims_used");
    for (size_t i = 0; i < l->sentences_n; i++)
        for (size_t k = 0; k < l->sentences[i].atoms_n; k++)
            emit_str(e, NULL, l->p->atoms[l->sentences[i].atoms[k]].id);
    emit_arr_end(e);
    emit_arr(e, "evidence_gaps");
    for (size_t i = 0; i < l->m->rows_n; i++) {
        const struct match_row *row = &l->m->rows[i];
        if (row->requirement->priority == REQUIREMENT_REQUIRED &&
            (row->status == MATCH_MISSING || row->status == MATCH_BLOCKED))
            emit_str(e, NULL, row->requirement->text);
    }
    emit_arr_end(e);
    emit_arr(e, "company_facts");
    for (size_t i = 0; i < l->sentences_n; i++) {
        if (l->sentences[i].quote.n == 0)
            continue;
        emit_obj(e, NULL);
        emit_str(e, "text", l->sentences[i].quote);
        emit_strc(e, "source", "posting");
        emit_obj_end(e);
    }
    emit_arr_end(e);
}

static int write_result(const struct letter *l, struct str greeting, struct str body, struct str *ret, struct err *err)
{
    struct emit e;
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_int(&e, "schema_version", 1);
    emit_strc(&e, "style", TONE[l->o.tone]);
    emit_strc(&e, "length", LENGTH[l->o.length]);
    emit_strc(&e, "language", "en");
    emit_str(&e, "salutation", greeting);
    emit_paragraphs(l, &e);
    emit_str(&e, "body", body);
    emit_used(l, &e);
    emit_int(&e, "word_count", (long long)word_count(body));
    emit_bool(&e, "complete", true);
    emit_claims(l, &e);
    emit_guard(l, &e, body);
    emit_obj_end(&e);
    return emit_take(&e, l->a, ret, err);
}

int letter_make(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                struct letter_options o, struct str *ret, struct err *err)
{
    if (p->empty)
        return err_set(err, ERR_NO_EVIDENCE,
                       "the profile has no work, project, voluntary work, education or skill to write from");
    struct letter *l = ARENA_NEW(a, struct letter);
    if (!l)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    l->a = a;
    l->an = an;
    l->p = p;
    l->m = m;
    l->o = o;
    prepare(l);
    letter_pick(l);
    letter_opening(l);
    letter_evidence(l);
    letter_credentials(l);
    bool evidence = false;
    for (size_t i = 0; i < l->sentences_n; i++)
        evidence = evidence || l->sentences[i].atoms_n;
    if (!evidence)
        return err_set(err, ERR_NO_EVIDENCE, "the profile states nothing that a letter could say");
    letter_gap(l);
    letter_closing(l);
    struct str greeting = salutation(l), signoff = letter_fill(l, LETTER_PHRASES[l->tone - 1].signoff, &l->values),
               body;
    while (utf8_count(body = body_of(l, greeting, signoff)) > CEILING[l->o.length])
        if (!drop_one(l))
            break;
    if (body.n == 0)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    return write_result(l, greeting, body, ret, err);
}
