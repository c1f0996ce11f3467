/* log_line.h — one line of a log: when it was written, and what it says in one form whatever it was
 * written in.
 *
 * A pure function of bytes. Understood are zerolog's console format and JSON objects
 * (facts/connectivity.md B3, C5), each with whatever journald, docker or a supervisor put before.
 */
#ifndef PROBE_LOG_LINE_H
#define PROBE_LOG_LINE_H

#include "core/base.h"

enum {
    LOG_LINE_LONGEST = 4096, /* bytes; what follows is not read */
    LOG_TEXT_BYTES = 1024,
};

struct log_line {
    int64_t at_ms; /* wall; 0: it does not say */
    /* Clean: "ERR message key=value key="two words"", for JSON as for console lines. */
    char text[LOG_TEXT_BYTES];
};

/* False: nothing but blanks. */
bool log_line_read(const char *bytes, size_t n, struct log_line *out);

#endif
