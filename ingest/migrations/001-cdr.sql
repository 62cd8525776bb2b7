-- Call records: one row per call (cdr), one row per vendor tried (cdr_attempt).
--
-- Engine: ReplacingMergeTree is the second net under the insert tokens; a row sent twice with the
-- same key becomes one at the next merge. non_replicated_deduplication_window makes
-- insert_deduplication_token work at all on one node (it is 0 by default); 10,000 blocks are half a
-- day of one block every five seconds. fsync_*: the spool is told "delivered" when the insert
-- returns, so the part must be on the disk by then.
--
-- Partition by month of the start: reports and retention go by time; a year of CDRs is twelve
-- partitions, and a batch that straddles midnight stays one part per partition (days would make
-- 365 a year, and late records from an edge that was cut off would touch many).
--
-- Order by (started_at to the hour, gateway, id): reports read a range of hours and group by
-- gateway; `id` makes the key unique.
--
-- Times that did not come to pass are NULL, so that hand-written SQL such as
-- avg(answered_at - started_at) leaves them out instead of computing with 1970.

CREATE DATABASE IF NOT EXISTS tandem;

CREATE TABLE IF NOT EXISTS tandem.cdr
(
    id UUID COMMENT 'UUIDv7 of the call',
    node LowCardinality(String) COMMENT 'edge that handled the call',
    started_at DateTime64(3, 'UTC') COMMENT 'INVITE received' CODEC(Delta, ZSTD),
    ringing_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first 18x passed to the caller' CODEC(ZSTD),
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT '200 to INVITE' CODEC(ZSTD),
    ended_at DateTime64(3, 'UTC') COMMENT 'BYE, CANCEL or final failure' CODEC(Delta, ZSTD),
    duration_ms UInt64 COMMENT 'answer to end; 0 when not answered' CODEC(T64, ZSTD),
    pdd_ms Nullable(UInt32) COMMENT 'post-dial delay: INVITE to first 18x' CODEC(ZSTD),
    mapping_gateway LowCardinality(String) COMMENT 'customer side gateway',
    account LowCardinality(String) COMMENT 'customer account charged',
    routing_gateway LowCardinality(String) COMMENT 'vendor gateway of the last attempt; empty when none was tried',
    clearing_account LowCardinality(String) COMMENT 'vendor account credited',
    caller_in String COMMENT 'calling number as received' CODEC(ZSTD),
    callee_in String COMMENT 'called number as received' CODEC(ZSTD),
    caller_out String COMMENT 'calling number as sent to the vendor' CODEC(ZSTD),
    callee_out String COMMENT 'called number as sent to the vendor' CODEC(ZSTD),
    source_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the customer',
    destination_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the vendor',
    end_code UInt16 COMMENT 'SIP status that ended the call; 200 after an answer' CODEC(T64, ZSTD),
    end_reason LowCardinality(String) COMMENT 'release cause in words',
    end_side LowCardinality(String) COMMENT 'caller, callee or server (this switch)',
    call_id_in String COMMENT 'SIP Call-ID of the customer side' CODEC(ZSTD),
    call_id_out String COMMENT 'SIP Call-ID of the vendor side' CODEC(ZSTD),
    codec LowCardinality(String) COMMENT 'audio codec of the answer',
    attempts UInt8 COMMENT 'vendors tried',
    customer_fee Decimal(38, 9) COMMENT 'charged to account' CODEC(ZSTD),
    vendor_fee Decimal(38, 9) COMMENT 'owed to clearing_account' CODEC(ZSTD),
    billed_ms UInt64 COMMENT 'time charged to the customer' CODEC(T64, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (toStartOfHour(started_at), mapping_gateway, id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS tandem.cdr_attempt
(
    id UUID COMMENT 'the call, as in cdr',
    node LowCardinality(String) COMMENT 'edge that handled the call',
    attempt UInt8 COMMENT '1 is the first vendor tried',
    started_at DateTime64(3, 'UTC') COMMENT 'INVITE sent to the vendor' CODEC(Delta, ZSTD),
    ended_at DateTime64(3, 'UTC') COMMENT 'final response, timeout or end of the call' CODEC(Delta, ZSTD),
    routing_gateway LowCardinality(String) COMMENT 'vendor gateway tried',
    destination_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the vendor',
    prefix LowCardinality(String) COMMENT 'prefix of the routing gateway that matched',
    code UInt16 COMMENT 'final SIP status; 408 for a timeout' CODEC(T64, ZSTD),
    reason LowCardinality(String) COMMENT 'release cause in words',
    pdd_ms Nullable(UInt32) COMMENT 'INVITE sent to first 18x' CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (toStartOfHour(started_at), routing_gateway, id, attempt)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
