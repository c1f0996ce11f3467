/* loader.h — the state of one config_load, shared by the files of this room. */
#ifndef CONFIG_LOADER_H
#define CONFIG_LOADER_H

#include "config/config.h"
#include "config/mistakes.h"
#include "config/options.h"
#include "config/value.h"

struct yaml;
struct driver_entry;

/* The order of loader.tables: start and context options, then all that stand at the top level of
 * the file: our own and the other rooms'. */
enum { START_TABLE, CONTEXT_TABLE, TOP_TABLES };

struct loader {
    const struct config_request *request;
    struct config *config;
    struct value_context context;
    const struct yaml *root;      /* of the file; NULL: there is none */
    enum err_code code;           /* whose mistake: the file's, or the command line's */
    struct mistakes fatal, minor; /* minor: hurts only what it names */
    struct option_table *tables;
    size_t n_tables;
    struct config_setting *settings; /* one for each row of tables, then the elements of lists */
    size_t n_settings, settings_room;
    size_t n_fixed;               /* settings that are no elements of lists */
    struct driver_entry *drivers; /* of all folders, also those with mistakes */
    size_t n_drivers;
};

/* Note that option of target was set; node: where in the file, or NULL. The last one counts. */
void loader_note(struct loader *loader, const struct option *option, const void *target,
                 enum config_origin origin, const struct yaml *node);
/* A setting that no table knows, such as a driver's field. */
void loader_add_setting(struct loader *loader, struct config_setting setting);
/* Another element of a list, with room for all its options; they start as defaults. */
void loader_add_element(struct loader *loader, const struct option_list *list, size_t index,
                        const void *target);

/* Read the tree into the tables: everything at the top level but contexts. */
void loader_read_top(struct loader *loader);
/* Choose the context and read it; the others are only checked. is_flag: --context named it. */
void loader_read_contexts(struct loader *loader, bool is_flag);

/* The mistake of naming a theme that is not there, laid at the door of whoever named it. */
void loader_unknown_theme(struct loader *loader, const char *advice);

/* Drivers of all folders; then, once it is known who uses them, their mistakes: a used one's are
 * fatal. */
void loader_read_drivers(struct loader *loader);
void loader_judge_drivers(struct loader *loader);
/* The one that the operator named at this node; NULL, and a mistake of the configuration or of the
 * driver, when it cannot be used. */
const struct driver *loader_find_driver(struct loader *loader, const struct yaml *name,
                                        const char *where);

/* Themes of all folders, the built-in one first. */
void loader_read_themes(struct loader *loader);

#endif
