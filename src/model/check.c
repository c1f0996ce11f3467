#include "model/check.h"

#include "core/text.h"

void
check_id_add(struct text *out, const char *target, const char *protocol, int family)
{
    text_addf(out, "%s %s v%d", target, protocol, family);
}

int64_t
check_loss(const struct check *check)
{
    if (check->burst.sent > 0)
        return (int64_t)check->burst.lost * 1000 / check->burst.sent;
    return check->sent > 0 ? (int64_t)check->lost * 1000 / check->sent : -1;
}

int64_t
check_jitter_us(const struct check *check)
{
    const struct series *trend = &check->rtt_trend;
    int64_t sum = 0, n = 0;

    if (check->burst.jitter_us >= 0 && check->burst.sent > 0)
        return check->burst.jitter_us;
    for (size_t back = 0; back + 1 < trend->n; back++) {
        int32_t now = series_at(trend, back), before = series_at(trend, back + 1);

        if (now == SERIES_UNKNOWN || before == SERIES_UNKNOWN)
            continue;
        sum += now > before ? (int64_t)now - before : (int64_t)before - now;
        n++;
    }
    return n > 0 ? sum / n : -1;
}

const char *
check_verdict_name(enum check_verdict verdict)
{
    static const char *const names[] = {
        [CHECK_skip] = "skip",
        [CHECK_pass] = "pass",
        [CHECK_warn] = "warn",
        [CHECK_fail] = "fail",
        [CHECK_unsupported] = "unsupported",
    };

    return names[verdict];
}

const char *
check_stage_name(enum check_stage stage)
{
    static const char *const names[] = {
        [STAGE_dns] = "dns",   [STAGE_tcp] = "tcp",   [STAGE_tls] = "tls",
        [STAGE_http] = "http", [STAGE_quic] = "quic",
    };

    return names[stage];
}

void
check_line_add(struct text *out, const struct check *check)
{
    text_addf(out, "%s %s IPv%d: %s", check->target, check->protocol, check->family,
              check_verdict_name(check->verdict));
    if (check->verdict == CHECK_fail || check->verdict == CHECK_warn)
        text_addf(out, " at %s: %s", check_stage_name(check->failed_stage),
                  check->error ? check->error : "");
    else if (check->verdict == CHECK_skip && check->note && *check->note)
        text_addf(out, ", %s", check->note);
    else if (check->rtt_us >= 0)
        text_addf(out, ", %.1f ms", (double)check->rtt_us / 1000);
}

const char *
check_next_step(const struct check *check)
{
    if (check->next_step && *check->next_step)
        return check->next_step;
    return check->hint ? check->hint : "";
}
