/* ngtcp2_names.h — how ngtcp2 1.x calls things, where the library is still 0.12 (Debian 12). All
 * that differs between the two is here; include it after ngtcp2.h. */
#ifndef CORE_NGTCP2_NAMES_H
#define CORE_NGTCP2_NAMES_H

#if NGTCP2_VERSION_NUM >= 0x010000

/* Why the connection ended, as far as ngtcp2 knows. */
static inline ngtcp2_ccerr
ngtcp2_close_of(ngtcp2_conn *conn)
{
    return *ngtcp2_conn_get_ccerr(conn);
}

/* A server must say that it is the one that was asked. */
static inline void
ngtcp2_params_set_original(ngtcp2_transport_params *params, const ngtcp2_cid *id)
{
    params->original_dcid = *id;
    params->original_dcid_present = 1;
}

#else

#define ngtcp2_ccerr ngtcp2_connection_close_error
#define ngtcp2_ccerr_default ngtcp2_connection_close_error_default
#define ngtcp2_ccerr_set_liberr ngtcp2_connection_close_error_set_transport_error_liberr
#define ngtcp2_ccerr_set_tls_alert ngtcp2_connection_close_error_set_transport_error_tls_alert
#define ngtcp2_ccerr_set_transport_error ngtcp2_connection_close_error_set_transport_error

static inline ngtcp2_ccerr
ngtcp2_close_of(ngtcp2_conn *conn)
{
    ngtcp2_ccerr reason;

    ngtcp2_ccerr_default(&reason);
    ngtcp2_conn_get_connection_close_error(conn, &reason);
    return reason;
}

static inline void
ngtcp2_params_set_original(ngtcp2_transport_params *params, const ngtcp2_cid *id)
{
    params->original_dcid = *id;
}

#endif
#endif
