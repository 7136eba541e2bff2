/* stub_llm [--port N] [--processes N] [NAME=VALUE ...]: the stand-in for model providers, for tests and measurements.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stub_llm/serve.h"

int main(int argc, char **argv)
{
    struct stub_serve o = {.processes = 1};
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
            o.port = (uint16_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--processes") == 0 && i + 1 < argc)
            o.processes = atoi(argv[++i]);
        else if (n + 1 < STUB_SETTINGS_MAX)
            o.settings[n++] = argv[i];
    }
    struct err err;
    if (stub_serve(&o, &err) == 0)
        return 0;
    fprintf(stderr, "stub_llm: %s\n", err.msg);
    return 2;
}
