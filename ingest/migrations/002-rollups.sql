-- Rollups: sums of calls and attempts per minute, quarter of an hour, hour and day (UTC).
--
-- Three families, each with the key that its reports ask for:
--   customer_traffic   calls by account, mapping gateway, area and level of the customer's rate
--   vendor_traffic     calls by clearing account, last routing gateway, area of the vendor's rate
--   attempt_traffic    attempts by routing gateway: a call that fails over counts for each
-- The two sides are apart because together their keys would be nearly as many as the calls.
-- Quarters exist for time zones that are not whole hours from UTC.
--
-- rollup_*: what the refresher (ingest/rollups) stores. It never adds to a row: it computes changed
-- buckets anew from `cdr FINAL` and writes the rows that differ with a higher version, zeros for a
-- key that is gone. So a bucket is right however often its records came.
-- The views without that prefix hide versions and zeros: they are what reports and dashboards read.

CREATE TABLE IF NOT EXISTS tandem.rollup_customer_minute
(
    bucket DateTime('UTC') COMMENT 'begin of the minute, quarter, hour or day' CODEC(Delta, ZSTD),
    account LowCardinality(String),
    mapping_gateway LowCardinality(String),
    area LowCardinality(String),
    call_level LowCardinality(String),
    calls UInt64 COMMENT 'calls that started in the bucket' CODEC(T64, ZSTD),
    answered UInt64 COMMENT 'of them answered' CODEC(T64, ZSTD),
    effective UInt64 COMMENT 'of them answered, rung, busy or refused by the callee (480, 486, 600, 603): for NER' CODEC(T64, ZSTD),
    duration_ms UInt64 COMMENT 'answer to end' CODEC(T64, ZSTD),
    billed_ms UInt64 COMMENT 'charged to the customers' CODEC(T64, ZSTD),
    pdd_sum_ms UInt64 COMMENT 'sum of the post-dial delays' CODEC(T64, ZSTD),
    pdd_count UInt64 COMMENT 'calls that have one' CODEC(T64, ZSTD),
    attempts UInt64 COMMENT 'vendors tried' CODEC(T64, ZSTD),
    customer_fee Decimal(38, 9) CODEC(ZSTD),
    vendor_fee Decimal(38, 9) CODEC(ZSTD),
    agent_fee Decimal(38, 9) CODEC(ZSTD),
    tax Decimal(38, 9) COMMENT 'contained in customer_fee' CODEC(ZSTD),
    codes Map(UInt16, UInt64) COMMENT 'end_code: calls' CODEC(ZSTD),
    version UInt64 COMMENT 'the highest stands' CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, account, mapping_gateway, area, call_level)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_customer_quarter
AS tandem.rollup_customer_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, account, mapping_gateway, area, call_level)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_customer_hour
AS tandem.rollup_customer_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, account, mapping_gateway, area, call_level)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_customer_day
AS tandem.rollup_customer_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(bucket)
ORDER BY (bucket, account, mapping_gateway, area, call_level)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS tandem.customer_traffic_minute AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_customer_minute FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.customer_traffic_quarter AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_customer_quarter FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.customer_traffic_hour AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_customer_hour FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.customer_traffic_day AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_customer_day FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_vendor_minute
(
    bucket DateTime('UTC') COMMENT 'begin of the minute, quarter, hour or day' CODEC(Delta, ZSTD),
    clearing_account LowCardinality(String),
    routing_gateway LowCardinality(String) COMMENT 'empty: no vendor was tried',
    vendor_area LowCardinality(String),
    calls UInt64 COMMENT 'calls that started in the bucket' CODEC(T64, ZSTD),
    answered UInt64 COMMENT 'of them answered' CODEC(T64, ZSTD),
    effective UInt64 COMMENT 'of them answered, rung, busy or refused by the callee (480, 486, 600, 603): for NER' CODEC(T64, ZSTD),
    duration_ms UInt64 COMMENT 'answer to end' CODEC(T64, ZSTD),
    billed_ms UInt64 COMMENT 'charged to the customers' CODEC(T64, ZSTD),
    pdd_sum_ms UInt64 COMMENT 'sum of the post-dial delays' CODEC(T64, ZSTD),
    pdd_count UInt64 COMMENT 'calls that have one' CODEC(T64, ZSTD),
    attempts UInt64 COMMENT 'vendors tried' CODEC(T64, ZSTD),
    customer_fee Decimal(38, 9) CODEC(ZSTD),
    vendor_fee Decimal(38, 9) CODEC(ZSTD),
    agent_fee Decimal(38, 9) CODEC(ZSTD),
    tax Decimal(38, 9) COMMENT 'contained in customer_fee' CODEC(ZSTD),
    codes Map(UInt16, UInt64) COMMENT 'end_code: calls' CODEC(ZSTD),
    version UInt64 COMMENT 'the highest stands' CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, clearing_account, routing_gateway, vendor_area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_vendor_quarter
AS tandem.rollup_vendor_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, clearing_account, routing_gateway, vendor_area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_vendor_hour
AS tandem.rollup_vendor_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, clearing_account, routing_gateway, vendor_area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_vendor_day
AS tandem.rollup_vendor_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(bucket)
ORDER BY (bucket, clearing_account, routing_gateway, vendor_area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS tandem.vendor_traffic_minute AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_vendor_minute FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.vendor_traffic_quarter AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_vendor_quarter FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.vendor_traffic_hour AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_vendor_hour FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.vendor_traffic_day AS
SELECT * EXCEPT (version), customer_fee - vendor_fee AS profit
FROM tandem.rollup_vendor_day FINAL
WHERE calls > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_attempt_minute
(
    bucket DateTime('UTC') COMMENT 'begin of the minute, quarter, hour or day' CODEC(Delta, ZSTD),
    routing_gateway LowCardinality(String),
    attempts UInt64 COMMENT 'INVITEs to the vendor' CODEC(T64, ZSTD),
    answered UInt64 COMMENT 'with 2xx' CODEC(T64, ZSTD),
    effective UInt64 COMMENT 'answered, rung, busy or refused by the callee (480, 486, 600, 603): for NER' CODEC(T64, ZSTD),
    pdd_sum_ms UInt64 COMMENT 'sum of the post-dial delays' CODEC(T64, ZSTD),
    pdd_count UInt64 COMMENT 'attempts that have one' CODEC(T64, ZSTD),
    codes Map(UInt16, UInt64) COMMENT 'code: attempts' CODEC(ZSTD),
    version UInt64 COMMENT 'the highest stands' CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, routing_gateway)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_attempt_quarter
AS tandem.rollup_attempt_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, routing_gateway)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_attempt_hour
AS tandem.rollup_attempt_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, routing_gateway)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS tandem.rollup_attempt_day
AS tandem.rollup_attempt_minute
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(bucket)
ORDER BY (bucket, routing_gateway)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS tandem.attempt_traffic_minute AS
SELECT * EXCEPT (version)
FROM tandem.rollup_attempt_minute FINAL
WHERE attempts > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.attempt_traffic_quarter AS
SELECT * EXCEPT (version)
FROM tandem.rollup_attempt_quarter FINAL
WHERE attempts > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.attempt_traffic_hour AS
SELECT * EXCEPT (version)
FROM tandem.rollup_attempt_hour FINAL
WHERE attempts > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS tandem.attempt_traffic_day AS
SELECT * EXCEPT (version)
FROM tandem.rollup_attempt_day FINAL
WHERE attempts > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- How far the refresher is, one row per source: every row that ClickHouse took before settled_until
-- is in the rollups. The highest generation stands.
CREATE TABLE IF NOT EXISTS tandem.rollup_progress
(
    source LowCardinality(String) COMMENT 'cdr or cdr_attempt',
    generation UInt64,
    settled_until DateTime64(3, 'UTC') COMMENT 'by ClickHouse''s clock, as inserted_at',
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY source
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
