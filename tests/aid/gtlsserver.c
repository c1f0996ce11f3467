#include "aid/gtlsserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/measure.h"
#include "core/clock.h"

#define PROGRAM "/usr/sbin/gtlsserver"

enum { MOST_TRIES = 10 };

struct gtlsserver {
    uint16_t port;
    pid_t child;
    char *folder;
};

static bool
is_free(const char *host, uint16_t port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_four = inet_pton(AF_INET, host, &four.sin_addr) == 1;
    int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), failed;

    inet_pton(AF_INET6, host, &six.sin6_addr);
    failed = is_four ? bind(fd, (struct sockaddr *)&four, sizeof(four))
                     : bind(fd, (struct sockaddr *)&six, sizeof(six));
    close(fd);
    return failed == 0;
}

/* Until the port is taken, which is when binding it fails; false when the server gave up, because
 * another program was quicker. */
static bool
comes_up(struct gtlsserver *server, const char *host)
{
    int64_t deadline_ms = clock_mono_ms() + 30000;

    while (is_free(host, server->port)) {
        if (waitpid(server->child, NULL, WNOHANG) == server->child)
            return false;
        if (clock_mono_ms() > deadline_ms)
            abort();
        poll(NULL, 0, 5);
    }
    return true;
}

static void
launch(struct gtlsserver *server, const struct gtlsserver_plan *plan)
{
    char pem[512], port[16];

    server->port = measure_free_port(SOCK_DGRAM);
    snprintf(pem, sizeof(pem), "%s/leaf.pem", server->folder);
    snprintf(port, sizeof(port), "%u", (unsigned)server->port);
    server->child = fork();
    if (server->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(PROGRAM, PROGRAM, "--quiet", plan->host, port, pem, pem,
              plan->demands_retry ? "--validate-addr" : (char *)NULL, (char *)NULL);
        _exit(127);
    }
}

struct gtlsserver *
gtlsserver_start(const struct gtlsserver_plan *plan)
{
    struct gtlsserver *server;
    int tries = 0;

    if (access(PROGRAM, X_OK) != 0)
        return NULL;
    server = calloc(1, sizeof(*server));
    if (!server)
        abort();
    server->folder = folder_new();
    folder_write(server->folder, "leaf.pem", plan->pem);
    do
        launch(server, plan);
    while (!comes_up(server, plan->host) && ++tries < MOST_TRIES);
    if (tries == MOST_TRIES)
        abort();
    return server;
}

void
gtlsserver_stop(struct gtlsserver *server)
{
    kill(server->child, SIGKILL);
    waitpid(server->child, NULL, 0);
    folder_free(server->folder);
    free(server);
}

uint16_t
gtlsserver_port(const struct gtlsserver *server)
{
    return server->port;
}
