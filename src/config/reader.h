/* reader.h — what readers of our own YAML files (themes, drivers) say when something does not
 * belong there. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/mistakes.h"

struct yaml;

struct reader {
    const char *path;
    struct mistakes *mistakes;
};

/* A mistake at the value of node; words (NULL-terminated, or NULL) are what could stand there.
 * Returns false. */
bool reader_fail(const struct reader *reader, const struct yaml *node, const char *where,
                 const char *expected, const char *const *words);

/* where: what messages call the map that holds node; "" at the top. */
void reader_unknown_key(const struct reader *reader, const struct yaml *node, const char *where,
                        const struct words *valid);

#endif
