/* Nothing is left behind: a child asks the kernel for SIGTERM at its parent's death before it becomes the daemon (and
 * checks that the parent has not died before it asked). Its death wakes the loop through a pidfd; where the kernel has
 * none, the supervisor's timer finds it. */
#include "cli/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/clock.h"

#define CHILD_EXEC_FAILED 127

const char *child_state_name(enum child_state s)
{
    static const char *const names[] = {"", "starting", "up", "stopping", "waiting"};
    return (size_t)s < ARRAY_LEN(names) ? names[s] : "";
}

/* Between fork and exec: only calls that are safe there. */
static void child_become(const char *program, char *const argv[], int log, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(CHILD_EXEC_FAILED);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(CHILD_EXEC_FAILED);
    syscall(SYS_close_range, 3U, ~0U, 0U); /* without the call: everything of ours is close-on-exec anyway */
    execv(program, argv);
    static const char text[] = "cannot execute the program\n";
    ssize_t ignored = write(2, text, sizeof(text) - 1);
    (void)ignored;
    _exit(CHILD_EXEC_FAILED);
}

static void child_ended(void *ud, int events)
{
    (void)events;
    struct child *c = ud;
    c->woken(c->ud);
}

static void child_watch(struct child *c, struct loop *loop)
{
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0U);
    if (c->pidfd < 0)
        return;
    fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
    c->poll = loop_poll_new(loop, c->pidfd, child_ended, c);
    loop_poll_set(c->poll, LOOP_READ);
}

int child_start(struct child *c, struct loop *loop, const char *program, char *const argv[], const char *log_path,
                loop_fn *woken, void *ud, struct err *err)
{
    c->woken = woken;
    c->ud = ud;
    c->pidfd = -1;
    if (access(program, X_OK) < 0)
        return err_set(err, ERR_NOT_FOUND, "cannot execute %.150s: %s", program, strerror(errno));
    _cleanup_close_ int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        return err_set(err, ERR_IO, "cannot write %.150s: %s", log_path, strerror(errno));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return err_set(err, ERR_IO, "cannot start a process: %s", strerror(errno));
    if (pid == 0)
        child_become(program, argv, log, parent);
    setpgid(pid, pid); /* also here: whoever comes first */
    c->pid = pid;
    c->state = CHILD_STARTING;
    c->started_ms = clock_mono_ms();
    child_watch(c, loop);
    return 0;
}

static void child_unwatch(struct child *c)
{
    loop_poll_free(c->poll);
    c->poll = NULL;
    if (c->pidfd >= 0)
        close(c->pidfd);
    c->pidfd = -1;
}

bool child_reap(struct child *c, int *ret_code)
{
    int status;
    if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
        return false;
    child_unwatch(c);
    kill(-c->pid, SIGKILL); /* what it may have started itself */
    c->pid = 0;
    *ret_code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (WIFSIGNALED(status))
        snprintf(c->last_end, sizeof(c->last_end), "signal %d", WTERMSIG(status));
    else
        snprintf(c->last_end, sizeof(c->last_end), "exit %d", WEXITSTATUS(status));
    return true;
}

void child_signal(const struct child *c, int number)
{
    if (c->pid > 0 && kill(-c->pid, number) < 0)
        kill(c->pid, number);
}
