/* base.h — the few words every file needs: attributes and the size of an array. */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(nth, first) __attribute__((__format__(__printf__, nth, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
