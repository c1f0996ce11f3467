/* pretend.h — a pretend network in a private folder, for the tests of it. */
#ifndef AID_PRETEND_H
#define AID_PRETEND_H

#include "sim/network.h"

/* Two connectors of one tunnel and one MCP server named "wiki"; cmocka setup and teardown, the
 * state is a struct network. */
int pretend_start(void **state);
int pretend_stop(void **state); /* also proves that the folder is empty again */

/* Whether this host has an IPv6 loopback, without which the pretend edge is on IPv4 only. */
bool pretend_has_ipv6(void);

#endif
