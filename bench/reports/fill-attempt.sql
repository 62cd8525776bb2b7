-- The vendor attempts of the calls between {from} and {to} that fill-cdr.sql made: the last one is
-- what the call says, one before it was refused with 503 by the gateway next in number.
INSERT INTO tandem.cdr_attempt
(
    id, node, attempt, started_at, ended_at, routing_gateway, destination_ip, prefix, code, reason,
    pdd_ms
)
SELECT
    id,
    node,
    arrayJoin(range(1, attempts + 1)) AS attempt,
    if(attempt = attempts, cdr.started_at, cdr.started_at - toIntervalMillisecond(5)) AS started_at,
    cdr.ended_at,
    if(
        attempt = attempts,
        cdr.routing_gateway,
        concat('vendor-gw-', toString(1 + toUInt32(substring(cdr.routing_gateway, 11)) % 60))
    ) AS routing_gateway,
    destination_ip,
    vendor_rate_prefix AS prefix,
    toUInt16(if(attempt = attempts, end_code, 503)) AS code,
    if(attempt = attempts, end_reason, 'Service Unavailable') AS reason,
    if(attempt = attempts, cdr.pdd_ms, NULL) AS pdd_ms
FROM tandem.cdr
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
