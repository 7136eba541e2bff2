/* The key: jm_dev_ and 32 random characters, in run.dir/api-key for its owner only; in Postgres there is only its keyed
 * hash. The file is written before the row, so a crash between the two leaves a file without row, and the next run adds
 * the row. A lost file gets a new key beside the old one. */
#include "cli/setup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/ids.h"
#include "core/seal.h"
#include "io/kafka/admin.h"
#include "pipeline/store/migrate.h"
#include "pipeline/store/seed.h"
#include "pipeline/store/states.h"

#define SETUP_TOPICS_MAX (2 * STAGE_MAX + 1)
#define SETUP_KEY_RANDOM 32
#define SETUP_KAFKA_MS   60000
#define SETUP_LINE_BYTES 200

struct setup {
    const struct cli *cli;
    setup_report_fn *report;
    void *ud;
};

static void setup_say(const struct setup *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void setup_say(const struct setup *s, const char *fmt, ...)
{
    char line[SETUP_LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (s->report)
        s->report(s->ud, line);
}

struct pg_sync *setup_connect(const struct cli *cli, struct err *err)
{
    const char *user = config_str(cli->config, CONFIG_PG_USER);
    struct pg_options opt = {
        .host = config_str(cli->config, CONFIG_PG_HOST),
        .port = (int)config_int(cli->config, CONFIG_PG_PORT),
        .db = config_str(cli->config, CONFIG_PG_DB),
        .user = *user ? user : "jobmill_owner",
        .password = config_str(cli->config, CONFIG_PG_PASSWORD),
        .application_name = "jobmill",
    };
    return pg_sync_open(&opt, err);
}

int setup_topics(const char **names, int max)
{
    int n = 0;
    for (int s = 1; s <= STAGE_MAX; s++) {
        const struct stage_row *row = stage_row((enum stage)s);
        for (int p = 0; row && p < 2 && n < max; p++)
            names[n++] = row->topics[p];
    }
    if (n < max)
        names[n++] = TOPIC_DEAD_LETTER;
    return n;
}

static void setup_migrated(void *ud, int version, const char *name)
{
    setup_say(ud, "migrated to schema %d (%s)", version, name);
}

static int setup_kafka(const struct setup *s, struct err *err)
{
    const char *names[SETUP_TOPICS_MAX];
    int n = setup_topics(names, SETUP_TOPICS_MAX);
    const struct config *c = s->cli->config;
    return kafka_topics_ensure(config_str(c, CONFIG_KAFKA_BROKERS), names, n,
                               (int)config_int(c, CONFIG_KAFKA_PARTITIONS),
                               (int)config_int(c, CONFIG_KAFKA_REPLICATION), SETUP_KAFKA_MS, err);
}

static void setup_key_new(char key[SETUP_KEY_BYTES])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t n = strlen(SETUP_KEY_PREFIX);
    memcpy(key, SETUP_KEY_PREFIX, n);
    for (int left = SETUP_KEY_RANDOM; left > 0;) {
        uint8_t r;
        ids_random(&r, 1);
        if (r >= 248) /* 4 * 62: every letter equally likely */
            continue;
        key[n++] = letters[r % 62];
        left--;
    }
    key[n] = '\0';
}

static int setup_key_row(struct pg_sync *pg, const struct seal_key *master, const char *key, struct err *err)
{
    struct seed_key row = {.tenant_id = SETUP_TENANT_ID,
                           .tenant_name = SETUP_TENANT_NAME,
                           .label = SETUP_TENANT_NAME,
                           .last4 = key + strlen(key) - 4};
    seal_blind_index(master, "api-key", str_of(key), row.hash);
    return seed_api_key(pg, &row, err);
}

static bool setup_key_valid(const char *key)
{
    for (const char *c = key; *c; c++)
        if (!str_is_alnum(*c) && *c != '_')
            return false;
    return strlen(key) >= 8;
}

static int setup_key(const struct setup *s, struct pg_sync *pg, struct err *err)
{
    const char *hex = config_str(s->cli->config, CONFIG_MASTER_KEY);
    if (!*hex)
        return err_set(err, ERR_CONFIG, "no master key: give JOBMILL_MASTER_KEY_FILE");
    struct seal_key master;
    int rc = seal_master_parse(str_of(hex), &master, err);
    if (rc < 0)
        return rc;
    char path[FILES_PATH_BYTES], key[SETUP_KEY_BYTES];
    rc = cli_path(s->cli, SETUP_KEY_FILE, path, err);
    if (rc == 0 && (files_line(path, key, sizeof(key), NULL) < 0 || !setup_key_valid(key))) {
        setup_key_new(key);
        char line[SETUP_KEY_BYTES + 1];
        int n = snprintf(line, sizeof(line), "%s\n", key);
        rc = files_mkdirs(s->cli->run_dir, 0755, err);
        if (rc == 0)
            rc = files_write(path, line, (size_t)n, 0600, err);
        if (rc == 0)
            setup_say(s, "made an API key for development: %s", path);
    }
    if (rc == 0)
        rc = setup_key_row(pg, &master, key, err);
    explicit_bzero(key, sizeof(key));
    seal_key_fini(&master);
    return rc;
}

int setup_all(const struct cli *cli, setup_report_fn *report, void *ud, struct err *err)
{
    struct setup s = {.cli = cli, .report = report, .ud = ud};
    _cleanup_(pg_sync_closep)
    struct pg_sync *pg = setup_connect(cli, err);
    if (!pg)
        return -(int)err->code;
    int rc = migrate_up(pg, setup_migrated, &s, err);
    if (rc == 0)
        rc = setup_kafka(&s, err);
    if (rc == 0)
        rc = setup_key(&s, pg, err);
    return rc;
}
