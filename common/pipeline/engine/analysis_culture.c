/* Culture signals, the mission sentence, legitimacy and injection signals, the language of the posting, and its
 * keywords. */
#include "pipeline/engine/analysis_internal.h"

#include <pthread.h>
#include "base/utf8.h"

#define QUOTE_BYTES         240
#define LANGUAGE_TOKENS_MAX 1500

/* -- culture -- */

#define CULTURE(signal, polarity, phrase) {phrase, 0},
static const struct lexicon_row culture_rows[] = {
#include "pipeline/engine/analysis_culture.def"
};
#undef CULTURE
#define CULTURE(signal_, polarity_, phrase) {.signal = signal_, .polarity = polarity_},
static const struct {
    const char *signal, *polarity;
} culture_meanings[] = {
#include "pipeline/engine/analysis_culture.def"
};
#undef CULTURE

/* Stop words that one or two of the languages own; bit n is language n. */
static const char *const language_codes[] = {"en", "de", "fr", "es", "it", "nl", "pt"};
enum { L_EN = 1, L_DE = 2, L_FR = 4, L_ES = 8, L_IT = 16, L_NL = 32, L_PT = 64 };
static const struct lexicon_row language_rows[] = {
    {"the", L_EN},
    {"and", L_EN},
    {"of", L_EN},
    {"with", L_EN},
    {"for", L_EN},
    {"to", L_EN},
    {"our", L_EN},
    {"you", L_EN},
    {"your", L_EN},
    {"we", L_EN},
    {"is", L_EN | L_NL},
    {"are", L_EN},
    {"will", L_EN},
    {"or", L_EN},
    {"in", L_EN | L_DE | L_NL | L_IT},
    {"this", L_EN},
    {"that", L_EN},
    {"as", L_EN | L_PT},
    {"by", L_EN},
    {"und", L_DE},
    {"der", L_DE},
    {"die", L_DE | L_NL},
    {"das", L_DE},
    {"mit", L_DE},
    {"wir", L_DE},
    {"sie", L_DE},
    {"für", L_DE},
    {"eine", L_DE},
    {"ein", L_DE},
    {"von", L_DE},
    {"zu", L_DE},
    {"im", L_DE},
    {"auf", L_DE},
    {"du", L_DE | L_FR},
    {"den", L_DE},
    {"oder", L_DE},
    {"unsere", L_DE},
    {"bei", L_DE},
    {"ist", L_DE},
    {"sich", L_DE},
    {"nicht", L_DE},
    {"le", L_FR | L_IT},
    {"la", L_FR | L_ES | L_IT},
    {"les", L_FR},
    {"des", L_FR | L_DE},
    {"et", L_FR},
    {"vous", L_FR},
    {"nous", L_FR},
    {"pour", L_FR},
    {"dans", L_FR},
    {"une", L_FR},
    {"un", L_FR | L_ES | L_IT},
    {"est", L_FR},
    {"avec", L_FR},
    {"notre", L_FR},
    {"votre", L_FR},
    {"aux", L_FR},
    {"sur", L_FR},
    {"au", L_FR},
    {"ou", L_FR | L_PT},
    {"en", L_FR | L_ES | L_NL},
    {"el", L_ES},
    {"los", L_ES},
    {"las", L_ES},
    {"y", L_ES | L_FR},
    {"del", L_ES | L_IT},
    {"para", L_ES | L_PT},
    {"con", L_ES | L_IT},
    {"una", L_ES | L_IT},
    {"por", L_ES | L_PT},
    {"nuestro", L_ES},
    {"que", L_ES | L_FR | L_PT},
    {"se", L_ES | L_IT | L_PT},
    {"su", L_ES | L_IT},
    {"al", L_ES | L_IT},
    {"il", L_IT | L_FR},
    {"di", L_IT},
    {"che", L_IT},
    {"per", L_IT | L_NL},
    {"della", L_IT},
    {"delle", L_IT},
    {"e", L_IT | L_PT},
    {"gli", L_IT},
    {"nel", L_IT},
    {"sono", L_IT},
    {"siamo", L_IT},
    {"dei", L_IT},
    {"alla", L_IT},
    {"het", L_NL},
    {"een", L_NL},
    {"van", L_NL},
    {"voor", L_NL},
    {"met", L_NL},
    {"wij", L_NL},
    {"je", L_NL | L_FR},
    {"jij", L_NL},
    {"ons", L_NL},
    {"de", L_NL | L_FR | L_ES | L_PT},
    {"op", L_NL},
    {"bij", L_NL},
    {"aan", L_NL},
    {"zijn", L_NL},
    {"naar", L_NL},
    {"onze", L_NL},
    {"o", L_PT},
    {"os", L_PT},
    {"da", L_PT | L_IT},
    {"do", L_PT},
    {"em", L_PT},
    {"um", L_PT},
    {"uma", L_PT},
    {"com", L_PT},
    {"não", L_PT},
    {"dos", L_PT},
    {"das empresas", L_PT},
    {"nossa", L_PT},
    {"você", L_PT},
    {"na", L_PT},
    {"no", L_PT | L_ES},
    {"são", L_PT},
    {"seu", L_PT},
};

/* Words that keep an unknown abbreviation from being a keyword. */
static const char *const not_keywords[] = {"USA",  "THE", "AND", "FOR",  "YOU",  "OUR",  "CV",  "PDF", "EEO",  "AM",
                                           "PM",   "EST", "PST", "USD",  "EUR",  "GBP",  "PTO", "OTE", "FTE",  "US",
                                           "UK",   "EU",  "ET",  "NO",   "OR",   "OK",   "LLC", "INC", "HQ",   "CEO",
                                           "CTO",  "CFO", "VP",  "GSA",  "TTS",  "DC",   "NY",  "CA",  "ID",   "IT",
                                           "TTY",  "ADA", "FAQ", "NOT",  "TBD",  "HSA",  "FSA", "DOE", "JP",   "NW",
                                           "SE",   "SW",  "NE",  "GS",   "OPM",  "DHA",  "EDT", "EXP", "ISBN", "IR",
                                           "ASAP", "ALL", "NEW", "WITH", "WHAT", "EACH", "SES", "PIF", "COE",  "USDC"};

static struct {
    struct lexicon culture, language;
} words; /* constant once built */
static pthread_once_t words_once = PTHREAD_ONCE_INIT;

static void words_build(void)
{
    lexicon_init(&words.culture, culture_rows, ARRAY_LEN(culture_rows));
    lexicon_init(&words.language, language_rows, ARRAY_LEN(language_rows));
}

static void culture_add(struct reading *r, const struct clause *c, size_t row)
{
    struct analysis *an = r->an;
    size_t same = 0;
    struct analysis_quote q = quote_make(r, c->start, c->end, QUOTE_BYTES);
    for (size_t i = 0; i < an->culture_n; i++) {
        same += str_eqc(an->culture[i].signal, culture_meanings[row].signal);
        if (an->culture[i].quote.start == q.start)
            return;
    }
    if (same >= 2 || an->culture_n >= ANALYSIS_CULTURE_MAX)
        return;
    an->culture[an->culture_n++] = (struct analysis_culture){.signal = str_of(culture_meanings[row].signal),
                                                             .polarity = str_of(culture_meanings[row].polarity),
                                                             .quote = q};
}

/* A sentence that says what the employer is for: early, about "we" or the company, not about the applicant or pay. */
static int mission_score(const struct reading *r, const struct clause *c, size_t rank)
{
    struct str s = clause_str(r, c);
    if (c->heading || c->item || s.n < 40 || s.n > 420 ||
        (c->cues & (CUE(BENEFIT) | CUE(APPLY) | CUE(LEGAL) | CUE(INJECTION) | CUE(SEEK) | CUE(NOT_NEEDED) | CUE(PAY))))
        return 0;
    if (c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED || c->kind == SECTION_BENEFITS ||
        c->kind == SECTION_APPLY || c->kind == SECTION_LEGAL || !(c->cues & CUE(MISSION)))
        return 0;
    int score = 4;
    score +=
        str_ifind(s, STR("mission")) >= 0 || str_ifind(s, STR("we believe")) >= 0 || str_ifind(s, STR("exists to")) >= 0
            ? 4
            : 0;
    score += r->an->company.n && str_ifind(s, r->an->company) == 0 ? 4 : 0;
    score += str_istarts(s, "we ") || str_istarts(s, "our ") ? 2 : 0;
    score += c->kind == SECTION_ABOUT ? 2 : 0;
    score -= c->cues & CUE(DUTY) || str_ifind_word(s, "you", 0) >= 0 ? 5 : 0;
    score -= c->kind == SECTION_DUTIES ? 2 : 0;
    return score - (int)MIN(rank / 6, (size_t)4);
}

void analysis_culture(struct reading *r)
{
    struct analysis *an = r->an;
    int best = 3;
    pthread_once(&words_once, words_build);
    an->mission = (struct str){"", 0};
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        int score = mission_score(r, c, i);
        if (score > best) {
            best = score;
            an->mission = quote_make(r, c->start, c->end, 400).text;
        }
        if (c->heading || (c->cues & (CUE(LEGAL) | CUE(INJECTION))))
            continue;
        for (size_t t = c->token; t < c->token_end; t++) {
            size_t n;
            const struct lexicon_row *row = lexicon_at(&words.culture, r->tokens, r->tokens_n, t, &n);
            if (!row)
                continue;
            culture_add(r, c, (size_t)(row - culture_rows));
            t += n - 1;
        }
    }
}

/* -- signals -- */

static void signal_add(struct reading *r, const char *code, size_t start, size_t end)
{
    struct analysis *an = r->an;
    struct analysis_quote q = quote_make(r, start, end, QUOTE_BYTES);
    if (an->signals_n >= ANALYSIS_SIGNALS_MAX)
        return;
    for (size_t i = 0; i < an->signals_n; i++)
        if (an->signals[i].quote.start == q.start && str_eqc(an->signals[i].code, code))
            return;
    an->signals[an->signals_n++] = (struct analysis_signal){.code = str_of(code), .quote = q};
}

void analysis_signals(struct reading *r)
{
    for (size_t i = 0; i < r->clauses_n; i++)
        if (r->clauses[i].cues & CUE(INJECTION))
            signal_add(r, "injection", r->clauses[i].start, r->clauses[i].end);
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        if ((c->cues & CUE(SCAM)) && !(c->cues & CUE(INJECTION)) && c->kind != SECTION_DUTIES &&
            c->kind != SECTION_REQUIREMENTS)
            signal_add(r, "scam_wording", c->start, c->end);
        if ((c->cues & CUE(AGENCY)) && r->an->confidential)
            signal_add(r, "confidential_employer", c->start, c->end);
    }
}

/* -- language -- */

struct str analysis_language(const struct reading *r)
{
    double score[ARRAY_LEN(language_codes)] = {0}, total = 0;
    size_t best = 0, second = 0, n = MIN(r->tokens_n, (size_t)LANGUAGE_TOKENS_MAX);
    pthread_once(&words_once, words_build);
    for (size_t i = 0; i < n; i++) {
        size_t w;
        const struct lexicon_row *row = lexicon_at(&words.language, r->tokens, r->tokens_n, i, &w);
        if (!row)
            continue;
        double share = 1.0 / __builtin_popcountll(row->value);
        for (size_t l = 0; l < ARRAY_LEN(language_codes); l++)
            score[l] += row->value >> l & 1 ? share : 0;
        total += 1;
    }
    for (size_t l = 1; l < ARRAY_LEN(language_codes); l++) {
        if (score[l] > score[best]) {
            second = best;
            best = l;
        } else if (second == best || score[l] > score[second]) {
            second = l;
        }
    }
    bool clear = total >= 3 && score[best] >= 0.04 * (double)n && score[best] > score[second] * 1.3;
    return clear ? str_of(language_codes[best]) : (struct str){"", 0};
}

/* -- keywords -- */

static struct analysis_keyword *keyword_of(struct analysis *an, struct str term)
{
    for (size_t i = 0; i < an->keywords_n; i++)
        if (str_ieq(an->keywords[i].term, term))
            return &an->keywords[i];
    if (an->keywords_n >= ANALYSIS_KEYWORDS_MAX)
        return NULL;
    an->keywords[an->keywords_n] = (struct analysis_keyword){.term = term};
    return &an->keywords[an->keywords_n++];
}

static void keyword_count(struct analysis *an, struct str term, bool critical)
{
    struct analysis_keyword *k = keyword_of(an, term);
    if (!k)
        return;
    k->count++;
    k->critical = k->critical || critical;
}

/* Abbreviations in capitals that the dictionary does not know (NABCEP, WCAG) are terms of the trade. */
static bool is_term(const struct reading *r, const struct clause *c, size_t t)
{
    struct str w = token_str(r->text, &r->tokens[t]);
    if (!(r->tokens[t].flags & TOKEN_CAPS) || w.n < 3 || w.n > 7 ||
        (t > c->token && r->tokens[t - 1].flags & TOKEN_CAPS) ||
        (t + 1 < c->token_end && r->tokens[t + 1].flags & TOKEN_CAPS))
        return false;
    for (size_t i = 0; i < w.n; i++)
        if (!(w.p[i] >= 'A' && w.p[i] <= 'Z'))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(not_keywords); i++)
        if (str_eqc(w, not_keywords[i]))
            return false;
    for (size_t i = c->skill; i < c->skill_end; i++)
        if (r->mentions[i].start <= r->tokens[t].start && r->tokens[t].end <= r->mentions[i].end)
            return false;
    return true;
}

static bool counts_for_keywords(const struct clause *c)
{
    return c->kind != SECTION_BENEFITS && c->kind != SECTION_LEGAL && c->kind != SECTION_APPLY &&
           !(c->cues & (CUE(INJECTION) | CUE(LEGAL)));
}

static void keyword_sort(struct analysis *an)
{
    /* stable insertion: critical first, then count */
    for (size_t i = 1; i < an->keywords_n; i++) {
        struct analysis_keyword k = an->keywords[i];
        size_t at = i;
        while (at && (k.critical > an->keywords[at - 1].critical ||
                      (k.critical == an->keywords[at - 1].critical && k.count > an->keywords[at - 1].count))) {
            an->keywords[at] = an->keywords[at - 1];
            at--;
        }
        an->keywords[at] = k;
    }
}

static bool required_slug(const struct analysis *an, const char *slug)
{
    for (size_t i = 0; i < an->requirements_n; i++)
        for (size_t k = 0; k < an->requirements[i].skills_n && an->requirements[i].priority == REQUIREMENT_REQUIRED;
             k++)
            if (str_eqc(an->requirements[i].skills[k], slug))
                return true;
    return false;
}

void analysis_keywords(struct reading *r)
{
    struct analysis *an = r->an;
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        if (!counts_for_keywords(c))
            continue;
        for (size_t m = c->skill; m < c->skill_end; m++)
            if (strcmp(r->mentions[m].skill->field, "soft") != 0)
                keyword_count(an, str_of(r->mentions[m].skill->label), required_slug(an, r->mentions[m].skill->slug));
    }
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        bool asks = c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED || c->kind == SECTION_DUTIES;
        for (size_t t = c->token; t < c->token_end && asks && !c->heading && counts_for_keywords(c); t++)
            if (is_term(r, c, t))
                keyword_count(an, token_str(r->text, &r->tokens[t]),
                              c->kind == SECTION_REQUIREMENTS && !(c->cues & CUE(PREFERRED)));
    }
    keyword_sort(an);
}
