/* gnutls.c — GnuTLS, loaded by the first QUIC handshake. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "core/lazy.h"

static struct lazy_library gnutls = {.file = SONAME_gnutls, .package = "libgnutls30"};

LAZY(gnutls, int, gnutls_alpn_set_protocols,
     (gnutls_session_t session, const gnutls_datum_t *protocols, unsigned protocols_size,
      unsigned flags),
     (session, protocols, protocols_size, flags))
LAZY(gnutls, int, gnutls_certificate_allocate_credentials, (gnutls_certificate_credentials_t * res),
     (res))
LAZY_VOID(gnutls, gnutls_certificate_free_credentials, (gnutls_certificate_credentials_t sc), (sc))
LAZY(gnutls, int, gnutls_certificate_set_x509_key_mem,
     (gnutls_certificate_credentials_t res, const gnutls_datum_t *cert, const gnutls_datum_t *key,
      gnutls_x509_crt_fmt_t type),
     (res, cert, key, type))
LAZY(gnutls, int, gnutls_credentials_set,
     (gnutls_session_t session, gnutls_credentials_type_t type, void *cred), (session, type, cred))
LAZY_VOID(gnutls, gnutls_deinit, (gnutls_session_t session), (session))
LAZY(gnutls, int, gnutls_init, (gnutls_session_t * session, unsigned int flags), (session, flags))
LAZY(gnutls, int, gnutls_priority_set_direct,
     (gnutls_session_t session, const char *priorities, const char **err_pos),
     (session, priorities, err_pos))
LAZY(gnutls, int, gnutls_rnd, (gnutls_rnd_level_t level, void *data, size_t len),
     (level, data, len))
LAZY_VOID(gnutls, gnutls_session_set_ptr, (gnutls_session_t session, void *ptr), (session, ptr))
LAZY(gnutls, const char *, gnutls_strerror, (int error), (error))
LAZY(gnutls, int, gnutls_buffer_append_data, (gnutls_buffer_t out, const void *data, size_t n),
     (out, data, n))
LAZY(gnutls, const gnutls_datum_t *, gnutls_certificate_get_peers,
     (gnutls_session_t session, unsigned int *list_size), (session, list_size))
LAZY(gnutls, int, gnutls_server_name_set,
     (gnutls_session_t session, gnutls_server_name_type_t type, const void *name,
      size_t name_length),
     (session, type, name, name_length))
LAZY(gnutls, int, gnutls_session_ext_register,
     (gnutls_session_t session, const char *name, int type, gnutls_ext_parse_type_t parse_point,
      gnutls_ext_recv_func recv_func, gnutls_ext_send_func send_func,
      gnutls_ext_deinit_data_func deinit_func, gnutls_ext_pack_func pack_func,
      gnutls_ext_unpack_func unpack_func, unsigned flags),
     (session, name, type, parse_point, recv_func, send_func, deinit_func, pack_func, unpack_func,
      flags))
