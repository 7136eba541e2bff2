/* Three libuv handles and a timer; the callback runs when the process has ended AND its output has closed.
 *
 *     started --exit, output closed--> told --_free--> closing (handles) --> freed
 *        \--timer--> killed (told as timed_out)
 *
 * The struct is freed when all its handles are closed and the owner has let go of it. */
#include "core/subprocess.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uv.h>
#include "base/buf.h"

#define SUBPROCESS_PIECE_BYTES 65536

struct subprocess {
    struct loop *loop;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_write_t write;
    struct loop_timer *timer;
    struct buf output;
    struct subprocess_end end;
    subprocess_fn *fn;
    void *ud;
    unsigned handles; /* not closed yet */
    bool exited, closed, released;
    char piece[SUBPROCESS_PIECE_BYTES];
};

static void maybe_free(struct subprocess *s)
{
    if (s->handles || !s->released)
        return;
    buf_fini(&s->output);
    free(s);
}

static void handle_closed(uv_handle_t *h)
{
    struct subprocess *s = h->data;
    s->handles--;
    maybe_free(s);
}

static void handle_close(void *handle)
{
    uv_handle_t *h = handle;
    if (!uv_is_closing(h))
        uv_close(h, handle_closed);
}

static void maybe_tell(struct subprocess *s)
{
    if (!s->exited || !s->closed || !s->fn)
        return;
    subprocess_fn *fn = s->fn;
    s->fn = NULL;
    loop_timer_stop(s->timer);
    s->end.output = (struct str){.p = buf_str(&s->output), .n = s->output.len};
    fn(s->ud, &s->end);
}

static void process_exited(uv_process_t *p, int64_t status, int number)
{
    struct subprocess *s = p->data;
    s->exited = true;
    s->end.exit_code = number ? -1 : (int)status;
    s->end.signal = number;
    handle_close(&s->process);
    handle_close(&s->in);
    if (s->end.timed_out || s->end.overflowed) { /* what it started itself may hold the other end open */
        s->closed = true;
        handle_close(&s->out);
    }
    maybe_tell(s);
}

static void output_alloc(uv_handle_t *h, size_t suggested UNUSED, uv_buf_t *ret)
{
    struct subprocess *s = h->data;
    *ret = uv_buf_init(s->piece, sizeof(s->piece));
}

static void kill_it(struct subprocess *s)
{
    if (s->end.started && !s->exited)
        uv_process_kill(&s->process, SIGKILL);
}

static void output_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct subprocess *s = stream->data;
    if (n > 0) {
        buf_add(&s->output, piece->base, (size_t)n);
        if (buf_failed(&s->output) && !s->end.overflowed) {
            s->end.overflowed = true;
            kill_it(s);
        }
        return;
    }
    if (n == 0)
        return;
    s->closed = true;
    handle_close(&s->out);
    maybe_tell(s);
}

/* Also when the child does not read all of it: its verdict is what counts. */
static void input_written(uv_write_t *w, int status UNUSED)
{
    struct subprocess *s = w->data;
    handle_close(&s->in);
}

static void timer_fired(void *ud)
{
    struct subprocess *s = ud;
    s->end.timed_out = true;
    kill_it(s);
}

static void not_started(void *ud)
{
    struct subprocess *s = ud;
    s->exited = s->closed = true;
    maybe_tell(s);
    s->handles--; /* this call */
    maybe_free(s);
}

static void pipe_init(struct subprocess *s, uv_pipe_t *p)
{
    if (uv_pipe_init(loop_uv(s->loop), p, 0) < 0)
        abort();
    p->data = s;
    s->handles++;
}

struct subprocess *subprocess_start(struct loop *l, const struct subprocess_spec *spec, subprocess_fn *fn, void *ud)
{
    struct subprocess *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->loop = l;
    s->fn = fn;
    s->ud = ud;
    buf_init(&s->output, spec->output_max);
    s->timer = loop_timer_new(l, timer_fired, s);
    pipe_init(s, &s->in);
    pipe_init(s, &s->out);
    uv_stdio_container_t io[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&s->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&s->out},
        {.flags = UV_IGNORE},
    };
    char *env[] = {(char *)(uintptr_t) "PATH=/usr/bin:/bin", (char *)(uintptr_t) "LC_ALL=C.UTF-8", NULL};
    uv_process_options_t options = {.file = spec->program,
                                    .args = (char **)(uintptr_t)spec->argv,
                                    .env = env,
                                    .stdio = io,
                                    .stdio_count = 3,
                                    .exit_cb = process_exited};
    s->process.data = s;
    s->handles++;
    int rc = uv_spawn(loop_uv(l), &s->process, &options);
    s->end.started = rc == 0;
    if (rc < 0) {
        handle_close(&s->process);
        handle_close(&s->in);
        handle_close(&s->out);
        s->handles++; /* the call to come */
        loop_defer(l, not_started, s);
        return s;
    }
    loop_timer_start(s->timer, spec->timeout_ms, 0);
    s->write.data = s;
    uv_buf_t input = uv_buf_init((char *)(uintptr_t)spec->input.p, (unsigned)spec->input.n);
    if (spec->input.n == 0 || uv_write(&s->write, (uv_stream_t *)&s->in, &input, 1, input_written) < 0)
        handle_close(&s->in);
    if (uv_read_start((uv_stream_t *)&s->out, output_alloc, output_read) < 0)
        kill_it(s);
    return s;
}

void subprocess_free(struct subprocess *s)
{
    if (!s)
        return;
    s->fn = NULL;
    if (s->end.started && !s->exited) { /* its handle is closed here, so it is collected here: SIGKILL takes no time */
        kill_it(s);
        waitpid(uv_process_get_pid(&s->process), NULL, 0);
    }
    loop_timer_free(s->timer);
    s->timer = NULL;
    handle_close(&s->in);
    handle_close(&s->out);
    handle_close(&s->process);
    s->released = true;
    maybe_free(s);
}

bool subprocess_beside(const char *name, char *out, size_t cap)
{
    ssize_t n = readlink("/proc/self/exe", out, cap - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    size_t left = slash ? cap - (size_t)(slash + 1 - out) : 0;
    return slash && snprintf(slash + 1, left, "%s", name) < (int)left;
}
