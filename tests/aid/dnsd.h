/* dnsd.h — a name server on a loopback port, over UDP and TCP, that says what a table tells it. */
#ifndef AID_DNSD_H
#define AID_DNSD_H

#include "core/base.h"

enum { DNSD_A = 1, DNSD_AAAA = 28, DNSD_SRV = 33 };
enum { DNSD_NOERROR = 0, DNSD_SERVFAIL = 2, DNSD_NXDOMAIN = 3, DNSD_REFUSED = 5, DNSD_SILENT = 99 };
enum { DNSD_TRUNCATED = 98 }; /* an rcode too: over UDP it says that there is more over TCP */

struct dnsd_row {
    const char *name; /* lower case; NULL ends the table */
    int type;
    int rcode;
    const char *data; /* A, AAAA: an address; SRV: its target; NULL: none. Several rows add up */
    uint16_t port;    /* SRV; its priority is the order of the rows */
};

struct dnsd;

/* Names that are not in the table do not exist; other types of those that are have no data. The
 * table is borrowed until dnsd_stop. */
struct dnsd *dnsd_start(const struct dnsd_row *table);
void dnsd_stop(struct dnsd *dnsd);
/* "127.0.0.1:PORT"; borrowed until dnsd_stop. */
const char *dnsd_address(const struct dnsd *dnsd);
/* How many questions came over TCP. */
unsigned dnsd_over_tcp(const struct dnsd *dnsd);

#endif
