/* The dispatcher daemon: admission, publishing again, leases, closing. One is active (advisory lock), others stand by.
 */
#pragma once

int dispatcher_main(int argc, char **argv);
