/* jobmill-gateway */
#include "gateway/gateway.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "gateway",
        .service = "gateway",
        .about = "takes applications over HTTP, singly and in bulk, and shows how far they are",
        .start = gateway_start,
        .stop = gateway_stop,
        .free = gateway_free,
    };
    return daemon_main(&spec, argc, argv);
}
