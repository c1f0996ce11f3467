#include "sim/proxy_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/log.h"
#include "sim/diary.h"
#include "sim/pki.h"

struct proxy_files {
    const struct pki *pki;
    char domain[128];
    struct network_proxy names;
    struct diary *diary;
};

/* As the reference deployment has it (facts/connectivity.md D1), but for loopback. */
static bool
write_config(const struct proxy_files *files, const struct proxy_files_plan *plan, struct err *err)
{
    FILE *out = fopen(files->names.config_file, "we");

    if (!out)
        return err_set(err, ERR_IO, "%s: %s", files->names.config_file, strerror(errno));
    fprintf(out, "listen_addr: \":8080\"\ntunnel_domain: %s\n", files->domain);
    fprintf(out, "tls: {cert_file: /data/tls.crt, key_file: /data/tls.key}\nroutes:\n");
    for (size_t i = 0; i < plan->n; i++) {
        const char *host = strstr(plan->urls[i], "://") + 3;

        fprintf(out, "  %s: %.*s\n", plan->names[i],
                (int)((host - plan->urls[i]) + (ptrdiff_t)strcspn(host, "/")), plan->urls[i]);
    }
    fprintf(out, "upstream: {allowed_ips: [127.0.0.1/32]}\n");
    return fclose(out) == 0 ||
           err_set(err, ERR_IO, "%s: %s", files->names.config_file, strerror(errno));
}

static bool
write_server(const struct proxy_files *files, enum pki_leaf leaf, struct err *err)
{
    struct pki_proxy_plan plan = {leaf, files->domain, files->names.cert_file,
                                  files->names.key_file};

    return pki_write_proxy(files->pki, &plan, err) &&
           (chmod(files->names.key_file, 0644) == 0 || /* as the docs say: UID 65532 reads it */
            err_set(err, ERR_IO, "%s: %s", files->names.key_file, strerror(errno)));
}

static bool
name_files(struct proxy_files *files, const char *dir, struct err *err)
{
    const struct {
        char *path;
        const char *name;
    } all[] = {
        {files->names.config_file, "proxy.yaml"}, {files->names.ca_file, "ca.crt"},
        {files->names.cert_file, "tls.crt"},      {files->names.key_file, "tls.key"},
        {files->names.log_file, "proxy.log"},
    };

    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (snprintf(all[i].path, sizeof(files->names.ca_file), "%s/%s", dir, all[i].name) >=
            (int)sizeof(files->names.ca_file)) {
            memset(&files->names, 0, sizeof(files->names));
            return err_set(err, ERR_IO, "proxy: the folder's name is too long");
        }
    return true;
}

static bool
begin_diary(struct proxy_files *files, const struct proxy_files_plan *plan, struct err *err)
{
    files->diary = diary_open(files->names.log_file, DIARY_console, err);
    for (size_t i = 0; files->diary && i < plan->n; i++)
        diary_write(files->diary, clock_wall_ms(), "INF", "route configured",
                    (const struct diary_field[]){{"route", plan->names[i]}, {NULL, NULL}});
    return files->diary != NULL;
}

struct proxy_files *
proxy_files_open(const struct proxy_files_plan *plan, const struct pki *pki, struct err *err)
{
    struct proxy_files *files = calloc(1, sizeof(*files));
    struct pki_authority authority;

    if (!files)
        die("out of memory");
    files->pki = pki;
    snprintf(files->domain, sizeof(files->domain), "%s", plan->domain);
    if (name_files(files, plan->dir, err) && write_config(files, plan, err) &&
        pki_write_tunnel_authority(pki, files->names.ca_file, err) &&
        write_server(files, PKI_genuine, err) && pki_tunnel_authority(pki, &authority) &&
        begin_diary(files, plan, err)) {
        memcpy(files->names.fingerprint, authority.fingerprint, sizeof(authority.fingerprint));
        return files;
    }
    proxy_files_close(files);
    return NULL;
}

void
proxy_files_close(struct proxy_files *files)
{
    if (!files)
        return;
    unlink(files->names.config_file);
    unlink(files->names.ca_file);
    unlink(files->names.cert_file);
    unlink(files->names.key_file);
    diary_close(files->diary);
    free(files);
}

struct diary *
proxy_files_diary(const struct proxy_files *files)
{
    return files->diary;
}

const struct network_proxy *
proxy_files_names(const struct proxy_files *files)
{
    return &files->names;
}

void
proxy_files_renew(struct proxy_files *files, const struct network_faults *faults)
{
    struct err err;
    enum pki_leaf leaf = fault_on(faults, FAULT_cert_wrong_ca)  ? PKI_other_authority
                         : fault_on(faults, FAULT_cert_expired) ? PKI_expired
                                                                : PKI_genuine;

    if (!write_server(files, leaf, &err))
        log_line("sim", "%s", err.message);
}
