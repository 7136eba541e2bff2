/* From lines to JSON Resume:
 *
 *     lines -> blocks (blocks.c) -> headings (headings.c) -> sections, each read by its own function -> document
 * (out.c)
 *
 * What stands before the first section is the header. */
#include "pipeline/resume/resume_parts.h"

#define RESUME_PARTS_MAX     64
#define RESUME_GARBLED_SHARE 0.04 /* of letters that have no meaning any more */

static void (*const READERS[RESUME_SECTION_COUNT])(struct reading *r, struct blocks_range s) = {
    [RESUME_SUMMARY] = section_summary,
    [RESUME_GOALS] = section_goals,
    [RESUME_WORK] = section_work,
    [RESUME_PROJECTS] = section_projects,
    [RESUME_VOLUNTEER] = section_volunteer,
    [RESUME_EDUCATION] = section_education,
    [RESUME_SKILLS] = section_skills,
    [RESUME_CERTIFICATES] = section_certificates,
    [RESUME_LANGUAGES] = section_languages,
    [RESUME_AWARDS] = section_awards,
    [RESUME_PUBLICATIONS] = section_publications,
    [RESUME_INTERESTS] = section_interests,
    [RESUME_REFERENCES] = section_references,
};

/* Letters that no encoding means: replacement characters, private use, control. */
static bool garbled(const struct doc *d)
{
    size_t bad = 0, letters = 0;
    for (size_t i = 0; i < d->text.n; i++) {
        unsigned char c = (unsigned char)d->text.p[i];
        letters += c > ' ' && (c & 0xC0) != 0x80;
        bool replacement = c == 0xEF && i + 2 < d->text.n && (unsigned char)d->text.p[i + 1] == 0xBF &&
                           (unsigned char)d->text.p[i + 2] == 0xBD;
        bool private_use = (c == 0xEE || (c == 0xEF && i + 1 < d->text.n && (unsigned char)d->text.p[i + 1] <= 0xA3 &&
                                          (unsigned char)d->text.p[i + 1] >= 0x80));
        bad += replacement || (private_use && d->format == DOC_FORMAT_PDF) ||
               (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f');
    }
    return letters > 0 && bad >= 3 && (double)bad > RESUME_GARBLED_SHARE * (double)letters;
}

static void section_read(struct reading *r, size_t heading, struct blocks_range s)
{
    struct block *b = &r->blocks[heading];
    struct blocks_range range = s;
    if (b->inline_text.n) { /* the rest of the heading's line is the section's first block */
        struct str label = str_sub(b->text, 0, (size_t)(b->inline_text.p - b->text.p));
        out_used(r, label);
        b->text = b->inline_text;
        b->kind = DOC_PLAIN;
        b->bold_to = 0;
        range.from = heading;
    } else if (b->section != RESUME_OTHER) {
        out_used(r, b->text);
    }
    struct str title = b->text;
    if (range.from < range.to && READERS[b->section])
        READERS[b->section](r, range);
    else if (b->section == RESUME_OTHER && range.from < range.to)
        section_other(r, range, title);
    else if (b->section == RESUME_OTHER)
        out_note(r, "empty_section", "a heading without text", title);
}

static bool sections_read(struct reading *r)
{
    struct blocks_range header = {0, 0}, contacts[RESUME_PARTS_MAX];
    size_t contacts_n = 0, found = 0;
    while (header.to < r->blocks_n && r->blocks[header.to].section == RESUME_NONE)
        header.to++;
    if (header.to == r->blocks_n)
        return false;
    for (size_t i = header.to; i < r->blocks_n;) {
        size_t end = i + 1;
        while (end < r->blocks_n && r->blocks[end].section == RESUME_NONE)
            end++;
        if (r->blocks[i].section == RESUME_CONTACT && contacts_n < RESUME_PARTS_MAX) {
            contacts[contacts_n++] = (struct blocks_range){i + 1, end};
            out_used(r, r->blocks[i].text);
        }
        i = end;
    }
    contact_read(r, header, contacts, contacts_n);
    for (size_t i = header.to; i < r->blocks_n;) {
        size_t end = i + 1;
        while (end < r->blocks_n && r->blocks[end].section == RESUME_NONE)
            end++;
        if (r->blocks[i].section != RESUME_CONTACT)
            section_read(r, i, (struct blocks_range){i + 1, end});
        found += r->blocks[i].section != RESUME_OTHER && r->blocks[i].section != RESUME_CONTACT;
        i = end;
    }
    return found > 0;
}

/* "Page 2 of 3" and the like. */
static void furniture_mark(struct reading *r)
{
    for (size_t i = 0; i < r->blocks_n; i++) {
        struct block *b = &r->blocks[i];
        char folded[64];
        struct str f = {.p = folded, .n = b->text.n < 48 ? heading_fold(b->text, folded, sizeof(folded)) : 0};
        bool page = (str_starts(f, "page ") || str_starts(f, "seite ") || str_starts(f, "página ")) &&
                    words_count(f) <= 4 && memchr(f.p, ' ', f.n) && str_is_digit(f.p[f.n - 1]);
        if (page)
            b->furniture = true;
        if (b->furniture)
            out_note(r, "page_furniture", "header or footer of a page", b->text);
    }
}

int resume_read(struct arena *a, const struct doc *d, struct str *ret, struct err *err)
{
    return resume_read_noted(a, d, NULL, NULL, ret, err);
}

int resume_read_noted(struct arena *a, const struct doc *d, const char *note, const char *detail, struct str *ret,
                      struct err *err)
{
    if (str_trim(d->text).n == 0)
        return doc_refuse(err, DOC_EMPTY, NULL);
    if (garbled(d))
        return doc_refuse(err, DOC_GARBLED, NULL);
    struct reading r = {.a = a, .d = d, .language = ""};
    int rc = out_begin(&r, err);
    if (rc == 0)
        rc = blocks_make(&r, err);
    if (rc < 0)
        return rc;
    if (r.blocks_n == 0)
        return doc_refuse(err, DOC_EMPTY, NULL);
    yyjson_mut_obj_add_str(r.out, r.root, "$schema",
                           "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json");
    if (note)
        out_note(&r, note, detail, (struct str){0});
    furniture_mark(&r);
    headings_mark(&r);
    struct str second;
    if (contact_two_people(&r, &second))
        return doc_refuse(err, DOC_TWO_PEOPLE, NULL);
    if (!sections_read(&r))
        return doc_refuse(err, DOC_NOT_A_RESUME, NULL);
    return out_end(&r, ret, err);
}
