#include "core/thread.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/err.h"

bool
thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *context, struct err *err)
{
    sigset_t all, before;
    int reason;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    reason = pthread_create(out, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason)
        return err_set(err, ERR_IO, "cannot start the %s thread: %s", name, strerror(reason));
    (void)pthread_setname_np(*out, name);
    return true;
}

void
thread_give_way(void)
{
    enum { NICER = 5 };

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICER); /* Linux: of this thread alone */
}
