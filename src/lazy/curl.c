/* curl.c — libcurl, loaded by the first request. */
#include <curl/curl.h>
#include <stdarg.h>

#include "core/lazy.h"

/* curl.h makes macros of these, which check types where they are called */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static struct lazy_library curl = {.file = SONAME_curl, .package = "libcurl4"};

/* The third argument is a pointer, a long or a curl_off_t: one register, whichever it is. */
#define LAZY_OPTION(result, name, handle, option)                                                  \
    __attribute__((visibility("hidden"))) result name(handle *h, option o, ...)                    \
    {                                                                                              \
        LAZY_FIND(curl, name);                                                                     \
        va_list arguments;                                                                         \
        void *argument;                                                                            \
                                                                                                   \
        va_start(arguments, o);                                                                    \
        argument = va_arg(arguments, void *);                                                      \
        va_end(arguments);                                                                         \
        return real(h, o, argument);                                                               \
    }

_Static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *),
               "options of libcurl do not fit into a pointer here");

LAZY_OPTION(CURLcode, curl_easy_setopt, CURL, CURLoption)
LAZY_OPTION(CURLcode, curl_easy_getinfo, CURL, CURLINFO)
LAZY_OPTION(CURLMcode, curl_multi_setopt, CURLM, CURLMoption)

LAZY(curl, CURLcode, curl_global_init, (long flags), (flags))
LAZY_VOID(curl, curl_global_cleanup, (void), ())
LAZY(curl, curl_version_info_data *, curl_version_info, (CURLversion version), (version))
LAZY(curl, CURL *, curl_easy_init, (void), ())
LAZY_VOID(curl, curl_easy_cleanup, (CURL * easy), (easy))
LAZY_VOID(curl, curl_easy_reset, (CURL * easy), (easy))
LAZY(curl, const char *, curl_easy_strerror, (CURLcode code), (code))
LAZY(curl, CURLHcode, curl_easy_header,
     (CURL * easy, const char *name, size_t index, unsigned int origin, int request,
      struct curl_header **out),
     (easy, name, index, origin, request, out))
LAZY_VOID(curl, curl_free, (void *p), (p))
LAZY(curl, CURLM *, curl_multi_init, (void), ())
LAZY(curl, CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
LAZY(curl, CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy))
LAZY(curl, CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL *easy), (multi, easy))
LAZY(curl, CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running))
LAZY(curl, CURLMcode, curl_multi_poll,
     (CURLM * multi, struct curl_waitfd extra[], unsigned int n, int timeout_ms, int *ready),
     (multi, extra, n, timeout_ms, ready))
LAZY(curl, CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))
LAZY(curl, CURLMcode, curl_multi_assign, (CURLM * multi, curl_socket_t fd, void *p), (multi, fd, p))
LAZY(curl, CURLMcode, curl_multi_socket_action,
     (CURLM * multi, curl_socket_t fd, int events, int *running), (multi, fd, events, running))
LAZY(curl, struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *s),
     (list, s))
LAZY_VOID(curl, curl_slist_free_all, (struct curl_slist * list), (list))
LAZY(curl, CURLU *, curl_url, (void), ())
LAZY_VOID(curl, curl_url_cleanup, (CURLU * url), (url))
#if LIBCURL_VERSION_NUM >= 0x080000
typedef const CURLU url_read;
#else
typedef CURLU url_read;
#endif
LAZY(curl, CURLUcode, curl_url_get, (url_read * url, CURLUPart part, char **out, unsigned flags),
     (url, part, out, flags))
LAZY(curl, CURLUcode, curl_url_set,
     (CURLU * url, CURLUPart part, const char *value, unsigned flags), (url, part, value, flags))
