-- What the shop adds where people are hidden before they go: markers, refunds that keep a ticket, and two people for the story.

ALTER TABLE customers ADD deleted_at timestamptz, ADD deleted_by text;
ALTER TABLE tickets ADD deleted_at timestamptz, ADD deleted_by text;
CREATE INDEX customers_deleted ON customers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX tickets_deleted ON tickets (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX leads_created ON leads (created_on);

CREATE TABLE refunds (
  id         bigint PRIMARY KEY,
  ticket_id  bigint NOT NULL,
  status     text NOT NULL CHECK (status IN ('open', 'paid')),
  amount     numeric(10, 2) NOT NULL
);
CREATE INDEX refunds_ticket ON refunds (ticket_id);
