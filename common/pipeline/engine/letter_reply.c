/* Each paragraph of the model is one sentence of struct letter, so that the document is written by the same code as the
 * offline engine's. */
#include "pipeline/engine/letter_reply.h"

#include "base/utf8.h"
#include "pipeline/engine/filler.h"
#include "pipeline/engine/analysis_internal.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"
#include "pipeline/engine/posting_internal.h"

#define PARAGRAPHS_MAX      8
#define PARAGRAPH_MAX_BYTES 4000
#define SALUTATION_BYTES    120
#define SIGN_OFF_BYTES      60
#define FLOOR_CHARS         200
#define TOKENS_MAX          2000

static const struct str NOTHING = {.p = "", .n = 0};

const char *letter_fault_advice(enum letter_fault fault)
{
    switch (fault) {
    case LETTER_FAULT_EMPTY:
        return "There is no letter: write its paragraphs.";
    case LETTER_FAULT_LONG:
        return "The letter is too long: keep to the length that is asked for, all lines counted.";
    case LETTER_FAULT_SHORT:
        return "The letter is too short: two or three pieces of evidence, each in a sentence of its own.";
    case LETTER_FAULT_LANGUAGE:
        return "The letter is not in the language that is asked for.";
    case LETTER_FAULT_PLACEHOLDER:
        return "There are placeholders in brackets: leave out what is not known.";
    case LETTER_FAULT_FILLER:
        return "There are empty phrases (I am writing to, excited, passionate, proven track record and the like): say "
               "what was done instead.";
    case LETTER_FAULT_LINK:
        return "There is an address that is not the person's: leave it out; contact data is put below the letter.";
    case LETTER_FAULT_MACHINE:
        return "A sentence speaks to a machine or of instructions: leave it out.";
    }
    return "";
}

/* One line: blanks and breaks are single spaces. */
static struct str one_line(struct arena *a, struct str s, size_t max)
{
    s = utf8_cut(str_trim(s), max);
    char *out = arena_strndup(a, s.p ? s.p : "", s.n);
    size_t n = 0;
    for (size_t i = 0; out && i < s.n; i++) {
        bool blank = str_is_space(s.p[i]) || (unsigned char)s.p[i] < 0x20;
        if (blank && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = blank ? ' ' : s.p[i];
    }
    return out ? str_trim((struct str){.p = out, .n = n}) : NOTHING;
}

/* -- salutation and closing -- */

static bool is_known_word(const struct letter *l, struct str word)
{
    static const char *const WORDS[] = {"Dear",        "Hello",      "Hi",         "Hiring", "Team",  "Manager",
                                        "Committee",   "Recruiting", "Talent",     "Sir",    "Madam", "Recruiter",
                                        "Recruitment", "Selection",  "Department", "People", "Good",  "Morning",
                                        "Greetings",   "Search",     NULL};
    char copy[64];
    for (const char *const *w = WORDS; *w; w++)
        if (str_ieqc(word, *w))
            return true;
    if (word.n >= sizeof(copy))
        return false;
    memcpy(copy, word.p, word.n);
    copy[word.n] = '\0';
    return lex_has(l->an->company, copy) || lex_has(l->an->title, copy);
}

/* No name but the employer's: nobody is made up to be written to. */
static struct str salutation_of(struct letter *l, struct str said)
{
    struct str s = one_line(l->a, said, SALUTATION_BYTES + 1), rest = s, word;
    bool fits = s.n > 3 && s.n <= SALUTATION_BYTES &&
                (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ':' || s.p[s.n - 1] == '!') && !memchr(s.p, '[', s.n) &&
                !posting_guard_speaks(s);
    bool english = str_eqc(l->language, "en");
    while (fits && english && lex_next_word(&rest, &word))
        if (word.p[0] < 'a' || word.p[0] > 'z')
            fits = is_known_word(l, word);
    return fits ? s : STR("Dear Hiring Team,");
}

static struct str sign_off_of(struct letter *l, struct str said)
{
    struct str s = one_line(l->a, said, SIGN_OFF_BYTES + 1);
    bool fits = s.n > 3 && s.n <= SIGN_OFF_BYTES && !memchr(s.p, '[', s.n);
    for (size_t i = 0; i < s.n; i++)
        fits = fits && !str_is_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != '@';
    if (l->p->name.n && s.n > l->p->name.n && str_find(s, l->p->name) > 0) /* the name comes below it anyway */
        s = str_trim(str_sub(s, 0, (size_t)str_find(s, l->p->name)));
    for (size_t i = 0; fits && i < s.n; i++) /* "Kind regards": a name would have further capitals */
        fits = i == 0 || s.p[i] < 'A' || s.p[i] > 'Z' || !str_eqc(l->language, "en");
    return fits ? s : STR("Kind regards,");
}

/* -- paragraphs -- */

static bool in_posting(const struct analysis *an, struct str quote)
{
    if (str_ifind(an->mission, quote) >= 0 || str_ifind(an->title, quote) >= 0)
        return true;
    for (size_t i = 0; i < an->requirements_n; i++)
        if (str_ifind(an->requirements[i].evidence.text, quote) >= 0 || str_ifind(an->requirements[i].text, quote) >= 0)
            return true;
    for (size_t i = 0; i < an->responsibilities_n; i++)
        if (str_ifind(an->responsibilities[i].quote.text, quote) >= 0)
            return true;
    for (size_t i = 0; i < an->culture_n; i++)
        if (str_ifind(an->culture[i].quote.text, quote) >= 0)
            return true;
    return false;
}

static void atoms_read(const struct letter *l, yyjson_val *ids, struct sentence *s)
{
    size_t i, max;
    yyjson_val *id;
    yyjson_arr_foreach(ids, i, max, id)
    {
        for (size_t k = 0; k < l->p->atoms_n && s->atoms_n < LETTER_ATOMS_PER_SENTENCE; k++) {
            if (!str_eq(l->p->atoms[k].id, json_str(id)))
                continue;
            bool known = false;
            for (size_t x = 0; x < s->atoms_n; x++)
                known = known || s->atoms[x] == k;
            if (!known)
                s->atoms[s->atoms_n++] = k;
            break;
        }
        if (s->atoms_n == LETTER_ATOMS_PER_SENTENCE)
            return;
    }
}

static const char *role_of(struct str said)
{
    static const char *const ROLES[] = {"opening", "evidence", "company", "gap", "closing"};
    for (size_t i = 0; i < ARRAY_LEN(ROLES); i++)
        if (str_eqc(said, ROLES[i]))
            return ROLES[i];
    return "evidence";
}

static void paragraph_read(struct letter *l, yyjson_val *item)
{
    struct sentence s = {.text = one_line(l->a, json_get_str(item, "text"), PARAGRAPH_MAX_BYTES),
                         .role = role_of(json_get_str(item, "role")),
                         .quote = one_line(l->a, json_get_str(item, "quote"), PARAGRAPH_MAX_BYTES),
                         .names = NOTHING,
                         .pointer = NOTHING,
                         .paragraph = (int)l->sentences_n};
    if (s.text.n == 0 || l->sentences_n == PARAGRAPHS_MAX)
        return;
    if (s.quote.n < 3 || s.quote.n > 300 || !in_posting(l->an, s.quote))
        s.quote = NOTHING;
    atoms_read(l, json_get_arr(item, "evidence_ids"), &s);
    s.claim = s.atoms_n > 0;
    s.relation = s.claim ? "paraphrase" : s.quote.n ? "posting" : "";
    l->sentences[l->sentences_n++] = s;
}

/* The paragraph that is missed least; false when only opening, one piece of evidence and closing are left. */
static bool paragraph_drop(struct letter *l)
{
    static const char *const ROLES[] = {"gap", "company", "evidence"};
    for (size_t r = 0; r < ARRAY_LEN(ROLES); r++) {
        size_t n = 0, at = 0;
        for (size_t i = 0; i < l->sentences_n; i++)
            if (strcmp(l->sentences[i].role, ROLES[r]) == 0) {
                n++;
                at = i;
            }
        if (n == 0 || (r == 2 && n == 1))
            continue;
        memmove(&l->sentences[at], &l->sentences[at + 1], (l->sentences_n - at - 1) * sizeof(l->sentences[0]));
        l->sentences_n--;
        return true;
    }
    return false;
}

/* -- what is wrong with it -- */

static bool has_link(const struct letter *l, struct str text)
{
    static const char *const MARKS[] = {"http://", "https://", "www."};
    for (size_t i = 0; i < ARRAY_LEN(MARKS); i++)
        if (str_ifind(text, str_of(MARKS[i])) >= 0)
            return true;
    for (size_t i = 1; i + 1 < text.n; i++)
        if (text.p[i] == '@' && str_is_alnum(text.p[i - 1]) && str_is_alnum(text.p[i + 1]) &&
            (l->p->email.n == 0 || str_ifind(text, l->p->email) < 0))
            return true;
    return false;
}

static bool has_placeholder(struct str text)
{
    const char *open = text.n ? memchr(text.p, '[', text.n) : NULL;
    return (open && memchr(open, ']', (size_t)(text.p + text.n - open))) || str_find(text, STR("{{")) >= 0 ||
           str_find(text, STR("<<")) >= 0;
}

static struct str language_of(struct arena *a, struct str text)
{
    struct token *tokens = arena_try_alloc(a, TOKENS_MAX * sizeof(*tokens));
    struct reading r = {.a = a, .text = text, .tokens = tokens};
    r.tokens_n = tokens ? tokens_read(text, tokens, TOKENS_MAX) : 0;
    return r.tokens_n ? analysis_language(&r) : NOTHING;
}

static void note(struct letter *l, const char *code, struct str value, bool block)
{
    if (l->notes_n < LETTER_NOTES_MAX)
        l->notes[l->notes_n++] = (struct letter_note){.code = code, .value = value, .block = block};
}

static unsigned faults_of(struct letter *l)
{
    unsigned faults = 0;
    for (size_t i = 0; i < l->sentences_n; i++) {
        struct str t = l->sentences[i].text;
        faults |= has_placeholder(t) ? LETTER_FAULT_PLACEHOLDER : 0;
        faults |= has_link(l, t) ? LETTER_FAULT_LINK : 0;
        faults |= filler_has(t) ? LETTER_FAULT_FILLER : 0;
        faults |= posting_guard_speaks(t) ? LETTER_FAULT_MACHINE : 0;
    }
    return faults;
}

/* The language of the paragraphs, and whether it is the posting's. The fact check reads English: what is not stays for
 * a person. */
static unsigned language_read(struct letter *l)
{
    struct buf b;
    struct str want = l->an->language.n ? l->an->language : STR("en"), found;
    buf_init(&b, PARAGRAPHS_MAX * (PARAGRAPH_MAX_BYTES + 1));
    for (size_t i = 0; i < l->sentences_n; i++) {
        buf_add(&b, l->sentences[i].text.p, l->sentences[i].text.n);
        buf_addc(&b, '\n');
    }
    found = language_of(l->a, (struct str){.p = buf_str(&b), .n = b.len});
    buf_fini(&b);
    l->language = found.n ? found : want;
    if (!str_eq(l->language, want)) {
        note(l, "language", l->language, true);
        return LETTER_FAULT_LANGUAGE;
    }
    if (!str_eqc(l->language, "en"))
        note(l, "language_unchecked", l->language, true);
    return 0;
}

int letter_from_reply(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                      struct letter_options o, yyjson_val *reply, unsigned *ret_faults, struct str *ret,
                      struct err *err)
{
    *ret_faults = 0;
    if (p->empty)
        return err_set(err, ERR_NO_EVIDENCE, "the profile has no work, project, education or skill to write from");
    struct letter *l = ARENA_NEW(a, struct letter);
    if (!l)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    l->a = a;
    l->an = an;
    l->p = p;
    l->m = m;
    l->o = o;
    l->o.tone = o.tone ? o.tone : LETTER_DIRECT;
    l->o.length = o.length ? o.length : LETTER_STANDARD;
    l->title = an->title;
    l->company = an->company;
    l->by_model = true;
    size_t i, max, ceiling = letter_ceiling(l->o.length);
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(reply, "paragraphs"), i, max, item) paragraph_read(l, item);
    if (l->sentences_n == 0) {
        *ret_faults = LETTER_FAULT_EMPTY;
        return err_set(err, ERR_CORRUPT, "the model wrote no letter");
    }
    unsigned faults = language_read(l);
    struct str greeting = salutation_of(l, json_get_str(reply, "salutation")),
               sign_off = sign_off_of(l, json_get_str(reply, "sign_off")), body = letter_body(l, greeting, sign_off);
    while (utf8_count(body) > ceiling) {
        faults |= LETTER_FAULT_LONG;
        if (!paragraph_drop(l))
            break;
        body = letter_body(l, greeting, sign_off);
    }
    if (body.n == 0)
        return err_set(err, ERR_MEMORY, "the letter needs more memory than its limit");
    faults |= faults_of(l);
    faults |= utf8_count(body) < FLOOR_CHARS ? LETTER_FAULT_SHORT : 0;
    if (utf8_count(body) > ceiling || (faults & LETTER_FAULT_SHORT))
        note(l, "length", STR("outside the band"), true);
    if (faults & LETTER_FAULT_PLACEHOLDER)
        note(l, "placeholder", STR("words in brackets"), true);
    if (faults & LETTER_FAULT_LINK)
        note(l, "foreign_link", STR("an address that is not the person's"), true);
    if (faults & LETTER_FAULT_MACHINE)
        note(l, "speaks_to_machine", STR(""), true);
    if (faults & LETTER_FAULT_FILLER)
        note(l, "filler", STR("empty phrases"), false);
    *ret_faults = faults;
    return letter_write(l, greeting, body, ceiling, ret, err);
}
