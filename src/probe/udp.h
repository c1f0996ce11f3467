/* udp.h — connected datagram sockets. */
#ifndef PROBE_UDP_H
#define PROBE_UDP_H

#include "probe/address.h"
#include "probe/fault.h"

/* Non-blocking, never fragmented (DF), with the kernel's error queue on. -1 and errno. Caller
 * closes. */
int udp_open(const struct address *address);

/* As icmp_read. */
bool udp_read_error(int fd, struct fault *fault);

#endif
