/* lazy.h — foreign libraries that are loaded when they are first called.
 *
 * The console's first frame needs curses and nothing else, but the program also speaks HTTP and
 * QUIC, and the libraries for that bring thirty more with them: as ordinary dependencies they would
 * cost every start 5 ms and the operator his patience. Files in src/lazy/ define the functions that
 * we call, and forward to the real ones. */
#ifndef CORE_LAZY_H
#define CORE_LAZY_H

#include "core/base.h"

#include <stdatomic.h>

struct lazy_library {
    const char *file;    /* "libcurl.so.4" */
    const char *package; /* Debian's, for the message when it is missing */
    _Atomic(void *) handle;
};

typedef void lazy_function(void);

/* The function in the library, which is loaded now if it was not; die() when either is missing, as
 * a program that was linked with it would. `found` remembers it. Any thread. */
lazy_function *lazy_find(struct lazy_library *library, _Atomic(lazy_function *) *found,
                         const char *name);

/* LAZY(library, result, name, (parameters), (arguments)) defines name; LAZY_VOID for no result.
 * Hidden, so that the library itself never comes back here. */
#define LAZY_FIND(library, name)                                                                   \
    static _Atomic(lazy_function *) found;                                                         \
    __typeof__(name) *real = (__typeof__(name) *)lazy_find(&(library), &found, #name)

#define LAZY(library, result, name, parameters, arguments)                                         \
    __attribute__((visibility("hidden"))) result name parameters                                   \
    {                                                                                              \
        LAZY_FIND(library, name);                                                                  \
        return real arguments;                                                                     \
    }

#define LAZY_VOID(library, name, parameters, arguments)                                            \
    __attribute__((visibility("hidden"))) void name parameters                                     \
    {                                                                                              \
        LAZY_FIND(library, name);                                                                  \
        real arguments;                                                                            \
    }

#endif
