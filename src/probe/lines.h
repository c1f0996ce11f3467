/* lines.h — bytes as they come, cut into lines; a line that never ends is cut short. */
#ifndef PROBE_LINES_H
#define PROBE_LINES_H

#include "probe/log_line.h"

struct lines {
    void (*line)(void *context, const char *bytes, size_t n); /* without its newline */
    void *context;
    bool is_skipping; /* up to the next newline: the beginning was not seen, or it was too long */
    size_t n;
    char bytes[LOG_LINE_LONGEST];
};

/* line is called for each line that is complete, and for the first LOG_LINE_LONGEST bytes of one
 * that is longer. */
void lines_add(struct lines *lines, const char *bytes, size_t n);
/* What comes next is the beginning of a line, or (is_within) may be the middle of one. */
void lines_restart(struct lines *lines, bool is_within);

#endif
