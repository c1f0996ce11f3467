/* fields.h — members of the documents that we print: what is not known is null. */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include <stdio.h>

#include "core/json.h"

void field_time(struct json *object, const char *key, int64_t wall_ms);  /* 0: null */
void field_word(struct json *object, const char *key, const char *word); /* "", NULL: null */
void field_count(struct json *object, const char *key, int64_t n);       /* negative: null */
void field_seconds(struct json *object, const char *key, int64_t ms);    /* negative: null */
void field_lines(struct json *object, const char *key, const char *const *lines, size_t n);

/* Print the document and free it: indented, or on one line. */
void fields_print(FILE *out, struct json *document, bool is_pretty);

#endif
