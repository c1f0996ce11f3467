#include "core/die.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic(void (*)(void)) rescue_callback;

void
die_rescue(void (*rescue)(void))
{
    atomic_store(&rescue_callback, rescue);
}

void
die(const char *format, ...)
{
    void (*rescue)(void) = atomic_exchange(&rescue_callback, NULL);
    va_list args;

    if (rescue)
        rescue();
    fputs("sandwatch: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
