/* The grammar of skills, sentence by sentence.
 *
 *   words -> tag line ("java docker sql": every word is one)
 *         -> skills: a verb where one begins ("to V", "will V", first word, "and V" after one) with its object, up to
 *            what ends an object; attitudes; "... skills"
 *         -> knowledge: names of the dictionary; what follows "experience with", item by item; abbreviations and names
 *            written like names of products; noun groups with the name of a field at the end
 *
 * Knowledge inside knowledge is dropped: the longer one stays. Works in fixed buffers. */
#include "pipeline/engine/skill_spans.h"

#include "pipeline/engine/skill_words.h"
#include "pipeline/engine/skills_internal.h"

#define SENTENCE_WORDS  192
#define SENTENCE_TOKENS 512
#define SENTENCE_SPANS  128
#define OBJECT_WORDS    14
#define ITEM_WORDS      6

enum gap { GAP_NONE = 0, GAP_COMMA = 1, GAP_STOP = 2, GAP_PAREN = 4, GAP_SLASH = 8 };

struct word {
    uint32_t start, end, bits;
    uint8_t gap; /* what stands before it */
    bool upper, caps, mixed, digit, bracket;
    int16_t mention; /* of the dictionary, -1 */
};

struct sentence {
    struct str text;
    struct word w[SENTENCE_WORDS];
    size_t n;
    struct skill_mention m[SENTENCE_SPANS];
    size_t m_n;
    struct skill_span out[SENTENCE_SPANS];
    size_t out_n;
};

static bool word_char(char c)
{
    return str_is_alnum(c) || (unsigned char)c >= 0x80 || strchr("-'_+#&@.", c);
}

static struct str word_str(const struct sentence *s, size_t i)
{
    return str_sub(s->text, s->w[i].start, s->w[i].end);
}

static bool word_is(const struct sentence *s, size_t i, const char *w)
{
    return i < s->n && str_ieqc(word_str(s, i), w);
}

static void word_shape(struct sentence *s, struct word *w)
{
    size_t upper = 0, lower = 0, digit = 0;
    for (size_t i = w->start; i < w->end; i++) {
        char c = s->text.p[i];
        upper += c >= 'A' && c <= 'Z';
        lower += c >= 'a' && c <= 'z';
        digit += str_is_digit(c);
    }
    char first = s->text.p[w->start];
    w->upper = first >= 'A' && first <= 'Z';
    w->caps = upper >= 2 && lower <= 1;
    w->digit = digit > 0;
    w->mixed = (upper >= 2 && lower >= 1 && !memchr(s->text.p + w->start, '-', w->end - w->start)) ||
               (upper == 1 && !w->upper && lower > 0);
}

/* Cuts [from, to) of the text into words. */
static void words_read(struct sentence *s, size_t from, size_t to)
{
    uint8_t gap = GAP_STOP;
    s->n = 0;
    for (size_t i = from; i < to && s->n < SENTENCE_WORDS;) {
        char c = s->text.p[i];
        if (!word_char(c) || c == '&' ||
            (strchr("-'.@_", c) && !(c == '.' && i + 1 < to && str_is_alpha(s->text.p[i + 1])))) {
            gap |= c == ',' || c == '&'   ? GAP_COMMA
                   : c == '/'             ? GAP_SLASH
                   : strchr("()[]<>", c)  ? GAP_PAREN
                   : strchr(".;:!?*|", c) ? GAP_STOP
                                          : 0;
            i++;
            continue;
        }
        size_t end = i;
        while (end < to && word_char(s->text.p[end]))
            end++;
        bool bracket = i && s->text.p[i - 1] == '<' && end < to && s->text.p[end] == '>';
        size_t cut = end;
        while (cut > i + 1 && strchr(".-'&@_", s->text.p[cut - 1]))
            cut--;
        struct word *w = &s->w[s->n++];
        *w = (struct word){.start = (uint32_t)i, .end = (uint32_t)cut, .gap = gap, .mention = -1, .bracket = bracket};
        w->bits = skill_word_classes(token_hash(str_sub(s->text, i, cut)));
        word_shape(s, w);
        gap = cut < end && s->text.p[cut] == '.' && (end >= to || str_is_space(s->text.p[end])) ? GAP_STOP : 0;
        i = end;
    }
}

static void mentions_read(struct sentence *s, size_t from, size_t to)
{
    struct token t[SENTENCE_TOKENS];
    struct str part = str_sub(s->text, from, to);
    size_t n = tokens_read(part, t, SENTENCE_TOKENS), k = 0;
    s->m_n = skills_find_tokens(part, t, n, s->m, SENTENCE_SPANS);
    for (size_t i = 0; i < s->m_n; i++) {
        s->m[i].start += from;
        s->m[i].end += from;
        while (k < s->n && s->w[k].end <= s->m[i].start)
            k++;
        for (size_t j = k; j < s->n && s->w[j].start < s->m[i].end; j++)
            s->w[j].mention = (int16_t)i;
    }
}

static bool is_soft(const struct sentence *s, size_t i)
{
    return s->w[i].mention >= 0 && strcmp(s->m[s->w[i].mention].skill->field, "soft") == 0;
}

static bool is_hard(const struct sentence *s, size_t i)
{
    return s->w[i].mention >= 0 && !is_soft(s, i);
}

static void span_add(struct sentence *s, size_t i, size_t j, enum skill_span_kind kind)
{
    if (j <= i || s->out_n >= SENTENCE_SPANS)
        return;
    const struct skill *skill =
        s->w[i].mention >= 0 && s->w[i].mention == s->w[j - 1].mention ? s->m[s->w[i].mention].skill : NULL;
    s->out[s->out_n++] =
        (struct skill_span){.start = s->w[i].start, .end = s->w[j - 1].end, .kind = kind, .skill = skill};
}

/* -- lines of tags -- */

static bool tag_line(struct sentence *s)
{
    size_t known = 0;
    if (s->n < 2 || s->n > 16)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        const struct word *w = &s->w[i];
        if (w->bits & (SKILL_WORD_STOP | SKILL_WORD_END | SKILL_WORD_MODAL | SKILL_WORD_CUE) || w->bracket ||
            (i && w->gap & ~(GAP_COMMA | GAP_SLASH)) || (w->upper && !w->caps && !w->mixed && !is_hard(s, i)))
            return false;
        known += is_hard(s, i);
    }
    if (known * 5 < s->n * 2)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        size_t j = i + 1;
        while (j < s->n && s->w[i].mention >= 0 && s->w[j].mention == s->w[i].mention)
            j++;
        span_add(s, i, j, SKILL_SPAN_KNOWLEDGE);
        i = j - 1;
    }
    return true;
}

/* -- skills: verbs with their objects -- */

static bool ends_object(const struct sentence *s, size_t i)
{
    return s->w[i].gap & (GAP_STOP | GAP_PAREN | GAP_COMMA) || s->w[i].bits & SKILL_WORD_END;
}

static bool joins(const struct sentence *s, size_t i)
{
    return word_is(s, i, "and") || word_is(s, i, "or") || word_is(s, i, "and/or") || word_is(s, i, "but");
}

/* The end of the span that the verb at i begins. */
static size_t object_end(const struct sentence *s, size_t i)
{
    uint32_t form = s->w[i].bits & SKILL_WORD_ANY_VERB;
    size_t j = i + 1;
    if (j < s->n && s->w[i].bits & SKILL_WORD_LINK && !(s->w[j].gap & (GAP_STOP | GAP_PAREN)) &&
        (s->w[j].bits & SKILL_WORD_END))
        j++;
    for (; j < s->n && j < i + OBJECT_WORDS; j++) {
        if (ends_object(s, j))
            break;
        if (joins(s, j) && j + 1 < s->n && s->w[j + 1].bits & form && !(s->w[j + 1].bits & SKILL_WORD_FIELD))
            break;
    }
    while (j > i + 1 && (joins(s, j - 1) || s->w[j - 1].bits & (SKILL_WORD_END | SKILL_WORD_MODAL) ||
                         (s->w[j - 1].bits & SKILL_WORD_STOP && !(s->w[j - 1].bits & SKILL_WORD_CUE))))
        j--;
    return j;
}

static bool is_adverb(const struct sentence *s, size_t i)
{
    struct str w = word_str(s, i);
    return str_iends(w, "ly") || str_ieqc(w, "also") || str_ieqc(w, "be");
}

static bool verb_begins(const struct sentence *s, size_t i, bool after_span)
{
    const struct word *w = &s->w[i];
    if (!(w->bits & SKILL_WORD_ANY_VERB) || w->bits & SKILL_WORD_NO_SKILL)
        return false;
    bool first = w->gap & GAP_STOP;
    size_t p = i;
    while (p && !(s->w[p].gap & GAP_STOP) && is_adverb(s, p - 1))
        p--;
    if (first)
        return !(w->bits & SKILL_WORD_FIELD) || (i + 1 < s->n && s->w[i + 1].bits & SKILL_WORD_STOP);
    if (p == 0)
        return false;
    uint32_t before = s->w[p - 1].bits;
    if (w->bits & SKILL_WORD_VERB && before & SKILL_WORD_MODAL)
        return true;
    if (after_span && (joins(s, p - 1) || w->gap & GAP_COMMA))
        return !(w->bits & SKILL_WORD_VERB_S);
    if (w->bits & SKILL_WORD_VERB && word_is(s, p - 1, "you"))
        return true;
    return w->bits & SKILL_WORD_VERB_ING && !(w->bits & SKILL_WORD_FIELD) &&
           (before & (SKILL_WORD_END | SKILL_WORD_CUE) || word_is(s, p - 1, "of"));
}

static void skills_read(struct sentence *s)
{
    bool after = false;
    for (size_t i = 0; i < s->n; i++) {
        if (s->w[i].gap & (GAP_STOP | GAP_PAREN))
            after = false;
        if (!verb_begins(s, i, after))
            continue;
        size_t j = object_end(s, i);
        if (j < i + 2)
            continue;
        span_add(s, i, j, SKILL_SPAN_SKILL);
        after = true;
        i = j - 1;
    }
}

static bool inside_skill(const struct sentence *s, size_t i)
{
    for (size_t k = 0; k < s->out_n; k++)
        if (s->out[k].kind == SKILL_SPAN_SKILL && s->out[k].start <= s->w[i].start && s->w[i].end <= s->out[k].end)
            return true;
    return false;
}

static void attitudes_read(struct sentence *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct word *w = &s->w[i];
        if (inside_skill(s, i))
            continue;
        if (w->bits & SKILL_WORD_SOFT_HEAD && i && !(w->gap & (GAP_STOP | GAP_PAREN | GAP_COMMA))) {
            size_t from = i;
            while (from && from + 3 > i && !(s->w[from].gap & (GAP_STOP | GAP_PAREN | GAP_COMMA)) &&
                   !(s->w[from - 1].bits & (SKILL_WORD_STOP | SKILL_WORD_DEGREE | SKILL_WORD_END)) &&
                   !is_hard(s, from - 1))
                from--;
            if (from < i) {
                span_add(s, from, i + 1, SKILL_SPAN_SKILL);
                continue;
            }
        }
        bool head_follows = i + 1 < s->n && s->w[i + 1].bits & SKILL_WORD_SOFT_HEAD && s->w[i + 1].gap == 0;
        if ((w->bits & SKILL_WORD_ATTITUDE || is_soft(s, i)) && !head_follows) {
            size_t j = i + 1;
            while (j < s->n && is_soft(s, i) && s->w[j].mention == s->w[i].mention)
                j++;
            span_add(s, i, j, SKILL_SPAN_SKILL);
            i = j - 1;
        }
    }
}

/* -- knowledge -- */

static bool is_name(const struct sentence *s, size_t i)
{
    const struct word *w = &s->w[i];
    size_t n = w->end - w->start;
    if (w->bits & (SKILL_WORD_STOP | SKILL_WORD_CUE) || w->bracket || n < 2 || n > 20)
        return false;
    return (w->caps && n <= 8) || (w->mixed && n >= 3);
}

static bool ends_item(const struct sentence *s, size_t i)
{
    return s->w[i].gap || joins(s, i) ||
           (s->w[i].bits & (SKILL_WORD_END | SKILL_WORD_STOP | SKILL_WORD_MODAL) &&
            !(s->w[i].bits & (SKILL_WORD_FIELD | SKILL_WORD_DEGREE)));
}

/* Does the item say something: a known name, or words that are more than general ones? */
static bool item_counts(const struct sentence *s, size_t from, size_t to, bool weak)
{
    bool evidence = false, content = false;
    for (size_t i = from; i < to; i++) {
        evidence = evidence || is_hard(s, i) || is_name(s, i) || s->w[i].upper || s->w[i].bits & SKILL_WORD_FIELD;
        content = content || is_hard(s, i) ||
                  !(s->w[i].bits & (SKILL_WORD_GENERIC | SKILL_WORD_STOP | SKILL_WORD_DEGREE | SKILL_WORD_JOB));
    }
    if (!content || s->w[from].digit)
        return evidence && is_hard(s, from);
    if (s->w[to - 1].bits & (SKILL_WORD_GENERIC | SKILL_WORD_JOB) && !(s->w[to - 1].bits & SKILL_WORD_FIELD))
        return evidence && !weak;
    return evidence || !weak;
}

/* One item of a list at i: trimmed of words that say how much. */
static size_t item_read(struct sentence *s, size_t i, bool weak)
{
    size_t j = i, from = i;
    while (j < s->n && (j == i || !ends_item(s, j)) && j < i + ITEM_WORDS + 3)
        j++;
    while (from < j && s->w[from].bits & (SKILL_WORD_DEGREE | SKILL_WORD_STOP) && s->w[from].mention < 0)
        from++;
    size_t to = j;
    while (to > from && s->w[to - 1].bits & (SKILL_WORD_STOP | SKILL_WORD_DEGREE) && s->w[to - 1].mention < 0)
        to--;
    bool verb = from < to && s->w[from].bits & SKILL_WORD_VERB_ING && !(s->w[from].bits & SKILL_WORD_FIELD) &&
                !is_hard(s, from);
    if (from < to && to - from <= ITEM_WORDS && !verb && !s->w[from].bracket &&
        !(s->w[from].bits & SKILL_WORD_ATTITUDE) && !is_soft(s, from) && item_counts(s, from, to, weak))
        span_add(s, from, to, SKILL_SPAN_KNOWLEDGE);
    return j > i ? j : i + 1;
}

/* "experience with A, B and C" */
static size_t list_read(struct sentence *s, size_t i, bool weak)
{
    while (i < s->n) {
        while (i < s->n && (s->w[i].bits & (SKILL_WORD_STOP | SKILL_WORD_DEGREE)) && !joins(s, i) &&
               !(s->w[i].gap & (GAP_STOP | GAP_PAREN)) && !(s->w[i].bits & SKILL_WORD_END) && s->w[i].mention < 0)
            i++;
        if (i >= s->n || s->w[i].gap & GAP_STOP || joins(s, i))
            return i;
        i = item_read(s, i, weak);
        if (i < s->n && (joins(s, i) && !(s->w[i].gap & GAP_STOP)))
            i++;
        else if (i >= s->n || !(s->w[i].gap & (GAP_COMMA | GAP_SLASH)) || s->w[i].gap & GAP_STOP)
            return i;
    }
    return i;
}

static void lists_read(struct sentence *s)
{
    for (size_t i = 0; i + 1 < s->n; i++) {
        if (!(s->w[i].bits & SKILL_WORD_CUE))
            continue;
        size_t k = i + 1;
        bool direct = word_is(s, i, "using") || word_is(s, i, "know");
        if (!direct && !(word_is(s, k, "with") || word_is(s, k, "in") || word_is(s, k, "of") || word_is(s, k, "on") ||
                         word_is(s, k, "about") || word_is(s, k, "for")))
            continue;
        if (s->w[k].gap & (GAP_STOP | GAP_PAREN))
            continue;
        k += !direct;
        if (k < s->n && !(s->w[k].gap & (GAP_STOP | GAP_PAREN)))
            i = list_read(s, k, s->w[i].bits & SKILL_WORD_WEAK) - 1;
    }
}

/* "cloud infrastructure", "agile software development" */
static void fields_read(struct sentence *s)
{
    for (size_t i = 1; i < s->n; i++) {
        if (!(s->w[i].bits & SKILL_WORD_FIELD) || s->w[i].gap)
            continue;
        size_t from = i;
        while (from && i - from < 3 && !s->w[from].gap && !s->w[from - 1].bracket &&
               !(s->w[from - 1].bits & (SKILL_WORD_STOP | SKILL_WORD_DEGREE | SKILL_WORD_END | SKILL_WORD_MODAL)) &&
               !(s->w[from - 1].bits & SKILL_WORD_ANY_VERB && !(s->w[from - 1].bits & SKILL_WORD_FIELD)))
            from--;
        bool general = true;
        for (size_t k = from; k < i; k++)
            general = general && s->w[k].bits & SKILL_WORD_GENERIC;
        if (from < i && !general)
            span_add(s, from, i + 1, SKILL_SPAN_KNOWLEDGE);
    }
}

static void names_read(struct sentence *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (is_hard(s, i)) {
            size_t j = i + 1;
            while (j < s->n && s->w[j].mention == s->w[i].mention)
                j++;
            span_add(s, i, j, SKILL_SPAN_KNOWLEDGE);
            i = j - 1;
        } else if (is_name(s, i)) {
            span_add(s, i, i + 1, SKILL_SPAN_KNOWLEDGE);
        }
    }
}

/* -- putting them in order -- */

static bool covered(const struct sentence *s, size_t k)
{
    const struct skill_span *a = &s->out[k];
    for (size_t i = 0; i < s->out_n; i++) {
        const struct skill_span *b = &s->out[i];
        if (i == k || b->kind != a->kind || b->start > a->start || b->end < a->end)
            continue;
        if (b->end - b->start > a->end - a->start || i < k)
            return true;
    }
    return false;
}

static size_t spans_take(struct sentence *s, struct skill_span *ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < s->out_n && n < max; i++) {
        if (covered(s, i))
            continue;
        size_t at = n++;
        while (at && (ret[at - 1].start > s->out[i].start))
            at--;
        memmove(ret + at + 1, ret + at, (n - 1 - at) * sizeof(*ret));
        ret[at] = s->out[i];
    }
    return n;
}

/* -- whose sentence is it? -- */

enum subject { SUBJECT_WORK, SUBJECT_EMPLOYER, SUBJECT_NONE };

/* Titles, offers and law name no skills; a sentence about the employer names tools at most. */
static enum subject subject_of(const struct sentence *s)
{
    uint32_t bits = 0;
    size_t plain = 0, jobs = 0, offers = 0;
    for (size_t i = 0; i < s->n; i++) {
        bits |= s->w[i].bits;
        plain += (s->w[i].bits & (SKILL_WORD_STOP | SKILL_WORD_MODAL | SKILL_WORD_CUE)) != 0;
        jobs += s->w[i].bits & SKILL_WORD_JOB && s->w[i].upper;
        offers += (s->w[i].bits & SKILL_WORD_OFFER) != 0;
    }
    if (jobs && plain == 0 && s->n <= 10)
        return SUBJECT_NONE;
    if (offers >= 2 || (offers && !(bits & SKILL_WORD_YOU)))
        return SUBJECT_NONE;
    return bits & SKILL_WORD_US && !(bits & SKILL_WORD_YOU) ? SUBJECT_EMPLOYER : SUBJECT_WORK;
}

static size_t sentence_read(struct sentence *s, size_t from, size_t to, struct skill_span *ret, size_t max)
{
    words_read(s, from, to);
    s->out_n = 0;
    if (s->n == 0)
        return 0;
    enum subject subject = subject_of(s);
    if (subject == SUBJECT_NONE)
        return 0;
    mentions_read(s, from, to);
    if (subject == SUBJECT_EMPLOYER) {
        names_read(s);
    } else if (!tag_line(s)) {
        skills_read(s);
        attitudes_read(s);
        names_read(s);
        lists_read(s);
        fields_read(s);
    }
    return spans_take(s, ret, max);
}

size_t skill_spans_find(struct str text, struct skill_span *ret, size_t max)
{
    struct sentence s = {.text = text};
    size_t n = 0;
    for (size_t at = 0; at < text.n && n < max;) {
        const char *nl = memchr(text.p + at, '\n', text.n - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.n;
        n += sentence_read(&s, at, end, ret + n, max - n);
        at = end + 1;
    }
    return n;
}

const char *skill_span_kind_name(enum skill_span_kind k)
{
    return k == SKILL_SPAN_SKILL ? "skill" : "knowledge";
}
