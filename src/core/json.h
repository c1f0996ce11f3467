/* json.h — the one door to JSON: typed reads that never guess, and a builder.
 *
 * Reading is forgiving where the service may grow (unknown keys, absent keys) and strict where it
 * may not (nesting, size). Strings are as they came: pass them through text_clean_dup() before
 * keeping them. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/base.h"

struct err;
struct json; /* any value; never dereferenced outside json.c */

enum { JSON_DEEPEST = 64 }; /* sessions nest about ten deep; more is an attack on the parser */

/* Caller frees with json_free. Trailing bytes, nesting beyond JSON_DEEPEST: NULL and err. */
struct json *json_parse(const char *bytes, size_t n, struct err *err);
void json_free(struct json *json); /* NULL is allowed */

/* Member of an object; NULL when json is NULL, no object, or has no such member. */
const struct json *json_get(const struct json *json, const char *key);
/* Walk an array or the members of an object; NULL at the end, and when json is neither. */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *item);
const char *json_key(const struct json *member); /* "" for an array's item */
size_t json_count(const struct json *json);

bool json_is_null(const struct json *json); /* absent counts as null */
bool json_is_object(const struct json *json);
bool json_is_array(const struct json *json);
bool json_is_string(const struct json *json);

/* The member's value, or what is given for "not there, or of another type". Borrowed until
 * json_free. */
const char *json_string(const struct json *json, const char *key, const char *otherwise);
int64_t json_int(const struct json *json, const char *key,
                 int64_t otherwise); /* whole, |n| < 2^53 */
double json_double(const struct json *json, const char *key, double otherwise);
bool json_bool(const struct json *json, const char *key, bool otherwise);
/* The value itself. */
const char *json_as_string(const struct json *json, const char *otherwise);
int64_t json_as_int(const struct json *json, int64_t otherwise);
double json_as_double(const struct json *json, double otherwise);

/* Building. A value added to a parent is owned by it; json_add takes ownership of value. key is
 * NULL when the parent is an array. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *s); /* NULL gives null */
struct json *json_new_int(int64_t n);
struct json *json_new_double(double n);
struct json *json_new_bool(bool is_true);
struct json *json_new_null(void);
struct json *json_copy(const struct json *json);
void json_add(struct json *parent, const char *key, struct json *value);
struct json *json_add_object(struct json *parent, const char *key);
struct json *json_add_array(struct json *parent, const char *key);
void json_add_string(struct json *parent, const char *key, const char *s); /* NULL gives null */
void json_add_int(struct json *parent, const char *key, int64_t n);
void json_add_bool(struct json *parent, const char *key, bool is_true);
void json_add_null(struct json *parent, const char *key);

/* Caller frees with free(). Indented when pretty. */
char *json_print(const struct json *json, bool pretty);

#endif
