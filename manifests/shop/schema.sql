-- The tables of the example shop. The application sets app.current_user; the trigger below notes it in the audit trail.

CREATE TABLE customers (
  id          bigint PRIMARY KEY,
  email       text NOT NULL UNIQUE,
  name        text NOT NULL,
  phone       text,
  birth_date  date,
  country     char(2) NOT NULL,
  created_on  date NOT NULL
);

CREATE TABLE addresses (
  id           bigint PRIMARY KEY,
  customer_id  bigint NOT NULL REFERENCES customers,
  street       text NOT NULL,
  postcode     text NOT NULL,
  city         text NOT NULL
);

CREATE TABLE products (
  id     int PRIMARY KEY,
  name   text NOT NULL,
  price  numeric(8, 2) NOT NULL
);

-- Orders stay for the sales figures, without the person: customer_id may be empty.
CREATE TABLE orders (
  id           bigint PRIMARY KEY,
  customer_id  bigint REFERENCES customers,
  ordered_on   date NOT NULL,
  ship_name    text,
  ship_street  text,
  ship_city    text,
  gift_note    text,
  total        numeric(10, 2) NOT NULL
);

CREATE TABLE order_items (
  order_id    bigint NOT NULL REFERENCES orders,
  line        int NOT NULL,
  product_id  int NOT NULL REFERENCES products,
  quantity    int NOT NULL,
  PRIMARY KEY (order_id, line)
);

CREATE TABLE invoices (
  id           bigint PRIMARY KEY,
  customer_id  bigint NOT NULL REFERENCES customers,
  order_id     bigint NOT NULL REFERENCES orders,
  number       text NOT NULL UNIQUE,
  issued_on    date NOT NULL,
  name         text NOT NULL,
  street       text NOT NULL,
  city         text NOT NULL,
  sent_to      text,
  total        numeric(10, 2) NOT NULL,
  vat          numeric(10, 2) NOT NULL
);

CREATE TABLE invoice_lines (
  invoice_id  bigint NOT NULL REFERENCES invoices,
  line        int NOT NULL,
  text        text NOT NULL,
  amount      numeric(10, 2) NOT NULL,
  PRIMARY KEY (invoice_id, line)
);

CREATE TABLE tickets (
  id               bigint PRIMARY KEY,
  customer_id      bigint REFERENCES customers,
  requester_email  text NOT NULL,
  subject          text NOT NULL,
  body             text NOT NULL,
  status           text NOT NULL CHECK (status IN ('open', 'pending', 'closed'))
);

CREATE TABLE leads (
  id          bigint PRIMARY KEY,
  email       text NOT NULL,
  name        text,
  source      text NOT NULL,
  created_on  date NOT NULL
);

-- Old and new values of every customer's row.
CREATE TABLE customers_audit (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id  bigint NOT NULL,
  changed_at   timestamptz NOT NULL DEFAULT now(),
  changed_by   text NOT NULL,
  changes      jsonb NOT NULL
);

CREATE FUNCTION note_customer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_audit (customer_id, changed_by, changes)
  VALUES (
    coalesce(new.id, old.id),
    coalesce(nullif(current_setting('app.current_user', true), ''), session_user),
    jsonb_strip_nulls(jsonb_build_object('before', to_jsonb(old), 'after', to_jsonb(new)))
  );
  RETURN NULL;
END
$$;

CREATE TRIGGER customers_audit AFTER INSERT OR UPDATE OR DELETE ON customers
  FOR EACH ROW EXECUTE FUNCTION note_customer_change();

CREATE INDEX customers_email ON customers (lower(btrim(email)));
CREATE INDEX addresses_customer ON addresses (customer_id);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX invoices_customer ON invoices (customer_id);
CREATE INDEX invoices_order ON invoices (order_id);
CREATE INDEX tickets_customer ON tickets (customer_id);
CREATE INDEX tickets_requester ON tickets (lower(btrim(requester_email)));
CREATE INDEX leads_email ON leads (lower(btrim(email)));
CREATE INDEX customers_audit_customer ON customers_audit (customer_id);
