-- The shop of `expunge demo`: Mara Winter, who asks to be erased, another Mara Winter, who does not, and 300 others.
PRAGMA journal_mode = WAL;
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT NOT NULL,
  phone TEXT,
  birth_date DATE,
  created_on DATE NOT NULL
);
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  street TEXT NOT NULL,
  city TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER REFERENCES customers (id),
  ordered_on DATE NOT NULL,
  ship_name TEXT,
  ship_street TEXT,
  gift_note TEXT
);
CREATE TABLE order_items (order_id INTEGER NOT NULL REFERENCES orders (id), product TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (order_id, product)) WITHOUT ROWID;
CREATE TABLE invoices (
  number TEXT NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  issued_on DATE NOT NULL,
  name TEXT NOT NULL,
  street TEXT NOT NULL,
  city TEXT NOT NULL,
  email TEXT,
  total REAL NOT NULL
);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, requester_email TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE customers_audit (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, at TEXT NOT NULL, before JSON NOT NULL);
CREATE INDEX addresses_customer ON addresses (customer_id);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX invoices_customer ON invoices (customer_id);
CREATE INDEX tickets_requester ON tickets (requester_email);
CREATE INDEX customers_audit_customer ON customers_audit (customer_id);

-- Customer service looks for words in tickets, and the shop keeps what a customer's row was before each change.
CREATE VIRTUAL TABLE ticket_words USING fts5 (subject, body, content = 'tickets', content_rowid = 'id');
CREATE TRIGGER tickets_in AFTER INSERT ON tickets BEGIN
  INSERT INTO ticket_words (rowid, subject, body) VALUES (new.id, new.subject, new.body);
END;
CREATE TRIGGER tickets_out AFTER DELETE ON tickets BEGIN
  INSERT INTO ticket_words (ticket_words, rowid, subject, body) VALUES ('delete', old.id, old.subject, old.body);
END;
CREATE TRIGGER customers_changed AFTER UPDATE ON customers BEGIN
  INSERT INTO customers_audit (customer_id, at, before)
  VALUES (old.id, datetime('now'), json_object('email', old.email, 'name', old.name, 'phone', old.phone, 'birth_date', old.birth_date));
END;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO customers SELECT i, format('customer%d@tea.example', i), format('Customer %d', i), format('+49 40 55%05d', i), date('1960-01-01', format('+%d days', i * 41)), date('now', format('-%d days', i + 30)) FROM n;
INSERT INTO addresses SELECT id, id, format('Teeweg %d', id), 'Hamburg' FROM customers;
INSERT INTO orders SELECT id, id, date('now', format('-%d days', id % 700)), name, format('Teeweg %d', id), NULL FROM customers;
INSERT INTO order_items SELECT id, 'Sencha', 1 + id % 3 FROM orders;
INSERT INTO invoices SELECT format('RE-%05d', id), id, date('now', format('-%d days', id % 700)), name, format('Teeweg %d', id), 'Hamburg', email, 9.5 * (1 + id % 3) FROM customers WHERE id % 2 = 0;

INSERT INTO customers VALUES
  (412, 'mara.winter@example.com', 'Mara Winter', '+49 40 5550412', '1987-05-17', date('now', '-1400 days')),
  (421, 'mara.winter@mail.example', 'Mara Winter', '+49 40 5550421', '1991-11-02', date('now', '-900 days'));
INSERT INTO addresses (customer_id, street, city) VALUES (412, 'Kaiufer 9', 'Hamburg'), (421, 'Am Markt 3', 'Bremen');
INSERT INTO orders VALUES
  (9001, 412, date('now', '-1200 days'), 'Mara Winter', 'Kaiufer 9', 'for my sister Ida'),
  (9002, 412, date('now', '-210 days'), 'Mara Winter', 'Kaiufer 9', NULL),
  (9003, 421, date('now', '-100 days'), 'Mara Winter', 'Am Markt 3', NULL);
INSERT INTO order_items VALUES (9001, 'Assam', 2), (9002, 'Darjeeling', 1), (9003, 'Assam', 1);
INSERT INTO invoices VALUES
  ('RE-90002', 412, date('now', '-209 days'), 'Mara Winter', 'Kaiufer 9', 'Hamburg', 'mara.winter@example.com', 24.9),
  ('RE-90003', 421, date('now', '-99 days'), 'Mara Winter', 'Am Markt 3', 'Bremen', 'mara.winter@mail.example', 12.5);
INSERT INTO tickets VALUES
  (1, 'Mara.Winter@example.com', 'Parcel to Kaiufer 9', 'My parcel did not come. Mara Winter, Kaiufer 9'),
  (2, 'customer17@tea.example', 'Which tea', 'Which tea do you drink in the evening?');
-- an older version of her row, of which the change history holds a copy
UPDATE customers SET phone = '+49 170 5550412' WHERE id = 412;
