-- The latest calls, newest first. Numbers match as received or as sent; a trailing * is a prefix.
SELECT
    toString(toTimeZone(started_at, {timezone:String})) AS started_at_local,
    mapping_gateway,
    account,
    routing_gateway,
    caller_in AS caller,
    callee_in AS callee,
    callee_out,
    round(duration_ms / 1000, 1) AS duration_seconds,
    pdd_ms,
    end_code,
    end_reason,
    end_side,
    attempts,
    customer_fee,
    vendor_fee,
    id
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String} OR routing_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String} OR clearing_account = {account:String})
    AND ({caller:String} = '' OR caller_in LIKE {caller:String} OR caller_out LIKE {caller:String})
    AND ({callee:String} = '' OR callee_in LIKE {callee:String} OR callee_out LIKE {callee:String})
    AND ({code:UInt16} = 0 OR end_code = {code:UInt16})
ORDER BY started_at DESC, id DESC
LIMIT {limit:UInt32}
SETTINGS do_not_merge_across_partitions_select_final = 1
