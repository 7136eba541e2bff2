/* Addresses in running text: e-mail, URL, telephone. */
#include "pipeline/resume/resume_parts.h"

static const struct str NOTHING = {.p = "", .n = 0};

static bool email_char(char c)
{
    return str_is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || (unsigned char)c >= 0x80;
}

struct str token_email(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != '@')
            continue;
        size_t from = i, to = i + 1, dot = 0;
        while (from > 0 && email_char(s.p[from - 1]))
            from--;
        while (to < s.n && (str_is_alnum(s.p[to]) || s.p[to] == '-' || (unsigned char)s.p[to] >= 0x80 ||
                            (s.p[to] == '.' && to + 1 < s.n && str_is_alnum(s.p[to + 1])))) {
            if (s.p[to] == '.')
                dot = to;
            to++;
        }
        if (from < i && dot > i + 1 && to - dot > 2 && s.p[from] != '.')
            return str_sub(s, from, to);
    }
    return NOTHING;
}

static bool known_end(struct str host)
{
    static const char *const ENDS[] = {".com", ".org", ".net",  ".io",  ".dev", ".me",      ".de",
                                       ".fr",  ".es",  ".co",   ".edu", ".app", ".uk",      ".ca",
                                       ".ch",  ".at",  ".info", ".xyz", ".ai",  ".tech",    ".blog",
                                       ".us",  ".nl",  ".it",   ".eu",  ".in",  ".example", ".gov"};
    for (size_t i = 0; i < ARRAY_LEN(ENDS); i++)
        if (str_iends(host, ENDS[i]))
            return true;
    return false;
}

/* The host at the start of s: letters with dots; 0 when it is none. */
static size_t host_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && (str_is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '.' || (unsigned char)s.p[n] >= 0x80))
        n++;
    while (n && (s.p[n - 1] == '.' || s.p[n - 1] == '-'))
        n--;
    return memchr(s.p, '.', n) ? n : 0;
}

static struct str url_at(struct str s, size_t i)
{
    struct str rest = str_sub(s, i, s.n);
    bool scheme = str_istarts(rest, "http://") || str_istarts(rest, "https://");
    bool www = str_istarts(rest, "www.");
    size_t n = 0;
    if (!scheme) {
        n = host_length(rest);
        struct str host = str_sub(rest, 0, n);
        if (n == 0 ||
            (!www && !(known_end(host) &&
                       (n < rest.n ? rest.p[n] == '/' || str_is_space(rest.p[n]) || strchr(",;|)", rest.p[n]) : true))))
            return NOTHING;
        if (n < rest.n && rest.p[n] == '@')
            return NOTHING;
    }
    while (n < rest.n && !str_is_space(rest.p[n]) && rest.p[n] != '<' && rest.p[n] != '>' && rest.p[n] != '"' &&
           rest.p[n] != '|')
        n++;
    while (n && strchr(".,;:!?'", rest.p[n - 1]))
        n--;
    if (n && rest.p[n - 1] == ')' && !memchr(rest.p, '(', n))
        n--;
    return str_sub(rest, 0, n);
}

struct str token_url(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char before = i ? s.p[i - 1] : ' ';
        if (!str_is_alpha(s.p[i]) || str_is_alnum(before) || before == '@' || before == '.' || before == '-' ||
            before == '_' || before == '/' || (unsigned char)before >= 0x80)
            continue;
        struct str url = url_at(s, i);
        if (url.n > 4)
            return url;
    }
    return NOTHING;
}

struct str token_phone(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!(str_is_digit(s.p[i]) || s.p[i] == '+' || s.p[i] == '(') ||
            (i && (str_is_alnum(s.p[i - 1]) || strchr("/.#=", s.p[i - 1]))))
            continue;
        size_t n = i, digits = 0, last = i;
        while (n < s.n && (str_is_digit(s.p[n]) || strchr("+()-./ ", s.p[n]))) {
            if (str_is_digit(s.p[n])) {
                digits++;
                last = n + 1;
            }
            if (s.p[n] == ' ' && n + 1 < s.n && s.p[n + 1] == ' ')
                break;
            n++;
        }
        struct str found = str_sub(s, i, last);
        struct resume_dates d;
        bool date = dates_find(found, &d) && found.p[0] != '+' && found.p[0] != '(' && digits <= 8;
        bool follows = last < s.n && str_is_alpha(s.p[last]) && s.p[last] != 'x';
        if (digits >= 7 && digits <= 15 && !date && !follows) {
            /* an extension: "x123" */
            size_t k = last;
            while (k < s.n && s.p[k] == ' ')
                k++;
            struct str rest = str_sub(s, k, s.n);
            size_t word = str_istarts(rest, "ext.") ? 4 : str_istarts(rest, "ext") ? 3 : str_istarts(rest, "x") ? 1 : 0;
            size_t e = word;
            while (word && e < rest.n && (rest.p[e] == ' ' || str_is_digit(rest.p[e])))
                e++;
            return word && e > word && str_is_digit(rest.p[e - 1]) ? str_sub(s, i, k + e) : found;
        }
        i = MAX(i, last ? last - 1 : i);
    }
    return NOTHING;
}

static const struct {
    const char *host, *network, *before; /* before the name in the path */
} NETWORKS[] = {
    {"linkedin.com", "LinkedIn", "in/"},
    {"github.com", "GitHub", ""},
    {"gitlab.com", "GitLab", ""},
    {"twitter.com", "Twitter", ""},
    {"x.com", "X", ""},
    {"xing.com", "Xing", "profile/"},
    {"stackoverflow.com", "Stack Overflow", NULL},
    {"medium.com", "Medium", "@"},
    {"dribbble.com", "Dribbble", ""},
    {"behance.net", "Behance", ""},
    {"kaggle.com", "Kaggle", ""},
    {"orcid.org", "ORCID", ""},
    {"facebook.com", "Facebook", ""},
    {"instagram.com", "Instagram", ""},
    {"youtube.com", "YouTube", NULL},
    {"bitbucket.org", "Bitbucket", ""},
    {"codepen.io", "CodePen", ""},
    {"dev.to", "DEV", ""},
    {"soundcloud.com", "SoundCloud", ""},
    {"scholar.google.com", "Google Scholar", NULL},
    {"researchgate.net", "ResearchGate", "profile/"},
};

const char *token_network(struct str url, struct str *ret_user)
{
    struct str rest = url;
    if (ret_user)
        *ret_user = NOTHING;
    ptrdiff_t scheme = str_find(rest, STR("://"));
    if (scheme > 0)
        rest = str_sub(rest, (size_t)scheme + 3, rest.n);
    size_t n = host_length(rest);
    struct str host = str_sub(rest, 0, n), path = str_sub(rest, MIN(n + 1, rest.n), rest.n);
    for (size_t i = 0; i < ARRAY_LEN(NETWORKS); i++) {
        struct str known = str_of(NETWORKS[i].host);
        bool is = str_ieq(host, known) ||
                  (host.n > known.n && str_iends(host, NETWORKS[i].host) && host.p[host.n - known.n - 1] == '.');
        if (!is)
            continue;
        const char *before = NETWORKS[i].before;
        if (ret_user && before && str_starts(path, before)) {
            struct str user = str_sub(path, strlen(before), path.n);
            size_t k = 0;
            while (k < user.n && user.p[k] != '/' && user.p[k] != '?')
                k++;
            *ret_user = str_sub(user, 0, k);
        }
        return NETWORKS[i].network;
    }
    return NULL;
}
