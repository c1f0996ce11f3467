/* quic_close.h — the names of QUIC's transport errors (RFC 9000 section 20.1). */
#ifndef PROBE_QUIC_CLOSE_H
#define PROBE_QUIC_CLOSE_H

#include "core/base.h"

/* "connection refused"; "unknown error" for what no RFC names. TLS alerts (0x100 to 0x1ff) are
 * tls_alert_name's. */
const char *quic_close_name(uint64_t code);

#endif
