/* file.h — small files of the credential chain: read whole when they are safe. */
#ifndef API_FILE_H
#define API_FILE_H

#include "core/err.h"

struct json;

enum file_result { FILE_READ, FILE_ABSENT, FILE_BAD };

enum { FILE_LARGEST_BYTES = 256 * 1024 };

/* Caller frees *bytes, which end in a NUL that n does not count. A private file that others may
 * read is BAD. err is filled for ABSENT and BAD. */
enum file_result file_read(const char *path, bool is_private, char **bytes, size_t *n,
                           struct err *err);

/* The same, parsed; caller frees *out with json_free. Never quotes the content in err. */
enum file_result file_read_json(const char *path, bool is_private, struct json **out,
                                struct err *err);

#endif
