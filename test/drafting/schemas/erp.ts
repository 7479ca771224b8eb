/** An ERP of a thousand tables, made by a rule: a few dozen hold people, all others only say who touched them. */

export interface Labelled {
  readonly sql: string;
  readonly labels: readonly string[];
}

const MODULES = [
  "fin",
  "sls",
  "pur",
  "inv",
  "mfg",
  "prj",
  "qms",
  "log",
  "ast",
  "bud",
  "tax",
  "wms",
  "pln",
  "cfg",
  "rep",
  "wfl",
  "doc",
  "itf",
  "mnt",
  "cst",
];
const THINGS = [
  "account_class",
  "period",
  "rule",
  "template",
  "parameter",
  "ledger_group",
  "plan",
  "plan_line",
  "variant",
  "batch",
  "lot",
  "route",
  "operation",
  "work_center",
  "resource",
  "calendar",
  "shift_model",
  "unit",
  "unit_conversion",
  "price_list",
  "price_condition",
  "discount_scheme",
  "tax_code",
  "currency_rate",
  "cost_center",
  "profit_center",
  "material",
  "material_group",
  "bom",
  "bom_line",
  "storage_bin",
  "stock_level",
  "movement_type",
  "inspection_plan",
  "inspection_point",
  "defect_code",
  "document_type",
  "number_range",
  "workflow_step",
  "status_profile",
  "mapping",
  "import_run",
  "export_run",
  "report_layout",
  "report_column",
  "query_set",
];
const STAMPS =
  "created_at timestamptz NOT NULL DEFAULT now(), created_by integer, changed_at timestamptz, changed_by integer";

/** `table (columns)`, with the columns that are about a person. */
const PEOPLE: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "hr_employee",
    "employee_id integer PRIMARY KEY, personnel_no varchar(12) NOT NULL, first_name varchar(40) NOT NULL, last_name varchar(40) NOT NULL, birth_date date, birth_place varchar(40), gender char(1), nationality char(2), marital_status varchar(12), social_security_no varchar(20), tax_id varchar(20), email varchar(80), mobile_phone varchar(30), street varchar(60), city varchar(40), postal_code varchar(10), country char(2), iban varchar(34), hired_on date, left_on date",
    [
      "personnel_no",
      "first_name",
      "last_name",
      "birth_date",
      "birth_place",
      "gender",
      "nationality",
      "marital_status",
      "social_security_no",
      "tax_id",
      "email",
      "mobile_phone",
      "street",
      "city",
      "postal_code",
      "country",
      "iban",
      "hired_on",
    ],
  ],
  [
    "hr_salary",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, valid_from date, salary numeric(10,2), currency char(3)",
    ["salary"],
  ],
  [
    "hr_absence",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, absence_type varchar(10), from_date date, to_date date, diagnosis varchar(80), note text",
    ["diagnosis", "note"],
  ],
  [
    "hr_dependent",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, full_name varchar(80), relation varchar(20), birth_date date",
    ["full_name", "birth_date"],
  ],
  [
    "hr_emergency_contact",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, contact_name varchar(80), phone varchar(30)",
    ["contact_name", "phone"],
  ],
  [
    "hr_appraisal",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, reviewer_id integer REFERENCES hr_employee, score integer, comment text",
    ["comment"],
  ],
  [
    "hr_applicant",
    "applicant_id integer PRIMARY KEY, name varchar(80), email varchar(80), phone varchar(30), cover_letter text, cv bytea, applied_on date",
    ["name", "email", "phone", "cover_letter", "cv"],
  ],
  [
    "hr_bank_detail",
    "id integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, iban varchar(34), bic varchar(11), account_holder varchar(80)",
    ["iban", "bic", "account_holder"],
  ],
  [
    "hr_time_entry",
    "id bigint PRIMARY KEY, employee_id integer NOT NULL REFERENCES hr_employee, project_code varchar(20), worked_on date, minutes integer, remark text",
    ["remark"],
  ],
  [
    "sys_user",
    "user_id integer PRIMARY KEY, login varchar(40) NOT NULL UNIQUE, display_name varchar(80), email varchar(80), password_hash varchar(100), employee_id integer REFERENCES hr_employee, last_login_ip varchar(45)",
    ["login", "display_name", "email", "password_hash", "last_login_ip"],
  ],
  [
    "sys_login_log",
    "id bigint PRIMARY KEY, user_id integer REFERENCES sys_user, ip_address varchar(45), user_agent varchar(200), logged_at timestamptz",
    ["ip_address", "user_agent"],
  ],
  [
    "sys_session",
    "session_id varchar(64) PRIMARY KEY, user_id integer REFERENCES sys_user, ip_address varchar(45), session_data text",
    ["session_id", "ip_address", "session_data"],
  ],
  [
    "crm_customer",
    "customer_id integer PRIMARY KEY, customer_no varchar(20) NOT NULL UNIQUE, name varchar(80) NOT NULL, email varchar(80), phone varchar(30), fax varchar(30), street varchar(60), city varchar(40), postal_code varchar(10), region varchar(40), country char(2), vat_id varchar(20), credit_limit numeric, deleted_at timestamptz",
    [
      "customer_no",
      "name",
      "email",
      "phone",
      "fax",
      "street",
      "city",
      "postal_code",
      "region",
      "country",
      "credit_limit",
    ],
  ],
  [
    "crm_contact_person",
    "contact_id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES crm_customer ON DELETE CASCADE, salutation varchar(10), first_name varchar(40), last_name varchar(40), job_title varchar(40), email varchar(80), direct_phone varchar(30)",
    ["salutation", "first_name", "last_name", "job_title", "email", "direct_phone"],
  ],
  [
    "crm_activity",
    "id integer PRIMARY KEY, customer_id integer REFERENCES crm_customer, subject varchar(80), body text, due_on date",
    ["subject", "body"],
  ],
  [
    "crm_delivery_address",
    "id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES crm_customer, recipient varchar(80), street varchar(60), city varchar(40), postal_code varchar(10), country char(2)",
    ["recipient", "street", "city", "postal_code", "country"],
  ],
  [
    "crm_bank_account",
    "id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES crm_customer, iban varchar(34), bic varchar(11)",
    ["iban", "bic"],
  ],
  [
    "sls_order_header",
    "order_id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES crm_customer, sales_rep_id integer REFERENCES hr_employee, ordered_on date NOT NULL, ship_to_name varchar(80), ship_to_street varchar(60), ship_to_city varchar(40), delivery_note text, total numeric",
    ["ship_to_name", "ship_to_street", "ship_to_city", "delivery_note"],
  ],
  [
    "sls_order_line",
    "order_id integer REFERENCES sls_order_header, line_no integer, material_code varchar(20), quantity numeric, price numeric, PRIMARY KEY (order_id, line_no)",
    [],
  ],
  [
    "fin_invoice",
    "invoice_id integer PRIMARY KEY, order_id integer REFERENCES sls_order_header, customer_id integer NOT NULL REFERENCES crm_customer, invoice_date date NOT NULL, billing_name varchar(80), billing_address varchar(200), amount numeric",
    ["billing_name", "billing_address"],
  ],
  [
    "fin_payment",
    "payment_id integer PRIMARY KEY, invoice_id integer REFERENCES fin_invoice, paid_on date, payer_iban varchar(34), payer_name varchar(80), amount numeric",
    ["payer_iban", "payer_name"],
  ],
  [
    "pur_supplier",
    "supplier_id integer PRIMARY KEY, company_name varchar(80), contact_name varchar(80), contact_email varchar(80), street varchar(60), city varchar(40)",
    ["contact_name", "contact_email"],
  ],
  [
    "itf_outbox",
    "id bigint PRIMARY KEY, event_type varchar(40), payload jsonb NOT NULL, created_at timestamptz",
    ["payload"],
  ],
  [
    "sys_change_log",
    "id bigint PRIMARY KEY, table_name varchar(60), record_id varchar(40), old_values jsonb, new_values jsonb, changed_at timestamptz",
    ["old_values", "new_values"],
  ],
];

export function erp(tables = 1000): Labelled {
  const lines: string[] = [];
  const labels: string[] = [];
  for (const [name, columns, personal] of PEOPLE) {
    lines.push(`CREATE TABLE ${name} (${columns});`);
    labels.push(...personal.map((column) => `${name}.${column}`));
  }
  // the rest: two columns of a kind that tempts, none about anybody
  let made = PEOPLE.length;
  for (let round = 1; made < tables; round += 1)
    for (const module of MODULES)
      for (const thing of THINGS) {
        if (made >= tables) break;
        const suffix = round === 1 ? "" : `_v${round}`;
        const above = made % 7 === 3 ? `, parent_id integer REFERENCES ${module}_${thing}${suffix}` : "";
        const acted = made % 5 === 0 ? ", released_by integer REFERENCES sys_user" : "";
        lines.push(
          `CREATE TABLE ${module}_${thing}${suffix} (id integer PRIMARY KEY, code varchar(20) NOT NULL, name varchar(80) NOT NULL, description text, state varchar(10), valid_from date, value numeric, host_name varchar(40), file_name varchar(80)${above}${acted}, ${STAMPS});`,
        );
        made += 1;
      }
  return { sql: lines.join("\n"), labels };
}
