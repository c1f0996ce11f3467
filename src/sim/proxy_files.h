/* proxy_files.h — what lies on the disk of the host that runs the MCP proxy: its configuration, its
 * certificate and the CA that signed it. There is no proxy: only its files. */
#ifndef SIM_PROXY_FILES_H
#define SIM_PROXY_FILES_H

#include "core/err.h"
#include "sim/network.h"
#include "sim/network_faults.h"

struct diary;
struct pki;
struct proxy_files;

struct proxy_files_plan {
    const char *dir, *domain;
    const char *const *names; /* of the routes */
    const char *const *urls;  /* of the MCP servers; only scheme, host and port count */
    size_t n;
};

/* pki is borrowed until proxy_files_close, which removes the files. NULL with err. */
struct proxy_files *proxy_files_open(const struct proxy_files_plan *plan, const struct pki *pki,
                                     struct err *err);
void proxy_files_close(struct proxy_files *files); /* NULL is allowed */
/* Its log; borrowed until proxy_files_close. */
struct diary *proxy_files_diary(const struct proxy_files *files);
const struct network_proxy *proxy_files_names(const struct proxy_files *files);
/* Write the server certificate again, as the faults want it. */
void proxy_files_renew(struct proxy_files *files, const struct network_faults *faults);

#endif
