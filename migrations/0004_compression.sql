-- Postings and analyses are the only long texts that Postgres compresses itself (documents and profiles are packed before they are sealed). lz4 costs a
-- fraction of pglz for nearly the same size; a server built without it keeps what it has.
DO $$
BEGIN
    ALTER TABLE job_postings ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE posting_analyses ALTER COLUMN analysis SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this server has no lz4: long texts stay with pglz';
END $$;
