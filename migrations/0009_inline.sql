-- What fits into a page stays in its row. A document of 5 KB in pieces of 2 KB elsewhere costs three more rows with their index entries, and as many reads.
-- Documents are packed already; postings and analyses are compressed from 4 KB on and then mostly fit. Documents beyond a page go elsewhere as before.
ALTER TABLE documents SET (toast_tuple_target = 8160);
ALTER TABLE job_postings SET (toast_tuple_target = 4096);
ALTER TABLE posting_analyses SET (toast_tuple_target = 4096);
