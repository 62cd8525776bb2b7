-- Nightly reports: one row per day and key, as the report on demand gives them (ingest/reports).
--
-- report_*: views, what people and programs read. report_*_rows: what the nightly run writes; a day
-- that is made again gets rows with a higher run, and removed = true for keys that are gone. day is
-- the local day in timezone.

CREATE TABLE IF NOT EXISTS tandem.report_run
(
    report LowCardinality(String) COMMENT 'view that shows the report',
    day Date COMMENT 'local day that it is of',
    timezone LowCardinality(String) COMMENT 'where the day begins and ends',
    state LowCardinality(String) COMMENT 'made, or off: its parameter was Off',
    rows UInt64,
    made_at DateTime64(3, 'UTC') COMMENT 'by ClickHouse, before the records were read'
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (report, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Charges per account and level of the call.
CREATE TABLE IF NOT EXISTS tandem.report_revenue_details_rows
(
    day Date,
    timezone LowCardinality(String),
    account LowCardinality(String),
    call_level LowCardinality(String),
    calls UInt64,
    answered UInt64,
    talk_ms UInt64 COMMENT 'answer to end',
    billed_ms UInt64 COMMENT 'time charged',
    customer_fee Decimal(38, 9) COMMENT 'charged to the account',
    tax Decimal(38, 9) COMMENT 'contained in customer_fee',
    net_fee Decimal(38, 9) COMMENT 'customer_fee without tax',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, account, call_level)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_revenue_details AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_revenue_details_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Traffic and charges per mapping gateway.
CREATE TABLE IF NOT EXISTS tandem.report_mapping_gateway_bill_rows
(
    day Date,
    timezone LowCardinality(String),
    mapping_gateway LowCardinality(String),
    account LowCardinality(String),
    calls UInt64,
    answered UInt64,
    talk_ms UInt64 COMMENT 'answer to end',
    billed_ms UInt64 COMMENT 'time charged',
    customer_fee Decimal(38, 9) COMMENT 'charged to the account',
    tax Decimal(38, 9) COMMENT 'contained in customer_fee',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, mapping_gateway, account)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_mapping_gateway_bill AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_mapping_gateway_bill_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Traffic and cost per routing gateway.
CREATE TABLE IF NOT EXISTS tandem.report_routing_gateway_bill_rows
(
    day Date,
    timezone LowCardinality(String),
    routing_gateway LowCardinality(String),
    clearing_account LowCardinality(String),
    calls UInt64,
    answered UInt64,
    talk_ms UInt64 COMMENT 'answer to end',
    vendor_fee Decimal(38, 9) COMMENT 'owed to the clearing account',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, routing_gateway, clearing_account)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_routing_gateway_bill AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_routing_gateway_bill_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- What each clearing account is owed, by area.
CREATE TABLE IF NOT EXISTS tandem.report_clearing_rows
(
    day Date,
    timezone LowCardinality(String),
    clearing_account LowCardinality(String),
    vendor_area LowCardinality(String),
    calls UInt64,
    answered UInt64,
    talk_ms UInt64 COMMENT 'answer to end',
    vendor_fee Decimal(38, 9) COMMENT 'owed to the clearing account',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, clearing_account, vendor_area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_clearing AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_clearing_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- What agents earn, by customer account.
CREATE TABLE IF NOT EXISTS tandem.report_agent_income_rows
(
    day Date,
    timezone LowCardinality(String),
    agent_account LowCardinality(String),
    account LowCardinality(String),
    calls UInt64,
    answered UInt64,
    billed_ms UInt64 COMMENT 'time charged',
    customer_fee Decimal(38, 9) COMMENT 'charged to the account',
    agent_fee Decimal(38, 9) COMMENT 'earned by the agent',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, agent_account, account)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_agent_income AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_agent_income_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Charges per registered phone.
CREATE TABLE IF NOT EXISTS tandem.report_phone_bill_rows
(
    day Date,
    timezone LowCardinality(String),
    phone String,
    account LowCardinality(String),
    calls UInt64,
    answered UInt64,
    talk_ms UInt64 COMMENT 'answer to end',
    billed_ms UInt64 COMMENT 'time charged',
    customer_fee Decimal(38, 9) COMMENT 'charged to the account',
    tax Decimal(38, 9) COMMENT 'contained in customer_fee',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, phone, account)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_phone_bill AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_phone_bill_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- ASR and ACD of routing gateways by area.
CREATE TABLE IF NOT EXISTS tandem.report_area_analysis_rows
(
    day Date,
    timezone LowCardinality(String),
    routing_gateway LowCardinality(String),
    area LowCardinality(String),
    calls UInt64,
    answered UInt64,
    asr_percent Float64,
    acd_seconds Nullable(Float64),
    talk_ms UInt64 COMMENT 'answer to end',
    run UInt64 COMMENT 'the highest stands',
    removed Bool
)
ENGINE = ReplacingMergeTree(run)
PARTITION BY toYear(day)
ORDER BY (day, routing_gateway, area)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS tandem.report_area_analysis AS
SELECT * EXCEPT (run, removed)
FROM tandem.report_area_analysis_rows FINAL
WHERE NOT removed
SETTINGS do_not_merge_across_partitions_select_final = 1;
