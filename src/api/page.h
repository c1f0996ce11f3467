/* page.h — one page of a list, or a single object: taken apart item by item. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/resource.h"

enum { PAGE_CURSOR_BYTES = 1024, PAGE_PATH_BYTES = 4096 };

/* Feed the body to the resource. *cursor gets the next page's, "" at the end. ERR_FORMAT when it is
 * not what the interface promises; the body is never quoted. */
bool page_read(const struct resource *resource, struct reading *reading, const char *body, size_t n,
               char cursor[PAGE_CURSOR_BYTES], struct err *err);

/* The path and query of one request. ERR_LIMIT when it does not fit. */
bool page_path(const struct resource *resource, const char *subject, const char *cursor,
               bool has_limit, char path[PAGE_PATH_BYTES], struct err *err);

#endif
