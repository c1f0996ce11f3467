#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/panes/check_rows.h"

static bool
check_by_id(struct row *row, const char *check_id)
{
    size_t n;
    const struct check *checks = snapshot_checks(row->frame->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        char bytes[ID_BYTES]; /* check_id may be what id() returned */

        row->index = i;
        row->data = &checks[i];
        check_id_write(bytes, &checks[i]);
        if (strcmp(bytes, check_id) == 0)
            return true;
    }
    return false;
}

static void
page_stages(struct page *page, const struct row *row)
{
    const struct check *check = row->data;

    page_section(page, "STAGES");
    for (int i = 0; i < STAGE_COUNT; i++) {
        bool is_failed = check->verdict == CHECK_fail && (int)check->failed_stage == i;
        TEXT(value, 64);

        if (check->stage_us[i] < 0 && !is_failed)
            continue;
        if (is_failed)
            text_add(&value, "failed here");
        else
            latency_add(&value, check->stage_us[i]);
        page_field(page, check_stage_name((enum check_stage)i), is_failed ? ROLE_fail : ROLE_text,
                   value.bytes);
    }
}

/* What a burst of datagrams said, which single ones cannot. */
static void
page_burst(struct page *page, const struct check *check)
{
    const struct check_burst *burst = &check->burst;
    TEXT(value, 300);

    if (check->kind != CHECK_EDGE_UDP_7844)
        return;
    if (burst->at_ms == 0) {
        page_field(page, "burst", ROLE_dim, "not measured yet; x does it now");
        return;
    }
    text_addf(&value, "%" PRIu32 " of %" PRIu32 " lost", burst->lost, burst->sent);
    if (burst->single_sent > 0)
        text_addf(&value, ", and %" PRIu32 " of %" PRIu32 " single ones", burst->single_lost,
                  burst->single_sent);
    if (burst->rtt_us >= 0) {
        text_add(&value, "; best, mean, worst: ");
        latency_add(&value, burst->best_us);
        text_add(&value, ", ");
        latency_add(&value, burst->rtt_us);
        text_add(&value, ", ");
        latency_add(&value, burst->worst_us);
    }
    page_field(page, "burst", burst->lost > 0 ? ROLE_warn : ROLE_text, value.bytes);
    page_moment(page, "burst at", burst->at_ms);
    page_trend(page, "burst loss", &burst->loss);
    page_trend(page, "jitter", &burst->jitter);
}

static void
page_bytes(struct page *page, const char *label, int64_t n)
{
    if (n > 0)
        page_fieldf(page, label, ROLE_text, "%" PRId64 " bytes", n);
}

static void
page_quality(struct page *page, const struct row *row)
{
    const struct check *check = row->data;
    TEXT(value, 300);

    page_section(page, "QUALITY");
    unit_add(&value, row->frame, UNIT_us, known(check->rtt_us));
    page_field(page, "rtt", ROLE_text, value.bytes);
    text_clear(&value);
    unit_add(&value, row->frame, UNIT_us, known(check_jitter_us(check)));
    page_field(page, "jitter", ROLE_text, value.bytes);
    text_clear(&value);
    unit_add(&value, row->frame, UNIT_parts, known(check_loss(check)));
    page_fieldf(page, "loss", check_loss(check) > 0 ? ROLE_warn : ROLE_text,
                "%s; single ones: %" PRIu32 " of %" PRIu32 " lost", value.bytes, check->lost,
                check->sent);
    page_burst(page, check);
    if (check->retransmits >= 0)
        page_fieldf(page, "sent again", check->retransmits > 0 ? ROLE_warn : ROLE_text,
                    "%" PRId64 " segments, by the kernel", check->retransmits);
    page_bytes(page, "path MTU", check->path_mtu);
    page_bytes(page, "datagrams", check->datagram_bytes);
    page_trend(page, "trend", &check->rtt_trend);
}

/* Every way to resolve the name, for they may disagree. */
static void
page_resolvers(struct page *page, const struct check *check)
{
    if (check->n_resolvers == 0)
        return;
    page_section(page, "RESOLVERS");
    for (size_t i = 0; i < check->n_resolvers; i++) {
        const struct check_resolver *resolver = &check->resolvers[i];
        TEXT(value, 300);

        text_addf(&value, "%s%s: %s", resolver->server,
                  strcmp(resolver->via, "tls") == 0 ? " over TLS" : "", resolver->answer);
        if (resolver->us >= 0) {
            text_add(&value, ", ");
            latency_add(&value, resolver->us);
        }
        page_field(page, resolver->via, ROLE_text, value.bytes);
    }
}

static void
page_address(struct page *page, const struct check_address *address)
{
    bool has_failed = *address->error;
    TEXT(value, 300);

    text_addf(&value, "%s  ", address->address);
    if (!address->is_known)
        text_add(&value, "not tried yet");
    else if (has_failed)
        text_add(&value, address->error);
    else
        latency_add(&value, address->rtt_us);
    page_field(page, has_failed ? "fails" : "", has_failed ? ROLE_fail : ROLE_text, value.bytes);
}

/* Each address by itself, where there are several: what fails first. */
static void
page_addresses(struct page *page, const struct check *check)
{
    if (check->n_addresses < 2)
        return;
    page_section(page, "ADDRESSES");
    for (size_t i = 0; i < check->n_addresses; i++)
        if (*check->addresses[i].error)
            page_address(page, &check->addresses[i]);
    for (size_t i = 0; i < check->n_addresses; i++)
        if (!*check->addresses[i].error)
            page_address(page, &check->addresses[i]);
}

int
check_draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame,
                  const char *check_id, int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    struct row row = {.frame = frame};
    const struct check *check;

    if (!check_by_id(&row, check_id)) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this check is no longer made");
        return page.lines;
    }
    check = row.data;
    page_title(&page, verdict_role(check->verdict), check_id, check_verdict_word(&row));
    page_field(&page, "saw", ROLE_text, check->error);
    page_field(&page, "cause", ROLE_text, check->cause ? check->cause : "");
    page_field(&page, "next step", ROLE_key, check_next_step(check));
    page_field(&page, "note", ROLE_text, check->note);
    page_field(&page, "host", ROLE_text, check->host);
    page_field(&page, "address", ROLE_text, check->address);
    page_moment(&page, "measured", check->at_ms);
    page_moment(&page, "fails since", check->failing_since_ms);
    page_moment(&page, "last failure", check->last_failure_ms);
    page_findings(&page, check_id);
    page_stages(&page, &row);
    page_quality(&page, &row);
    page_addresses(&page, check);
    page_resolvers(&page, check);
    return page.lines;
}
