/* Between the files that read a résumé; nobody else includes this. */
#pragma once

#include "base/doc.h"
#include "base/json.h"
#include "pipeline/resume/resume.h"

#define RESUME_BLOCKS_MAX    ((size_t)8192)
#define RESUME_SEGMENTS_MAX  24
#define RESUME_POINTER_BYTES 96

enum resume_section {
    RESUME_NONE = 0,
    RESUME_SUMMARY,
    RESUME_GOALS,
    RESUME_CONTACT,
    RESUME_WORK,
    RESUME_PROJECTS,
    RESUME_VOLUNTEER,
    RESUME_EDUCATION,
    RESUME_SKILLS,
    RESUME_CERTIFICATES,
    RESUME_LANGUAGES,
    RESUME_AWARDS,
    RESUME_PUBLICATIONS,
    RESUME_INTERESTS,
    RESUME_REFERENCES,
    RESUME_OTHER, /* a heading without a place of its own */
    RESUME_SECTION_COUNT
};

/* One paragraph, bullet or heading; its text lies in reading.clean. */
struct block {
    struct str text;
    size_t line; /* index of its first line in the document */
    enum doc_kind kind;
    unsigned level;
    bool bold, gap, furniture;
    size_t bold_to; /* Markdown: the text begins with bold letters up to here; 0: it does not */
    float left, size;
    enum resume_section section; /* of a heading */
    struct str inline_text;      /* "Skills: Go, C": what stands behind the heading on its line */
    bool taken;
};

struct reading {
    struct arena *a;
    const struct doc *d;
    char *clean; /* the text of all blocks */
    size_t clean_n, clean_cap;
    uint32_t *src; /* of each byte of clean: its byte in d->text */
    uint8_t *used; /* of each byte of clean: 1 a value or a note has it */
    struct block *blocks;
    size_t blocks_n, blocks_cap;
    float body_size; /* most letters have this size; 0 when unknown */
    yyjson_mut_doc *out;
    yyjson_mut_val *root, *sources, *notes;
    size_t notes_n, notes_left_out;
    const char *language; /* "en", "de", "fr", "es", "it", "pt", "nl"; "" when unknown */
    bool text_failed;     /* memory is exhausted */
};

struct blocks_range {
    size_t from, to;
};

/* resume_read with one more note (code NULL: none). */
int resume_read_noted(struct arena *a, const struct doc *d, const char *note, const char *detail, struct str *ret,
                      struct err *err) MUST_CHECK;

/* blocks.c: lines -> blocks */
int blocks_make(struct reading *r, struct err *err) MUST_CHECK;
/* markdown.c: what a line is, and its text without markup */
struct markdown_line {
    enum doc_kind kind;
    unsigned level;
    bool rule, bold;
    size_t from, to; /* in the line */
};
void markdown_line(struct str line, struct markdown_line *ret);
/* Appends the text of a line without its markup. */
void markdown_append(struct reading *r, size_t at, struct str text, struct block *b);
void clean_append(struct reading *r, struct str text, size_t at); /* at: of text in d->text */
void clean_byte(struct reading *r, char c, size_t at);
/* Length of a bullet and the space behind it at the start of s; 0: there is none. */
size_t bullet_length(struct str s, bool plain_letters);

/* headings.c */
/* The section that a heading names, RESUME_NONE when it is none; *ret_language may be NULL. */
enum resume_section heading_section(struct str text, const char **ret_language);
/* Marks the headings among the blocks. */
void headings_mark(struct reading *r);
/* Folded to lower case (Latin letters), spaces collapsed, outer punctuation gone; "&" is "and". */
size_t heading_fold(struct str text, char *out, size_t cap);

/* dates.c */
struct resume_date {
    int y, m; /* m 0: not stated */
    bool season, ambiguous;
};
struct resume_dates {
    struct resume_date start, end;
    bool present;    /* goes on */
    bool range;      /* start and end were stated */
    struct str text; /* what was read */
};
/* The first date or range of dates in text. */
bool dates_find(struct str text, struct resume_dates *ret);
bool dates_are_all(struct str text); /* nothing but dates and punctuation */
const char *dates_text(struct arena *a, struct resume_date d);

/* words.c */
int words_title(struct str s);        /* how much the words look like a job title; 0: not at all */
int words_organization(struct str s); /* like the name of an employer */
int words_school(struct str s);
int words_degree(struct str s);
bool words_location(struct str s);
bool words_country(struct str s);
bool words_language(struct str s); /* the name of a language at its start */
bool words_level(struct str s);
bool words_name(struct str s); /* looks like the name of a person */
bool words_sentence(struct str s);
size_t words_count(struct str s);

/* split.c */
/* Pieces between TABs, " | ", " · ", " • ", and dashes set apart by spaces; trimmed, none empty. */
size_t split_segments(struct str s, struct str *ret, size_t max);
/* Pieces between separators outside parentheses: ";" if there is one, else ",". */
size_t split_list(struct str s, struct str *ret, size_t max);
/* Cuts "Label: rest" when the label has at most max_words words. */
bool split_label(struct str s, size_t max_words, struct str *ret_label, struct str *ret_rest);
struct str trim_separators(struct str s);

/* tokens.c */
struct str token_email(struct str s); /* the first one in s; n == 0: none */
struct str token_url(struct str s);
struct str token_phone(struct str s);
/* A network that the URL's host is known for ("LinkedIn"), NULL when unknown; *ret_user: the name in its path. */
const char *token_network(struct str url, struct str *ret_user);

/* out.c: the document as it grows */
int out_begin(struct reading *r, struct err *err) MUST_CHECK;
int out_end(struct reading *r, struct str *ret, struct err *err) MUST_CHECK;
/* obj[key] = text with the source `src` (a text of the source; its bytes are used from here on). Empty text: nothing.
 */
void out_str(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text,
             struct str src);
void out_text(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text);
/* Appends to the array obj[key], which is made when it is missing. */
void out_add(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str text);
void out_list(struct reading *r, yyjson_mut_val *obj, const char *pointer, const char *key, struct str list);
/* A new object at the end of root[key]; writes its pointer. */
yyjson_mut_val *out_entry(struct reading *r, const char *key, char pointer[RESUME_POINTER_BYTES]);
yyjson_mut_val *out_object(struct reading *r, yyjson_mut_val *obj, const char *key);
void out_dates(struct reading *r, yyjson_mut_val *obj, const char *pointer, const struct resume_dates *d,
               bool single_is_end);
void out_note(struct reading *r, const char *code, const char *detail, struct str src);
void out_used(struct reading *r, struct str src); /* a label, a heading: read, no value of its own */
bool out_is_used(const struct reading *r, struct str src);
bool out_empty(yyjson_mut_val *obj);

/* head.c: the line or lines that begin an entry */
struct entry_head {
    struct resume_dates dates;
    bool dated;
    struct str parts[RESUME_SEGMENTS_MAX]; /* what is neither date nor place nor URL, in order */
    size_t first_n;                        /* so many of them stand on the first line */
    size_t parts_n;
    bool details; /* the second line begins with the dates: what follows them describes */
    struct str location, url;
};
void head_read(const struct reading *r, struct blocks_range range, bool places, struct entry_head *ret);
/* Cuts "Engineer, Acme, Inc." at the comma where the words fit best; true when the order was the other one. A text
 * without a comma gives an empty second part. */
bool head_cut(struct str s, int (*first)(struct str), int (*second)(struct str), struct str *ret_first,
              struct str *ret_second);
bool head_like(const struct block *b); /* short, no bullet, no sentence, no label */
bool head_dated(const struct block *b, struct resume_dates *ret);

/* entries.c: a section of entries cut into entries, each with its head and its body */
struct entry {
    struct blocks_range head, body;
    struct str group; /* the employer above several positions */
    bool follows;     /* begins under the entry before without an employer of its own */
};
#define RESUME_ENTRIES_MAX 128
/* want: how many names a head has (employer and position: 2). Returns their number; what is left of more than max
 * entries is in the body of the last one. */
size_t entries_cut(const struct reading *r, struct blocks_range section, size_t want, struct entry *ret, size_t max);

/* One function per section; all get the blocks behind the heading. */
void section_work(struct reading *r, struct blocks_range s);
void section_volunteer(struct reading *r, struct blocks_range s);
void section_projects(struct reading *r, struct blocks_range s);
void section_education(struct reading *r, struct blocks_range s);
void section_skills(struct reading *r, struct blocks_range s);
void section_interests(struct reading *r, struct blocks_range s);
void section_languages(struct reading *r, struct blocks_range s);
void section_certificates(struct reading *r, struct blocks_range s);
void section_awards(struct reading *r, struct blocks_range s);
void section_publications(struct reading *r, struct blocks_range s);
void section_references(struct reading *r, struct blocks_range s);
void section_goals(struct reading *r, struct blocks_range s);
void section_summary(struct reading *r, struct blocks_range s);
void section_other(struct reading *r, struct blocks_range s, struct str title);

/* contact.c */
void contact_read(struct reading *r, struct blocks_range header, const struct blocks_range *more, size_t more_n);
/* Two names, each with contact data of its own. */
bool contact_two_people(struct reading *r, struct str *ret_second);
