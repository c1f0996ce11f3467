/* call_row.h — what is known of every kind of call (calls.def), and the path that one of them goes
 * to. */
#ifndef API_CALL_ROW_H
#define API_CALL_ROW_H

#include "api/call.h"
#include "api/resource.h"

enum { CALL_PATH_BYTES = 512 };

struct call_row {
    const char *what, *method;
    size_t n_ids;
    const char *path, *beta;
    enum resource_key key;
    bool is_effect;
    const char *scope; /* that a 403 lacks */
};

const struct call_row *call_row(enum api_call_id id);

/* False when the path would not name what it should: an empty id reaches the collection. */
bool call_path(const struct api_call *call, char path[CALL_PATH_BYTES]);

#endif
