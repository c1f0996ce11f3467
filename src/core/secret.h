/* secret.h — a credential that %s cannot print, a core dump does not hold, and freeing wipes. */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include "core/base.h"

struct err;
struct secret;
struct stat;

/* Caller frees with secret_free. Refuses what cannot be a credential in an HTTP header: empty,
 * longer than 16 KiB, spaces inside, control bytes. White space around it is dropped. `what` names
 * it in err. */
struct secret *secret_new(const char *bytes, size_t n, const char *what, struct err *err);
void secret_free(struct secret *secret); /* NULL is allowed */
struct secret *secret_copy(const struct secret *secret);

/* Whether nobody else may read a file of that status: one that others may read is refused. */
bool secret_is_private(const struct stat *st, const char *path, const char *what, struct err *err);
/* The first line of a file. */
struct secret *secret_read_file(const char *path, const char *what, struct err *err);

/* Replace a file by one that holds it: see replace_file. */
bool secret_write_file(const struct secret *secret, const char *path, struct err *err);

/* The only way to the bytes, NUL-terminated; borrowed until secret_free. Easy to grep. */
const char *secret_expose(const struct secret *secret);

#endif
