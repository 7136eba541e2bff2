/* A recursive-descent reader that writes what it reads. At every place where JSON allows one thing it accepts the
 * things that models write instead, and notes each. It never closes what is open at the end of the text: that is a cut.
 */
#include "io/llm/json_mend.h"

#include <stdio.h>
#include <string.h>
#include "io/llm/json_reply.h"

#define MEND_DEPTH_MAX 60

struct mend {
    struct str in;
    size_t at;
    struct buf *out;
    unsigned repairs;
    unsigned depth;
};

static enum json_mend_end mend_value(struct mend *m);

static bool more(const struct mend *m)
{
    return m->at < m->in.n;
}

static char peek(const struct mend *m, size_t ahead)
{
    return m->at + ahead < m->in.n ? m->in.p[m->at + ahead] : '\0';
}

static bool starts(const struct mend *m, const char *word)
{
    return str_starts(str_sub(m->in, m->at, m->in.n), word);
}

/* White space and comments. false: a comment that does not end. */
static bool mend_space(struct mend *m)
{
    while (more(m)) {
        char c = peek(m, 0);
        if (str_is_space(c)) {
            m->at++;
        } else if (starts(m, "\xc2\xa0")) { /* no-break space */
            m->at += 2;
        } else if (c == '/' && peek(m, 1) == '/') {
            m->repairs |= JSON_REPAIR_COMMENTS;
            while (more(m) && peek(m, 0) != '\n')
                m->at++;
        } else if (c == '/' && peek(m, 1) == '*') {
            ptrdiff_t end = str_find(str_sub(m->in, m->at + 2, m->in.n), STR("*/"));
            m->repairs |= JSON_REPAIR_COMMENTS;
            if (end < 0)
                return false;
            m->at += (size_t)end + 4;
        } else {
            break;
        }
    }
    return true;
}

/* Quotes: what opens a text, and what may close it. */
struct quote {
    const char *open, *close;
};
static const struct quote quotes[] = {{"\"", "\""},
                                      {"'", "'"},
                                      {"\xe2\x80\x9c", "\xe2\x80\x9d"},  /* “ ” */
                                      {"\xe2\x80\x9e", "\xe2\x80\x9c"},  /* „ “ */
                                      {"\xe2\x80\x9d", "\xe2\x80\x9d"},  /* ” ” */
                                      {"\xe2\x80\x98", "\xe2\x80\x99"}}; /* ‘ ’ */

static const struct quote *mend_quote(const struct mend *m)
{
    for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
        if (starts(m, quotes[i].open))
            return &quotes[i];
    return NULL;
}

/* A quote ends its text when what follows could follow a text: the rest of the structure, or the end. */
static bool mend_closes(const struct mend *m, size_t len)
{
    size_t i = m->at + len;
    while (i < m->in.n && str_is_space(m->in.p[i]))
        i++;
    return i >= m->in.n || strchr(",:}]/", m->in.p[i]) != NULL ||
           (i > m->at + len && memchr(m->in.p + m->at + len, '\n', i - m->at - len)); /* a missing comma */
}

static int hex4(const struct mend *m, size_t ahead)
{
    int v = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = str_lower_char(peek(m, ahead + i));
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return -1;
        v = v * 16 + (str_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return v;
}

static void mend_unicode(struct mend *m)
{
    int v = hex4(m, 2);
    if (v < 0) { /* \u without digits: the letters stay */
        m->repairs |= JSON_REPAIR_ESCAPES;
        buf_adds(m->out, "\\\\u");
        m->at += 2;
        return;
    }
    bool high = v >= 0xd800 && v < 0xdc00, low = v >= 0xdc00 && v < 0xe000;
    int second = high && peek(m, 6) == '\\' && peek(m, 7) == 'u' ? hex4(m, 8) : -1;
    if (high && second >= 0xdc00 && second < 0xe000) {
        buf_add(m->out, m->in.p + m->at, 12);
        m->at += 12;
    } else if (high || low || v == 0) {
        m->repairs |= JSON_REPAIR_ESCAPES;
        buf_adds(m->out, "\\ufffd");
        m->at += 6;
    } else {
        buf_add(m->out, m->in.p + m->at, 6);
        m->at += 6;
    }
}

static void mend_escape(struct mend *m)
{
    char c = peek(m, 1);
    if (c == 'u') {
        mend_unicode(m);
        return;
    }
    if (c != '\0' && strchr("\"\\/bfnrt", c)) {
        buf_add(m->out, m->in.p + m->at, 2);
    } else if (c == '\'' || c == '`' || c == '$') {
        m->repairs |= JSON_REPAIR_ESCAPES;
        buf_addc(m->out, c);
    } else if (c == '\n') { /* a line continued */
        m->repairs |= JSON_REPAIR_ESCAPES;
        buf_adds(m->out, "\\n");
    } else { /* a backslash that was meant as one: C:\dir, \d+ */
        m->repairs |= JSON_REPAIR_ESCAPES;
        buf_adds(m->out, "\\\\");
        m->at++;
        return;
    }
    m->at += 2;
}

static enum json_mend_end mend_text(struct mend *m)
{
    const struct quote *q = mend_quote(m);
    size_t close = strlen(q->close);
    if (q != &quotes[0])
        m->repairs |= JSON_REPAIR_QUOTES;
    buf_addc(m->out, '"');
    m->at += strlen(q->open);
    while (more(m)) {
        char c = peek(m, 0);
        bool plain = q != &quotes[0] && q != &quotes[1] && c == '"' && mend_closes(m, 1); /* “text" */
        if ((starts(m, q->close) && mend_closes(m, close)) || plain) {
            m->at += plain ? 1 : close;
            buf_addc(m->out, '"');
            return JSON_MEND_WHOLE;
        }
        if (c == '\\') {
            if (m->at + 1 >= m->in.n || (peek(m, 1) == 'u' && m->at + 6 > m->in.n))
                return JSON_MEND_CUT;
            mend_escape(m);
        } else if (c == '"') {
            m->repairs |= q == &quotes[0] ? JSON_REPAIR_INNER : 0;
            buf_adds(m->out, "\\\"");
            m->at++;
        } else if ((unsigned char)c < 0x20) {
            m->repairs |= JSON_REPAIR_CONTROLS;
            if (c)
                buf_addf(m->out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\u%04x", (unsigned)c);
            m->at++;
        } else {
            buf_addc(m->out, c);
            m->at++;
        }
    }
    return JSON_MEND_CUT;
}

static bool word_char(char c)
{
    return str_is_alnum(c) || c == '_' || c == '$' || c == '-';
}

static enum json_mend_end mend_key(struct mend *m)
{
    if (mend_quote(m))
        return mend_text(m);
    size_t n = 0;
    while (word_char(peek(m, n)))
        n++;
    if (m->at + n >= m->in.n)
        return JSON_MEND_CUT;
    if (!n || str_is_digit(peek(m, 0)))
        return JSON_MEND_BROKEN;
    m->repairs |= JSON_REPAIR_KEYS;
    buf_add_json(m->out, m->in.p + m->at, n);
    m->at += n;
    return JSON_MEND_WHOLE;
}

static enum json_mend_end mend_word(struct mend *m)
{
    static const struct {
        const char *word, *json;
    } words[] = {{"true", "true"},      {"false", "false"},   {"null", "null"},      {"True", "true"},
                 {"False", "false"},    {"TRUE", "true"},     {"FALSE", "false"},    {"None", "null"},
                 {"NULL", "null"},      {"Null", "null"},     {"NaN", "null"},       {"nan", "null"},
                 {"undefined", "null"}, {"Infinity", "null"}, {"-Infinity", "null"}, {"+Infinity", "null"},
                 {"-NaN", "null"},      {"inf", "null"},      {"-inf", "null"},      {"nil", "null"}};
    size_t n = strchr("+-", peek(m, 0)) ? 1 : 0;
    while (str_is_alnum(peek(m, n)) || peek(m, n) == '_')
        n++;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!str_eqc(str_sub(m->in, m->at, m->at + n), words[i].word))
            continue;
        if (i > 2)
            m->repairs |= JSON_REPAIR_LITERALS;
        buf_adds(m->out, words[i].json);
        m->at += n;
        return JSON_MEND_WHOLE;
    }
    for (size_t i = 0; m->at + n >= m->in.n && i < ARRAY_LEN(words); i++) /* "tru" at the end */
        if (strncmp(words[i].word, m->in.p + m->at, n) == 0)
            return JSON_MEND_CUT;
    return JSON_MEND_BROKEN;
}

static enum json_mend_end mend_number(struct mend *m)
{
    size_t n = 0, digits = 0;
    while (str_is_alnum(peek(m, n)) || (peek(m, n) && strchr("+-.", peek(m, n)))) {
        digits += str_is_digit(peek(m, n));
        n++;
    }
    struct str s = str_sub(m->in, m->at, m->at + n);
    if (m->at + n >= m->in.n)
        return JSON_MEND_CUT; /* 12 may be the beginning of 123 */
    if (!digits)
        return mend_word(m);
    size_t i = 0;
    if (s.p[i] == '+' || s.p[i] == '-') {
        m->repairs |= s.p[i] == '+' ? JSON_REPAIR_NUMBERS : 0;
        if (s.p[i] == '-')
            buf_addc(m->out, '-');
        i++;
    }
    size_t zeros = i;
    while (i + 1 < s.n && s.p[i] == '0' && str_is_digit(s.p[i + 1]))
        i++;
    if (i > zeros || (i < s.n && s.p[i] == '.'))
        m->repairs |= JSON_REPAIR_NUMBERS;
    if (i < s.n && s.p[i] == '.')
        buf_addc(m->out, '0');
    while (i < s.n && str_is_digit(s.p[i]))
        buf_addc(m->out, s.p[i++]);
    if (i < s.n && s.p[i] == '.') {
        bool fraction = i + 1 < s.n && str_is_digit(s.p[i + 1]);
        m->repairs |= fraction ? 0 : JSON_REPAIR_NUMBERS;
        for (i++, fraction ? buf_addc(m->out, '.') : (void)0; i < s.n && str_is_digit(s.p[i]); i++)
            buf_addc(m->out, s.p[i]);
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        size_t e = i + 1 + (i + 1 < s.n && (s.p[i + 1] == '+' || s.p[i + 1] == '-'));
        if (e >= s.n || !str_is_digit(s.p[e]))
            return JSON_MEND_BROKEN;
        while (e < s.n && str_is_digit(s.p[e]))
            e++;
        buf_add(m->out, s.p + i, e - i);
        i = e;
    }
    m->at += n;
    return i == s.n ? JSON_MEND_WHOLE : JSON_MEND_BROKEN;
}

/* Between two members: a comma, or one that is missing, or one too many before the end. *ret_end: the closing bracket
 * came. */
static enum json_mend_end mend_between(struct mend *m, char close, bool first, bool *ret_end)
{
    size_t commas = 0;
    *ret_end = false;
    if (!mend_space(m))
        return JSON_MEND_CUT;
    while (peek(m, 0) == ',') {
        m->at++;
        commas++;
        if (!mend_space(m))
            return JSON_MEND_CUT;
    }
    if (!more(m))
        return JSON_MEND_CUT;
    if (peek(m, 0) == close) {
        m->repairs |= commas ? JSON_REPAIR_COMMA : 0;
        m->at++;
        *ret_end = true;
        return JSON_MEND_WHOLE;
    }
    if (commas != (first ? 0 : 1))
        m->repairs |= JSON_REPAIR_COMMA;
    if (!first)
        buf_addc(m->out, ',');
    return JSON_MEND_WHOLE;
}

static enum json_mend_end mend_group(struct mend *m, char open, char close)
{
    bool end, first = true;
    m->at++;
    buf_addc(m->out, open);
    for (;;) {
        enum json_mend_end rc = mend_between(m, close, first, &end);
        if (rc != JSON_MEND_WHOLE)
            return rc;
        if (end)
            break;
        if (open == '{') {
            rc = mend_key(m);
            if (rc == JSON_MEND_WHOLE && !mend_space(m))
                rc = JSON_MEND_CUT;
            if (rc == JSON_MEND_WHOLE && !more(m))
                rc = JSON_MEND_CUT;
            if (rc == JSON_MEND_WHOLE && peek(m, 0) != ':')
                rc = JSON_MEND_BROKEN;
            if (rc != JSON_MEND_WHOLE)
                return rc;
            m->at++;
            buf_addc(m->out, ':');
        }
        rc = mend_value(m);
        if (rc != JSON_MEND_WHOLE)
            return rc;
        first = false;
    }
    buf_addc(m->out, close);
    return JSON_MEND_WHOLE;
}

static enum json_mend_end mend_value(struct mend *m)
{
    enum json_mend_end rc;
    if (m->depth >= MEND_DEPTH_MAX)
        return JSON_MEND_BROKEN;
    if (!mend_space(m) || !more(m))
        return JSON_MEND_CUT;
    char c = peek(m, 0);
    m->depth++;
    if (c == '{')
        rc = mend_group(m, '{', '}');
    else if (c == '[')
        rc = mend_group(m, '[', ']');
    else if (mend_quote(m))
        rc = mend_text(m);
    else if (str_is_digit(c) || c == '-' || c == '+' || c == '.')
        rc = mend_number(m);
    else
        rc = mend_word(m);
    m->depth--;
    return rc;
}

enum json_mend_end json_mend(struct str text, size_t from, struct buf *out, size_t *ret_to, unsigned *repairs)
{
    struct mend m = {.in = text, .at = from, .out = out};
    enum json_mend_end rc = mend_value(&m);
    *ret_to = m.at;
    *repairs |= m.repairs;
    return buf_failed(out) ? JSON_MEND_BROKEN : rc;
}
