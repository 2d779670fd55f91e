-- The tables that data.yaml asks for, with invented people (SQLite).

create table if not exists meter (
  id       integer primary key,
  number   text not null unique check (length(number) = 10),
  name     text not null,
  street   text not null,
  phone    text not null,
  district text not null check (district in ('east', 'west')),
  due      numeric not null,
  due_by   text not null
);

create table if not exists work_order (
  id       integer primary key,
  meter    integer not null references meter (id),
  kind     text not null check (kind in ('no_power', 'flicker', 'smell', 'cable')),
  promised text not null default '18:00',
  done     integer not null default 0,
  call     text not null
);

insert or ignore into meter (id, number, name, street, phone, district, due, due_by) values
  (1, '4010002231', '朱晓东',      '滨江路十二号',     '13800138001', 'east', 231.40, '2026-03-20'),
  (2, '4010002249', 'Henrik Olsen', '滨江路二十八号',   '13800138002', 'east', 0.00,   '2026-03-20'),
  (3, '4020007718', '冯玉兰',      '西山新村六幢',     '13800138003', 'west', 1020.00, '2026-03-12');

insert or ignore into work_order (id, meter, kind, promised, done, call) values
  (20260301, 3, 'flicker', '16:30', 0, 'demo');
