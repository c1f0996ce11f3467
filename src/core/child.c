#include "core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/environment.h"
#include "core/text.h"

enum {
    CHUNK_BYTES = 16 * 1024,
    MOST_CHUNKS = 16, /* read in one step, so that a child that never stops cannot hold us */
    LONGEST_NAME = 60,
    LONGEST_REASON = 160,
};

/* One of the child's standard streams that we hear. */
struct stream {
    int fd; /* -1: closed, or never open */
    size_t n, most;
    bool is_cut;
    char *bytes;
};

struct child {
    char *name; /* for messages */
    pid_t pid;  /* 0 when it has ended and was waited for */
    int watch_fd, ended_fd, input_fd;
    char *input;
    size_t input_n, input_done;
    struct stream output, error;
    int64_t within_ms, deadline_ms;
    enum child_state state;
    int status;
};

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void *
allocate(size_t n)
{
    void *memory = malloc(n > 0 ? n : 1);

    if (!memory)
        die("out of memory");
    return memory;
}

/* Its end of the three streams: -1 for /dev/null. */
struct ends {
    int fd[3];
};

static void
redirect(posix_spawn_file_actions_t *files, const struct ends *theirs)
{
    for (int i = 0; i < 3; i++) {
        if (theirs->fd[i] >= 0)
            posix_spawn_file_actions_adddup2(files, theirs->fd[i], i);
        else
            posix_spawn_file_actions_addopen(files, i, "/dev/null",
                                             i == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
    }
    posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
}

static int
spawn(const struct child_plan *plan, const struct ends *theirs, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char **variables = environment_of_child(plan->environment);
    int reason;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    redirect(&files, theirs);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    reason =
        posix_spawnp(pid, plan->argv[0], &files, &attributes, (char *const *)plan->argv, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(variables);
    return reason;
}

/* A pipe whose end on our side never blocks; the child's does, as programs expect. */
static bool
pipe_open(int *ours, int *theirs, bool we_write)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return false;
    *ours = fds[we_write ? 1 : 0];
    *theirs = fds[we_write ? 0 : 1];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return true;
}

static bool
open_streams(struct child *child, const struct child_plan *plan, struct ends *theirs)
{
    *theirs = (struct ends){.fd = {-1, -1, -1}};
    return (!plan->input || pipe_open(&child->input_fd, &theirs->fd[STDIN_FILENO], true)) &&
           (plan->most_output_bytes == 0 ||
            pipe_open(&child->output.fd, &theirs->fd[STDOUT_FILENO], false)) &&
           (plan->most_error_bytes == 0 ||
            pipe_open(&child->error.fd, &theirs->fd[STDERR_FILENO], false));
}

static bool
watch(const struct child *child, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events};

    return fd < 0 || epoll_ctl(child->watch_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool
watch_all(struct child *child)
{
    child->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    child->ended_fd = pidfd_open(child->pid, 0);
    return child->watch_fd >= 0 && child->ended_fd >= 0 && watch(child, child->ended_fd, EPOLLIN) &&
           watch(child, child->input_fd, EPOLLOUT) && watch(child, child->output.fd, EPOLLIN) &&
           watch(child, child->error.fd, EPOLLIN);
}

static struct child *
child_new(const struct child_plan *plan)
{
    struct child *child = calloc(1, sizeof(*child));

    if (!child)
        die("out of memory");
    child->name = strndup(plan->argv[0], LONGEST_NAME);
    if (!child->name)
        die("out of memory");
    child->watch_fd = child->ended_fd = child->input_fd = child->output.fd = child->error.fd = -1;
    child->output.most = plan->most_output_bytes;
    child->output.bytes = allocate(plan->most_output_bytes);
    child->error.most = plan->most_error_bytes;
    child->error.bytes = allocate(plan->most_error_bytes);
    child->input_n = plan->input ? plan->input_bytes : 0;
    child->input = allocate(child->input_n);
    if (child->input_n > 0)
        memcpy(child->input, plan->input, child->input_n);
    child->within_ms = plan->within_ms;
    child->deadline_ms = clock_mono_ms() + plan->within_ms;
    return child;
}

struct child *
child_start(const struct child_plan *plan, struct err *err)
{
    struct child *child = child_new(plan);
    struct ends theirs;
    bool ok = open_streams(child, plan, &theirs);
    int reason = ok ? spawn(plan, &theirs, &child->pid) : 0;

    if (!ok)
        err_set(err, ERR_IO, "command %s: cannot make a pipe: %s", child->name, strerror(errno));
    for (int i = 0; i < 3; i++)
        close_fd(&theirs.fd[i]);
    if (reason) {
        child->pid = 0; /* posix_spawn may have left a number of a child that is gone */
        ok =
            err_set(err, ERR_CONFIG, "command %s: cannot start: %s", child->name, strerror(reason));
    } else if (ok && !watch_all(child)) {
        ok = err_set(err, ERR_IO, "command %s: cannot watch it: %s", child->name, strerror(errno));
    }
    if (ok)
        return child;
    child_free(child);
    return NULL;
}

int
child_fd(const struct child *child)
{
    return child->watch_fd;
}

int64_t
child_deadline_ms(const struct child *child)
{
    return child->deadline_ms;
}

/* As write, but a reader that is gone is an error and no signal, whatever the thread does with it.
 */
static ssize_t
write_quietly(int fd, const char *bytes, size_t n)
{
    const struct timespec at_once = {0};
    sigset_t broken_pipe, before;
    ssize_t written;
    int reason;

    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    written = write(fd, bytes, n);
    reason = errno;
    if (written < 0 && reason == EPIPE && !sigismember(&before, SIGPIPE))
        sigtimedwait(&broken_pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return written;
}

static void
feed(struct child *child)
{
    while (child->input_fd >= 0) {
        size_t left = child->input_n - child->input_done;
        ssize_t n =
            left > 0 ? write_quietly(child->input_fd, child->input + child->input_done, left) : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n > 0)
            child->input_done += (size_t)n;
        if (n < 0 || child->input_done == child->input_n) { /* it has all, or wants no more */
            close_fd(&child->input_fd);
            explicit_bzero(child->input, child->input_n);
        }
    }
}

static void
keep(struct stream *stream, const char *bytes, size_t n)
{
    size_t room = stream->most - stream->n;

    if (n > room) {
        stream->is_cut = true;
        n = room;
    }
    memcpy(stream->bytes + stream->n, bytes, n);
    stream->n += n;
}

static void
hear(struct stream *stream)
{
    char chunk[CHUNK_BYTES];

    for (int i = 0; i < MOST_CHUNKS && stream->fd >= 0; i++) {
        ssize_t n = read(stream->fd, chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            close_fd(&stream->fd);
        else
            keep(stream, chunk, (size_t)n);
    }
    explicit_bzero(chunk, sizeof(chunk));
}

static void
end_late(struct child *child)
{
    kill(-child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0); /* at once: it was killed */
    child->pid = 0;
    child->state = CHILD_LATE;
}

enum child_state
child_step(struct child *child)
{
    int status = 0;
    pid_t ended;

    if (child->state != CHILD_RUNNING)
        return child->state;
    feed(child);
    ended = waitpid(child->pid, &status, WNOHANG);
    hear(&child->output); /* after the look, so that its last words are not missed */
    hear(&child->error);
    if (ended == child->pid) {
        child->pid = 0;
        child->state = WIFSIGNALED(status) ? CHILD_SIGNALLED : CHILD_EXITED;
        child->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    } else if (clock_mono_ms() >= child->deadline_ms) {
        end_late(child);
    }
    return child->state;
}

int
child_status(const struct child *child)
{
    return child->status;
}

static struct child_output
said(const struct stream *stream)
{
    return (struct child_output){.bytes = stream->bytes, .n = stream->n, .is_cut = stream->is_cut};
}

struct child_output
child_output(const struct child *child)
{
    return said(&child->output);
}

struct child_output
child_error(const struct child *child)
{
    return said(&child->error);
}

static void
clear(struct stream *stream)
{
    explicit_bzero(stream->bytes, stream->n);
    stream->n = 0;
    stream->is_cut = false;
}

void
child_forget(struct child *child)
{
    clear(&child->output);
    clear(&child->error);
}

void
child_deafen(struct child *child)
{
    close_fd(&child->output.fd);
}

/* The last line before end that says something; NULL when there is none. */
static const char *
line_before(const char *bytes, size_t *end, size_t *n)
{
    size_t start;

    while (*end > 0 && strchr(" \r\n", bytes[*end - 1]))
        (*end)--;
    for (start = *end; start > 0 && bytes[start - 1] != '\n';)
        start--;
    *n = *end - start;
    *end = start;
    return *n > 0 ? bytes + start : NULL;
}

/* "See 'systemctl status …' for details." */
static bool
only_says_where_to_look(const char *line, size_t n)
{
    return n > 4 && (memcmp(line, "See ", 4) == 0 || memcmp(line, "Try ", 4) == 0);
}

/* ": " and the last line of its standard error: where programs say why, after they said how. */
static void
add_reason(struct text *out, const struct stream *error)
{
    size_t end = error->n, n_last, n;
    const char *last = line_before(error->bytes, &end, &n_last), *line = last;

    for (n = n_last; line && only_says_where_to_look(line, n);)
        line = line_before(error->bytes, &end, &n);
    if (!line) {
        line = last;
        n = n_last;
    }
    if (!line)
        return;
    text_add(out, ": ");
    text_addn(out, line, line[n - 1] == '.' ? n - 1 : n);
}

bool
child_succeeded(const struct child *child, struct err *err)
{
    TEXT(reason, LONGEST_REASON + 8);

    add_reason(&reason, &child->error);
    switch (child->state) {
    case CHILD_EXITED:
        return child->status == 0 || err_set(err, ERR_CONFIG, "command %s: exit status %d%s",
                                             child->name, child->status, reason.bytes);
    case CHILD_SIGNALLED:
        return err_set(err, ERR_CONFIG, "command %s: killed by signal %d%s", child->name,
                       child->status, reason.bytes);
    case CHILD_LATE:
        return err_set(err, ERR_TIMEOUT, "command %s: not done within %" PRId64 " s%s", child->name,
                       child->within_ms / 1000, reason.bytes);
    case CHILD_RUNNING:
        break;
    }
    return err_set(err, ERR_TIMEOUT, "command %s: still runs", child->name);
}

static void
forget(char *bytes, size_t n)
{
    explicit_bzero(bytes, n);
    free(bytes);
}

void
child_release(struct child *child)
{
    if (child)
        child->pid = 0;
    child_free(child);
}

void
child_free(struct child *child)
{
    if (!child)
        return;
    if (child->pid > 0)
        end_late(child);
    close_fd(&child->input_fd);
    close_fd(&child->output.fd);
    close_fd(&child->error.fd);
    close_fd(&child->ended_fd);
    close_fd(&child->watch_fd);
    forget(child->input, child->input_n);
    forget(child->output.bytes, child->output.n);
    forget(child->error.bytes, child->error.n);
    free(child->name);
    free(child);
}
