/* icmp.h — who it was that forbade a datagram or a connection: the kernel's error queue. */
#ifndef PROBE_ICMP_H
#define PROBE_ICMP_H

#include "probe/fault.h"

/* Keep what ICMP says about this socket; family: AF_INET or AF_INET6. */
void icmp_listen(int fd, int family, bool is_on);

/* The cause behind an error, which a plain call would hide or blur: ICMP with its sender. False
 * when the queue is empty, as always for TCP before Linux 5.8. */
bool icmp_read(int fd, enum check_stage stage, struct fault *fault);

#endif
