-- Columns of record version 2: the rates applied on both sides, tax, the phone and the agent that a
-- call belongs to, and how its end is known. `inserted_at` is ClickHouse's own: whoever follows the
-- table (rollups) finds by it what is new, however late a record comes.

ALTER TABLE tandem.cdr
    ADD COLUMN IF NOT EXISTS area LowCardinality(String) COMMENT 'area of the customer''s rate',
    ADD COLUMN IF NOT EXISTS rate_prefix LowCardinality(String) COMMENT 'prefix of the customer''s rate',
    ADD COLUMN IF NOT EXISTS vendor_area LowCardinality(String) COMMENT 'area of the vendor''s rate',
    ADD COLUMN IF NOT EXISTS vendor_rate_prefix LowCardinality(String) COMMENT 'prefix of the vendor''s rate',
    ADD COLUMN IF NOT EXISTS call_level LowCardinality(String) COMMENT 'local, domestic, international or as the rate says',
    ADD COLUMN IF NOT EXISTS tax Decimal(38, 9) COMMENT 'tax that customer_fee contains' CODEC(ZSTD),
    ADD COLUMN IF NOT EXISTS phone LowCardinality(String) COMMENT 'registered phone that is billed; empty for a gateway',
    ADD COLUMN IF NOT EXISTS agent_account LowCardinality(String) COMMENT 'agent that earns from the call',
    ADD COLUMN IF NOT EXISTS agent_fee Decimal(38, 9) COMMENT 'what agent_account earns' CODEC(ZSTD),
    ADD COLUMN IF NOT EXISTS end_evidence LowCardinality(String) DEFAULT 'seen' COMMENT 'seen; recovered: taken over after a crash, end seen; assumed: billed to the last proof of life',
    ADD COLUMN IF NOT EXISTS inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when ClickHouse took the row' CODEC(Delta, ZSTD);
