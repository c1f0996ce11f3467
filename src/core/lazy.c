#include "core/lazy.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "core/die.h"

/* One at a time: they bring each other along, so that one thread's libcurl has initialised another
 * thread's GnuTLS. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static void *
library_open(struct lazy_library *library)
{
    void *handle = atomic_load(&library->handle);

    if (handle)
        return handle;
    pthread_mutex_lock(&loading);
    handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
    if (!handle)
        die("%s cannot be loaded (Debian's package %s): %s", library->file, library->package,
            dlerror());
    atomic_store(&library->handle, handle); /* twice from two threads is the same handle */
    pthread_mutex_unlock(&loading);
    return handle;
}

lazy_function *
lazy_find(struct lazy_library *library, _Atomic(lazy_function *) *found, const char *name)
{
    lazy_function *function = atomic_load(found);
    void *symbol;

    if (function)
        return function;
    symbol = dlsym(library_open(library), name);
    if (!symbol)
        die("%s has no %s: another version than the one this was built for", library->file, name);
    memcpy(&function, &symbol, sizeof(function)); /* POSIX: they have the same representation */
    atomic_store(found, function);
    return function;
}
