#include "probe/certificate.h"

#include <string.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/text.h"
#include "core/x509.h"

enum { CA_LARGEST_BYTES = 8192, WORST_SHOWN = 3 };

/* One check under way. */
struct desk {
    const struct certificate_files *files;
    struct arena *arena;
    struct proxy *out;
    struct x509 *ca, *server; /* NULL: could not be read */
    struct x509_file ca_file, server_file;
    struct x509_facts ca_facts, server_facts;
};

static void
hold(struct desk *desk, enum certificate_rule rule, bool holds, const char *otherwise)
{
    desk->out->rules[rule] = (struct certificate_proof){
        holds ? PROOF_holds : PROOF_broken, holds ? "" : arena_strdup(desk->arena, otherwise)};
}

static bool
was_read(const struct certificate_file *file)
{
    return *file->path && !*file->error;
}

static const char *
unread(const struct certificate_file *file, const char *what)
{
    return !*file->path ? what : *file->error ? file->error : "it holds no certificate";
}

static struct x509 *
read_one(struct desk *desk, const struct certificate_file *file, struct x509_file *content,
         struct proxy_certificate *out)
{
    struct err err = {ERR_NONE, ""};
    struct x509 *certificate = NULL;

    out->file.path = text_clean_dup(desk->arena, file->path, 400);
    out->file.error = text_clean_dup(desk->arena, file->error, 200);
    out->fingerprint = out->subject = out->issuer = "";
    if (!was_read(file))
        return NULL;
    certificate = x509_read(file->bytes, file->n, content, &err);
    if (!certificate)
        out->file.error = arena_printf(desk->arena, "%s: %s", out->file.path, err.message);
    return certificate;
}

static void
describe(struct desk *desk, const struct x509 *certificate, struct x509_facts *facts,
         struct proxy_certificate *out)
{
    if (!certificate)
        return;
    x509_describe(certificate, facts);
    out->fingerprint = arena_strdup(desk->arena, facts->fingerprint);
    out->subject = arena_strdup(desk->arena, facts->subject);
    out->issuer = arena_strdup(desk->arena, facts->issuer);
    out->from_ms = facts->from_ms;
    out->until_ms = facts->until_ms;
}

/* ---- CA-1 to CA-7; CA-5 and CA-8 are the model's ---- */

static void
check_ca_file(struct desk *desk)
{
    const char *why = desk->ca_file.has_private_key          ? "it holds a private key too"
                      : desk->ca_file.n_certificates == 0    ? "it holds no certificate"
                      : desk->ca_file.n_certificates != 1    ? "it holds several certificates"
                      : desk->files->ca.n > CA_LARGEST_BYTES ? "it is larger than 8192 bytes"
                                                             : NULL;

    hold(desk, CERTIFICATE_ca_1, !why, why ? why : "");
}

static void
check_ca(struct desk *desk)
{
    const struct x509_facts *facts = &desk->ca_facts;

    if (was_read(&desk->files->ca) && (desk->ca || !desk->files->ca.is_printed))
        check_ca_file(desk);
    if (!desk->ca)
        return;
    hold(desk, CERTIFICATE_ca_2, facts->is_authority && facts->is_critical,
         !facts->has_basic_constraints ? "it has no basic constraints"
         : !facts->is_authority        ? "they say CA:FALSE"
                                       : "they are not critical");
    hold(desk, CERTIFICATE_ca_3, facts->has_subject_key_id, "it has none");
    hold(desk, CERTIFICATE_ca_4, facts->signs_certificates,
         facts->has_key_usage ? "key usage lacks keyCertSign" : "it has no key usage");
    hold(desk, CERTIFICATE_ca_6, facts->is_key_strong, facts->key);
    hold(desk, CERTIFICATE_ca_7, facts->is_digest_strong, facts->digest);
}

/* ---- S-1 to S-10 ---- */

static void
check_names(struct desk *desk)
{
    const struct proxy *proxy = desk->out;
    size_t n_known = 0, n_missing = 0;
    TEXT(missing, 300);

    for (size_t i = 0; i < proxy->n_routes; i++) {
        const char *host = proxy->routes[i].host;

        if (!*host)
            continue;
        n_known++;
        if (x509_covers(desk->server, host))
            continue;
        if (n_missing++ < WORST_SHOWN)
            text_addf(&missing, "%s%s", missing.n > 0 ? ", " : "it does not cover ", host);
    }
    if (n_missing > WORST_SHOWN)
        text_addf(&missing, " and %zu more", n_missing - WORST_SHOWN);
    if (n_known > 0)
        hold(desk, CERTIFICATE_s_3, n_missing == 0, missing.bytes);
    else
        desk->out->rules[CERTIFICATE_s_3].seen = "no route's host is known";
}

static void
check_chain(struct desk *desk)
{
    if (!desk->ca)
        return;
    hold(desk, CERTIFICATE_s_1, x509_is_signed_by(desk->server, desk->ca),
         arena_printf(desk->arena, "it is signed by %s, not by the CA in %s",
                      desk->server_facts.issuer, desk->out->ca.file.path));
    hold(desk, CERTIFICATE_s_2, x509_names_key_of(desk->server, desk->ca),
         !desk->server_facts.has_authority_key_id ? "it has no authority key identifier"
                                                  : "it names another key");
    hold(desk, CERTIFICATE_s_10, desk->server_facts.until_ms <= desk->ca_facts.until_ms,
         "it is valid for longer than the CA");
}

static void
check_server(struct desk *desk)
{
    const struct x509_facts *facts = &desk->server_facts;

    if (!desk->server && was_read(&desk->files->server) && !desk->files->server.is_printed)
        hold(desk, CERTIFICATE_s_1, false, "its file holds no certificate");
    if (!desk->server)
        return;
    check_chain(desk);
    check_names(desk);
    hold(desk, CERTIFICATE_s_4, facts->is_for_servers, "it lacks serverAuth");
    hold(desk, CERTIFICATE_s_6, facts->is_key_strong, facts->key);
    hold(desk, CERTIFICATE_s_7, facts->is_digest_strong, facts->digest);
    hold(desk, CERTIFICATE_s_8, desk->server_file.n_certificates == 1,
         "the file holds more than the server certificate");
}

/* ---- the key's file ---- */

static bool
is_readable_by_proxy(const struct certificate_file *key)
{
    if (key->uid == CERTIFICATE_PROXY_UID)
        return key->mode & S_IRUSR;
    if (key->gid == CERTIFICATE_PROXY_UID)
        return key->mode & S_IRGRP;
    return key->mode & S_IROTH;
}

static void
check_key(struct desk *desk)
{
    const struct certificate_file *key = &desk->files->key;
    struct certificate_proof *rules = desk->out->rules;
    enum x509_match match;

    if (key->is_stated)
        hold(desk, CERTIFICATE_s_11, is_readable_by_proxy(key) && !(key->mode & S_IWOTH),
             arena_printf(desk->arena, "mode %04o, owner %u: %s", (unsigned)key->mode & 07777u,
                          (unsigned)key->uid,
                          key->mode & S_IWOTH ? "anybody can write it"
                                              : "UID 65532 cannot read it"));
    else
        rules[CERTIFICATE_s_11].seen = *key->path ? key->error : "the key's file is not configured";
    if (desk->files->has_data_folder)
        hold(desk, CERTIFICATE_s_12, !*desk->files->stray_ca_key,
             arena_printf(desk->arena, "%s lies in the folder that the proxy sees",
                          desk->files->stray_ca_key));
    if (!desk->server || !*key->path || *key->error) {
        rules[CERTIFICATE_s_9].seen = *key->error ? key->error : "the key is not on this host";
        return;
    }
    match = x509_match_key(desk->server, key->bytes, key->n);
    hold(desk, CERTIFICATE_s_9, match == X509_MATCH_yes,
         match == X509_MATCH_no ? "it is another certificate's key"
                                : "its file holds no private key, or one with a passphrase");
}

static void
start_unknown(struct desk *desk)
{
    const char *no_ca = unread(&desk->files->ca, "the CA is not on this host");
    const char *no_server = unread(&desk->files->server, "the server certificate is not here");

    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        desk->out->rules[rule] = (struct certificate_proof){
            PROOF_unknown, arena_strdup(desk->arena, rule < CERTIFICATE_s_1 ? no_ca : no_server)};
}

void
certificate_check(const struct certificate_files *files, struct arena *arena, struct proxy *out)
{
    struct desk desk = {.files = files, .arena = arena, .out = out};

    start_unknown(&desk);
    desk.ca = read_one(&desk, &files->ca, &desk.ca_file, &out->ca);
    desk.server = read_one(&desk, &files->server, &desk.server_file, &out->server);
    describe(&desk, desk.ca, &desk.ca_facts, &out->ca);
    describe(&desk, desk.server, &desk.server_facts, &out->server);
    check_ca(&desk);
    check_server(&desk);
    check_key(&desk);
    x509_free(desk.ca);
    x509_free(desk.server);
}
