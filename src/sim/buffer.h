/* buffer.h — bytes that grow; exact, because the pretend service must be able to send malformed
 * text.
 */
#ifndef SIM_BUFFER_H
#define SIM_BUFFER_H

#include "core/base.h"

struct buffer {
    char *bytes; /* NUL-terminated once something was added; NULL before */
    size_t n, room;
};

void buffer_addn(struct buffer *buffer, const char *bytes, size_t n);
void buffer_add(struct buffer *buffer, const char *s);
void buffer_addf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Forget the first n bytes. */
void buffer_drop(struct buffer *buffer, size_t n);
/* Hand the bytes over (caller frees with free(); never NULL) and start again empty. */
char *buffer_take(struct buffer *buffer, size_t *n);
void buffer_free(struct buffer *buffer);

/* malloc'd copies; out of memory is die(). copy_string(NULL) is NULL. */
char *copy_string(const char *s);
char *copy_printf(const char *format, ...) PRINTF_LIKE(1, 2);
/* calloc that never fails. */
void *zeroed(size_t bytes);

#endif
