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
-- Order by (started_at to the minute, gateway, id): reports read a range of time and group by
-- gateway; `id` makes the key unique. Minutes and not hours, because the rollups compute single
-- minutes anew and would have to read the whole hour. Not started_at itself: ClickHouse would then
-- look for a range of time in that column of the key only, and read everything.
--
-- Codecs: measured on 2.4 million rows, bytes per row against ZSTD or the default alone: times by
-- T64 2.6 instead of 3.5 each, id by ZSTD 14.6 instead of 16, low-cardinality texts by ZSTD a third
-- less; 97 bytes per row in all instead of 110.
--
-- inserted_at is ClickHouse's own: whoever follows the table finds by it what is new, however late
-- a record comes or how often it comes again. Its index leaves only the granules of the last hours.
--
-- *_search: whole numbers and Call-IDs are found without reading all rows of the time asked for:
-- 1.3 bytes per row each; a number among 2.5 million calls in 76 ms instead of 208, with its
-- transformed form (OR) in 103 instead of 769.
--
-- Times that did not come to pass are NULL, so that hand-written SQL such as
-- avg(answered_at - started_at) leaves them out instead of computing with 1970.
--
-- How long rows are kept is a setting (ingest/migrations/retention.ts), not part of this file.

CREATE DATABASE IF NOT EXISTS tandem;

CREATE TABLE IF NOT EXISTS tandem.cdr
(
    id UUID COMMENT 'UUIDv7 of the call' CODEC(ZSTD),
    node LowCardinality(String) COMMENT 'edge that handled the call',
    started_at DateTime64(3, 'UTC') COMMENT 'INVITE received' CODEC(T64, ZSTD),
    ringing_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first 18x passed to the caller' CODEC(T64, ZSTD),
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT '200 to INVITE' CODEC(T64, ZSTD),
    ended_at DateTime64(3, 'UTC') COMMENT 'BYE, CANCEL or final failure' CODEC(T64, ZSTD),
    duration_ms UInt64 COMMENT 'answer to end; 0 when not answered' CODEC(T64, ZSTD),
    pdd_ms Nullable(UInt32) COMMENT 'post-dial delay: INVITE to first 18x' CODEC(T64, ZSTD),
    mapping_gateway LowCardinality(String) COMMENT 'customer side gateway',
    account LowCardinality(String) COMMENT 'customer account charged',
    routing_gateway LowCardinality(String) COMMENT 'vendor gateway of the last attempt; empty when none was tried' CODEC(ZSTD),
    clearing_account LowCardinality(String) COMMENT 'vendor account credited' CODEC(ZSTD),
    caller_in String COMMENT 'calling number as received' CODEC(ZSTD),
    callee_in String COMMENT 'called number as received' CODEC(ZSTD),
    caller_out String COMMENT 'calling number as sent to the vendor' CODEC(ZSTD),
    callee_out String COMMENT 'called number as sent to the vendor' CODEC(ZSTD),
    source_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the customer',
    destination_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the vendor' CODEC(ZSTD),
    end_code UInt16 COMMENT 'SIP status that ended the call; 200 after an answer' CODEC(ZSTD),
    end_reason LowCardinality(String) COMMENT 'release cause in words' CODEC(ZSTD),
    end_side LowCardinality(String) COMMENT 'caller, callee or server (this switch)' CODEC(ZSTD),
    call_id_in String COMMENT 'SIP Call-ID of the customer side' CODEC(ZSTD),
    call_id_out String COMMENT 'SIP Call-ID of the vendor side' CODEC(ZSTD),
    codec LowCardinality(String) COMMENT 'audio codec of the answer' CODEC(ZSTD),
    attempts UInt8 COMMENT 'vendors tried' CODEC(ZSTD),
    customer_fee Decimal(38, 9) COMMENT 'charged to account' CODEC(ZSTD),
    vendor_fee Decimal(38, 9) COMMENT 'owed to clearing_account' CODEC(ZSTD),
    billed_ms UInt64 COMMENT 'time charged to the customer' CODEC(T64, ZSTD),
    area LowCardinality(String) COMMENT 'area of the customer''s rate' CODEC(ZSTD),
    rate_prefix LowCardinality(String) COMMENT 'prefix of the customer''s rate' CODEC(ZSTD),
    vendor_area LowCardinality(String) COMMENT 'area of the vendor''s rate' CODEC(ZSTD),
    vendor_rate_prefix LowCardinality(String) COMMENT 'prefix of the vendor''s rate' CODEC(ZSTD),
    call_level LowCardinality(String) COMMENT 'local, domestic, international or as the rate says' CODEC(ZSTD),
    tax Decimal(38, 9) COMMENT 'tax that customer_fee contains' CODEC(ZSTD),
    phone LowCardinality(String) COMMENT 'registered phone that is billed; empty for a gateway',
    agent_account LowCardinality(String) COMMENT 'agent that earns from the call',
    agent_fee Decimal(38, 9) COMMENT 'what agent_account earns' CODEC(ZSTD),
    end_evidence LowCardinality(String) DEFAULT 'seen' COMMENT 'seen; recovered: taken over after a crash, end seen; assumed: billed to the last proof of life',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when ClickHouse took the row' CODEC(T64, ZSTD),
    INDEX inserted_at_range inserted_at TYPE minmax GRANULARITY 1,
    INDEX caller_in_search caller_in TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX callee_in_search callee_in TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX caller_out_search caller_out TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX callee_out_search callee_out TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX call_id_in_search call_id_in TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX call_id_out_search call_id_out TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (toStartOfMinute(started_at), mapping_gateway, id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.cdr_attempt
(
    id UUID COMMENT 'the call, as in cdr' CODEC(ZSTD),
    node LowCardinality(String) COMMENT 'edge that handled the call',
    attempt UInt8 COMMENT '1 is the first vendor tried' CODEC(ZSTD),
    started_at DateTime64(3, 'UTC') COMMENT 'INVITE sent to the vendor' CODEC(T64, ZSTD),
    ended_at DateTime64(3, 'UTC') COMMENT 'final response, timeout or end of the call' CODEC(T64, ZSTD),
    routing_gateway LowCardinality(String) COMMENT 'vendor gateway tried',
    destination_ip LowCardinality(String) COMMENT 'IPv4 or IPv6 address of the vendor',
    prefix LowCardinality(String) COMMENT 'prefix of the routing gateway that matched' CODEC(ZSTD),
    code UInt16 COMMENT 'final SIP status; 408 for a timeout' CODEC(ZSTD),
    reason LowCardinality(String) COMMENT 'release cause in words' CODEC(ZSTD),
    pdd_ms Nullable(UInt32) COMMENT 'INVITE sent to first 18x' CODEC(T64, ZSTD),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when ClickHouse took the row' CODEC(T64, ZSTD),
    INDEX inserted_at_range inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (toStartOfMinute(started_at), routing_gateway, id, attempt)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    ttl_only_drop_parts = 1;
