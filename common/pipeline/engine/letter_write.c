/* Checks the finished letter (numbers, evidence, length, language) and writes the CoverLetter document. */
#include <stdio.h>

#include "base/utf8.h"
#include "pipeline/engine/letter_parts.h"

#define LETTER_FLOOR   200
#define LETTER_RULESET 1

static const char *const TONE[] = {[LETTER_FORMAL] = "formal",
                                   [LETTER_DIRECT] = "direct",
                                   [LETTER_CONVERSATIONAL] = "conversational",
                                   [LETTER_MIRROR] = "mirror"};
static const char *const LENGTH[] = {[LETTER_SHORT] = "short", [LETTER_STANDARD] = "standard", [LETTER_LONG] = "long"};

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
        int years[] = {e ? e->start.y : 0, e ? e->end.y : 0};
        for (size_t k = 0; k < ARRAY_LEN(years); k++) {
            char year[16];
            (void)snprintf(year, sizeof(year), "%d", years[k]);
            if (years[k] && str_eqc(digits, year))
                return true; /* when the post began or ended */
        }
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

static void emit_guard(const struct letter *l, struct emit *e, struct str body, size_t ceiling)
{
    size_t block = 0, warn = 0, chars = utf8_count(body);
    emit_obj(e, "guard");
    emit_int(e, "ruleset_version", LETTER_RULESET);
    emit_arr(e, "violations");
    for (size_t i = 0; i < l->notes_n; i++) {
        const struct letter_note *n = &l->notes[i];
        *(n->block ? &block : &warn) += violation(e, n->code, n->value, n->block ? "block" : "warn");
    }
    if (!l->by_model && l->an->language.n && !str_eqc(l->an->language, "en"))
        block += violation(e, "language", l->an->language, "block");
    for (size_t i = 0; i < l->sentences_n && !l->by_model; i++) {
        const struct sentence *s = &l->sentences[i];
        struct str loose = loose_number(l, s);
        if (loose.n)
            block += violation(e, "UNGROUNDED_METRIC", loose, "block");
        if (s->claim && s->atoms_n == 0 && s->pointer.n == 0)
            block += violation(e, "NO_EVIDENCE", s->text, "block");
    }
    if (!l->by_model && (chars > ceiling || chars < LETTER_FLOOR))
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
        while (end < l->sentences_n && !letter_new_paragraph(l, end)) {
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

int letter_write(const struct letter *l, struct str greeting, struct str body, size_t ceiling, struct str *ret,
                 struct err *err)
{
    struct emit e;
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_int(&e, "schema_version", 1);
    emit_strc(&e, "style", TONE[l->o.tone]);
    emit_strc(&e, "length", LENGTH[l->o.length]);
    emit_str(&e, "language", l->by_model ? l->language : STR("en"));
    emit_str(&e, "salutation", greeting);
    emit_paragraphs(l, &e);
    emit_str(&e, "body", body);
    emit_used(l, &e);
    emit_int(&e, "word_count", (long long)word_count(body));
    emit_bool(&e, "complete", true);
    emit_claims(l, &e);
    emit_guard(l, &e, body, ceiling);
    emit_obj_end(&e);
    return emit_take(&e, l->a, ret, err);
}
