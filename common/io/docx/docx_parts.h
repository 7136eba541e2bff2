/* Between the files that write a package; nobody else includes this. Each appends one part of it. */
#pragma once

#include "io/docx/docx_write.h"

#define DOCX_LINKS_MAX ((size_t)512)

/* Targets of links, in order of their first use; the n-th has the relation id "rIdL<n>". */
struct docx_links {
    struct str at[DOCX_LINKS_MAX];
    size_t n;
};

void docx_add_xml(struct buf *out, struct str text); /* text with <, >, &, " as entities; no character XML forbids */
void docx_part_document(const struct sheet *d, struct docx_links *links, struct buf *out);
void docx_part_relations(const struct docx_links *links, struct buf *out);
void docx_part_core(const struct sheet *d, struct buf *out);
void docx_part_styles(const struct sheet *d, struct buf *out);
extern const char docx_part_types[], docx_part_root[], docx_part_app[], docx_part_numbering[], docx_part_settings[];
