/* microhttpd.c — the HTTP server, loaded when a simulator starts. */
#include <microhttpd.h>

#include "core/lazy.h"

static struct lazy_library mhd = {.file = SONAME_microhttpd, .package = "libmicrohttpd12"};

LAZY_VOID(mhd, MHD_stop_daemon, (struct MHD_Daemon * daemon), (daemon))
LAZY_VOID(mhd, MHD_destroy_response, (struct MHD_Response * response), (response))
LAZY(mhd, enum MHD_Result, MHD_add_response_header,
     (struct MHD_Response * response, const char *name, const char *value), (response, name, value))
LAZY(mhd, struct MHD_Response *, MHD_create_response_from_buffer,
     (size_t n, void *bytes, enum MHD_ResponseMemoryMode mode), (n, bytes, mode))
LAZY(mhd, struct MHD_Response *, MHD_create_response_from_callback,
     (uint64_t size, size_t block, MHD_ContentReaderCallback read, void *context,
      MHD_ContentReaderFreeCallback done),
     (size, block, read, context, done))
LAZY(mhd, int, MHD_get_connection_values,
     (struct MHD_Connection * connection, enum MHD_ValueKind kind, MHD_KeyValueIterator visit,
      void *context),
     (connection, kind, visit, context))
LAZY(mhd, const char *, MHD_lookup_connection_value,
     (struct MHD_Connection * connection, enum MHD_ValueKind kind, const char *key),
     (connection, kind, key))
LAZY(mhd, enum MHD_Result, MHD_lookup_connection_value_n,
     (struct MHD_Connection * connection, enum MHD_ValueKind kind, const char *key, size_t n,
      const char **value, size_t *value_n),
     (connection, kind, key, n, value, value_n))
LAZY(mhd, enum MHD_Result, MHD_queue_response,
     (struct MHD_Connection * connection, unsigned int status, struct MHD_Response *response),
     (connection, status, response))

__attribute__((visibility("hidden"))) struct MHD_Daemon *
MHD_start_daemon(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                 void *accept_context, MHD_AccessHandlerCallback serve, void *serve_context, ...)
{
    LAZY_FIND(mhd, MHD_start_daemon_va);
    struct MHD_Daemon *daemon;
    va_list options;

    va_start(options, serve_context);
    daemon = real(flags, port, accept, accept_context, serve, serve_context, options);
    va_end(options);
    return daemon;
}

/* None of the kinds we ask for has a further argument. */
__attribute__((visibility("hidden"))) const union MHD_ConnectionInfo *
MHD_get_connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType kind, ...)
{
    LAZY_FIND(mhd, MHD_get_connection_info);

    return real(connection, kind);
}
