-- Traffic per gateway: mapping gateways by calls (cdr), routing gateways by attempts (cdr_attempt),
-- because a call that fails over counts once for its customer and once for each vendor tried.
-- ASR = answered / calls; ACD = mean duration of answered calls; PDD = INVITE to first 18x.
WITH
    mapping AS
    (
        SELECT
            mapping_gateway AS gateway,
            count() AS calls,
            countIf(answered_at IS NOT NULL) AS answered,
            sum(duration_ms) AS talk_ms,
            avg(pdd_ms) AS pdd_mean,
            quantileExact(0.95)(pdd_ms) AS pdd_p95
        FROM tandem.cdr FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        GROUP BY gateway
    ),
    attempt AS
    (
        SELECT
            routing_gateway AS gateway,
            count() AS calls,
            countIf(code >= 200 AND code < 300) AS answered,
            avg(pdd_ms) AS pdd_mean,
            quantileExact(0.95)(pdd_ms) AS pdd_p95
        FROM tandem.cdr_attempt FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        GROUP BY gateway
    ),
    talk AS
    (
        -- The routing gateway of an answered call is the one that answered.
        SELECT routing_gateway AS gateway, sum(duration_ms) AS talk_ms
        FROM tandem.cdr FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
            AND answered_at IS NOT NULL
        GROUP BY gateway
    ),
    gateways AS
    (
        SELECT 'mapping' AS side, gateway, calls, answered, talk_ms, pdd_mean, pdd_p95 FROM mapping
        UNION ALL
        SELECT 'routing' AS side, attempt.gateway, calls, answered, talk_ms, pdd_mean, pdd_p95
        FROM attempt LEFT JOIN talk ON attempt.gateway = talk.gateway
    )
SELECT
    side,
    gateway,
    calls,
    answered,
    round(100 * answered / calls, 2) AS asr_percent,
    if(answered = 0, NULL, round(talk_ms / answered / 1000, 1)) AS acd_seconds,
    toUInt32(round(pdd_mean)) AS pdd_mean_ms,
    pdd_p95 AS pdd_p95_ms,
    round(talk_ms / 60000, 2) AS minutes
FROM gateways
WHERE {gateway:String} = '' OR gateway = {gateway:String}
ORDER BY side, calls DESC, gateway
SETTINGS do_not_merge_across_partitions_select_final = 1
