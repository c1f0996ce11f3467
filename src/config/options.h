/* options.h — the one table of everything that can be set: file keys, flags, help, `config show`
 * and the manual come from here. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/config.h"

/* A list of maps in the file that becomes an array of structs. */
struct option_list {
    const char *name;
    const struct option *rows; /* of one element */
    size_t n;
    size_t element_bytes;
    size_t array_offset, count_offset; /* in struct config: const struct X *, size_t */
    const char *unique;                /* no two elements share this one; NULL: they may */
    bool needs_secret;                 /* one of the rows that are is_secret must be set */
    const char *help;
};

/* Only on the command line and in the environment: where the file is. Fills struct config. */
extern const struct option start_options[];
extern const size_t start_options_n;

/* At the top level of the file. Fills struct config. */
extern const struct option file_options[];
extern const size_t file_options_n;

/* Under contexts.NAME. Fills struct config. */
extern const struct option context_options[];
extern const size_t context_options_n;
extern const struct option_list context_lists[];
extern const size_t context_lists_n;

/* Under control of a pool or connector, besides the driver's own fields. Only for the help: targets
 * are the driver's. */
extern const struct option control_options[];
extern const size_t control_options_n;

/* Where the official tools look for credentials; NULL-terminated
 * (facts/management-api.md 1.3, 1.4). */
extern const char *const official_variables[];

#endif
