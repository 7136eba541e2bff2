/* Pay as it is quoted, and in numbers where the words leave no doubt.
 *
 * A money span is [currency] number [k] [- number [k]] [currency] [per period]. Every span of the text is a candidate;
 * words about pay nearby raise it, words about bonuses, budgets and revenue lower it, plausible size for its period is
 * required. */
#include "pipeline/engine/analysis_internal.h"

#include <stdlib.h>
#include "base/utf8.h"

#define PAY_WINDOW_BYTES 60
#define PAY_YEAR_MIN     12000.0

struct money {
    size_t start, end;
    double min, max;
    const char *currency, *period;
    bool thousands; /* "80-100k" */
    bool symbol;
};

static const struct {
    const char *word, *code;
} currencies[] = {{"$", "USD"},       {"US$", "USD"},          {"USD", "USD"},  {"\xE2\x82\xAC", "EUR"},
                  {"EUR", "EUR"},     {"\xC2\xA3", "GBP"},     {"GBP", "GBP"},  {"CHF", "CHF"},
                  {"CAD", "CAD"},     {"C$", "CAD"},           {"AUD", "AUD"},  {"A$", "AUD"},
                  {"SEK", "SEK"},     {"NOK", "NOK"},          {"DKK", "DKK"},  {"PLN", "PLN"},
                  {"INR", "INR"},     {"\xE2\x82\xB9", "INR"}, {"JPY", "JPY"},  {"\xC2\xA5", "JPY"},
                  {"SGD", "SGD"},     {"NZD", "NZD"},          {"BRL", "BRL"},  {"R$", "BRL"},
                  {"dollars", "USD"}, {"euros", "EUR"},        {"euro", "EUR"}, {"Euro", "EUR"},
                  {"pounds", "GBP"}};

/* Currency that starts at i; its bytes, 0 when none. The longest wins. */
static size_t currency_at(struct str s, size_t i, const char **ret)
{
    size_t best = 0;
    for (size_t k = 0; i < s.n && k < ARRAY_LEN(currencies); k++) {
        if (currencies[k].word[0] != s.p[i])
            continue;
        size_t n = strlen(currencies[k].word);
        if (n <= best || i + n > s.n || memcmp(s.p + i, currencies[k].word, n) != 0)
            continue;
        bool word = str_is_alpha(currencies[k].word[n - 1]);
        if (word && ((i && str_is_alnum(s.p[i - 1])) || (i + n < s.n && str_is_alpha(s.p[i + n]))))
            continue;
        best = n;
        *ret = currencies[k].code;
    }
    return best;
}

static size_t spaces(struct str s, size_t i)
{
    while (i < s.n && s.p[i] == ' ')
        i++;
    return i;
}

/* "148,500", "4.900", "38.75", "4 000", "95k": the value; *ret_end after it. -1 when there is no number at i. */
static double amount_at(struct str s, size_t i, size_t *ret_end, bool *ret_k)
{
    double v = 0;
    size_t digits = 0, at = i;
    *ret_k = false;
    while (at < s.n && str_is_digit(s.p[at]) && digits < 9) {
        v = v * 10 + (s.p[at++] - '0');
        digits++;
    }
    if (digits == 0)
        return -1;
    while (at + 3 < s.n + 0 && strchr(",. '", s.p[at]) && str_is_digit(s.p[at + 1]) && str_is_digit(s.p[at + 2]) &&
           str_is_digit(s.p[at + 3]) && !(at + 4 < s.n && str_is_digit(s.p[at + 4])) && digits <= 3 && v < 1e7) {
        v = v * 1000 + (s.p[at + 1] - '0') * 100 + (s.p[at + 2] - '0') * 10 + (s.p[at + 3] - '0');
        at += 4;
    }
    if (at + 2 < s.n && (s.p[at] == '.' || s.p[at] == ',') && str_is_digit(s.p[at + 1]) && str_is_digit(s.p[at + 2]) &&
        !(at + 3 < s.n && str_is_digit(s.p[at + 3]))) {
        v += (s.p[at + 1] - '0') * 0.1 + (s.p[at + 2] - '0') * 0.01;
        at += 3;
    } else if (at + 1 < s.n && s.p[at] == '.' && str_is_digit(s.p[at + 1]) &&
               !(at + 2 < s.n && str_is_digit(s.p[at + 2]))) {
        v += (s.p[at + 1] - '0') * 0.1;
        at += 2;
    }
    if (at < s.n && (s.p[at] == 'k' || s.p[at] == 'K') && !(at + 1 < s.n && str_is_alnum(s.p[at + 1]))) {
        v *= 1000;
        *ret_k = true;
        at++;
    } else if (at < s.n && (str_is_alpha(s.p[at]) || s.p[at] == '%')) {
        if (s.p[at] == '%' || s.p[at] == 'M' || s.p[at] == 'm' || s.p[at] == 'B')
            return -1;
    }
    *ret_end = at;
    return v;
}

static size_t range_sign(struct str s, size_t i)
{
    static const char *const signs[] = {"-",   "\xE2\x80\x93", "\xE2\x80\x94", "to", "and",
                                        "bis", "und",          "\xC3\xA0",     "a",  "y",
                                        "et",  "tot",          "up to"};
    size_t at = spaces(s, i);
    for (size_t k = 0; k < ARRAY_LEN(signs); k++) {
        size_t n = strlen(signs[k]);
        if (at + n < s.n && memcmp(s.p + at, signs[k], n) == 0 && (!str_is_alpha(signs[k][0]) || s.p[at + n] == ' '))
            return spaces(s, at + n);
    }
    return 0;
}

/* The period named directly behind a span; *ret_end moves past it. */
static const char *period_at(struct str s, size_t i, size_t *ret_end)
{
    static const struct {
        const char *word, *period;
    } words[] = {{"per hour", "hour"},
                 {"an hour", "hour"},
                 {"hourly", "hour"},
                 {"/hour", "hour"},
                 {"/hr", "hour"},
                 {"/ hour", "hour"},
                 {"/HR", "hour"},
                 {"p/h", "hour"},
                 {"/h", "hour"},
                 {"hour", "hour"},
                 {"per day", "day"},
                 {"a day", "day"},
                 {"/day", "day"},
                 {"daily", "day"},
                 {"per week", "week"},
                 {"a week", "week"},
                 {"/week", "week"},
                 {"weekly", "week"},
                 {"gross per month", "month"},
                 {"per month", "month"},
                 {"a month", "month"},
                 {"/month", "month"},
                 {"/mo", "month"},
                 {"monthly", "month"},
                 {"im Monat", "month"},
                 {"pro Monat", "month"},
                 {"par mois", "month"},
                 {"al mes", "month"},
                 {"per maand", "month"},
                 {"brut mensuel", "month"},
                 {"per year", "year"},
                 {"a year", "year"},
                 {"per annum", "year"},
                 {"annually", "year"},
                 {"yearly", "year"},
                 {"/year", "year"},
                 {"/yr", "year"},
                 {"p.a.", "year"},
                 {"pa ", "year"},
                 {"im Jahr", "year"},
                 {"pro Jahr", "year"},
                 {"brutto im Jahr", "year"},
                 {"par an", "year"},
                 {"bruts annuels", "year"},
                 {"al a\xC3\xB1o", "year"},
                 {"per jaar", "year"},
                 {"annual", "year"},
                 {"brut annuel", "year"},
                 {"brutos anuales", "year"},
                 {"lordi annui", "year"},
                 {"all'anno", "year"},
                 {"annui", "year"},
                 {"jaarlijks", "year"},
                 {"brut par an", "year"},
                 {"bruts par an", "year"}};
    size_t at = i;
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == ',') && at < i + 2)
        at++;
    static const char *const skip[] = {"gross ", "base ", "brutto ", "depending on experience ",
                                       "USD ",   "brut ", "bruts "};
    for (size_t k = 0; k < ARRAY_LEN(skip); k++)
        if (str_istarts(str_sub(s, at, s.n), skip[k]) && period_at(s, at + strlen(skip[k]) - 1, ret_end)[0])
            return period_at(s, at + strlen(skip[k]) - 1, ret_end);
    for (size_t k = 0; k < ARRAY_LEN(words); k++) {
        struct str rest = str_sub(s, at, s.n);
        size_t n = strlen(words[k].word);
        if (str_istarts(rest, words[k].word) &&
            (rest.n == n || !str_is_alnum(rest.p[n]) || words[k].word[n - 1] == ' ')) {
            *ret_end = at + n;
            return words[k].period;
        }
    }
    return "";
}

/* Reads the span at i, a currency or a digit. */
static bool money_at(struct str s, size_t i, struct money *ret)
{
    *ret = (struct money){.start = i, .max = -1, .period = "", .currency = ""};
    bool k1, k2 = false;
    size_t at = i, n = currency_at(s, i, &ret->currency), end;
    at = spaces(s, i + n);
    double low = amount_at(s, at, &end, &k1);
    if (low < 0)
        return false;
    size_t lead_n = n, trail;
    const char *other = "";
    if (!lead_n && (trail = currency_at(s, spaces(s, end), &other)) > 0) {
        ret->currency = other;
        end = spaces(s, end) + trail;
        n = trail;
    }
    size_t next = range_sign(s, end), high_end = end;
    if (next) {
        size_t c = currency_at(s, next, &other);
        double high = amount_at(s, spaces(s, next + c), &high_end, &k2);
        if (high >= low || (k2 && high > 0)) {
            ret->max = high;
            end = high_end;
            n = n ? n : c;
            if (c && !ret->currency[0])
                ret->currency = other;
            trail = currency_at(s, spaces(s, end), &other);
            if (trail && (!n || str_eqc(str_of(other), ret->currency))) {
                ret->currency = ret->currency[0] ? ret->currency : other;
                end = spaces(s, end) + trail;
                n = trail;
            }
        }
    }
    if (ret->max > 0 && k2 && !k1 && low < 1000)
        low *= 1000;
    if (n == 0)
        return false;
    if (ret->max > 0 && ret->max < low)
        ret->max = -1;
    ret->min = low;
    ret->thousands = k1 || k2;
    ret->end = end;
    ret->period = period_at(s, end, &ret->end);
    return true;
}

static bool plausible(const struct money *m)
{
    double v = m->min;
    if (str_eqc(str_of(m->period), "hour"))
        return v >= 5 && v <= 500;
    if (str_eqc(str_of(m->period), "day"))
        return v >= 60 && v <= 5000;
    if (str_eqc(str_of(m->period), "week"))
        return v >= 150 && v <= 20000;
    if (str_eqc(str_of(m->period), "month"))
        return v >= 400 && v <= 60000;
    return v >= PAY_YEAR_MIN && v <= 2000000;
}

static int money_score(const struct reading *r, const struct money *m)
{
    size_t line = m->start, line_end = m->end;
    while (line && r->text.p[line - 1] != '\n' && m->start - line < PAY_WINDOW_BYTES)
        line--;
    while (line_end < r->text.n && r->text.p[line_end] != '\n' && line_end - m->end < PAY_WINDOW_BYTES / 2)
        line_end++;
    struct clause whole = {0}, before = clause_part(r, &whole, line, m->start),
                  after = clause_part(r, &whole, m->end, line_end);
    int score = m->max > 0 ? 3 : 0;
    score += m->period[0] ? 2 : 0;
    score += before.cues & CUE(PAY) ? 3 : 0;
    score += after.cues & CUE(PAY) ? 1 : 0;
    /* "$58,000 salary" */
    score +=
        after.hit < after.hit_end && r->hits[after.hit].token == after.token && (r->hits[after.hit].cues & CUE(PAY))
            ? 4
            : 0;
    /* the word right before the amount decides: "bonus of $5,000" but "salary of $90,000 plus bonus" */
    score -= before.cues & CUE(NOT_PAY) ? 3 : 0;
    score -= (after.cues & CUE(NOT_PAY)) && !(m->max > 0) ? 2 : 0;
    score += m->min >= PAY_YEAR_MIN || m->period[0] ? 1 : -3;
    return score;
}

/* "up to 115,000", "the maximum salary is 183,500": the lower end is not stated. */
static bool is_ceiling(const struct reading *r, const struct money *m)
{
    static const char *const words[] = {"up to", "maximum", "max.", "capped at", "bis zu", "jusqu'Ã ", "hasta"};
    struct str before = str_sub(r->text, m->start > 64 ? m->start - 64 : 0, m->start);
    const char *nl = before.n ? memrchr(before.p, '\n', before.n) : NULL;
    if (nl)
        before = str_sub(before, (size_t)(nl - before.p) + 1, before.n);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_ifind(before, str_of(words[i])) >= 0)
            return true;
    return false;
}

static void pay_put(struct reading *r, const struct money *m)
{
    struct analysis *an = r->an;
    an->pay.text = str_trim(str_sub(r->text, m->start, m->end));
    an->pay.max = m->max > 0 ? m->max : m->min;
    an->pay.min = m->max <= 0 && is_ceiling(r, m) ? -1 : m->min;
    an->pay.currency = str_of(m->currency);
    an->pay.period = str_of(m->period[0] ? m->period : m->min >= PAY_YEAR_MIN ? "year" : "");
    if (an->pay.period.n == 0)
        an->pay.min = an->pay.max = -1;
}

static void pay_from_facts(struct reading *r)
{
    const struct posting_facts *f = &r->posting->facts;
    struct analysis *an = r->an;
    if (f->salary_text.n == 0 && f->salary_min <= 0)
        return;
    an->pay.text = f->salary_text;
    an->pay.min = f->salary_min;
    an->pay.max = f->salary_max > 0 ? f->salary_max : f->salary_min;
    an->pay.currency = f->currency;
    an->pay.period = f->salary_period.n              ? f->salary_period
                     : f->salary_min >= PAY_YEAR_MIN ? STR("year")
                                                     : (struct str){"", 0};
    struct money m;
    if (f->salary_min > 0)
        return;
    for (size_t i = 0; i < f->salary_text.n; i++)
        if (money_at(f->salary_text, i, &m)) {
            an->pay.min = m.min;
            an->pay.max = m.max > 0 ? m.max : m.min;
            an->pay.currency = an->pay.currency.n ? an->pay.currency : str_of(m.currency);
            an->pay.period = m.period[0] ? str_of(m.period) : m.min >= PAY_YEAR_MIN ? STR("year") : (struct str){"", 0};
            return;
        }
}

void analysis_pay(struct reading *r)
{
    struct analysis *an = r->an;
    struct str none = {"", 0};
    an->pay.text = an->pay.currency = an->pay.period = none;
    an->pay.min = an->pay.max = -1;
    pay_from_facts(r);
    if (an->pay.text.n)
        return;
    struct money best, m;
    int best_score = 0;
    for (size_t i = 0; i < r->text.n; i++) {
        unsigned char c = (unsigned char)r->text.p[i];
        bool start = str_is_digit((char)c)
                         ? !(i && (str_is_alnum(r->text.p[i - 1]) || strchr(".,/-", r->text.p[i - 1])))
                         : c == '$' || c >= 0xC2 || (c >= 'A' && c <= 'Z' && !(i && str_is_alnum(r->text.p[i - 1])));
        if (!start || !money_at(r->text, i, &m))
            continue;
        int score = plausible(&m) ? money_score(r, &m) : -1;
        if (score > best_score) {
            best = m;
            best_score = score;
        }
        i = m.end - 1;
    }
    if (best_score > 0)
        pay_put(r, &best);
}
