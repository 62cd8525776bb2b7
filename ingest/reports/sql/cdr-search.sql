-- Call records, newest first, one page: those before ({before}, {beforeId}) in that order.
-- Numbers match as received or as sent, in full or by their beginning ({...Prefix}).
-- No FINAL: it would read every column of every row. A record that was delivered twice and is not
-- merged yet is shown once by LIMIT 1 BY.
-- Conditions of filters that are not given are left out before (report-sql.ts): each stands in
-- lines of its own.
-- Times are local to {timezone}; talk_ms: answer to end; pdd_ms: INVITE received to first 18x.
SELECT
    toString(toTimeZone(cdr.started_at, {timezone:String})) AS started_at_local,
    ifNull(toString(toTimeZone(cdr.answered_at, {timezone:String})), '') AS answered_at_local,
    toString(toTimeZone(cdr.ended_at, {timezone:String})) AS ended_at_local,
    mapping_gateway,
    account,
    routing_gateway,
    clearing_account,
    caller_in AS caller,
    callee_in AS callee,
    caller_out,
    callee_out,
    area,
    call_level,
    duration_ms AS talk_ms,
    cdr.billed_ms AS billed_ms,
    cdr.pdd_ms AS pdd_ms,
    end_code,
    end_reason,
    end_side,
    end_evidence,
    attempts,
    customer_fee,
    vendor_fee,
    agent_fee,
    call_id_in,
    node,
    id,
    toUnixTimestamp64Milli(cdr.started_at) AS started_at_ms
FROM tandem.cdr
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND (started_at < {before:DateTime64(3, 'UTC')} OR id < {beforeId:UUID})
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String} OR routing_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String} OR clearing_account = {account:String})
    AND ({area:String} = '' OR area = {area:String})
    AND ({phone:String} = '' OR phone = {phone:String})
    AND ({caller:String} = '' OR caller_in = {caller:String} OR caller_out = {caller:String})
    AND ({callee:String} = '' OR callee_in = {callee:String} OR callee_out = {callee:String})
    AND ({number:String} = '' OR caller_in = {number:String} OR caller_out = {number:String}
        OR callee_in = {number:String} OR callee_out = {number:String})
    AND ({callerPrefix:String} = '' OR startsWith(caller_in, {callerPrefix:String})
        OR startsWith(caller_out, {callerPrefix:String}))
    AND ({calleePrefix:String} = '' OR startsWith(callee_in, {calleePrefix:String})
        OR startsWith(callee_out, {calleePrefix:String}))
    AND ({numberPrefix:String} = '' OR startsWith(caller_in, {numberPrefix:String})
        OR startsWith(caller_out, {numberPrefix:String})
        OR startsWith(callee_in, {numberPrefix:String})
        OR startsWith(callee_out, {numberPrefix:String}))
    AND ({code:UInt16} = 0 OR end_code = {code:UInt16})
ORDER BY started_at DESC, cdr.id DESC
LIMIT 1 BY started_at, cdr.id
LIMIT {rows:UInt32}
