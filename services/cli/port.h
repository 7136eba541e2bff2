/* Choosing the gateway's port. */
#pragma once

#include <stdbool.h>
#include "base/err.h"

/* Keeps wanted (0: any) for this process' children, who listen there with SO_REUSEPORT: *ret_fd is bound and never
 * listens, so that nobody else can take the port while a gateway is being started again. Taken: a free one between
 * 20000 and 31999 unless fixed. ERR_CONFLICT, ERR_IO. */
int port_reserve(const char *host, unsigned wanted, bool fixed, unsigned *ret_port, int *ret_fd, struct err *err);
