-- The tables that data.yaml asks for, with invented flights (SQLite).

create table if not exists flight (
  id       integer primary key,
  number   text not null,             -- without the HD
  day      text not null,
  origin   text not null,
  target   text not null,
  state    text not null,
  planned  text not null,             -- 08:30
  expected text not null,
  delay    integer not null,          -- seconds
  gate     text,
  unique (number, day)
);

create table if not exists booking (
  reference text primary key check (length(reference) = 6),
  name      text not null,
  tier      text not null,
  seats     integer not null,
  flight    integer not null references flight (id)
);

create table if not exists rebooking_wish (
  id        integer primary key,
  reference text not null,
  flight    integer not null,
  call      text not null
);

create table if not exists member (
  id       integer primary key,
  number   text not null unique check (length(number) = 9),   -- ends in a Luhn digit
  name     text not null,
  phone    text not null,
  miles    integer not null,
  expiring integer not null,
  expires  text not null
);

insert or ignore into flight (id, number, day, origin, target, state, planned, expected, delay, gate) values
  (1, '101',  '2026-03-02', 'SHA', 'PEK', 'on_time',   '12:00', '12:00', 0,    'B12'),
  (2, '215',  '2026-03-02', 'HGH', 'SHA', 'delayed',   '14:20', '16:05', 6300, 'A3'),
  (3, '7',    '2026-03-02', 'SHA', 'CDG', 'boarding',  '10:25', '10:25', 0,    'D80'),
  (4, '330',  '2026-03-02', 'PEK', 'HGH', 'cancelled', '19:45', '19:45', 0,    null),
  (5, '101',  '2026-03-03', 'SHA', 'PEK', 'on_time',   '12:00', '12:00', 0,    'B14');

insert or ignore into booking (reference, name, tier, seats, flight) values
  ('482913', '许晴',         'gold',   1, 4),
  ('517204', 'Claire Dubois', 'none',   2, 3),
  ('660381', '郑爽',         'silver', 3, 2);

insert or ignore into member (id, number, name, phone, miles, expiring, expires) values
  (1, '880012349', '许晴',         '13800138001', 48250, 3200, '2026-12-31'),
  (2, '880056783', 'Claire Dubois', '13800138002', 910,   0,    '2026-12-31');
