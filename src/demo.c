#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "sim/sim.h"

enum {
    READY_WITHIN_MS = 60000,
    GONE_WITHIN_MS = 2000,
    LONGEST_READY_LINE = 256 * 1024, /* one address per connector and server of the largest world */
};

struct demo {
    pid_t pid;
    int ready_fd; /* its line comes here; its end of file means that it failed */
    int stop_fd;  /* closing it ends the simulator */
    int gone_fd;  /* end of file when the process has ended */
};

/* In the child: stdout and stdin belong to the console, so it speaks through pipes only. */
NORETURN static void
run_child(const struct sim_options *options)
{
    struct err err = {0};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int status;

    signal(SIGINT, SIG_IGN); /* the terminal's ^C is the console's to answer */
    signal(SIGQUIT, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
    }
    status = sim_run(options, &err);
    if (status)
        dprintf(options->ready_fd, "%s\n", err.message);
    _exit(status);
}

static bool
pipes_open(int pipes[3][2], struct err *err)
{
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0)
            return err_set(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    return true;
}

struct demo *
demo_start(const struct sim_options *world, struct err *err)
{
    enum { READY, STOP, GONE };
    int pipes[3][2];
    struct demo *demo = calloc(1, sizeof(*demo));

    if (!demo)
        die("out of memory");
    if (!pipes_open(pipes, err) || (demo->pid = fork()) < 0) {
        free(demo);
        if (err->code == ERR_NONE)
            err_set(err, ERR_IO, "cannot start the simulator: %s", strerror(errno));
        return NULL;
    }
    if (demo->pid == 0) {
        close(pipes[READY][0]);
        close(pipes[STOP][1]);
        close(pipes[GONE][0]);
        run_child(&(struct sim_options){
            .listen = "127.0.0.1:0",
            .scenario = world->scenario,
            .seed = world->seed,
            .scenario_folders = world->scenario_folders,
            .program = world->program,
            .ready_fd = pipes[READY][1],
            .stop_fd = pipes[STOP][0],
        });
    }
    close(pipes[READY][1]);
    close(pipes[STOP][0]);
    close(pipes[GONE][1]);
    demo->ready_fd = pipes[READY][0];
    demo->stop_fd = pipes[STOP][1];
    demo->gone_fd = pipes[GONE][0];
    return demo;
}

/* One line from fd into the arena, before the deadline. */
static char *
read_line(int fd, struct arena *arena, struct err *err)
{
    int64_t deadline_ms = clock_mono_ms() + READY_WITHIN_MS;
    char *line = arena_alloc(arena, LONGEST_READY_LINE);
    size_t n = 0;

    while (n + 1 < LONGEST_READY_LINE) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_mono_ms();
        ssize_t got;

        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0) {
            err_set(err, ERR_TIMEOUT, "the simulator did not start within %d s",
                    READY_WITHIN_MS / 1000);
            return NULL;
        }
        got = read(fd, line + n, LONGEST_READY_LINE - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
        if (line[n - 1] == '\n')
            return line;
    }
    err_set(err, ERR_IO, "the simulator ended before it was ready");
    return NULL;
}

const char *
demo_config(struct demo *demo, struct arena *arena, struct err *err)
{
    char *line = read_line(demo->ready_fd, arena, err);
    const char *path = NULL;
    struct json *json;

    if (!line)
        return NULL;
    if (line[0] != '{') {
        err_set(err, ERR_CONFIG, "%.*s", (int)strcspn(line, "\n"), line);
        return NULL;
    }
    json = json_parse(line, strlen(line), err);
    if (json && !json_is_null(json_get(json, "config")))
        path = arena_strdup(arena, json_string(json, "config", ""));
    else if (json)
        err_set(err, ERR_FORMAT, "the simulator named no configuration");
    json_free(json);
    return path;
}

void
demo_stop(struct demo *demo)
{
    struct pollfd gone;

    if (!demo)
        return;
    close(demo->stop_fd);
    close(demo->ready_fd);
    gone = (struct pollfd){.fd = demo->gone_fd};
    if (poll(&gone, 1, GONE_WITHIN_MS) <= 0)
        kill(demo->pid, SIGKILL);
    while (waitpid(demo->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(demo->gone_fd);
    free(demo);
}
