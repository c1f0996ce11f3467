#include "api/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/secret.h"

enum { MOST_OUTPUT_BYTES = 20 * 1024, MOST_VARIABLES = 4096 };

struct command {
    char name[64]; /* for messages */
    pid_t pid;
    int out_fd;   /* its output; -1 when we have seen enough */
    int ended_fd; /* readable when it has ended */
    int64_t deadline_ms;
    size_t n;
    char output[MOST_OUTPUT_BYTES];
};

/* The variables of the child: ours without those that may hold secrets. Caller frees the array. */
static char **
child_environment(void)
{
    char **clean = calloc(MOST_VARIABLES + 1, sizeof(*clean));
    size_t n = 0;

    if (!clean)
        die("out of memory");
    for (char **variable = environ; *variable && n < MOST_VARIABLES; variable++)
        if (strncmp(*variable, "ANTHROPIC_", strlen("ANTHROPIC_")) != 0)
            clean[n++] = *variable;
    return clean;
}

static int
spawn(const char *const *argv, int out_fd, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char **variables = child_environment();
    int reason;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    reason = posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)argv, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(variables);
    return reason;
}

struct command *
command_start(const char *const *argv, struct err *err)
{
    struct command *command = calloc(1, sizeof(*command));
    int pipe_fds[2], reason;

    if (!command)
        die("out of memory");
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        die("cannot make a pipe: %s", strerror(errno));
    fcntl(pipe_fds[1], F_SETFL, 0); /* the child's end blocks, as programs expect */
    reason = spawn(argv, pipe_fds[1], &command->pid);
    close(pipe_fds[1]);
    if (reason) {
        err_set(err, ERR_CONFIG, "command %.60s: cannot start: %s", argv[0], strerror(reason));
        close(pipe_fds[0]);
        free(command);
        return NULL;
    }
    memcpy(command->name, argv[0], strnlen(argv[0], sizeof(command->name) - 1));
    command->out_fd = pipe_fds[0];
    command->ended_fd = pidfd_open(command->pid, 0);
    command->deadline_ms = clock_mono_ms() + COMMAND_WITHIN_MS;
    return command;
}

int
command_fd(const struct command *command)
{
    return command->out_fd >= 0 ? command->out_fd : command->ended_fd;
}

int64_t
command_deadline_ms(const struct command *command)
{
    return command->deadline_ms;
}

/* Read until the first line is whole, the cap, or the end. */
static void
read_output(struct command *command)
{
    while (command->out_fd >= 0) {
        ssize_t n = read(command->out_fd, command->output + command->n,
                         sizeof(command->output) - command->n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n > 0)
            command->n += (size_t)n;
        if (n <= 0 || command->n == sizeof(command->output) ||
            memchr(command->output, '\n', command->n)) {
            close(command->out_fd);
            command->out_fd = -1;
        }
    }
}

static struct secret *
first_line(struct command *command, struct err *err)
{
    const char *end = memchr(command->output, '\n', command->n);
    size_t n = end ? (size_t)(end - command->output) : command->n;
    char what[96] = "command ";

    memcpy(what + strlen("command "), command->name, strlen(command->name) + 1);
    return secret_new(command->output, n, what, err);
}

static bool
judge_exit(const struct command *command, int status, struct err *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && command->n > 0)
        return true; /* it went on talking after its first line, which is all we read */
    if (WIFEXITED(status))
        return err_set(err, ERR_CONFIG, "command %s: exit status %d", command->name,
                       WEXITSTATUS(status));
    return err_set(err, ERR_CONFIG, "command %s: killed by signal %d", command->name,
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

enum command_state
command_step(struct command *command, struct secret **out, struct err *err)
{
    int status = 0;
    pid_t ended;

    read_output(command);
    ended = waitpid(command->pid, &status, WNOHANG);
    if (ended == 0 && clock_mono_ms() < command->deadline_ms)
        return COMMAND_RUNNING;
    if (ended == 0) {
        err_set(err, ERR_TIMEOUT, "command %s: no token within %d s", command->name,
                COMMAND_WITHIN_MS / 1000);
        return COMMAND_FAILED;
    }
    read_output(command); /* what it said just before it ended */
    if (ended > 0)
        command->pid = 0;
    if (!judge_exit(command, status, err))
        return COMMAND_FAILED;
    *out = first_line(command, err);
    return *out ? COMMAND_DONE : COMMAND_FAILED;
}

void
command_free(struct command *command)
{
    if (!command)
        return;
    if (command->pid > 0) {
        kill(-command->pid, SIGKILL);
        waitpid(command->pid, NULL, 0); /* at once: it was killed */
    }
    if (command->out_fd >= 0)
        close(command->out_fd);
    if (command->ended_fd >= 0)
        close(command->ended_fd);
    explicit_bzero(command, sizeof(*command));
    free(command);
}
