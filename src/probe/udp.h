/* udp.h — connected datagram sockets, and who it was that forbade a datagram. */
#ifndef PROBE_UDP_H
#define PROBE_UDP_H

#include "probe/address.h"
#include "probe/fault.h"

/* Non-blocking, never fragmented (DF), with the kernel's error queue on. -1 and errno. Caller
 * closes. */
int udp_open(const struct address *address);

/* The cause behind an error, which a plain send or recv would hide or blur: ICMP with its sender.
 * False when the queue is empty. */
bool udp_read_error(int fd, struct fault *fault);

#endif
