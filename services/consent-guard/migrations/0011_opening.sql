-- How often a recipient's durable was made (it goes with its broker), and which was the newest record then: nobody knows any more what was
-- pulled before of what was decided up to there, and a withdrawal that was cut by it in two is carried out again.
create table delivery_opening (
  recipient text primary key,
  number bigint not null,
  records_to bigint not null
);

-- What was taken back is looked for, and taken back again, whenever a durable is made.
create index delivery_ended on delivery (recipient, stream_seq) where state <> 'sent';
