/* One line in other words, without saying more or less: it begins with what was done, and names things as the posting
 * does. A line that none of the rules fits exactly is left alone; so is one whose rewording does not hold
 * (tailor_text_holds). */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define VERB_MAX_BYTES 24

static const struct {
    const char *base, *past;
} VERBS[] = {
#define VERB(base, past) {base, past},
#include "pipeline/engine/letter_verbs.def"
#undef VERB
};

/* The verb by its base form (the table is sorted by it); -1 when unknown. */
static int verb_by_base(struct str word)
{
    size_t from = 0, to = ARRAY_LEN(VERBS);
    while (from < to) {
        size_t at = (from + to) / 2, len = strlen(VERBS[at].base);
        int order = 0;
        for (size_t i = 0; order == 0 && i < word.n && i < len; i++)
            order = (unsigned char)str_lower_char(word.p[i]) - (unsigned char)VERBS[at].base[i];
        order = order ? order : word.n < len ? -1 : word.n > len;
        if (order == 0)
            return (int)at;
        if (order < 0)
            to = at;
        else
            from = at + 1;
    }
    return -1;
}

/* "managing" -> manage, "planning" -> plan, "leading" -> lead; -1 when it is no known verb's form. */
static int verb_by_gerund(struct str word)
{
    char base[VERB_MAX_BYTES];
    if (word.n < 5 || word.n >= sizeof(base) - 1 || !str_iends(word, "ing"))
        return -1;
    size_t n = word.n - 3;
    memcpy(base, word.p, n);
    int verb = verb_by_base((struct str){.p = base, .n = n});
    if (verb < 0 && n > 2 && base[n - 1] == base[n - 2])
        verb = verb_by_base((struct str){.p = base, .n = n - 1});
    base[n] = 'e';
    return verb >= 0 ? verb : verb_by_base((struct str){.p = base, .n = n + 1});
}

static bool is_past(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
        if (str_ieqc(word, VERBS[i].past))
            return true;
    return false;
}

bool tailor_verb_forms(struct str x, struct str y)
{
    for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
        bool has_x = str_ieqc(x, VERBS[i].base) || str_ieqc(x, VERBS[i].past) || verb_by_gerund(x) == (int)i;
        if (has_x && (str_ieqc(y, VERBS[i].base) || str_ieqc(y, VERBS[i].past) || verb_by_gerund(y) == (int)i))
            return true;
    }
    return false;
}

static struct str first_word(struct str s, struct str *ret_rest)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != ' ')
        i++;
    size_t k = i;
    while (k < s.n && s.p[k] == ' ')
        k++;
    *ret_rest = str_sub(s, k, s.n);
    return str_sub(s, 0, i);
}

static bool takes_object(struct str next)
{
    static const char *const FIRST[] = {"a",   "an", "the",   "all",    "our",     "their", "its",
                                        "and", "up", "daily", "weekly", "monthly", NULL};
    for (const char *const *w = FIRST; *w; w++)
        if (str_ieqc(next, *w))
            return true;
    return next.n && str_is_digit(next.p[0]);
}

/* Another verb that would have to change its form too: ", X" or "and X". */
static bool has_second_verb(struct str rest, bool gerund)
{
    struct str all = rest, word;
    bool joined = false;
    while (all.n) {
        word = first_word(all, &all);
        bool comma = word.n && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == ';');
        struct str plain = comma ? str_sub(word, 0, word.n - 1) : word;
        if (joined && (gerund ? plain.n > 4 && str_iends(plain, "ing") : verb_by_base(plain) >= 0))
            return true;
        joined = comma || str_ieqc(plain, "and") || str_ieqc(plain, "or") || str_ieqc(plain, "while") ||
                 str_ieqc(plain, "then");
    }
    return false;
}

static struct str with_verb(struct tailor *t, int verb, bool past, struct str rest)
{
    struct str word = str_of(past ? VERBS[verb].past : VERBS[verb].base);
    return phrase_printf(t->a, STR_FMT " " STR_FMT, STR_ARG(phrase_upper_first(t->a, word)), STR_ARG(rest));
}

/* What follows a wooden opening; empty when the line has none. */
static struct str behind_opening(struct str s)
{
    static const char *const OPENINGS[] = {"Responsible for ",
                                           "Was responsible for ",
                                           "I was responsible for ",
                                           "Tasked with ",
                                           "Was tasked with ",
                                           "Duties included ",
                                           "Duties include ",
                                           "Responsibilities included ",
                                           "Responsibilities include ",
                                           "My responsibilities included ",
                                           "Charged with ",
                                           NULL};
    for (const char *const *o = OPENINGS; *o; o++)
        if (str_istarts(s, *o))
            return str_sub(s, strlen(*o), s.n);
    return (struct str){.p = "", .n = 0};
}

/* The line verb first; the text itself when no rule fits. ret_why: a sentence. */
static struct str verb_first(struct tailor *t, struct str s, bool ended, const char **ret_why)
{
    static const char *const ADVERBS[] = {"successfully", "effectively", "efficiently", "proactively", NULL};
    struct str rest, next, opening = behind_opening(s), first = first_word(s, &rest);
    first_word(rest, &next);
    next = first_word(rest, &next);
    if (opening.n) {
        struct str object, word = first_word(opening, &object);
        int verb = verb_by_gerund(word);
        *ret_why = "It begins with what was done instead of with a description of duties; nothing else changes.";
        return verb >= 0 && object.n && !has_second_verb(object, true) ? with_verb(t, verb, ended, object) : s;
    }
    if (str_istarts(s, "Was able to ")) {
        struct str object, word = first_word(str_sub(s, sizeof("Was able to ") - 1, s.n), &object);
        int verb = verb_by_base(word);
        *ret_why = "It says what was done without “was able to”.";
        return verb >= 0 && object.n && !has_second_verb(object, false) ? with_verb(t, verb, true, object) : s;
    }
    if (str_eqc(first, "I") && is_past(next)) {
        *ret_why = "Lines of a résumé go without “I”.";
        return phrase_upper_first(t->a, rest);
    }
    for (const char *const *w = ADVERBS; *w; w++) {
        if (!str_ieqc(first, *w) || !is_past(next))
            continue;
        *ret_why = "The line begins with what was done; the adverb said nothing more.";
        return phrase_upper_first(t->a, rest);
    }
    if (!ended)
        return s;
    int verb = verb_by_gerund(first);
    *ret_why = "The work has ended, so the line says what was done.";
    if (verb >= 0 && takes_object(next) && !has_second_verb(rest, true))
        return with_verb(t, verb, true, rest);
    verb = verb_by_base(first);
    if (verb >= 0 && !str_ieqc(first, VERBS[verb].past) && takes_object(next) && !has_second_verb(rest, false))
        return with_verb(t, verb, true, rest);
    return s;
}

/* The posting's name for a skill that the line names shorter. */
static struct str in_posting_words(struct tailor *t, const struct atom *x, struct str s, struct tailor_op *op)
{
    for (size_t i = 0; i < t->wanted_n; i++) {
        const struct tailor_wanted *w = &t->wanted[i];
        bool named = false;
        for (size_t k = 0; k < x->skills_n; k++)
            named = named || x->skills[k] == w->skill;
        if (!named || str_ifind(s, w->word) >= 0)
            continue;
        struct str mine = phrase_skill_in(s, w->skill);
        /* one word for one word: a line has no room for explanations */
        if (mine.n == 0 || mine.n >= w->word.n || memchr(w->word.p, ' ', w->word.n) || !tailor_same_name(mine, w->word))
            continue;
        size_t at = (size_t)(mine.p - s.p);
        s = phrase_printf(t->a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(s, 0, at)), STR_ARG(w->word),
                          STR_ARG(str_sub(s, at + mine.n, s.n)));
        op->reason = phrase_printf(t->a, "The posting calls it " STR_FMT ".", STR_ARG(w->word));
        op->requirements[op->requirements_n++] = w->row->requirement;
        if (op->requirements_n == TAILOR_OP_IDS_MAX)
            break;
    }
    return s;
}

struct str tailor_reword(struct tailor *t, const struct atom *x, struct tailor_op *op)
{
    const struct employment *e = x->employment >= 0 ? &t->p->employments[x->employment] : NULL;
    const char *why = NULL;
    size_t at = (size_t)(x - t->p->atoms);
    struct str s = x->text;
    if (x->kind != ATOM_HIGHLIGHT)
        return s;
    if (t->o.strategy == TAILOR_FULL && e)
        s = verb_first(t, s, e->end.y != 0 && !e->current, &why);
    if (!str_eq(s, x->text))
        op->reason = str_of(why);
    s = in_posting_words(t, x, s, op);
    if (str_eq(s, x->text))
        return x->text;
    struct tailor_text text = {.value = s, .before = x->text, .atoms = &at, .atoms_n = 1};
    struct str word;
    const char *code;
    return tailor_text_holds(t->p, &text, &word, &code) ? s : x->text;
}
