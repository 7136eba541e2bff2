/* check: no visit under way -> connect and say hello; next time: somebody was let in meanwhile -> fine, hang up; nobody
 * -> listen anew. SP's hello is eight bytes: 0 'S' 'P' 0, the protocol number (big endian), 0 0. */
#include "io/control/listen.h"

#include <limits.h>
#include <nng/transport/ipc/ipc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "core/ids.h"
#include "core/log.h"

#define CHECK_EVERY_MS 2000
#define PORT_FIRST     20000
#define PORT_COUNT     12000 /* up to 31999: below the ports that outgoing connections get */
#define PORT_TRIES     50

static const char ipc_scheme[] = "ipc://";

static int listen_at(struct control_listen *li, const char *url)
{
    int rc = nng_listener_create(&li->listener, li->socket, url);
    if (rc)
        return rc;
    if (strncmp(url, ipc_scheme, sizeof(ipc_scheme) - 1) == 0)
        nng_listener_set_int(li->listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    rc = nng_listener_start(li->listener, 0);
    if (rc)
        nng_listener_close(li->listener);
    else if (url != li->url)
        snprintf(li->url, sizeof(li->url), "%s", url);
    return rc;
}

static int listen_anywhere(struct control_listen *li, const char *url)
{
    static const char any_port[] = ":0";
    size_t n = strlen(url);
    if (strncmp(url, "tcp://", 6) != 0 || n < sizeof(any_port) || strcmp(url + n - 2, any_port) != 0)
        return listen_at(li, url);
    int rc = NNG_EADDRINUSE;
    for (int i = 0; i < PORT_TRIES && rc == NNG_EADDRINUSE; i++) {
        char at[CONTROL_URL_BYTES];
        snprintf(at, sizeof(at), "%.*s:%d", (int)(n - 2), url, PORT_FIRST + (int)(ids_random01() * PORT_COUNT));
        rc = listen_at(li, at);
    }
    return rc;
}

static void on_let_in(nng_pipe pipe UNUSED, nng_pipe_ev ev UNUSED, void *ud)
{
    struct control_listen *li = ud;
    atomic_fetch_add(&li->let_in, 1);
}

static int visit(const struct control_listen *li)
{
    static const char hello_from_requester[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", li->url + sizeof(ipc_scheme) - 1);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0)
        return -1;
    if (send(fd, hello_from_requester, sizeof(hello_from_requester), MSG_NOSIGNAL) < 0)
        return -1;
    return TAKE_FD(fd);
}

static void check(void *ud)
{
    struct control_listen *li = ud;
    if (li->fd < 0) {
        li->let_in_before = atomic_load(&li->let_in);
        li->fd = visit(li);
        if (li->fd >= 0)
            return;
    }
    cleanup_close(&li->fd);
    if (atomic_load(&li->let_in) != li->let_in_before)
        return;
    nng_listener_close(li->listener);
    int rc = listen_at(li, li->url);
    log_warn(NULL, "control: let nobody in any more, listening anew: %s", rc ? nng_strerror(rc) : "done");
}

int control_listen_open(struct control_listen *li, struct loop *l, nng_socket socket, const char *url)
{
    *li = (struct control_listen){.socket = socket, .fd = -1};
    nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, on_let_in, li);
    int rc = listen_anywhere(li, url);
    if (rc == 0 && strncmp(li->url, ipc_scheme, sizeof(ipc_scheme) - 1) == 0) {
        li->timer = loop_timer_new(l, check, li);
        loop_timer_start(li->timer, CHECK_EVERY_MS, CHECK_EVERY_MS);
    }
    return rc;
}

void control_listen_close(struct control_listen *li)
{
    if (li->timer) {
        loop_timer_free(li->timer);
        cleanup_close(&li->fd);
    }
    li->timer = NULL;
}

const char *control_url_make(const char *run_dir, const char *instance, char out[CONTROL_URL_BYTES])
{
    struct buf path;
    char cwd[PATH_MAX];
    buf_init(&path, 2 * PATH_MAX);
    if (run_dir[0] != '/' && getcwd(cwd, sizeof(cwd)))
        buf_addf(&path, "%s/", cwd);
    buf_addf(&path, "%s/%s.ctl", run_dir, instance);
    if (buf_failed(&path) || path.len >= sizeof(((struct sockaddr_un *)0)->sun_path))
        snprintf(out, CONTROL_URL_BYTES, "tcp://127.0.0.1:0");
    else
        snprintf(out, CONTROL_URL_BYTES, "%s%s", ipc_scheme, path.data);
    buf_fini(&path);
    return out;
}
