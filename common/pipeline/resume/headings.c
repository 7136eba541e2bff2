/* Which blocks are headings of sections.
 *
 * A document says it itself (Markdown, DOCX) or shows it: the words name a section and the line is set apart (capitals,
 * a gap, bold, larger letters, a colon, a rule under it). A heading of unknown words counts when it looks exactly like
 * the headings that are known; it becomes RESUME_OTHER, so that its text is kept under its name. */
#include "pipeline/resume/resume_parts.h"

#include "base/utf8.h"

#define HEADING_BYTES 96
#define HEADING_WORDS 6

static const struct {
    enum resume_section section;
    const char *language, *words;
} HEADINGS[] = {
#define R(section, language, words) {RESUME_##section, language, words},
#include "pipeline/resume/headings.def"
#undef R
};

static uint32_t fold_char(uint32_t cp)
{
    if (cp >= 'A' && cp <= 'Z')
        return cp + 32;
    if ((cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) || (cp >= 0x391 && cp <= 0x3A9) || (cp >= 0x410 && cp <= 0x42F))
        return cp + 32;
    if (cp >= 0x100 && cp <= 0x17F && cp != 0x131 && cp != 0x138 && cp != 0x149)
        return cp < 0x139 || cp > 0x148 ? (cp | 1) : cp;
    return cp == 0x2019 || cp == 0x2018 ? '\'' : cp;
}

/* A letter, digit or other sign that belongs to words. */
static bool fold_keeps(uint32_t cp)
{
    if (cp < 0x80)
        return str_is_alnum((char)cp) || cp == '\'' || cp == '-' || cp == '/';
    return (cp >= 0xC0 && cp < 0x2000 && cp != 0xD7 && cp != 0xF7) || (cp >= 0x3040 && cp < 0xFB00);
}

/* "E X P E R I E N C E" */
static bool letter_spaced(struct str s)
{
    size_t letters = 0, pairs = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool alone = str_is_alpha(s.p[i]) && (i == 0 || s.p[i - 1] == ' ') && (i + 1 == s.n || s.p[i + 1] == ' ');
        letters += alone;
        pairs += str_is_alpha(s.p[i]) && !alone;
    }
    return letters >= 4 && pairs == 0;
}

size_t heading_fold(struct str text, char *out, size_t cap)
{
    size_t n = 0;
    bool space = false, spaced = letter_spaced(text);
    for (size_t i = 0; i < text.n && n + 8 < cap;) {
        uint32_t cp;
        size_t len = utf8_decode(str_sub(text, i, text.n), &cp);
        i += len;
        bool and = cp == '&';
        if (!and&&!fold_keeps(cp)) {
            space = space || !spaced || (cp == ' ' && i < text.n && text.p[i] == ' ');
            continue;
        }
        if (n && (space || and))
            out[n++] = ' ';
        space = and;
        if (and) {
            memcpy(out + n, "and", 3);
            n += 3;
        } else {
            n += utf8_encode(cp == 0x2019 ? '\'' : fold_char(cp), out + n);
        }
    }
    while (n && out[n - 1] == ' ')
        n--;
    return n;
}

enum resume_section heading_section(struct str text, const char **ret_language)
{
    char folded[HEADING_BYTES + 8];
    if (text.n > HEADING_BYTES)
        return RESUME_NONE;
    struct str f = {.p = folded, .n = heading_fold(text, folded, sizeof(folded))};
    if (f.n == 0)
        return RESUME_NONE;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < ARRAY_LEN(HEADINGS); i++) {
            if (!str_eqc(f, HEADINGS[i].words))
                continue;
            if (ret_language)
                *ret_language = HEADINGS[i].language;
            return HEADINGS[i].section;
        }
        /* "my skills", "2. Education" */
        size_t skip = str_starts(f, "my ") ? 3 : f.n > 2 && str_is_digit(f.p[0]) && f.p[1] == ' ' ? 2 : 0;
        if (skip == 0)
            break;
        f = str_sub(f, skip, f.n);
    }
    return RESUME_NONE;
}

static bool all_capitals(struct str s)
{
    size_t upper = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        i += utf8_decode(str_sub(s, i, s.n), &cp);
        if (cp < 0x180 && fold_char(cp) != cp)
            upper++;
        else if ((cp >= 'a' && cp <= 'z') || (cp >= 0xDF && cp < 0x180))
            return false;
    }
    return upper >= 3;
}

/* How a block looks, as one number; headings of one kind look the same. */
static unsigned look_of(const struct reading *r, const struct block *b)
{
    bool larger = r->body_size > 0 && b->size > r->body_size * 1.08f;
    unsigned size = larger ? (unsigned)(b->size * 2) : 0;
    return (unsigned)b->kind << 28 | (b->kind == DOC_HEADING ? b->level << 20 : 0) | size << 4 |
           (unsigned)(b->bold || b->bold_to == b->text.n) << 1 | all_capitals(b->text);
}

static bool stands_out(const struct reading *r, size_t i)
{
    const struct block *b = &r->blocks[i];
    if (b->kind == DOC_HEADING || b->bold || b->level || b->gap || all_capitals(b->text) || i == 0)
        return true;
    return (b->bold_to && b->bold_to == b->text.n) || (r->body_size > 0 && b->size > r->body_size * 1.08f) ||
           b->text.p[b->text.n - 1] == ':';
}

/* "Skills: Go, C" on one line. */
static bool heading_inline(const struct reading *r, size_t i, enum resume_section current)
{
    struct block *b = &r->blocks[i];
    struct str label, rest;
    if (!split_label(b->text, 4, &label, &rest) || rest.n == 0 || current == RESUME_SKILLS || b->kind == DOC_BULLET)
        return false;
    const char *language;
    enum resume_section s = heading_section(label, &language);
    if (s == RESUME_NONE || s == RESUME_CONTACT || s == RESUME_WORK || s == RESUME_PROJECTS || s == RESUME_OTHER)
        return false;
    if (!b->gap && b->kind != DOC_HEADING && !b->bold_to && current != RESUME_LANGUAGES && current != RESUME_INTERESTS)
        return false;
    /* inside an entry "Courses: ..." and "Tools: ..." are lines of it */
    static const char *const WITHIN[] = {"courses",          "coursework",      "technologies", "tools",
                                         "training",         "software",        "tech stack",   "achievements",
                                         "key achievements", "accomplishments", "goals",        "objectives",
                                         "service",          "community",       "leadership",   "activities",
                                         "awards",           "details",         "background",   "overview",
                                         "profile"};
    char folded[HEADING_BYTES];
    struct str f = {.p = folded, .n = heading_fold(label, folded, sizeof(folded))};
    bool entries = current == RESUME_WORK || current == RESUME_PROJECTS || current == RESUME_EDUCATION ||
                   current == RESUME_VOLUNTEER;
    for (size_t k = 0; entries && k < ARRAY_LEN(WITHIN); k++)
        if (str_eqc(f, WITHIN[k]))
            return false;
    b->section = s;
    b->inline_text = rest;
    return true;
}

/* A single word that names a section may be an entry of the section it stands in ("Training" among jobs). */
static bool heading_plain(const struct reading *r, size_t i, enum resume_section s, enum resume_section current)
{
    const struct block *b = &r->blocks[i];
    if (b->kind == DOC_BULLET || words_count(b->text) > HEADING_WORDS || !stands_out(r, i))
        return false;
    if (b->kind == DOC_HEADING)
        return true;
    bool strong = b->bold || b->level || all_capitals(b->text) ||
                  (r->body_size > 0 && b->size > r->body_size * 1.08f) || (b->bold_to && b->bold_to == b->text.n);
    return strong || s != current;
}

static unsigned heading_level_of_sections(const struct reading *r)
{
    unsigned count[16] = {0}, best = 0;
    for (size_t i = 0; i < r->blocks_n; i++) {
        const struct block *b = &r->blocks[i];
        if (b->kind == DOC_HEADING && b->section != RESUME_NONE && b->level < ARRAY_LEN(count))
            count[b->level]++;
    }
    for (unsigned l = 1; l < ARRAY_LEN(count); l++)
        if (count[l] > count[best])
            best = l;
    return count[best] ? best : 0;
}

/* Headings of unknown words that look like the known ones. */
static void headings_unknown(struct reading *r)
{
    unsigned level = heading_level_of_sections(r);
    unsigned looks[32];
    size_t looks_n = 0;
    bool begun = false;
    for (size_t i = 0; i < r->blocks_n; i++) {
        const struct block *b = &r->blocks[i];
        if (b->section == RESUME_NONE || b->inline_text.n || looks_n == ARRAY_LEN(looks))
            continue;
        unsigned look = look_of(r, b);
        if (look != 0)
            looks[looks_n++] = look;
    }
    for (size_t i = 0; i < r->blocks_n; i++) {
        struct block *b = &r->blocks[i];
        begun = begun || b->section != RESUME_NONE;
        if (!begun || b->section != RESUME_NONE || b->kind == DOC_BULLET || b->furniture)
            continue;
        if (b->kind == DOC_HEADING) {
            if (level && b->level <= level && b->level > 0)
                b->section = RESUME_OTHER;
            continue;
        }
        size_t same = 0;
        unsigned look = look_of(r, b);
        for (size_t k = 0; k < looks_n; k++)
            same += looks[k] == look;
        struct resume_dates dates;
        bool sized = r->body_size > 0 && b->size > r->body_size * 1.08f;
        if (look && same >= 2 && sized && b->gap && words_count(b->text) <= 4 && !memchr(b->text.p, '\t', b->text.n) &&
            !dates_find(b->text, &dates) && words_title(b->text) == 0)
            b->section = RESUME_OTHER;
    }
}

void headings_mark(struct reading *r)
{
    static const char *const LANGUAGES[] = {"en", "de", "fr", "es", "it", "pt", "nl"};
    unsigned votes[ARRAY_LEN(LANGUAGES)] = {0};
    enum resume_section current = RESUME_NONE;
    unsigned section_level = 0;
    for (size_t i = 0; i < r->blocks_n; i++) {
        struct block *b = &r->blocks[i];
        const char *language = "";
        enum resume_section s = heading_section(b->text, &language);
        bool deeper = b->kind == DOC_HEADING && section_level && b->level > section_level;
        if (s != RESUME_NONE && !deeper && heading_plain(r, i, s, current))
            b->section = s;
        else if (!deeper && !heading_inline(r, i, current))
            continue;
        if (b->section == RESUME_NONE)
            continue;
        current = b->section;
        if (b->kind == DOC_HEADING && b->section != RESUME_NONE && b->level > 1)
            section_level = section_level ? MIN(section_level, b->level) : b->level;
        for (size_t k = 0; k < ARRAY_LEN(LANGUAGES); k++)
            votes[k] += strcmp(language, LANGUAGES[k]) == 0;
    }
    headings_unknown(r);
    size_t best = 0;
    for (size_t k = 1; k < ARRAY_LEN(LANGUAGES); k++)
        if (votes[k] > votes[best])
            best = k;
    r->language = votes[best] ? LANGUAGES[best] : "";
}
