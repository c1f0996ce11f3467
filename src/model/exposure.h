/* exposure.h — does a port that is meant for this host alone accept connections at its other
 * addresses? */
#ifndef MODEL_EXPOSURE_H
#define MODEL_EXPOSURE_H

#include "core/base.h"

struct exposure {
    int64_t at_ms;       /* wall: when it was tried; 0: never */
    size_t tried;        /* how many addresses of this host, loopback left out */
    const char *address; /* the first that accepts, "10.0.0.5:8080"; NULL or "": none does */
    bool is_public;      /* such an address is none of a private network */
};

#endif
