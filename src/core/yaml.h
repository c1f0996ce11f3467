/* yaml.h — the one door to YAML: a file as a tree whose every node knows its line and column. */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include "core/base.h"

struct arena;
struct err;

enum yaml_kind { YAML_scalar, YAML_list, YAML_map };

enum {
    YAML_LARGEST_BYTES = 4 << 20, /* a configuration of a thousand pools is a tenth of it */
    YAML_DEEPEST = 16,
};

struct yaml {
    enum yaml_kind kind;
    const char *key;   /* in a map: this member's key, else "" */
    const char *value; /* scalar: its text; else "" */
    bool is_quoted;    /* scalar: "12" is a string, 12 may be a number; plain ~ and null are null */
    unsigned line, column; /* of the value, from 1 */
    unsigned key_line, key_column;
    const struct yaml *first; /* list, map: the first child */
    const struct yaml *next;  /* the next sibling */
};

/* Owned by the arena. Aliases, duplicate keys, a second document, too large or too deep: NULL, and
 * err says "FILE:LINE:COLUMN: what". An empty file is an empty map. */
const struct yaml *yaml_load(struct arena *arena, const char *path, struct err *err);
/* The same from memory; name stands for the file in messages. */
const struct yaml *yaml_parse(struct arena *arena, const char *name, const char *bytes, size_t n,
                              struct err *err);
/* The same of somebody else's file: aliases, merge keys ("<<") and further documents are accepted,
 * and the first document is read. Nodes may then be shared: walk only what is known by name. */
const struct yaml *yaml_parse_foreign(struct arena *arena, const char *name, const char *bytes,
                                      size_t n, struct err *err);

/* The member of a map; NULL when there is none, or node is NULL or no map. */
const struct yaml *yaml_get(const struct yaml *node, const char *key);
/* Plain null, ~ or nothing. */
bool yaml_is_null(const struct yaml *node);

#endif
