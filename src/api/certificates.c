/* certificates.c — the CA certificates registered on one tunnel. */
#include "api/resource.h"
#include "core/json.h"

static struct task *
task(struct fleet *fleet, const char *subject)
{
    struct fleet_tunnel *tunnel = fleet_tunnel(fleet, subject);

    return tunnel ? &tunnel->task : NULL;
}

static void
begin(struct reading *reading)
{
    struct fleet_tunnel *tunnel = fleet_tunnel(reading->fleet, reading->subject);

    if (tunnel)
        tunnel->certificates_round++;
}

static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet_tunnel *tunnel = fleet_tunnel(reading->fleet, reading->subject);
    const char *id = json_string(item, "id", "");
    struct fleet_certificate *certificate;

    if (!tunnel || !fleet_is_id(id))
        return false;
    certificate = table_get(&tunnel->certificates, id);
    if (!certificate)
        certificate = fleet_add_certificate(tunnel, id);
    certificate->round = tunnel->certificates_round;
    fleet_word(certificate->fingerprint, sizeof(certificate->fingerprint),
               json_string(item, "fingerprint", ""));
    certificate->created_service_ms = resource_time(item, "created_at");
    certificate->expires_service_ms = resource_time(item, "expires_at");
    certificate->is_archived = !json_is_null(json_get(item, "archived_at"));
    return true;
}

static void
complete(struct reading *reading)
{
    struct fleet_tunnel *tunnel = fleet_tunnel(reading->fleet, reading->subject);

    if (!tunnel)
        return;
    if (reading->is_whole)
        fleet_sweep_certificates(tunnel);
    tunnel->certificates_at_ms = reading->now_ms;
    fleet_keep(&tunnel->certificates_error, "", 1);
    reading->fleet->tunnels_changed = true;
}

static void
failed(struct reading *reading, const struct err *err)
{
    struct fleet_tunnel *tunnel = fleet_tunnel(reading->fleet, reading->subject);

    if (!tunnel)
        return;
    fleet_keep(&tunnel->certificates_error, err->message, FLEET_TITLE_BYTES);
    reading->fleet->tunnels_changed = true;
}

const struct resource resource_certificates = {
    .what = "the certificates of a tunnel",
    .path = "/v1/tunnels/%s/certificates",
    .query = "include_archived=false",
    .beta = BETA_TUNNELS,
    .scope = "the scope workspace:manage_tunnels",
    .source = SOURCE_certificates,
    .key = KEY_TUNNELS,
    .is_list = true,
    .limit = RESOURCE_PAGE_ROWS,
    .most_pages = 5,
    .begin = begin,
    .item = item,
    .complete = complete,
    .failed = failed,
    .task = task,
};
