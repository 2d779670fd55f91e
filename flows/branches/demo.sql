-- The tables that data.yaml asks for, with invented branches (SQLite).

create table if not exists branch (
  code    text primary key check (length(code) = 3),
  name    text not null,
  address text not null,
  line    text not null unique,     -- what callers dial
  phone   text not null,            -- the telephone on the counter
  hours   text not null check (hours in ('street', 'mall', 'station')),
  desk    text not null check (desk in ('north', 'south')),
  box     text not null check (box in ('hangzhou', 'taizhou'))
);

create table if not exists glasses (
  id     integer primary key,
  phone  text not null,
  branch text not null references branch (code),
  state  text not null check (state in ('ordered', 'grinding', 'ready', 'collected')),
  price  numeric not null,
  ready  text not null
);

insert or ignore into branch (code, name, address, line, phone, hours, desk, box) values
  ('101', '武林店',   '武林路二十二号',       '057187007701', '057188880101', 'street',  'north', 'hangzhou'),
  ('102', '城西店',   '西城广场二楼',         '057187007702', '057188880102', 'mall',    'north', 'hangzhou'),
  ('203', '台州站店', '台州火车站候车厅一楼', '057687007703', '057688880203', 'station', 'south', 'taizhou');

insert or ignore into glasses (id, phone, branch, state, price, ready) values
  (7001, '13800138001', '101', 'ready',    899.00,  '2026-03-01'),
  (7002, '13800138002', '203', 'grinding', 2150.50, '2026-03-06');
