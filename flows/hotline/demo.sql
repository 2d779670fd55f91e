-- The tables that data.yaml asks for, with invented people, for the demo (SQLite).
-- `create if not exists` and `insert or ignore`: run on a database that has such tables
-- already, it takes nothing away. PINs are not here: their hashes depend on the
-- service's pepper, so the demo fills `pin_hash` at its start.

create table if not exists retailer (
  id       integer primary key,
  card     text not null unique check (length(card) = 12),
  name     text not null,
  district text not null check (district in ('north', 'east')),
  level    integer not null check (level between 1 and 3),
  pin_hash text                     -- argon2id, see `ivrflow secret hash`
);

create table if not exists account (
  retailer integer primary key references retailer (id),
  amount   numeric not null,        -- yuan
  due      text not null            -- 2026-03-15
);

create table if not exists survey (
  id     integer primary key,
  at     text not null default current_timestamp,
  call   text not null,
  agent  text,
  score  integer not null check (score between 1 and 5),
  call_step text unique            -- which step of which call: for `once` in data.yaml
);

-- Licence numbers: twelve digits, the last one a check digit (Luhn).
insert or ignore into retailer (id, card, name, district, level) values
  (7,  '330106123459', '李建国',       'north', 1),
  (8,  '330106200711', '王秀英',       'north', 2),
  (9,  '330106305528', 'Anna Keller', 'east',  3),
  (10, '330106418099', '张伟',         'east',  1),
  (11, '330106522361', 'Peter Marsh', 'north', 2),
  (12, '330106633770', '刘芳',         'east',  2),
  (13, '330106741284', '陈静',         'north', 3),
  (14, '330106859037', 'Maria Rossi', 'east',  1);   -- has no account yet

insert or ignore into account (retailer, amount, due) values
  (7,  1234.50,  '2026-03-15'),
  (8,  860.00,   '2026-03-20'),
  (9,  20405.06, '2026-04-01'),
  (10, 0.80,     '2026-03-31'),
  (11, 310.20,   '2026-12-02'),
  (12, 99999.99, '2027-01-10'),
  (13, 15000.00, '2026-05-30');
