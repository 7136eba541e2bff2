/* The documents of a batch as files: one folder per application. */
#pragma once

#include "cli/api.h"

struct results_formats {
    bool md, txt, json, pdf, docx;
    bool brief; /* each document as text once: resume.md, cover-letter.txt */
};

/* "pdf,docx,md,txt,json"; NULL: pdf, md, txt and json, brief. ERR_CONFIG. */
int results_formats_parse(const char *text, struct results_formats *ret, struct err *err);
/* Streams the batch's results into dir (made if missing); *ret_count applications that ended so far were written. */
int results_write(struct api *a, const char *batch, const char *dir, struct results_formats formats, int *ret_count,
                  struct err *err);
