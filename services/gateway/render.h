/* Rows as the JSON objects that clients see. key NULL: the whole document or an element of an array. */
#pragma once

#include "gateway/jsonw.h"
#include "pipeline/store/applications.h"
#include "pipeline/store/batches.h"
#include "pipeline/store/events.h"
#include "pipeline/store/users.h"

void render_application(struct buf *b, const char *key, const struct application_row *a);
/* Without the closing brace, so that more can follow. */
void render_batch_open(struct buf *b, const char *key, const struct batch_row *r, uint64_t now_us);
void render_budget(struct buf *b, const char *key, const struct batch_row *r);
void render_batch(struct buf *b, const char *key, const struct batch_row *r, uint64_t now_us);
void render_batch_item(struct buf *b, const struct batch_item_row *r);
void render_job(struct buf *b, const struct job_row *j);
/* opened: the user's sealed object, opened. */
void render_user(struct buf *b, const struct user_row *u, struct str opened, struct arena *a);
void render_event(struct buf *b, const struct event_row *e);
/* {code, title, detail, pointer?} of a stored error code; null for 0. */
void render_problem(struct buf *b, const char *key, int code, struct str detail, struct str pointer);
