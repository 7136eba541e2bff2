/* The top of a résumé: whose it is, and how to reach them.
 *
 * Pieces (between separators, or behind labels) are told apart by what they are: e-mail, URL, telephone, place. The
 * name is the largest line that looks like one, else the first line that is none of these; the label is the next short
 * one. */
#include "pipeline/resume/resume_parts.h"

#define CONTACT_PLACE_MAX  8
#define CONTACT_PEOPLE_MAX 16
#define CONTACT_NEAR       4 /* contact data stands so many blocks below a name at most */

static bool contact_token(struct str s)
{
    return token_email(s).n || token_url(s).n || token_phone(s).n;
}

static yyjson_mut_val *profile_new(struct reading *r, yyjson_mut_val *basics, char at[RESUME_POINTER_BYTES])
{
    yyjson_mut_val *list = yyjson_mut_obj_get(basics, "profiles");
    if (!list) {
        list = yyjson_mut_arr(r->out);
        if (!list || !yyjson_mut_obj_add_val(r->out, basics, "profiles", list))
            r->text_failed = true;
    }
    snprintf(at, RESUME_POINTER_BYTES, "/basics/profiles/%zu", yyjson_mut_arr_size(list));
    yyjson_mut_val *o = yyjson_mut_obj(r->out);
    if (!o || !list || !yyjson_mut_arr_append(list, o))
        r->text_failed = true;
    return o;
}

/* src: the URL's own text, or the words that a link stands on */
static void url_add(struct reading *r, yyjson_mut_val *basics, struct str url, struct str src, struct str label)
{
    struct str user, mail = STR("mailto:"), tel = STR("tel:");
    if (str_istarts(url, "mailto:")) {
        out_str(r, basics, "/basics", "email", str_sub(url, mail.n, url.n), src);
        return;
    }
    if (str_istarts(url, "tel:")) {
        out_str(r, basics, "/basics", "phone", str_sub(url, tel.n, url.n), src);
        return;
    }
    const char *network = token_network(url, &user);
    if (!network && label.n == 0 && !yyjson_mut_obj_get(basics, "url") && !yyjson_mut_obj_get(basics, "profiles")) {
        out_str(r, basics, "/basics", "url", url, src);
        return;
    }
    char at[RESUME_POINTER_BYTES];
    yyjson_mut_val *o = profile_new(r, basics, at);
    if (network)
        out_str(r, o, at, "network", str_of(network), src);
    else if (label.n)
        out_text(r, o, at, "network", label);
    out_str(r, o, at, "username", user, src);
    out_str(r, o, at, "url", url, src);
}

static bool postal_code(struct str s)
{
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < s.n; i++) {
        digits += str_is_digit(s.p[i]);
        letters += str_is_alpha(s.p[i]);
    }
    return digits >= 3 && s.n <= 10 && letters <= 4;
}

/* "94103 San Francisco", "San Francisco CA 94103" */
static size_t code_in(struct str s, struct str *ret_code)
{
    size_t from = 0;
    while (from < s.n) {
        size_t to = from;
        while (to < s.n && s.p[to] != ' ')
            to++;
        struct str w = str_sub(s, from, to);
        size_t digits = 0;
        for (size_t i = 0; i < w.n; i++)
            digits += str_is_digit(w.p[i]);
        if (digits == w.n && w.n >= 4 && w.n <= 6 && (from == 0 || to == s.n)) {
            *ret_code = w;
            return from;
        }
        from = to + 1;
    }
    return s.n;
}

/* "2712 Broadway St", "Hauptstraße 12" */
static bool street_like(struct str s)
{
    static const char *const WORDS[] = {"street", "st",      "avenue",   "ave",     "road",      "rd",
                                        "lane",   "ln",      "drive",    "dr",      "boulevard", "blvd",
                                        "way",    "court",   "ct",       "place",   "square",    "highway",
                                        "apt",    "unit",    "suite",    "straße",  "strasse",   "str.",
                                        "gasse",  "platz",   "allee",    "weg",     "rue",       "avenue",
                                        "calle",  "avenida", "broadway", "terrace", "parkway",   "circle"};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        ptrdiff_t at = str_ifind(s, str_of(WORDS[i]));
        size_t end = at < 0 ? 0 : (size_t)at + strlen(WORDS[i]);
        if (at > 0 && (end == s.n || !str_is_alnum(s.p[end])))
            return true;
    }
    return false;
}

/* The pieces of a place between commas, in order: street, code, city, region, country. */
static void place_add(struct reading *r, yyjson_mut_val *basics, struct str s)
{
    struct str part[CONTACT_PLACE_MAX], rest = s, one;
    size_t n = 0;
    while (n < CONTACT_PLACE_MAX && str_next_field(&rest, ',', &one))
        if (str_trim(one).n)
            part[n++] = str_trim(one);
    yyjson_mut_val *o = out_object(r, basics, "location");
    const char *at = "/basics/location";
    if (yyjson_mut_obj_size(o) > 0)
        return;
    size_t last = n;
    if (n > 1 && part[n - 1].n == 2 && part[n - 1].p[0] >= 'A' && part[n - 1].p[0] <= 'Z' &&
        (n > 2 || words_country(part[n - 1]))) {
        out_text(r, o, at, "countryCode", part[n - 1]);
        last = n - 1;
    }
    size_t i = 0, whole = last;
    struct str code;
    for (size_t k = 1; k < last; k++)
        if (postal_code(part[k]))
            whole = k;
    if (whole + 1 < last || (whole < last && last < n)) { /* street, ..., code, city */
        if (words_count(part[0]) > 0)
            out_text(r, o, at, "address",
                     (struct str){part[0].p, (size_t)(part[whole - 1].p + part[whole - 1].n - part[0].p)});
        out_text(r, o, at, "postalCode", part[whole]);
        for (size_t k = 0; k <= whole; k++)
            part[k].n = 0;
    }
    for (; i < last; i++) {
        bool digits = false;
        for (size_t k = 0; k < part[i].n; k++)
            digits = digits || str_is_digit(part[i].p[k]);
        if (!digits || yyjson_mut_obj_get(o, "city"))
            continue;
        size_t cut = code_in(part[i], &code);
        bool street = i == 0 && last > 1 && part[i].n && street_like(part[i]);
        if (street) {
            out_text(r, o, at, "address", part[i]);
        } else if (i > 0 && i + 1 == last && last == n && part[i].n > 3 && part[i].p[2] == ' ' &&
                   str_is_alpha(part[i].p[0]) && str_is_alpha(part[i].p[1])) {
            out_text(r, o, at, "region", str_sub(part[i], 0, 2)); /* "IL 62701" */
            out_text(r, o, at, "postalCode", str_sub(part[i], 3, part[i].n));
        } else if (postal_code(part[i])) {
            out_text(r, o, at, "postalCode", part[i]);
        } else if (cut == 0 && part[i].n > code.n) { /* "1070 Wien" */
            out_text(r, o, at, "postalCode", code);
            out_text(r, o, at, "city", str_sub(part[i], code.n, part[i].n));
        } else if (cut < part[i].n && i > 0) { /* "CA 94103" */
            out_text(r, o, at, "postalCode", code);
            part[i].n = cut;
            part[i] = str_trim(part[i]);
            continue;
        } else if (i == 0) {
            out_text(r, o, at, "address", part[i]);
        } else {
            continue;
        }
        part[i].n = 0;
    }
    static const char *const KEYS[] = {"city", "region", "country"};
    for (i = 0; i < last; i++) {
        if (part[i].n == 0)
            continue;
        const char *free_key = NULL;
        for (size_t k = 0; k < ARRAY_LEN(KEYS) && !free_key; k++)
            if (!yyjson_mut_obj_get(o, KEYS[k]))
                free_key = KEYS[k];
        if (free_key)
            out_text(r, o, at, free_key, part[i]);
    }
}

/* "E-mail:", "Tel.:", "Adresse:" in front of a piece; what kind of thing it announces. */
enum contact_label { LABEL_NONE, LABEL_PLACE, LABEL_NAME, LABEL_NETWORK, LABEL_OTHER };

static enum contact_label label_kind(struct str label)
{
    static const struct {
        const char *word;
        enum contact_label kind;
    } LABELS[] = {{"address", LABEL_PLACE},
                  {"location", LABEL_PLACE},
                  {"adresse", LABEL_PLACE},
                  {"anschrift", LABEL_PLACE},
                  {"wohnort", LABEL_PLACE},
                  {"dirección", LABEL_PLACE},
                  {"lieu", LABEL_PLACE},
                  {"ort", LABEL_PLACE},
                  {"city", LABEL_PLACE},
                  {"name", LABEL_NAME},
                  {"nom", LABEL_NAME},
                  {"nombre", LABEL_NAME},
                  {"linkedin", LABEL_NETWORK},
                  {"github", LABEL_NETWORK},
                  {"gitlab", LABEL_NETWORK},
                  {"twitter", LABEL_NETWORK},
                  {"xing", LABEL_NETWORK},
                  {"x", LABEL_NETWORK},
                  {"mastodon", LABEL_NETWORK},
                  {"skype", LABEL_NETWORK},
                  {"instagram", LABEL_NETWORK},
                  {"facebook", LABEL_NETWORK},
                  {"behance", LABEL_NETWORK},
                  {"dribbble", LABEL_NETWORK},
                  {"kaggle", LABEL_NETWORK},
                  {"medium", LABEL_NETWORK},
                  {"orcid", LABEL_NETWORK},
                  {"stack overflow", LABEL_NETWORK},
                  {"soundcloud", LABEL_NETWORK},
                  {"bluesky", LABEL_NETWORK},
                  {"email", LABEL_OTHER},
                  {"e-mail", LABEL_OTHER},
                  {"mail", LABEL_OTHER},
                  {"phone", LABEL_OTHER},
                  {"tel", LABEL_OTHER},
                  {"tel.", LABEL_OTHER},
                  {"telephone", LABEL_OTHER},
                  {"telefon", LABEL_OTHER},
                  {"téléphone", LABEL_OTHER},
                  {"teléfono", LABEL_OTHER},
                  {"mobile", LABEL_OTHER},
                  {"mobil", LABEL_OTHER},
                  {"cell", LABEL_OTHER},
                  {"handy", LABEL_OTHER},
                  {"portable", LABEL_OTHER},
                  {"móvil", LABEL_OTHER},
                  {"website", LABEL_OTHER},
                  {"web", LABEL_OTHER},
                  {"site", LABEL_OTHER},
                  {"homepage", LABEL_OTHER},
                  {"portfolio", LABEL_OTHER},
                  {"url", LABEL_OTHER},
                  {"blog", LABEL_OTHER},
                  {"p", LABEL_OTHER},
                  {"t", LABEL_OTHER},
                  {"m", LABEL_OTHER},
                  {"e", LABEL_OTHER},
                  {"correo", LABEL_OTHER},
                  {"courriel", LABEL_OTHER}};
    for (size_t i = 0; i < ARRAY_LEN(LABELS); i++)
        if (str_ieqc(label, LABELS[i].word))
            return LABELS[i].kind;
    return LABEL_NONE;
}

/* One piece; true when it was contact data. */
static bool piece_add(struct reading *r, yyjson_mut_val *basics, struct str s)
{
    struct str label = {0}, rest, whole = s;
    enum contact_label kind = LABEL_NONE;
    if (split_label(s, 2, &label, &rest)) {
        kind = label_kind(label);
        if (kind != LABEL_NONE) {
            s = rest;
            if (kind != LABEL_NETWORK)
                out_used(r, label);
        }
    }
    if (s.n == 0)
        return kind != LABEL_NONE;
    struct str email = token_email(s), url, phone;
    if (email.n) {
        out_text(r, basics, "/basics", "email", email);
        struct str before = trim_separators(str_sub(s, 0, (size_t)(email.p - s.p)));
        struct str after = trim_separators(str_sub(s, (size_t)(email.p - s.p) + email.n, s.n));
        bool more = before.n && piece_add(r, basics, before);
        if (after.n)
            piece_add(r, basics, after);
        return more || !out_is_used(r, whole) || true;
    }
    url = token_url(s);
    if (url.n) {
        struct str named = kind == LABEL_NETWORK ? label : (struct str){0};
        if (kind == LABEL_NETWORK)
            out_used(r, label);
        url_add(r, basics, url, url, named);
        struct str before = trim_separators(str_sub(s, 0, (size_t)(url.p - s.p)));
        struct str after = trim_separators(str_sub(s, (size_t)(url.p - s.p) + url.n, s.n));
        if (before.n)
            piece_add(r, basics, before);
        if (after.n)
            piece_add(r, basics, after);
        return true;
    }
    if (kind == LABEL_NETWORK && words_count(s) <= 2) {
        char at[RESUME_POINTER_BYTES];
        yyjson_mut_val *o = profile_new(r, basics, at);
        out_text(r, o, at, "network", label);
        out_text(r, o, at, "username", s);
        return true;
    }
    phone = token_phone(s);
    if (phone.n && kind != LABEL_PLACE && phone.n * 2 > s.n) {
        out_text(r, basics, "/basics", "phone", phone);
        struct str before = trim_separators(str_sub(s, 0, (size_t)(phone.p - s.p)));
        if (before.n && words_location(before))
            place_add(r, basics, before);
        return true;
    }
    if (kind == LABEL_PLACE || words_location(s)) {
        place_add(r, basics, s);
        return true;
    }
    if (kind == LABEL_NAME) {
        out_text(r, basics, "/basics", "name", s);
        return true;
    }
    return false;
}

/* A street or a place on a line of its own. */
static bool place_like(struct str s)
{
    size_t digits = 0, commas = 0;
    for (size_t i = 0; i < s.n; i++) {
        digits += str_is_digit(s.p[i]);
        commas += s.p[i] == ',';
    }
    return words_count(s) <= 16 && s.n < 160 &&
           (words_location(s) || (digits >= 1 && digits <= 20 && commas >= 1 && !words_sentence(s)));
}

static bool cover_title(struct str s)
{
    static const char *const COVER[] = {"curriculum vitae", "resume",     "résumé",       "cv",  "lebenslauf",
                                        "currículum vitae", "curriculum", "hoja de vida", "vita"};
    char folded[64];
    struct str f = {.p = folded, .n = s.n < 48 ? heading_fold(s, folded, sizeof(folded)) : 0};
    for (size_t k = 0; k < ARRAY_LEN(COVER); k++)
        if (str_eqc(f, COVER[k]))
            return true;
    return false;
}

/* The block that holds the name, header.to when none does. */
static size_t name_block(const struct reading *r, struct blocks_range h)
{
    size_t best = h.to;
    float size = 0;
    for (size_t i = h.from; i < h.to; i++) {
        const struct block *b = &r->blocks[i];
        if (b->furniture || cover_title(b->text) || b->kind == DOC_BULLET || contact_token(b->text) ||
            words_count(b->text) > 6 || words_sentence(b->text))
            continue;
        if (b->size > size * 1.05f && (b->size > r->body_size * 1.15f) && words_title(b->text) == 0) {
            best = i;
            size = b->size;
        }
    }
    if (best < h.to)
        return best;
    for (size_t i = h.from; i < h.to; i++) /* a heading of the first level, or what looks like a name */
        if (r->blocks[i].kind == DOC_HEADING && r->blocks[i].level == 1 && !contact_token(r->blocks[i].text) &&
            !cover_title(r->blocks[i].text))
            return i;
    for (size_t i = h.from; i < h.to; i++)
        if (words_name(r->blocks[i].text) && !cover_title(r->blocks[i].text))
            return i;
    for (size_t i = h.from; i < h.to; i++) {
        struct str s = r->blocks[i].text;
        if (!cover_title(s) && !contact_token(s) && words_count(s) <= 6 && !words_sentence(s) &&
            !r->blocks[i].furniture && s.n < 80)
            return i;
    }
    return h.to;
}

static void header_line(struct reading *r, yyjson_mut_val *basics, size_t i, bool first_is_name)
{
    struct str s = r->blocks[i].text, segments[RESUME_SEGMENTS_MAX];
    size_t n = split_segments(s, segments, ARRAY_LEN(segments));
    struct str label, rest;
    bool labelled = split_label(s, 2, &label, &rest) && label_kind(label) != LABEL_NONE;
    if (!first_is_name && !labelled && place_like(s) && !contact_token(s) && n == 1) {
        place_add(r, basics, s);
        if (out_is_used(r, s))
            return;
    }
    for (size_t k = 0; k < n; k++) {
        struct str p = segments[k];
        if (first_is_name && k == 0) {
            if (split_label(p, 1, &label, &rest) && label_kind(label) == LABEL_NAME) {
                out_used(r, label);
                p = rest;
            }
            out_text(r, basics, "/basics", "name", p);
            continue;
        }
        if (piece_add(r, basics, p))
            continue;
        bool contact_line = contact_token(s);
        if (contact_line && n > 1 && words_title(p) && !words_sentence(p) && !yyjson_mut_obj_get(basics, "label")) {
            out_text(r, basics, "/basics", "label", p);
            continue;
        }
        if (contact_line && place_like(p)) {
            place_add(r, basics, p);
        } else if (contact_line && n > 1 && !words_title(p) && p.n < 60 && words_count(p) <= 6) {
            place_add(r, basics, p); /* a bare city among contact data */
        }
    }
}

/* Links whose words do not show their target. */
static void header_links(struct reading *r, yyjson_mut_val *basics, struct blocks_range h)
{
    for (size_t i = h.from; i < h.to; i++) {
        struct str t = r->blocks[i].text;
        size_t from = r->src[t.p - r->clean], to = r->src[t.p + t.n - 1 - r->clean] + 1;
        for (size_t k = 0; k < r->d->links_n; k++) {
            const struct doc_link *l = &r->d->links[k];
            if (l->from < from || l->from >= to || str_find(t, l->url) >= 0)
                continue;
            struct str words = {0};
            for (size_t at = 0; at < t.n && words.n == 0; at++)
                if (r->src[t.p - r->clean + (ptrdiff_t)at] == l->from)
                    words = str_sub(t, at, MIN(t.n, at + (l->to - l->from)));
            bool shown = words.n && (token_email(words).n || token_url(words).n);
            if (!shown)
                url_add(r, basics, l->url, words, (struct str){0});
        }
    }
}

void contact_read(struct reading *r, struct blocks_range header, const struct blocks_range *more, size_t more_n)
{
    yyjson_mut_val *basics = out_object(r, r->root, "basics");
    size_t name = name_block(r, header);
    for (size_t i = header.from; i < header.to; i++) {
        if (r->blocks[i].furniture)
            continue;
        if (cover_title(r->blocks[i].text))
            out_used(r, r->blocks[i].text);
        header_line(r, basics, i, i == name);
    }
    header_links(r, basics, header);
    for (size_t m = 0; m < more_n; m++) {
        for (size_t i = more[m].from; i < more[m].to; i++)
            header_line(r, basics, i, false);
        header_links(r, basics, more[m]);
    }
    /* the label, then text: in the order of the page */
    struct blocks_range text = {0, 0};
    for (size_t i = header.from; i < header.to; i++) {
        struct str s = r->blocks[i].text;
        if (out_is_used(r, s) || r->blocks[i].furniture || contact_token(s))
            continue;
        bool shortish = words_count(s) <= 12 && !words_sentence(s);
        if (shortish && !yyjson_mut_obj_get(basics, "label") && i > name) {
            out_text(r, basics, "/basics", "label", s);
        } else if (i > name && words_count(s) > 5) {
            if (text.to == 0)
                text.from = i;
            text.to = i + 1;
        }
    }
    /* the name and the label on one line: "Jane Doe — Engineer" */
    if (name < header.to) {
        struct str segments[4];
        size_t n = split_segments(r->blocks[name].text, segments, ARRAY_LEN(segments));
        if (n > 1 && !out_is_used(r, segments[1]) && !contact_token(segments[1]))
            out_text(r, basics, "/basics", "label", segments[1]);
    }
    if (text.to)
        section_summary(r, text);
}

static bool same_person(struct str a, struct str b)
{
    /* a word of three letters or more that both have */
    struct str rest = a, w;
    while (str_next_field(&rest, ' ', &w))
        if (w.n >= 3 && str_ifind(b, w) >= 0)
            return true;
    return false;
}

/* A section that was there before block i comes again behind it: another résumé begins at i. */
static bool begins_again(const struct reading *r, size_t i)
{
    bool before[RESUME_SECTION_COUNT] = {false};
    for (size_t k = 0; k < i; k++)
        before[r->blocks[k].section] = true;
    before[RESUME_NONE] = before[RESUME_OTHER] = before[RESUME_CONTACT] = false;
    for (size_t k = i; k < r->blocks_n; k++)
        if (before[r->blocks[k].section])
            return true;
    return false;
}

bool contact_two_people(struct reading *r, struct str *ret_second)
{
    struct str names[CONTACT_PEOPLE_MAX], mails[CONTACT_PEOPLE_MAX];
    size_t n = 0;
    enum resume_section section = RESUME_NONE;
    for (size_t i = 0; i < r->blocks_n && n < CONTACT_PEOPLE_MAX; i++) {
        const struct block *b = &r->blocks[i];
        if (b->section != RESUME_NONE)
            section = b->section;
        if (section == RESUME_REFERENCES || b->kind == DOC_BULLET || b->furniture)
            continue;
        struct str segments[2];
        size_t s = split_segments(b->text, segments, 2);
        ptrdiff_t both = str_find(b->text, STR(" & "));
        ptrdiff_t word = both > 0 ? both : str_ifind(b->text, STR(" and "));
        if (n == 0 && i < 4 && word > 0 && words_name(str_sub(b->text, 0, (size_t)word)) &&
            words_name(str_sub(b->text, (size_t)word + (both > 0 ? 3 : 5), b->text.n))) {
            *ret_second = str_sub(b->text, (size_t)word + (both > 0 ? 3 : 5), b->text.n);
            return true;
        }
        if (s == 0 || !words_name(segments[0]))
            continue;
        for (size_t k = i; k < MIN(i + CONTACT_NEAR, r->blocks_n); k++) {
            struct str mail = token_email(r->blocks[k].text);
            if (k > i && (r->blocks[k].section != RESUME_NONE))
                break;
            if (mail.n == 0)
                continue;
            bool known = n > 0 && str_ieq(mails[n - 1], mail);
            bool owner = section == RESUME_NONE || begins_again(r, i);
            if (!known && owner) {
                names[n] = segments[0];
                mails[n++] = mail;
            }
            break;
        }
    }
    for (size_t i = 1; i < n; i++)
        if (!same_person(names[0], names[i]) && !str_ieq(mails[0], mails[i])) {
            *ret_second = names[i];
            return true;
        }
    return false;
}
