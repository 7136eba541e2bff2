/* Dates as people write them, in English, German, French and Spanish: "Jan 2020 – Present", "2019-03 to 2021",
 * "03/2019", "Summer 2018", "15. März 2019", "since 2019", "2019-20".
 *
 * Only what is stated is kept: a season or a day gives no month of its own; "03/04/2019" gives the year, because it has
 * two readings. */
#include "pipeline/resume/resume_parts.h"

#define DATES_YEAR_MIN 1940
#define DATES_YEAR_MAX 2099

static const struct {
    const char *name;
    int month; /* 13..: a season */
} MONTHS[] = {
    {"january", 1},    {"jan", 1},        {"januar", 1},    {"jänner", 1},    {"janvier", 1},    {"janv", 1},
    {"enero", 1},      {"ene", 1},        {"february", 2},  {"feb", 2},       {"februar", 2},    {"février", 2},
    {"fevrier", 2},    {"févr", 2},       {"fév", 2},       {"febrero", 2},   {"march", 3},      {"mar", 3},
    {"märz", 3},       {"mär", 3},        {"mrz", 3},       {"mars", 3},      {"marzo", 3},      {"april", 4},
    {"apr", 4},        {"avril", 4},      {"avr", 4},       {"abril", 4},     {"abr", 4},        {"may", 5},
    {"mai", 5},        {"mayo", 5},       {"june", 6},      {"jun", 6},       {"juni", 6},       {"juin", 6},
    {"junio", 6},      {"july", 7},       {"jul", 7},       {"juli", 7},      {"juillet", 7},    {"juil", 7},
    {"julio", 7},      {"august", 8},     {"aug", 8},       {"août", 8},      {"aout", 8},       {"agosto", 8},
    {"ago", 8},        {"september", 9},  {"sept", 9},      {"sep", 9},       {"septembre", 9},  {"septiembre", 9},
    {"setiembre", 9},  {"october", 10},   {"oct", 10},      {"oktober", 10},  {"okt", 10},       {"octobre", 10},
    {"octubre", 10},   {"november", 11},  {"nov", 11},      {"novembre", 11}, {"noviembre", 11}, {"gennaio", 1},
    {"gen", 1},        {"janeiro", 1},    {"januari", 1},   {"febbraio", 2},  {"fevereiro", 2},  {"fev", 2},
    {"februari", 2},   {"março", 3},      {"maart", 3},     {"mrt", 3},       {"aprile", 4},     {"maggio", 5},
    {"mag", 5},        {"maio", 5},       {"mei", 5},       {"giugno", 6},    {"giu", 6},        {"junho", 6},
    {"luglio", 7},     {"lug", 7},        {"julho", 7},     {"augustus", 8},  {"settembre", 9},  {"setembro", 9},
    {"ottobre", 10},   {"ott", 10},       {"outubro", 10},  {"novembro", 11}, {"dicembre", 12},  {"dezembro", 12},
    {"december", 12},  {"dec", 12},       {"dezember", 12}, {"dez", 12},      {"décembre", 12},  {"decembre", 12},
    {"déc", 12},       {"diciembre", 12}, {"dic", 12},      {"spring", 13},   {"summer", 13},    {"fall", 13},
    {"autumn", 13},    {"winter", 13},    {"frühling", 13}, {"frühjahr", 13}, {"sommer", 13},    {"herbst", 13},
    {"printemps", 13}, {"été", 13},       {"automne", 13},  {"hiver", 13},    {"primavera", 13}, {"verano", 13},
    {"otoño", 13},     {"invierno", 13},  {"q1", 13},       {"q2", 13},       {"q3", 13},        {"q4", 13},
    {"ws", 13},        {"ss", 13},        {"wise", 13},     {"sose", 13},
};

struct scan {
    struct str s;
    size_t at;
};

static bool letter(char c)
{
    return str_is_alpha(c) || ((unsigned char)c >= 0x80 && (unsigned char)c != 0xE2); /* E2: dashes and quotes */
}

static char peek(const struct scan *c, size_t ahead)
{
    return c->at + ahead < c->s.n ? c->s.p[c->at + ahead] : '\0';
}

static void spaces(struct scan *c)
{
    while (peek(c, 0) == ' ')
        c->at++;
}

/* Digits at the cursor: their number, the value in *ret. */
static size_t number(const struct scan *c, size_t from, int *ret)
{
    size_t n = 0;
    int v = 0;
    while (n < 6 && str_is_digit(peek(c, from + n)))
        v = v * 10 + (peek(c, from + n++) - '0');
    *ret = v;
    return n;
}

static bool year_ok(int y)
{
    return y >= DATES_YEAR_MIN && y <= DATES_YEAR_MAX;
}

/* The words in front of the cursor are one of the list (case folded as headings are); the cursor moves behind it. */
static bool take_word(struct scan *c, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        struct str w = str_of(words[i]), rest = str_sub(c->s, c->at, c->s.n);
        if (rest.n < w.n || !str_ieq(str_sub(rest, 0, w.n), w) ||
            (rest.n > w.n && letter(rest.p[w.n]) && letter(w.p[0]) && w.p[w.n - 1] != ' '))
            continue;
        c->at += w.n;
        return true;
    }
    return false;
}

static int month_name(struct scan *c)
{
    size_t n = 0;
    while (letter(peek(c, n)) || (n == 1 && str_is_digit(peek(c, n)) && (peek(c, 0) | 32) == 'q'))
        n++;
    char folded[40];
    if (n < 2 || n > 24)
        return 0;
    struct str f = {.p = folded, .n = heading_fold(str_sub(c->s, c->at, c->at + n), folded, sizeof(folded))};
    for (size_t i = 0; i < ARRAY_LEN(MONTHS); i++) {
        if (!str_eqc(f, MONTHS[i].name))
            continue;
        c->at += n;
        if (peek(c, 0) == '.')
            c->at++;
        return MONTHS[i].month;
    }
    return 0;
}

/* "2019" or "'19" at the cursor. */
static bool year_take(struct scan *c, int *ret)
{
    static const char *const QUOTES[] = {"'", "’", "‘", NULL};
    struct scan try = *c;
    int y;
    if (take_word(&try, QUOTES)) {
        if (number(&try, 0, &y) != 2)
            return false;
        *ret = y < 60 ? 2000 + y : 1900 + y;
        try.at += 2;
        *c = try;
        return true;
    }
    if (number(&try, 0, &y) != 4 || !year_ok(y) || letter(peek(&try, 4)))
        return false;
    *ret = y;
    try.at += 4;
    *c = try;
    return true;
}

static bool day_or_none(struct scan *c)
{
    static const char *const ORDINALS[] = {"st", "nd", "rd", "th", "er", ".", NULL};
    struct scan try = *c;
    int d;
    size_t n = number(&try, 0, &d);
    if (n == 0 || n > 2 || d < 1 || d > 31)
        return false;
    try.at += n;
    take_word(&try, ORDINALS);
    *c = try;
    return true;
}

/* Month in words, then the year: "March 2019", "Mar. 15, 2019", "15. März 2019", "marzo de 2019". without_year: "Jan"
 * of "Jan – Mar 2020". */
static bool words_date(struct scan *c, struct resume_date *ret, bool without_year)
{
    static const char *const OF[] = {"de ", "of ", "del ", NULL};
    struct scan try = *c;
    if (day_or_none(&try)) {
        spaces(&try);
        take_word(&try, OF);
    }
    int m = month_name(&try);
    if (m == 0)
        return false;
    *ret = (struct resume_date){.m = m > 12 ? 0 : m, .season = m > 12};
    struct scan behind = try;
    while (strchr(" -/,.", peek(&try, 0)) && peek(&try, 0))
        try.at++;
    take_word(&try, OF);
    int y;
    if (!year_take(&try, &y)) {
        struct scan day = try;
        if (day_or_none(&day)) { /* "March 15, 2019" */
            while (strchr(" ,", peek(&day, 0)) && peek(&day, 0))
                day.at++;
            if (year_take(&day, &y)) {
                ret->y = y;
                *c = day;
                return true;
            }
        }
        if (!without_year)
            return false;
        *c = behind;
        return true;
    }
    ret->y = y;
    if (ret->season && peek(&try, 0) == '/' && str_is_digit(peek(&try, 1)) && str_is_digit(peek(&try, 2)) &&
        !str_is_digit(peek(&try, 3)))
        try.at += 3; /* "WS 2018/19" */
    *c = try;
    return true;
}

/* "2019-03", "2019/03/15", "2019.03" */
static bool year_first(struct scan *c, struct resume_date *ret)
{
    int y, m, d;
    if (number(c, 0, &y) != 4 || !year_ok(y))
        return false;
    char sep = peek(c, 4);
    size_t n = sep && strchr("-/.", sep) ? number(c, 5, &m) : 0;
    if (n != 2 || m < 1 || m > 12)
        return false;
    c->at += 7;
    if (peek(c, 0) == sep && number(c, 1, &d) == 2)
        c->at += 3;
    *ret = (struct resume_date){.y = y, .m = m};
    return true;
}

/* "03/2019", "15.03.2019", "3-2019" */
static bool year_last(struct scan *c, struct resume_date *ret)
{
    struct scan try = *c;
    int part[3], i = 0;
    char sep = '\0';
    for (; i < 3; i++) {
        size_t n = number(&try, 0, &part[i]);
        try.at += n;
        if (n == 4 && i > 0)
            break;
        if (n == 0 || n > 2 || (sep && peek(&try, 0) != sep) || !peek(&try, 0) || !strchr("/.-", peek(&try, 0)))
            return false;
        sep = peek(&try, 0);
        try.at++;
        if (sep == '.' && peek(&try, 0) == ' ')
            try.at++;
    }
    if (i == 3 || !year_ok(part[i]) || letter(peek(&try, 0)) || str_is_digit(peek(&try, 0)))
        return false;
    int m = i == 1 ? part[0] : part[1];
    bool ambiguous = false;
    if (i == 2 && sep != '.') { /* day and month in one order or the other */
        ambiguous = part[0] <= 12 && part[1] <= 12 && part[0] != part[1];
        m = part[0] > 12 ? part[1] : part[0];
    }
    if (m < 1 || m > 12)
        return false;
    *ret = (struct resume_date){.y = part[i], .m = ambiguous ? 0 : m, .ambiguous = ambiguous};
    *c = try;
    return true;
}

static bool date_take(struct scan *c, struct resume_date *ret, bool without_year)
{
    char before = c->at ? c->s.p[c->at - 1] : ' ';
    if (str_is_alnum(before) || (unsigned char)before >= 0x80)
        if (!(c->at >= 3 && (unsigned char)before >= 0x80 && (unsigned char)c->s.p[c->at - 3] == 0xE2))
            return false;
    if (before == '$' || before == '#' || before == '+' ||
        ((before == '.' || before == ',') && c->at > 1 && str_is_digit(c->s.p[c->at - 2])))
        return false;
    struct scan try = *c;
    if (year_first(&try, ret) || year_last(&try, ret) || words_date(&try, ret, without_year)) {
        *c = try;
        return true;
    }
    int y;
    if (!year_take(&try, &y) || str_is_digit(peek(&try, 0)) || peek(&try, 0) == '%' || peek(&try, 0) == '+' ||
        ((peek(&try, 0) == ',' || peek(&try, 0) == '.') && str_is_digit(peek(&try, 1))))
        return false;
    *ret = (struct resume_date){.y = y};
    *c = try;
    return true;
}

static bool between_take(struct scan *c)
{
    static const char *const BETWEEN[] = {"–",   "—",        "−",        "‐",        "‑",     "―",    "-",
                                          "to ", "until ",   "till ",    "through ", "thru ", "bis ", "à ",
                                          "au ", "jusqu'à ", "jusqu’à ", "hasta ",   "até ",  "tot ", "fino a ",
                                          "a ",  "al ",      "~",        "/",        "→",     "->",   NULL};
    spaces(c);
    if (!take_word(c, BETWEEN))
        return false;
    if (peek(c, 0) == '-' || peek(c, 0) == '>')
        c->at++;
    spaces(c);
    return true;
}

static bool present_take(struct scan *c)
{
    static const char *const PRESENT[] = {"present",       "current",     "currently", "now",         "today",
                                          "to date",       "date",        "ongoing",   "heute",       "aktuell",
                                          "jetzt",         "laufend",     "dato",      "présent",     "present",
                                          "aujourd'hui",   "aujourd’hui", "ce jour",   "actuel",      "actuellement",
                                          "la actualidad", "actualidad",  "presente",  "el presente", "actual",
                                          "actualmente",   "hoy",         "oggi",      "attuale",     "in corso",
                                          "o momento",     "atual",       "hoje",      "heden",       "nu",
                                          "the present",   "Présent",     "PRÉSENT",   NULL};
    return take_word(c, PRESENT);
}

/* "2019-21", "2019/20" */
static bool short_year(struct scan *c, const struct resume_date *start, struct resume_date *ret)
{
    int y;
    if (start->y == 0 || number(c, 0, &y) != 2 || letter(peek(c, 2)))
        return false;
    y += start->y / 100 * 100;
    if (y < start->y || y > start->y + 40)
        return false;
    c->at += 2;
    *ret = (struct resume_date){.y = y};
    return true;
}

static bool range_at(struct scan *c, struct resume_dates *ret)
{
    static const char *const SINCE[] = {"since ", "seit ", "depuis ", "desde ", "from ", "ab ", "as of ", NULL};
    static const char *const UNTIL[] = {"until ", "bis ", "jusqu'en ", "jusqu’en ", "hasta ", NULL};
    size_t from = c->at;
    bool border = from == 0 || !letter(c->s.p[from - 1]);
    bool since = border && take_word(c, SINCE);
    bool until = border && !since && take_word(c, UNTIL);
    struct resume_dates d = {0};
    if (!date_take(c, &d.start, true))
        return false;
    struct scan try = *c;
    if (between_take(&try)) {
        bool open = try.at >= try.s.n || strchr("\t|)", try.s.p[try.at]);
        if (present_take(&try)) {
            d.present = d.range = true;
        } else if (date_take(&try, &d.end, false) || short_year(&try, &d.start, &d.end)) {
            d.range = true;
        } else if (open && d.start.y && try.at > c->at + 1) {
            d.present = d.range = true;
            while (try.at > c->at && try.s.p[try.at - 1] == ' ')
                try.at--;
        }
        if (d.range)
            *c = try;
    }
    if (d.start.y == 0 && d.range) /* "Jan – Mar 2020" */
        d.start.y = d.end.y;
    if (d.start.y == 0)
        return false;
    if (d.range && !d.present && d.end.y &&
        (d.end.y < d.start.y || (d.end.y == d.start.y && d.end.m && d.start.m && d.end.m < d.start.m)))
        d.range = false; /* not in order: two dates of something else; the first one is kept */
    if (since && !d.range)
        d.present = d.range = true;
    if (until && !d.range) {
        d.end = d.start;
        d.start = (struct resume_date){0};
        d.range = true;
    }
    d.text = str_sub(c->s, from, c->at);
    *ret = d;
    return true;
}

bool dates_find(struct str text, struct resume_dates *ret)
{
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        char before = i ? text.p[i - 1] : ' ';
        if (!str_is_digit(ch) && ch != '\'' && !letter(ch))
            continue;
        if (letter(before) && letter(ch) && !(i >= 3 && (unsigned char)text.p[i - 3] == 0xE2))
            continue; /* inside a word */
        struct scan c = {.s = text, .at = i};
        if (range_at(&c, ret))
            return true;
        if (str_is_digit(ch))
            while (i + 1 < text.n && str_is_digit(text.p[i + 1]))
                i++;
    }
    return false;
}

bool dates_are_all(struct str text)
{
    struct resume_dates d;
    if (!dates_find(text, &d))
        return false;
    struct str before = str_sub(text, 0, (size_t)(d.text.p - text.p));
    struct str after = str_sub(text, before.n + d.text.n, text.n);
    return trim_separators(before).n == 0 && trim_separators(after).n == 0;
}

const char *dates_text(struct arena *a, struct resume_date d)
{
    return d.m ? arena_printf(a, "%04d-%02d", d.y, d.m) : arena_printf(a, "%04d", d.y);
}
