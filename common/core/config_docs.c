/* The settings as text: part of --help, and the reference page. */
#include <stdio.h>
#include <string.h>
#include "core/config_row.h"

#define CONFIG_HELP_INDENT 34 /* where the sentences of --help begin */

/* "--http-port" for a key; returns out. */
static const char *config_flag_name(const struct config_row *row, char out[CONFIG_NAME_BYTES])
{
    size_t n = (size_t)snprintf(out, CONFIG_NAME_BYTES, "--");
    for (const char *k = row->key; *k && n + 1 < CONFIG_NAME_BYTES; k++)
        out[n++] = *k == '.' || *k == '_' ? '-' : *k;
    out[n] = '\0';
    return out;
}

void config_help(const char *service, struct buf *out)
{
    for (int id = 0; id < CONFIG_COUNT; id++) {
        const struct config_row *row = config_row(id);
        if (!config_row_applies(row, service))
            continue;
        char name[CONFIG_NAME_BYTES], left[CONFIG_NAME_BYTES + 16];
        if (row->type == CONFIG_TYPE_SECRET)
            snprintf(left, sizeof(left), "%s_FILE PATH", config_env_name(row, name));
        else
            snprintf(left, sizeof(left), "%s %s", config_flag_name(row, name), config_type_name(row->type));
        buf_addf(out, "  %-*s", CONFIG_HELP_INDENT, left);
        if (strlen(left) >= CONFIG_HELP_INDENT)
            buf_addf(out, "\n  %*s", CONFIG_HELP_INDENT, "");
        buf_adds(out, row->help);
        if (*row->otherwise)
            buf_addf(out, " (default %s)", row->otherwise);
        buf_addc(out, '\n');
    }
    buf_addf(out, "  %-*s%s\n", CONFIG_HELP_INDENT, "--config PATH", "File with lines \"key = value\"");
}

static void config_docs_range(const struct config_row *row, struct buf *out)
{
    char low[CONFIG_NUMBER_BYTES], high[CONFIG_NUMBER_BYTES];
    if (config_type_numeric(row->type))
        buf_addf(out, "%s to %s", config_number_format(row->type, row->min, low),
                 config_number_format(row->type, row->max, high));
}

static void config_docs_row(const struct config_row *row, struct buf *out)
{
    char env[CONFIG_NAME_BYTES];
    buf_addf(out, "| `%s` | %s | ", row->key, config_type_name(row->type));
    if (*row->otherwise)
        buf_addf(out, "`%s`", row->otherwise);
    buf_adds(out, " | ");
    config_docs_range(row, out);
    buf_addf(out, " | %s | %s | `%s%s` | ", row->flags == CONFIG_FLAG_LIVE ? "yes" : "", row->services,
             config_env_name(row, env), row->type == CONFIG_TYPE_SECRET ? "_FILE" : "");
    for (const char *p = row->help; *p; p++) {
        if (*p == '|')
            buf_addc(out, '\\');
        buf_addc(out, *p);
    }
    buf_adds(out, " |\n");
}

void config_docs(struct buf *out)
{
    buf_adds(
        out,
        "# Configuration\n\n"
        "Every setting there is. A value comes from the strongest source that gives one: a flag, the environment, the\n"
        "file named by `--config` or `JOBMILL_CONFIG`, the default.\n\n"
        "- Flag: `--http.port 8080` or `--http-port=8080`; never for secrets.\n"
        "- Environment: `JOBMILL_` and the key in capitals with dots as underscores. With `_FILE` behind it, the value "
        "is\n"
        "  read from the file it names; white space around it is ignored.\n"
        "- File: lines `key = value`; lines that begin with `#` are comments.\n\n"
        "An unknown key and a value outside its range are errors. Durations need a unit (`500ms`, `3s`, `2m`, `1h`);\n"
        "sizes may have one (`64k`, `2M`, `1G`, powers of 1024). `--print-config` shows every value and where it came\n"
        "from. Settings marked live can be changed while the process runs.\n\n"
        "| Key | Type | Default | Range | Live | Processes | Environment | Meaning |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int id = 0; id < CONFIG_COUNT; id++)
        config_docs_row(config_row(id), out);
}
