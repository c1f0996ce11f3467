/* layers_inner.c — layer 2: the certificates that the API has, and those in the proxy's files
 * (facts/connectivity.md D3, E2). */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "model/layers.h"
#include "model/say.h"

enum {
    FINGERPRINT_SHOWN = 12,
    DAY_S = 86400,
    CA_NOTICE_DAYS = 60, /* facts/connectivity.md D3: a new CA takes a while */
    REPEATED = 3,        /* handshakes that failed within ten minutes: no longer one of a kind */
};

#define DAYS_MS(n) ((n)*INT64_C(1000) * DAY_S)

static const enum layer_verdict rule_verdicts[] = {
#define CERTIFICATE_RULE(id, name, verdict, what) [CERTIFICATE_##id] = LAYER_##verdict,
#include "model/certificate_rules.def"
#undef CERTIFICATE_RULE
};

enum layer_verdict
certificate_rule_verdict(enum certificate_rule rule)
{
    return rule_verdicts[rule];
}

/* ---- the rules that depend on more than the files ---- */

static struct certificate_proof
proof_of_time(const struct judge *judge, const struct proxy_certificate *certificate)
{
    struct certificate_proof out = {PROOF_unknown, certificate->file.error};

    if (!*certificate->fingerprint)
        return out;
    out = (struct certificate_proof){PROOF_holds, ""};
    if (judge->now_ms >= certificate->until_ms)
        out = (struct certificate_proof){
            PROOF_broken,
            arena_printf(judge->arena, "it expired %s ago",
                         say_duration(judge->arena, judge->now_ms - certificate->until_ms))};
    else if (judge->now_ms < certificate->from_ms)
        out = (struct certificate_proof){
            PROOF_broken,
            arena_printf(judge->arena, "it is not valid before %s from now",
                         say_duration(judge->arena, certificate->from_ms - judge->now_ms))};
    return out;
}

/* A list that was never read is no list without it. */
static const char *
why_no_tunnel(const struct judge *judge)
{
    return judge->snapshot->source[SOURCE_tunnels].ok_at_ms > 0
               ? "the API lists no tunnel of that domain"
               : "the API's list of tunnels is not known";
}

static struct certificate_proof
proof_of_registration(const struct judge *judge, const struct proxy *proxy)
{
    const struct tunnel *tunnel = tunnel_of(judge, proxy);
    bool is_archived = false;

    if (!*proxy->ca.fingerprint || !tunnel || tunnel->certificates_at_ms == 0)
        return (struct certificate_proof){PROOF_unknown,
                                          *proxy->ca.file.error     ? proxy->ca.file.error
                                          : !*proxy->ca.fingerprint ? "the CA is not on this host"
                                          : !tunnel                 ? why_no_tunnel(judge)
                                                    : "the tunnel's certificates were not read"};
    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        if (strcmp(tunnel->certificates[i].fingerprint, proxy->ca.fingerprint) != 0)
            continue;
        if (!tunnel->certificates[i].is_archived)
            return (struct certificate_proof){PROOF_holds, ""};
        is_archived = true;
    }
    return (struct certificate_proof){
        PROOF_broken,
        arena_printf(judge->arena, "CA %.*s… is %s tunnel %s", FINGERPRINT_SHOWN,
                     proxy->ca.fingerprint, is_archived ? "archived on" : "not registered on",
                     tunnel->name)};
}

struct certificate_proof
certificate_proof(const struct judge *judge, const struct proxy *proxy, enum certificate_rule rule)
{
    switch (rule) {
    case CERTIFICATE_ca_5:
        return proof_of_time(judge, &proxy->ca);
    case CERTIFICATE_s_5:
        return proof_of_time(judge, &proxy->server);
    case CERTIFICATE_ca_8:
        return proof_of_registration(judge, proxy);
    default:
        return proxy->rules[rule];
    }
}

/* ---- what the API has ---- */

void
see_registered(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    size_t n_valid = 0;
    int64_t newest_ms = 0;

    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        if (!certificate_is_valid(&tunnel->certificates[i], judge->now_ms))
            continue;
        n_valid++;
        if (tunnel->certificates[i].created_ms > newest_ms)
            newest_ms = tunnel->certificates[i].created_ms;
    }
    if (tunnel->certificates_at_ms == 0)
        note(judge, out, LAYER_not_observable, "its certificates %s%s",
             tunnel->certificates_error[0] ? "could not be read: " : "were not read yet",
             tunnel->certificates_error);
    else if (n_valid == 0)
        note(judge, out, LAYER_failed,
             "no valid CA certificate is registered: the service refuses all traffic");
    else if (n_valid > 1 && newest_ms > 0 && judge->now_ms - newest_ms > DAYS_MS(7))
        note(judge, out, LAYER_warning,
             "%zu valid CA certificates registered, the newest %s ago: a rotation was not finished",
             n_valid, say_duration(judge->arena, judge->now_ms - newest_ms));
    else
        note(judge, out, LAYER_verified, "%s registered",
             say_count(judge->arena, (int64_t)n_valid, "valid CA certificate"));
}

static void
note_expiry(const struct judge *judge, struct layer_check *out,
            const struct certificate *certificate, bool is_last)
{
    int64_t left_ms = certificate->expires_ms - judge->now_ms;

    if (certificate->expires_ms == 0)
        note(judge, out, LAYER_verified, "CA %.*s… does not expire", FINGERPRINT_SHOWN,
             certificate->fingerprint);
    else if (left_ms <= 0)
        note(judge, out, is_last ? LAYER_failed : LAYER_warning, "CA %.*s… expired %s ago",
             FINGERPRINT_SHOWN, certificate->fingerprint, say_duration(judge->arena, -left_ms));
    else
        note(judge, out, left_ms < DAYS_MS(CA_NOTICE_DAYS) ? LAYER_warning : LAYER_verified,
             "CA %.*s… expires in %s", FINGERPRINT_SHOWN, certificate->fingerprint,
             say_duration(judge->arena, left_ms));
}

/* The CA in the proxy's files, unless the API told of it, and the certificate that it signed. */
static void
note_own_ca(const struct judge *judge, const struct proxy *proxy, struct layer_check *out)
{
    const struct proxy_certificate *ca = &proxy->ca;
    int64_t left_ms = ca->until_ms - judge->now_ms;
    bool is_told = certificate_proof(judge, proxy, CERTIFICATE_ca_8).proof == PROOF_holds;

    if (!*ca->fingerprint)
        return;
    if (left_ms <= 0 && !is_told)
        note(judge, out, LAYER_failed, "CA %.*s… in %s expired %s ago", FINGERPRINT_SHOWN,
             ca->fingerprint, ca->file.path, say_duration(judge->arena, -left_ms));
    else if (left_ms < DAYS_MS(CA_NOTICE_DAYS) && !is_told)
        note(judge, out, LAYER_warning, "CA %.*s… in %s expires in %s", FINGERPRINT_SHOWN,
             ca->fingerprint, ca->file.path, say_duration(judge->arena, left_ms));
    if (*proxy->server.fingerprint && ca->until_ms < proxy->server.until_ms)
        note(judge, out, LAYER_warning,
             "CA %.*s… in %s expires before the server certificate that it signed",
             FINGERPRINT_SHOWN, ca->fingerprint, ca->file.path);
}

void
see_ca_expiry(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);
    size_t n_valid = 0;

    for (size_t i = 0; i < tunnel->n_certificates; i++)
        n_valid += certificate_is_valid(&tunnel->certificates[i], judge->now_ms);
    for (size_t i = 0; i < tunnel->n_certificates; i++)
        if (!tunnel->certificates[i].is_archived)
            note_expiry(judge, out, &tunnel->certificates[i], n_valid == 0);
    if (proxy)
        note_own_ca(judge, proxy, out);
    if (!*out->evidence)
        note(judge, out, LAYER_not_observable,
             tunnel->certificates_at_ms == 0 ? "its certificates were not read"
                                             : "no certificate is registered");
}

/* ---- what the files have ---- */

static const struct proxy *
files_of(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);

    if (!proxy)
        note(judge, out, LAYER_not_observable, "no proxy of this tunnel is configured here");
    return proxy;
}

void
see_fingerprint(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = files_of(judge, tunnel, out);
    struct certificate_proof proof;

    if (!proxy)
        return;
    proof = certificate_proof(judge, proxy, CERTIFICATE_ca_8);
    if (proof.proof == PROOF_holds)
        note(judge, out, LAYER_verified, "CA %.*s… of the proxy is registered", FINGERPRINT_SHOWN,
             proxy->ca.fingerprint);
    else if (proof.proof == PROOF_broken)
        note(judge, out, LAYER_failed, "%s: %s: %s", certificate_rule_name(CERTIFICATE_ca_8),
             proxy->ca.file.path, proof.seen);
    else
        note(judge, out, LAYER_not_observable, "%s", proof.seen);
}

/* Registration, time of the server certificate and expiry have checks of their own. */
static bool
is_told_elsewhere(enum certificate_rule rule)
{
    return rule == CERTIFICATE_ca_8 || rule == CERTIFICATE_s_5;
}

void
see_files(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = files_of(judge, tunnel, out);
    TEXT(unseen, 100);
    bool is_enough = true;

    for (int i = 0; proxy && i < CERTIFICATE_RULES; i++) {
        enum certificate_rule rule = (enum certificate_rule)i;
        struct certificate_proof proof = certificate_proof(judge, proxy, rule);

        if (is_told_elsewhere(rule) || proof.proof == PROOF_holds)
            continue;
        if (proof.proof == PROOF_broken)
            note(judge, out, certificate_rule_verdict(rule), "%s: %s", certificate_rule_name(rule),
                 proof.seen);
        else
            text_addf(&unseen, " %s", certificate_rule_name(rule));
        if (proof.proof == PROOF_unknown && certificate_rule_verdict(rule) == LAYER_failed)
            is_enough = false;
    }
    if (proxy && !is_enough)
        note(judge, out, LAYER_not_observable, "could not be seen:%s", unseen.bytes);
    else if (proxy)
        note(judge, out, LAYER_verified, "the rules for its certificate files hold%s%s",
             unseen.n > 0 ? "; not seen:" : "", unseen.bytes);
}

void
see_server_expiry(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = files_of(judge, tunnel, out);
    struct certificate_proof proof;
    int64_t left_ms;

    if (!proxy)
        return;
    proof = certificate_proof(judge, proxy, CERTIFICATE_s_5);
    left_ms = proxy->server.until_ms - judge->now_ms;
    if (proof.proof == PROOF_unknown)
        note(judge, out, LAYER_not_observable, "%s",
             *proof.seen ? proof.seen : "the server certificate is not on this host");
    else if (proof.proof == PROOF_broken)
        note(judge, out, LAYER_failed, "%s: %s: %s", certificate_rule_name(CERTIFICATE_s_5),
             proxy->server.file.path, proof.seen);
    else
        note(judge, out,
             left_ms < judge->thresholds->ca_expiry_warn_ms ? LAYER_warning : LAYER_verified,
             "the server certificate expires in %s", say_duration(judge->arena, left_ms));
}

/* The file is what ought to be served; without it, at least who signed what is. */
static void
note_served(const struct judge *judge, const struct proxy *proxy, struct layer_check *out)
{
    const struct served *served = &proxy->served;
    const char *ours = proxy->server.fingerprint;

    if (served->until_ms <= judge->now_ms)
        note(judge, out, LAYER_failed, "%s: it serves a certificate that expired %s ago",
             served->asked, say_duration(judge->arena, judge->now_ms - served->until_ms));
    else if (*ours && strcmp(ours, served->fingerprint) != 0)
        note(judge, out, LAYER_failed,
             "%s: it serves certificate %.*s…, its file holds %.*s…: it did not reload",
             served->asked, FINGERPRINT_SHOWN, served->fingerprint, FINGERPRINT_SHOWN, ours);
    else if (*proxy->ca.fingerprint && !served->is_of_authority)
        note(judge, out, LAYER_failed, "%s: its CA did not sign what it serves, but %s",
             served->asked, served->issuer);
    else if (!*ours && !*proxy->ca.fingerprint)
        note(judge, out, LAYER_not_observable,
             "%s: it serves certificate %.*s…, and no file here to compare it with", served->asked,
             FINGERPRINT_SHOWN, served->fingerprint);
    else
        note(judge, out, LAYER_verified, "%s: it serves the certificate %.*s… of its %s",
             served->asked, FINGERPRINT_SHOWN, served->fingerprint, *ours ? "file" : "CA");
}

void
see_served(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = files_of(judge, tunnel, out);

    if (!proxy)
        return;
    if (proxy->served.answer == SERVED_off)
        note(judge, out, LAYER_not_observable,
             "what it really serves was not asked (checks.inner_tls, experimental)");
    else if (proxy->served.answer == SERVED_certificate)
        note_served(judge, proxy, out);
    else
        note(judge, out,
             proxy->served.answer == SERVED_tls_failed ? LAYER_warning : LAYER_not_observable,
             "%s: %s", proxy->served.asked, proxy->served.error);
}

void
see_handshakes(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    const struct proxy *proxy = files_of(judge, tunnel, out);
    const struct log_facts *log = proxy ? &proxy->log : NULL;
    const struct log_sighting *seen = log ? log_sighting_of(log, LOG_SIGNAL_inner_tls) : NULL;
    int64_t n = seen ? seen->recent : 0;

    if (!log)
        return;
    if (!log->origin || !*log->origin)
        note(judge, out, LAYER_not_observable, "its log is not read (proxy.log_file)");
    else if (*log->error)
        note(judge, out, LAYER_not_observable, "its log: %s", log->error);
    else if (log->line_ms == 0)
        note(judge, out, LAYER_not_observable, "its log has no line yet");
    else if (n > 0)
        note(judge, out, n < REPEATED ? LAYER_warning : LAYER_failed,
             "%s with the service failed within ten minutes, the last at %s",
             say_count(judge->arena, n, "TLS handshake"), say_time(judge->arena, seen->last_ms));
    else
        note(judge, out, LAYER_verified, "no failed TLS handshake in its log within ten minutes");
}
