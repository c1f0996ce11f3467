/* link.h — how much the interface that a connection leaves by can carry at once. */
#ifndef PROBE_LINK_H
#define PROBE_LINK_H

#include "core/base.h"

/* The MTU in bytes of the interface that has the connected socket's own address; -1 when that is
 * not known. */
int64_t link_mtu(int fd);

#endif
