-- Synthetic call records for the reports bench: rows {first}..{first}+{count}-1 of {total}, spread
-- over {days} days from {start}, busier by day than by night. The n-th call is always the same:
-- everything is drawn from hashes of n. 40 mapping gateways of 25 accounts, 60 routing gateways of
-- 30 clearing accounts, 200 areas, 2 million called and half a million calling numbers, ASR 45 %,
-- talks of 3 minutes on average, one call in six fails over; fees have nine places.
INSERT INTO tandem.cdr
(
    id, node, started_at, ringing_at, answered_at, ended_at, duration_ms, pdd_ms, mapping_gateway,
    account, routing_gateway, clearing_account, caller_in, callee_in, caller_out, callee_out,
    source_ip, destination_ip, end_code, end_reason, end_side, call_id_in, call_id_out, codec,
    attempts, customer_fee, vendor_fee, billed_ms, area, rate_prefix, vendor_area,
    vendor_rate_prefix, call_level, tax, phone, agent_account, agent_fee, end_evidence
)
WITH
    cityHash64(number, 1) AS h1,
    cityHash64(number, 2) AS h2,
    cityHash64(number, 3) AS h3,
    -- Uniform in 0..1, five of them.
    (h1 % 65536) / 65536 AS u1,
    (bitShiftRight(h1, 16) % 65536) / 65536 AS u2,
    (bitShiftRight(h1, 32) % 65536) / 65536 AS u3,
    (bitShiftRight(h2, 16) % 65536) / 65536 AS u4,
    (bitShiftRight(h2, 32) % 65536) / 65536 AS u5,
    number * {days:UInt32} / {total:UInt64} AS day,
    -- Monotonous within the day, so that records arrive in the order of their time.
    floor(day) + (day - floor(day)) - 0.13 * sin(2 * pi() * (day - floor(day))) AS at_day,
    toInt64(at_day * 86400000) AS at_ms,
    toUInt32(1 + floor(40 * u1 * u1)) AS mapping,
    toUInt32(1 + floor(60 * u2 * u2)) AS routing,
    toUInt32(1 + floor(200 * u3 * u3 * u3)) AS area_number,
    u4 < 0.45 AS is_answered,
    u4 < 0.85 AS is_ringing,
    -- Exponential, mean 3 minutes, at most an hour.
    if(is_answered, toUInt64(least(3600000, 1000 + floor(-180000 * log(1 - u5 * 0.9999)))), 0)
        AS talk_ms,
    toUInt32(500 + floor(1500 * -log(1 - (h2 % 65536) / 65536 * 0.999))) AS pdd,
    toDateTime64({start:String}, 3, 'UTC') + toIntervalMillisecond(at_ms) AS start_time,
    intDiv(talk_ms + 999, 1000) AS seconds,
    area_number % 3 AS level,
    toString(880 + area_number) AS dial_prefix,
    concat('area ', toString(area_number)) AS area_name,
    concat(dial_prefix, leftPad(toString(h3 % 10000), 9, '0')) AS number_called,
    bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(start_time)), 16), 0x7000 + number % 4096)
        AS uuid_high,
    bitOr(bitAnd(cityHash64(number, 4), 0x3fffffffffffffff), 0x8000000000000000) AS uuid_low
SELECT
    -- UUIDv7: milliseconds, version and 12 bits of the number; variant and 62 bits of a hash.
    reinterpretAsUUID(
        bitOr(
            bitShiftLeft(toUInt128(uuid_low), 64),
            toUInt128(uuid_high)
        )) AS id,
    'edge-1' AS node,
    start_time AS started_at,
    if(is_ringing, start_time + toIntervalMillisecond(pdd), NULL) AS ringing_at,
    if(is_answered, start_time + toIntervalMillisecond(pdd + 6000), NULL) AS answered_at,
    start_time + toIntervalMillisecond(if(is_ringing, pdd + 6000, 900) + talk_ms) AS ended_at,
    talk_ms AS duration_ms,
    if(is_ringing, pdd, NULL) AS pdd_ms,
    concat('customer-gw-', toString(mapping)) AS mapping_gateway,
    concat('customer-', toString(1 + mapping % 25)) AS account,
    concat('vendor-gw-', toString(routing)) AS routing_gateway,
    concat('vendor-', toString(1 + routing % 30)) AS clearing_account,
    concat('4420', leftPad(toString(bitShiftRight(h3, 32) % 500000), 8, '0')) AS caller_in,
    number_called AS callee_in,
    caller_in AS caller_out,
    concat('00', number_called) AS callee_out,
    concat('192.0.2.', toString(mapping)) AS source_ip,
    concat('198.51.100.', toString(routing)) AS destination_ip,
    multiIf(is_answered, 200, u4 < 0.6, 487, u4 < 0.75, 486, u4 < 0.8, 480, u4 < 0.88, 404, u4 < 0.96, 503, 408)
        AS end_code,
    multiIf(is_answered, 'Normal', u4 < 0.6, 'Caller hung up', u4 < 0.75, 'Busy Here', u4 < 0.8, 'Temporarily Unavailable', u4 < 0.88, 'Not Found', u4 < 0.96, 'Service Unavailable', 'No answer')
        AS end_reason,
    multiIf(u4 < 0.3, 'caller', u4 < 0.45, 'callee', u4 < 0.6, 'caller', u4 < 0.9, 'callee', 'server') AS end_side,
    concat(lower(hex(h2)), '@192.0.2.', toString(mapping)) AS call_id_in,
    concat(lower(hex(h3)), lower(hex(h1 % 4294967296))) AS call_id_out,
    if(is_answered, ['PCMA', 'PCMU', 'G729'][1 + h3 % 3], '') AS codec,
    toUInt8(if(h3 % 6 = 0, 2, 1)) AS attempts,
    toDecimal128(seconds * (200 + 3 * area_number), 9) / 1000000 AS customer_fee,
    toDecimal128(seconds * (150 + 2 * area_number + routing), 9) / 1000000 AS vendor_fee,
    seconds * 1000 AS billed_ms,
    area_name AS area,
    dial_prefix AS rate_prefix,
    area_name AS vendor_area,
    dial_prefix AS vendor_rate_prefix,
    ['local', 'domestic', 'international'][1 + level] AS call_level,
    customer_fee / 20 AS tax,
    '' AS phone,
    if(mapping % 5 = 0, concat('agent-', toString(1 + mapping % 4)), '') AS agent_account,
    if(mapping % 5 = 0, customer_fee / 50, toDecimal128(0, 9)) AS agent_fee,
    'seen' AS end_evidence
FROM numbers({first:UInt64}, {count:UInt64})
