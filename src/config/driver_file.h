/* driver_file.h — one driver file: its fields, and a list of words for each verb. */
#ifndef CONFIG_DRIVER_FILE_H
#define CONFIG_DRIVER_FILE_H

#include "config/reader.h"
#include "core/driver.h"

struct yaml;

enum { DRIVER_LONGEST_DEADLINE_S = 3600 };

/* Fill driver (its name and path are the caller's) from the file. Mistakes name the file, line and
 * column; false when there were any. Owned by the arena of the mistakes. */
bool driver_file_read(const struct yaml *root, struct driver *driver, struct mistakes *mistakes);

/* A verb: a list of words and groups, or {deadline, words}; out->deadline_ms keeps its value when
 * it says none. The operator's configuration may say this, too. parts: the file's named lists of
 * words, or NULL. */
bool driver_verb_read(const struct reader *reader, const struct yaml *node, const char *where,
                      const struct driver *driver, const struct yaml *parts,
                      struct driver_template *out);
/* Seconds, as a whole number; *ms keeps its value when they are not. */
bool driver_deadline_read(const struct reader *reader, const struct yaml *node, const char *where,
                          int64_t *ms);
/* Names of variables, appended to those in *names (NULL-terminated, or NULL). */
bool driver_environment_read(const struct reader *reader, const struct yaml *node,
                             const char *where, const char *const **names);

#endif
