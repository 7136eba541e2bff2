/* word/styles.xml and the relations of a part: what a style means for a paragraph, where a link goes. */
#pragma once

#include "base/doc.h"

#define DOCX_STYLES_MAX 1024
#define DOCX_LINKS_MAX  1024
#define DOCX_ID_BYTES   64

struct docx_style {
    char id[DOCX_ID_BYTES];
    unsigned heading; /* level from 1; 0: none */
    bool list, bold;
    float size; /* points; 0: not stated */
};

struct docx_relation {
    char id[DOCX_ID_BYTES];
    struct str target;
};

struct docx_styles {
    struct docx_style *styles;
    size_t styles_n;
    float size; /* of letters where nothing says otherwise */
};

struct docx_relations {
    struct docx_relation *rows;
    size_t n;
};

/* Both read what they can: broken XML gives what came before the break. ERR_MEMORY. */
int docx_styles_read(struct arena *a, struct str xml, struct docx_styles *ret, struct err *err) MUST_CHECK;
int docx_relations_read(struct arena *a, struct str xml, struct docx_relations *ret, struct err *err) MUST_CHECK;
const struct docx_style *docx_style_find(const struct docx_styles *s, const char *id); /* NULL when unknown */
const struct docx_relation *docx_relation_find(const struct docx_relations *r, const char *id);
