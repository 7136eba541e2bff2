/* jobmill apply APPLICATION [--accept LIST | --reject LIST] */
#include <stdio.h>
#include <string.h>
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/view.h"

#define APPLY_TEXT_BYTES ((size_t)16 * 1024 * 1024)

/* {"accept":["op1","op3"]} */
static void apply_body(struct buf *b, const char *key, const char *list)
{
    struct str rest = str_of(list), one;
    size_t n = 0;
    buf_addf(b, "{\"%s\":[", key);
    while (str_next_field(&rest, ',', &one)) {
        one = str_trim(one);
        if (one.n == 0)
            continue;
        buf_adds(b, n++ ? ",\"" : "\"");
        for (size_t i = 0; i < one.n; i++) {
            if (one.p[i] == '"' || one.p[i] == '\\')
                buf_addc(b, '\\');
            buf_addc(b, one.p[i]);
        }
        buf_addc(b, '"');
    }
    buf_adds(b, "]}");
}

static int apply_call(struct cli *cli, struct api *api, struct api_reply *reply, struct err *err)
{
    const char *id = cli->args.words[0], *accept = cli_option(cli, "accept"), *reject = cli_option(cli, "reject");
    char path[API_URL_BYTES], key[API_IDEMPOTENCY_BYTES];
    struct buf body;
    if (!accept && !reject)
        return api_get(api, reply, err, "/api/v1/applications/%s/resume?format=json", id);
    buf_init(&body, APPLY_TEXT_BYTES);
    apply_body(&body, accept ? "accept" : "reject", accept ? accept : reject);
    snprintf(path, sizeof(path), "/api/v1/applications/%s/resume:apply", id);
    struct api_request q = {.method = "POST",
                            .path = path,
                            .body = {.p = buf_str(&body), .n = body.len},
                            .idempotency_key = api_key_make(key)};
    int rc = api_call(api, &q, reply, err);
    buf_fini(&body);
    return rc;
}

static void apply_print(struct cli *cli, const struct api_reply *reply)
{
    struct buf out;
    buf_init(&out, APPLY_TEXT_BYTES);
    if (cli->json) {
        buf_addf(&out, "%s\n", buf_str(&reply->body));
    } else {
        view_changes(reply->json, &out);
        if (out.len == 0)
            buf_adds(&out, "The résumé has no changes.\n");
        view_violations(reply->json, "résumé", &out);
    }
    fwrite(buf_str(&out), 1, out.len, stdout);
    buf_fini(&out);
}

int cmd_apply(struct cli *cli)
{
    struct err err = {0};
    struct api api;
    struct api_reply reply = {0};
    int rc = api_id_check(cli->args.words[0], "an application", &err);
    if (rc == 0 && cli_option(cli, "accept") && cli_option(cli, "reject"))
        rc = err_set(&err, ERR_CONFIG, "give either --accept or --reject: what is not named goes the other way");
    if (rc == 0)
        rc = api_open(&api, cli, &err);
    if (rc < 0)
        return cli_fail(&err);
    rc = apply_call(cli, &api, &reply, &err);
    if (rc == 0)
        apply_print(cli, &reply);
    api_reply_fini(&reply);
    api_close(&api);
    return rc < 0 ? cli_fail(&err) : CLI_OK;
}
