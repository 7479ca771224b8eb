/** What a table is for, as its name tells it. A guess: what is made of it has its reason beside it. */
import type { Store } from "../model/structure.ts";
import { plainName, singular, tableName } from "./plain-name.ts";

const word = (pattern: string) => new RegExp(`(?:^|_)(?:${pattern})(?:_|$)`, "u");
const last = (pattern: string) => new RegExp(`(?:^|_)(?:${pattern})$`, "u");

const PEOPLE = last(
  "user|person|persona|personne|persoon|people|customer|client|member|employee|staff|personnel|worker|patient|student|pupil|teacher|contact|contact_person|subscriber|lead|prospect|guest|visitor|applicant|candidate|donor|author|writer|artist|actor|player|driver|rider|passenger|reader|participant|attendee|volunteer|parent|guardian|child|tenant_user|account|profile|admin|administrator|operator|agent|owner|resident|citizen|voter|borrower|lender|buyer|seller|physician|doctor|nurse|lawyer|kunde|kunden|mitarbeiter|benutzer|nutzer|anwender|mitglied(?:er)?|patienten|schueler|lehrer|ansprechpartner|person(?:en)?|interessent(?:en)?|bewerber|gast|gaeste|utilisateur|salarie|employe|membre|abonne|adherent|eleve|patiente?|usuario|cliente|empleado|miembro|socio|paciente|alumno|utente|dipendente|clienti|utenti|paziente|gebruiker|klant|klanten|medewerker|lid|leden|mieter|vermieter|bewohner|huurder|bewoner|inquilino|huesped(?:es)?|ospite|ospiti|guarantor|landlord|registrant|invitee|respondent|contestant|recipient|addressee|renter|donator|signatory|teilnehmer|abonnent(?:en)?|empfaenger|halter|fahrzeughalter|fahrer|spender|inscrit|destinataire|beneficiaire|locataire|suscriptor(?:es)?|destinatario|inscrito|iscritti|iscritto|abbonati|soci|deelnemer|leerling(?:en)?|gasten|ontvanger|abonnee|bezoeker|werknemer",
);
const ORGANISATION = word(
  "suppliers?|vendors?|compan(?:y|ies)|organi[sz]ations?|orgs?|shops?|stores?|warehouses?|branch(?:es)?|agenc(?:y|ies)|publishers?|banks?|carriers?|shippers?|manufacturers?|brands?|hospitals?|schools?|universit(?:y|ies)|departments?|teams?|groups?|tenants?|partners?|dealers?|depots?|plants?|sites?|venues?|lieferant(?:en)?|firmen|filialen?|lager|fournisseurs?|entreprises?|proveedor(?:es)?|empresas?|fornitor[ei]|aziende?|leveranciers?|bedrijven|bedrijf|hersteller|spediteur(?:e)?|mandanten?",
);
const AMBIGUOUS = last(
  "account|profile|agent|operator|lead|contact|driver|owner|administrator|admin|reader|actor|author|child|parent|lid|socio|soci|recipient",
);
const AUDIT = word(
  "audits?|audit_?(?:log|trail|event)s?|auditlog|history|histories|historical\\w*|hist|versions?|revisions?|change_?logs?|changes|journals?|trails?|aud|logentry|log_?entr(?:y|ies)|admin_log|activity_?logs?|activities|logged_actions|aenderungen?|aenderungsprotokoll|protokoll|historie|historique|historial|storico|geschiedenis|archive",
);
const SIDE = word(
  "outbox(?:es)?|inbox_?events?|jobs?|job_?(?:queue|batches)|queues?|queued?_?(?:jobs?|messages?|mails?)|delayed_jobs?|good_jobs?|que_jobs|solid_queue\\w*|failed_jobs?|dead_?letters?|dlq|sessions?|deliver(?:y|ies)_?(?:attempts?|logs?)?|webhook_?(?:deliveries|events|calls)|deliveries|notifications?_?(?:queue|outbox|log)|mail_?(?:queue|log)|email_?(?:queue|logs?|messages)|sms_?(?:queue|log)|event_?(?:store|log|outbox)|messenger_messages|celery_\\w+|task_?(?:queue|results?)|idempotency_?keys?|request_?logs?|access_?logs?|login_?(?:attempts?|log|history)|password_?resets?(?:_tokens)?|verification_?(?:codes?|tokens?)|one_?time_?(?:codes?|passwords?)|otps?|caches?|warteschlange",
);
const SESSION = word(
  "sessions?|one_?time_?(?:codes?|passwords?)|otps?|password_?resets?(?:_tokens)?|verification_?(?:codes?|tokens?)|(?:(?:access|refresh|personal_access|oauth|remember|auth|api)_?)?tokens?|authtoken\\w*|api_?keys?",
);
const MONEY = word(
  "invoices?|invoice_?(?:lines?|items?)|payments?|orders?|refunds?|transactions?|ledger\\w*|bookings?|receipts?|charges?|credit_?notes?|bills?|billing|payouts?|settlements?|subscriptions_?invoices?|purchases?|sales_?orders?|rechnung(?:en)?|rechnungs\\w+|zahlung(?:en)?|auftrag|auftraege|bestellung(?:en)?|buchung(?:en)?|gutschrift(?:en)?|belege?|factures?|paiements?|commandes?|facturas?|pagos?|pedidos?|fatture|fattura|pagamenti|ordini|facturen|factuur|betaling(?:en)?|bestelling(?:en)?",
);
const INVOICE = word(
  "invoices?|credit_?notes?|bills?|receipts?|rechnung(?:en)?|gutschrift(?:en)?|belege?|factures?|facturas?|fatture|fattura|facturen|factuur",
);
const LISTED = word(
  "newsletters?|mailing_?lists?|wait(?:ing)?_?lists?|mail_?lists?|unsubscribe(?:d|s|rs)?|unsubscriptions?|suppress(?:ions?|ed)|opt_?(?:in|out)s?|bounces?|bounced|do_?not_?(?:call|mail|contact)|rundbrief|verteiler|infolettre|boletin|bollettino|nieuwsbrief",
);
const TECHNICAL = word(
  "schema_?migrations?|migrations?|ar_internal_metadata|flyway_schema_history|databasechangelog(?:lock)?|alembic_version|django_(?:migrations|content_type|site)|auth_(?:permission|group|group_permissions)|spatial_ref_sys|knex_migrations(?:_lock)?|typeorm_metadata|goose_db_version|__ef_migrations_history|__efmigrationshistory|sequences?|seaql_migrations",
);

export interface StoreKind {
  readonly people: boolean;
  /** A word for people that is one for other things too: only with a name or an address in it. */
  readonly ambiguous: boolean;
  readonly organisation: boolean;
  readonly audit: boolean;
  readonly side: boolean;
  readonly session: boolean;
  readonly money: boolean;
  readonly invoice: boolean;
  /** A list of those who get something, or no longer do. */
  readonly listed: boolean;
  readonly technical: boolean;
}

export function kindOf(store: Pick<Store, "name" | "parts" | "columns">): StoreKind {
  const whole = plainName(store.name);
  const name = plainName(tableName(store));
  const technical = TECHNICAL.test(name) && !/historical/u.test(name);
  return {
    people: PEOPLE.test(singular(name)) || PEOPLE.test(name),
    ambiguous: AMBIGUOUS.test(singular(name)),
    organisation: ORGANISATION.test(name),
    audit: !technical && (AUDIT.test(whole) || /(?:^|_)(?:logs?|logbook)$/u.test(name) || hasTrailColumns(store)),
    side: SIDE.test(name),
    session: SESSION.test(name),
    money: MONEY.test(name),
    invoice: INVOICE.test(name),
    listed: LISTED.test(name),
    technical,
  };
}

/** Old and new values side by side, or the kind of a change beside what changed. */
function hasTrailColumns({ columns }: Pick<Store, "columns">): boolean {
  const names = new Set(columns.map((column) => plainName(column.name)));
  const both = (one: string, other: string) => names.has(one) && names.has(other);
  return (
    both("old_values", "new_values") ||
    both("old_data", "new_data") ||
    both("before", "after") ||
    both("row_data", "changed_fields") ||
    (names.has("object_changes") && names.has("event")) ||
    both("history_id", "history_date")
  );
}

/** Lists that belong to nobody, whoever made an entry. */
const ACTOR =
  /(?:^|_)(?:created|updated|modified|changed|deleted|removed|approved|closed|opened|assigned|locked|reviewed|verified|resolved|merged|processed|uploaded|edited|published|moderated|banned|invited|granted|revoked|signed|entered|last_(?:edit(?:ed)?|modified|updated|changed)|performed|executed|archived|handled|served|sold|issued|prepared|confirmed|cancelled|canceled|triggered|imported|registered|added)_?(?:by|to)(?:_|$)|(?:^|_)(?:created_?by|updated_?by|modified_?by|assignee|creator|last_editor|editor|approver|updater|moderator|reviewer|sales_?rep|handler|manager|supervisor|support_?rep|operator|processor|maintainer|angelegt_?(?:von|durch)|erstellt_?(?:von|durch)|geaendert_?(?:von|durch)|bearbeiter|sachbearbeiter|cree_?par|modifie_?par|creado_?por|modificado_?por|creato_?da|modificato_?da|aangemaakt_?door|gewijzigd_?door|reports_?to|parent_?(?:user|person|employee)|referr(?:er|ed_?by)|whodunnit)(?:_|$)/u;

/** By whom a thing is, not by whom it was handled. */
const OWNER =
  /(?:^|_)(?:owned|written|posted|ordered|placed|requested|submitted|sent|booked|bought|purchased|authored|reported)_by(?:_|$)/u;

/** `created_by`, `assignee_id`: who did something with a record, not whose it is. */
export function isActor(column: string): boolean {
  const plain = plainName(column);
  return ACTOR.test(plain) || (/_by(?:_(?:id|user|user_id))?$/u.test(plain) && !OWNER.test(plain));
}
