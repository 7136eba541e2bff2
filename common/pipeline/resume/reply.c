#include "pipeline/resume/reply.h"

#include <signal.h>
#include <stdio.h>

static int refusal(yyjson_val *root, struct err *err)
{
    struct str slug = json_get_str(root, "verdict"), detail = json_get_str(root, "detail"),
               at = json_get_str(root, "pointer");
    char text[ERR_MSG_BYTES], pointer[ERR_POINTER_BYTES], code[64];
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(detail));
    snprintf(pointer, sizeof(pointer), STR_FMT, STR_ARG(at));
    snprintf(code, sizeof(code), STR_FMT, STR_ARG(json_get_str(root, "code")));
    enum doc_verdict v = doc_verdict_from_slug(slug);
    if (v != DOC_VERDICT_COUNT && v != DOC_READ)
        return doc_refuse(err, v, text);
    enum err_code known = err_from_slug(code);
    if (known == ERR_MEMORY)
        return doc_refuse(err, DOC_TOO_MUCH_MEMORY, NULL);
    return err_set_at(err, known ? known : ERR_DOCUMENT, pointer, "%s", text);
}

int resume_reply_read(struct arena *a, const struct resume_reply *reply, struct str *ret, struct err *err)
{
    yyjson_val *root;
    if (!reply->started)
        return err_set(err, ERR_UNAVAILABLE, "the reader of documents (jobmill-reader) could not be started");
    if (reply->timed_out || reply->signal == SIGXCPU)
        return doc_refuse(err, DOC_TOO_SLOW, NULL);
    if (reply->overflowed)
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    struct err ignored;
    if (reply->signal || reply->output.n == 0 || json_parse(a, reply->output, &root, NULL, &ignored) < 0)
        return doc_refuse(err, reply->signal == SIGABRT ? DOC_TOO_MUCH_MEMORY : DOC_READER_FAILED, NULL);
    yyjson_val *document = json_get_obj(root, "document");
    if (!document)
        return refusal(root, err);
    size_t n;
    char *text = json_write(a, document, &n);
    if (!text)
        return err_set(err, ERR_MEMORY, "no memory for the document");
    *ret = (struct str){.p = text, .n = n};
    return 0;
}
