-- Called numbers, as received, with the most calls. talk_ms: answer to end.
-- First which numbers they are, by a count over hashes alone, a third of the work of counting by
-- texts; then what there is to say about those few, by the numbers themselves.
WITH
    busiest AS
    (
        SELECT cityHash64(callee_in)
        FROM tandem.cdr FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
            AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
            AND ({account:String} = '' OR account = {account:String})
            AND ({area:String} = '' OR area = {area:String})
        GROUP BY cityHash64(callee_in)
        ORDER BY count() DESC, cityHash64(callee_in)
        LIMIT {limit:UInt32}
    )
SELECT
    callee_in AS callee,
    count() AS calls,
    countIf(answered_at IS NOT NULL) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    sum(duration_ms) AS talk_ms,
    sum(cdr.customer_fee) AS customer_fee
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
    AND ({area:String} = '' OR area = {area:String})
    AND cityHash64(callee_in) IN busiest
GROUP BY callee
ORDER BY calls DESC, callee
LIMIT {limit:UInt32}
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1
