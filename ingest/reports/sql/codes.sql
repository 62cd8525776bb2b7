-- Release causes: what calls ended with (mapping side, cdr) and what vendors answered (routing
-- side, cdr_attempt), with the share of each within its side. One hash to group by: as in
-- release-causes.sql.
WITH causes AS
(
    SELECT 'mapping' AS side, any(end_code) AS code, any(end_reason) AS reason, count() AS calls
    FROM tandem.cdr FINAL
    WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    GROUP BY cityHash64(end_code, cityHash64(end_reason))
    UNION ALL
    SELECT 'routing' AS side, any(cdr_attempt.code) AS code,
        any(cdr_attempt.reason) AS reason, count() AS calls
    FROM tandem.cdr_attempt FINAL
    WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
    GROUP BY cityHash64(cdr_attempt.code, cityHash64(cdr_attempt.reason))
)
SELECT
    side,
    code,
    reason,
    calls,
    round(100 * calls / sum(calls) OVER (PARTITION BY side), 2) AS share_percent
FROM causes
ORDER BY side, calls DESC, code, reason
SETTINGS do_not_merge_across_partitions_select_final = 1
