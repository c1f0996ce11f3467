/* ngtcp2.c — QUIC, loaded by the first connection. */
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "core/lazy.h"

/* the packages of Debian 12 and 13 */
#if NGTCP2_VERSION_NUM >= 0x010000
#define QUIC_PACKAGE "libngtcp2-16"
#define CRYPTO_PACKAGE "libngtcp2-crypto-gnutls8"
#else
#define QUIC_PACKAGE "libngtcp2-9"
#define CRYPTO_PACKAGE "libngtcp2-crypto-gnutls2"
typedef ngtcp2_connection_close_error ngtcp2_ccerr;
#endif

static struct lazy_library quic = {.file = SONAME_ngtcp2, .package = QUIC_PACKAGE};
static struct lazy_library crypto = {.file = SONAME_ngtcp2_crypto_gnutls,
                                     .package = CRYPTO_PACKAGE};

LAZY(quic, int, ngtcp2_accept, (ngtcp2_pkt_hd * dest, const uint8_t *pkt, size_t pktlen),
     (dest, pkt, pktlen))
LAZY(quic, int, ngtcp2_conn_client_new_versioned,
     (ngtcp2_conn * *pconn, const ngtcp2_cid *dcid, const ngtcp2_cid *scid, const ngtcp2_path *path,
      uint32_t client_chosen_version, int callbacks_version, const ngtcp2_callbacks *callbacks,
      int settings_version, const ngtcp2_settings *settings, int transport_params_version,
      const ngtcp2_transport_params *params, const ngtcp2_mem *mem, void *user_data),
     (pconn, dcid, scid, path, client_chosen_version, callbacks_version, callbacks,
      settings_version, settings, transport_params_version, params, mem, user_data))
LAZY_VOID(quic, ngtcp2_conn_del, (ngtcp2_conn * conn), (conn))
LAZY(quic, int, ngtcp2_conn_get_handshake_completed, (ngtcp2_conn * conn), (conn))
LAZY(quic, ngtcp2_tstamp, ngtcp2_conn_get_expiry, (ngtcp2_conn * conn), (conn))
LAZY(quic, uint8_t, ngtcp2_conn_get_tls_alert, (ngtcp2_conn * conn), (conn))
LAZY(quic, int, ngtcp2_conn_handle_expiry, (ngtcp2_conn * conn, ngtcp2_tstamp ts), (conn, ts))
LAZY(quic, int, ngtcp2_conn_read_pkt_versioned,
     (ngtcp2_conn * conn, const ngtcp2_path *path, int pkt_info_version, const ngtcp2_pkt_info *pi,
      const uint8_t *pkt, size_t pktlen, ngtcp2_tstamp ts),
     (conn, path, pkt_info_version, pi, pkt, pktlen, ts))
LAZY(quic, int, ngtcp2_conn_server_new_versioned,
     (ngtcp2_conn * *pconn, const ngtcp2_cid *dcid, const ngtcp2_cid *scid, const ngtcp2_path *path,
      uint32_t client_chosen_version, int callbacks_version, const ngtcp2_callbacks *callbacks,
      int settings_version, const ngtcp2_settings *settings, int transport_params_version,
      const ngtcp2_transport_params *params, const ngtcp2_mem *mem, void *user_data),
     (pconn, dcid, scid, path, client_chosen_version, callbacks_version, callbacks,
      settings_version, settings, transport_params_version, params, mem, user_data))
LAZY_VOID(quic, ngtcp2_conn_set_tls_native_handle, (ngtcp2_conn * conn, void *tls_native_handle),
          (conn, tls_native_handle))
LAZY(quic, ngtcp2_ssize, ngtcp2_conn_write_connection_close_versioned,
     (ngtcp2_conn * conn, ngtcp2_path *path, int pkt_info_version, ngtcp2_pkt_info *pi,
      uint8_t *dest, size_t destlen, const ngtcp2_ccerr *ccerr, ngtcp2_tstamp ts),
     (conn, path, pkt_info_version, pi, dest, destlen, ccerr, ts))
LAZY(quic, ngtcp2_ssize, ngtcp2_conn_write_pkt_versioned,
     (ngtcp2_conn * conn, ngtcp2_path *path, int pkt_info_version, ngtcp2_pkt_info *pi,
      uint8_t *dest, size_t destlen, ngtcp2_tstamp ts),
     (conn, path, pkt_info_version, pi, dest, destlen, ts))
LAZY(quic, int, ngtcp2_pkt_decode_version_cid,
     (ngtcp2_version_cid * dest, const uint8_t *data, size_t datalen, size_t short_dcidlen),
     (dest, data, datalen, short_dcidlen))
LAZY_VOID(quic, ngtcp2_settings_default_versioned,
          (int settings_version, ngtcp2_settings *settings), (settings_version, settings))
LAZY_VOID(quic, ngtcp2_transport_params_default_versioned,
          (int transport_params_version, ngtcp2_transport_params *params),
          (transport_params_version, params))
LAZY(quic, const char *, ngtcp2_strerror, (int liberr), (liberr))
LAZY(crypto, int, ngtcp2_crypto_client_initial_cb, (ngtcp2_conn * conn, void *user_data),
     (conn, user_data))
LAZY(crypto, int, ngtcp2_crypto_decrypt_cb,
     (uint8_t * dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *aead_ctx,
      const uint8_t *ciphertext, size_t ciphertextlen, const uint8_t *nonce, size_t noncelen,
      const uint8_t *aad, size_t aadlen),
     (dest, aead, aead_ctx, ciphertext, ciphertextlen, nonce, noncelen, aad, aadlen))
LAZY_VOID(crypto, ngtcp2_crypto_delete_crypto_aead_ctx_cb,
          (ngtcp2_conn * conn, ngtcp2_crypto_aead_ctx *aead_ctx, void *user_data),
          (conn, aead_ctx, user_data))
LAZY_VOID(crypto, ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
          (ngtcp2_conn * conn, ngtcp2_crypto_cipher_ctx *cipher_ctx, void *user_data),
          (conn, cipher_ctx, user_data))
LAZY(crypto, int, ngtcp2_crypto_encrypt_cb,
     (uint8_t * dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *aead_ctx,
      const uint8_t *plaintext, size_t plaintextlen, const uint8_t *nonce, size_t noncelen,
      const uint8_t *aad, size_t aadlen),
     (dest, aead, aead_ctx, plaintext, plaintextlen, nonce, noncelen, aad, aadlen))
LAZY(crypto, int, ngtcp2_crypto_get_path_challenge_data_cb,
     (ngtcp2_conn * conn, uint8_t *data, void *user_data), (conn, data, user_data))
LAZY(crypto, int, ngtcp2_crypto_gnutls_configure_client_session, (gnutls_session_t session),
     (session))
LAZY(crypto, int, ngtcp2_crypto_gnutls_configure_server_session, (gnutls_session_t session),
     (session))
LAZY(crypto, int, ngtcp2_crypto_hp_mask_cb,
     (uint8_t * dest, const ngtcp2_crypto_cipher *hp, const ngtcp2_crypto_cipher_ctx *hp_ctx,
      const uint8_t *sample),
     (dest, hp, hp_ctx, sample))
LAZY(crypto, int, ngtcp2_crypto_recv_client_initial_cb,
     (ngtcp2_conn * conn, const ngtcp2_cid *dcid, void *user_data), (conn, dcid, user_data))
LAZY(crypto, int, ngtcp2_crypto_recv_crypto_data_cb,
     (ngtcp2_conn * conn, ngtcp2_crypto_level crypto_level, uint64_t offset, const uint8_t *data,
      size_t datalen, void *user_data),
     (conn, crypto_level, offset, data, datalen, user_data))
LAZY(crypto, int, ngtcp2_crypto_recv_retry_cb,
     (ngtcp2_conn * conn, const ngtcp2_pkt_hd *hd, void *user_data), (conn, hd, user_data))
LAZY(crypto, int, ngtcp2_crypto_update_key_cb,
     (ngtcp2_conn * conn, uint8_t *rx_secret, uint8_t *tx_secret,
      ngtcp2_crypto_aead_ctx *rx_aead_ctx, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_aead_ctx,
      uint8_t *tx_iv, const uint8_t *current_rx_secret, const uint8_t *current_tx_secret,
      size_t secretlen, void *user_data),
     (conn, rx_secret, tx_secret, rx_aead_ctx, rx_iv, tx_aead_ctx, tx_iv, current_rx_secret,
      current_tx_secret, secretlen, user_data))
LAZY(crypto, int, ngtcp2_crypto_version_negotiation_cb,
     (ngtcp2_conn * conn, uint32_t version, const ngtcp2_cid *client_dcid, void *user_data),
     (conn, version, client_dcid, user_data))

/* Renamed in 1.0: see core/ngtcp2_names.h. */
#if NGTCP2_VERSION_NUM >= 0x010000
LAZY(quic, const ngtcp2_ccerr *, ngtcp2_conn_get_ccerr, (ngtcp2_conn * conn), (conn))
LAZY_VOID(quic, ngtcp2_ccerr_default, (ngtcp2_ccerr * ccerr), (ccerr))
LAZY_VOID(quic, ngtcp2_ccerr_set_liberr,
          (ngtcp2_ccerr * ccerr, int liberr, const uint8_t *reason, size_t reasonlen),
          (ccerr, liberr, reason, reasonlen))
LAZY_VOID(quic, ngtcp2_ccerr_set_tls_alert,
          (ngtcp2_ccerr * ccerr, uint8_t tls_alert, const uint8_t *reason, size_t reasonlen),
          (ccerr, tls_alert, reason, reasonlen))
LAZY_VOID(quic, ngtcp2_ccerr_set_transport_error,
          (ngtcp2_ccerr * ccerr, uint64_t error_code, const uint8_t *reason, size_t reasonlen),
          (ccerr, error_code, reason, reasonlen))
#else
LAZY_VOID(quic, ngtcp2_conn_get_connection_close_error,
          (ngtcp2_conn * conn, ngtcp2_connection_close_error *ccerr), (conn, ccerr))
LAZY_VOID(quic, ngtcp2_connection_close_error_default, (ngtcp2_connection_close_error * ccerr),
          (ccerr))
LAZY_VOID(quic, ngtcp2_connection_close_error_set_transport_error_liberr,
          (ngtcp2_connection_close_error * ccerr, int liberr, const uint8_t *reason,
           size_t reasonlen),
          (ccerr, liberr, reason, reasonlen))
LAZY_VOID(quic, ngtcp2_connection_close_error_set_transport_error_tls_alert,
          (ngtcp2_connection_close_error * ccerr, uint8_t tls_alert, const uint8_t *reason,
           size_t reasonlen),
          (ccerr, tls_alert, reason, reasonlen))
LAZY_VOID(quic, ngtcp2_connection_close_error_set_transport_error,
          (ngtcp2_connection_close_error * ccerr, uint64_t error_code, const uint8_t *reason,
           size_t reasonlen),
          (ccerr, error_code, reason, reasonlen))
#endif
