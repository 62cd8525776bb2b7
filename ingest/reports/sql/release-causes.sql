-- Release causes per gateway: what calls ended with (side mapping, from cdr) and what vendors
-- answered (side routing, from cdr_attempt), with the share of each of its gateway's calls.
-- ended_by: caller, callee or server; empty for attempts.
-- Grouping by one 64-bit hash takes less than half of the time of the columns themselves; the texts
-- are hashed first, each once per block.
WITH causes AS
(
    SELECT
        'mapping' AS side, any(mapping_gateway) AS gateway, any(end_code) AS code,
        any(end_reason) AS reason, any(end_side) AS ended_by, count() AS calls
    FROM tandem.cdr FINAL
    WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
        AND ({account:String} = '' OR account = {account:String})
    GROUP BY cityHash64(
        end_code, cityHash64(mapping_gateway), cityHash64(end_reason), cityHash64(end_side)
    )
    UNION ALL
    SELECT
        'routing' AS side, any(routing_gateway) AS gateway, any(cdr_attempt.code) AS code,
        any(cdr_attempt.reason) AS reason, '' AS ended_by, count() AS calls
    FROM tandem.cdr_attempt FINAL
    WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
        AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
        AND {account:String} = ''
    GROUP BY cityHash64(
        cdr_attempt.code, cityHash64(routing_gateway), cityHash64(cdr_attempt.reason)
    )
)
SELECT
    side,
    gateway,
    code,
    reason,
    ended_by,
    calls,
    round(100 * calls / sum(calls) OVER (PARTITION BY side, gateway), 2) AS share_percent
FROM causes
ORDER BY side, gateway, calls DESC, code, reason, ended_by
SETTINGS do_not_merge_across_partitions_select_final = 1
