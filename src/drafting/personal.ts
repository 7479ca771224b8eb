/**
 * Which columns are likely to be about a person: by name, in English, German, French, Spanish, Italian and Dutch, by type, by
 * comment, and by the shape of sampled values. A guess, with its reason in words.
 */
import type { StoreColumn } from "../model/structure.ts";
import type { PersonalKind } from "./personal-kind.ts";
import { plainName } from "./plain-name.ts";
import { shapeOfValues } from "./sampled-shapes.ts";

export interface Personal {
  readonly kind: PersonalKind;
  readonly reason: string;
  /** It tells who the person is, wherever it stands; else only beside a person. */
  readonly certain: boolean;
}

/** What is known of the table that a column stands in. */
export interface Surrounding {
  /** Its rows are people. */
  readonly people: boolean;
  /** Its rows belong to a person, or name one. */
  readonly linked: boolean;
  /** Its rows are organisations: what is said of them is not said of a person. */
  readonly organisation: boolean;
  /** A trail, an outbox or the like: what it carries is about whoever the change was about. */
  readonly carries: boolean;
  /** It has texts that somebody wrote. */
  readonly written: boolean;
  /** Its rows open something: sessions, tokens, one-time codes. */
  readonly opens: boolean;
  /** It has a street, a town or the like: then a state is a place, and no state of affairs. */
  readonly addressed: boolean;
  /** It has both halves of a name, however short they are called: `fn` and `ln`. */
  readonly halved: boolean;
  /** A list of those who get something, or no longer do: a newsletter, opt-outs, bounces. */
  readonly listed: boolean;
}

interface Rule {
  readonly kind: PersonalKind;
  readonly said: string;
  readonly pattern: RegExp;
  readonly shapes: readonly StoreColumn["shape"][];
  /** Where it counts. */
  readonly where:
    | "anywhere"
    | "linked"
    | "people"
    | "carries"
    | "written"
    | "addressed"
    | "opens"
    | "halved"
    | "listed";
}

const TEXTS = ["text", "other", "array"] as const;
const NUMBERS = ["text", "other", "number", "array"] as const;
const DATES = ["date", "text", "number", "other"] as const;
const DOCUMENTS = ["json", "text", "other", "bytes", "array"] as const;
const ANY = ["text", "other", "number", "array", "json", "bytes", "uuid", "date"] as const;

const rule = (
  kind: PersonalKind,
  said: string,
  where: Rule["where"],
  shapes: Rule["shapes"],
  pattern: string,
): Rule => ({
  kind,
  said,
  where,
  shapes,
  pattern: new RegExp(`(?:^|_)(?:${pattern})(?:_|$)`, "u"),
});

/** Whose: what stands before a name or an address where it is a person's in any table. */
const WHOSE =
  "ship(?:ping)?(?:_?to)?|bill(?:ing)?(?:_?to)?|deliver(?:y|_?to)|home|mailing|residential|private|contact|recipient|customer|client|user|person|guest|invoice|sender|receiver|buyer|seller|owner|holder|card_?holder|payer|payee|beneficiary|patient|employee|member|student|applicant|candidate|passenger|driver|author|reviewer|reporter|requester|commenter|attendee|participant|subscriber|visitor|caller|poster|spouse|parent|mother|father|guardian|emergency(?:_contact)?|next_of_kin|liefer|rechnungs?|kunden?|empfaenger|absender|wohn|privat|livraison|facturation|client|destinataire|envio|facturacion|cliente|destinatario|consegna|fatturazione|klant|ontvanger|bezorg|factuur";
const PLACE =
  "address(?:_?line)?|addr|street(?:_?(?:name|address|no|number))?|house_?(?:no|number|name)|line|city|town|village|suburb|district|region|state|province|county|postal_?code|post_?code|zip(?:_?code)?|postal|country(?:_?(?:code|name))?|adresse|anschrift|strasse|str|hausnummer|hausnr|haus_?nr|ort|wohnort|stadt|plz|postleitzahl|land|bundesland|rue|voie|ville|code_postal|cp|pays|direccion|calle|domicilio|ciudad|poblacion|provincia|codigo_postal|pais|indirizzo|via|citta|comune|cap|paese|adres|straat(?:naam)?|huisnummer|huisnr|plaats|woonplaats|postcode";
/** Words that are of an address wherever they stand; the others of `PLACE` may be anything. */
const PLACE_ALONE =
  "address(?:_?line)?|addr|street(?:_?(?:name|address|no|number))?|house_?(?:no|number|name)|city|town|postal_?code|post_?code|zip(?:_?code)?|country(?:_?(?:code|name))?|adr|adresse|anschrift|(?:woon|post|bezoek)_?adres|strasse|hausnummer|hausnr|haus_?nr|wohnort|stadt|plz|postleitzahl|rue|ville|code_postal|pays|direccion|calle|domicilio|ciudad|codigo_postal|pais|indirizzo|citta|adres|straat(?:naam)?|huisnummer|huisnr|woonplaats|plaats|str_?nr|plz_?ort";

export const ADDRESS_NAME = new RegExp(
  `(?:^|_)(?:${PLACE_ALONE.replace("country(?:_?(?:code|name))?|", "").replace("|pays", "").replace("|pais", "")})(?:_|$)`,
  "u",
);
export const WRITTEN_NAME =
  /(?:^|_)(?:body|contents?|text|message|raw|cooked|comment|html|markdown|nachricht|inhalt|contenu|contenido|testo|bericht)(?:_|$)/u;

/** Halves of a name, as they are shortened; one alone may be a file's. */
const GIVEN = "fn|f_?name|fst_?nm|first_?nm|f_?nm|vn|v_?name|vorn|prn|given";
const FAMILY = "ln|l_?name|lst_?nm|last_?nm|l_?nm|nn|n_?name|nachn|sn|surnm|family";
export const GIVEN_NAME = new RegExp(`^(?:${GIVEN})$`, "u");
export const FAMILY_NAME = new RegExp(`^(?:${FAMILY})$`, "u");

/** One word for somebody, and a column of texts called by nothing else: whatever names them stands in it. */
const SOMEBODY =
  "recipient|addressee|contact|attendee|participant|invitee|registrant|respondent|donor|holder|subscriber|sender|receiver|guest|applicant|candidate|caller|visitor|passenger|patient|payer|payee|beneficiary|spouse|person|customer|client|buyer|employee|complainant|claimant|witness|tenant_?name|renter|empfaenger|absender|inhaber|halter|fahrer|kunde|kontakt|teilnehmer|bewerber|gast|spender|patient|auftraggeber|versicherte[rs]?|reporter|referee|guarantor|landlord|rider|trainer|coach|poster|competitor|winner|opponent|player|instructor|teacher|doctor|physician|nurse|vet|therapist|counsell?or|lawyer|technician|inspector|recipients|receivers|contacts|guests|attendees|participants|passengers|interlocuteur|destinataire|expediteur|beneficiaire|titulaire|abonne|participant|interlocutor|destinatario|remitente|beneficiario|titular|contacto|interesado|nominativo|mittente|intestatario|contatto|iscritto|ontvanger|afzender|deelnemer|contact_?persoon|klant|geadresseerde|kontoinh(?:aber)?";

/** Not said to be an e-mail address: whoever matches by it must be asked. */
export const LISTED_ADDRESS = "an address in a list of those who get something";

const RULES: readonly Rule[] = [
  rule(
    "email",
    "named like an e-mail address",
    "anywhere",
    [...TEXTS, "json"],
    "e_?mail(?:_?(?:address|addr|adresse|adres))?s?|mail_?(?:address|adresse|adres|addr|adr|to|from)|mailto|mails?$|mail_?kontakt|eml|courriel|adresse_?mail|correo(?:_?electronico|_?e)?|correl|posta_?elettronica|e_?post",
  ),
  rule("email", "named like an e-mail address", "linked", TEXTS, "mail"),
  rule("email", "named like an e-mail address", "people", TEXTS, "mel"),
  rule(
    "contact",
    "named like somebody: a name, an address or a number may stand in it",
    "anywhere",
    TEXTS,
    `^(?:${SOMEBODY})$|^(?:to|from|cc|bcc|reply|reply_?to|notify|sent_?to|mailed_?to|forward_?to)_?(?:addr(?:ess(?:es)?)?)$|^(?:reply_?to|sent_?to|mailed_?to|addressed_?to|forward_?to|contact_?(?:info|details?|data)|kontakt_?(?:daten|info)|coordonnees|(?:issued|lent|rented|given|handed)_?to|(?:written|posted|submitted|requested|reported|ordered|booked|donated|signed)_?by)$`,
  ),
  rule("email", LISTED_ADDRESS, "listed", TEXTS, "^(?:addr(?:ess)?|adresse|adres|direccion|indirizzo)$"),
  rule("contact", "in a list of those who get something", "listed", TEXTS, "^(?:destination|target|who|name|value)$"),
  rule(
    "phone",
    "named like a telephone number",
    "anywhere",
    NUMBERS,
    "(?:tele)?phones?(?:_?(?:no|nr|num|number))?|mobile(?:_?(?:no|nr|number|phone))|cell(?:_?phone|_?number)?|fax(?:_?(?:no|nr|number|nummer))?|telefax|tel(?:_?(?:no|nr|fixe|portable))?|telefon(?:_?(?:nr|nummer))?|(?:tele|mobil|handy|ruf|fax)_?nummer|handy(?:_?nr)?|mobil(?:_?(?:nr|telefon|nummer))|telefono|telefonos|movil|cellulare|telefoon(?:nummer)?|gsm(?:_?nummer)?|whatsapp(?:_?(?:no|number))?|msisdn|^(?:mobile|mobil|mobiel|mob)$|mob_?(?:no|nr|num|phone|tel)|mobiel(?:_?(?:nr|nummer))?|(?:num_?)?(?:tlf|telf|tfno|tlfn)|ph_?(?:no|nr|num)|num_?tel|(?:notfall|emergency)_?(?:nr|no|nummer|number|tel|kontakt)|wa_?(?:no|nr|num|number)",
  ),
  rule("phone", "named like a telephone number", "people", NUMBERS, "mobile|mobil|portable|extension|durchwahl"),
  rule("phone", "named like a telephone number", "people", TEXTS, "ph|mob|cell|port|rufnr"),
  rule(
    "name",
    "named like a person's name",
    "anywhere",
    [...TEXTS, "bytes"],
    "(?:first|last|given|family|middle|maiden|legal|fore|birth|preferred|full|real|sur)_?names?|(?:vor|nach|familien|geburts|zu)_?name|anrede|ansprech(?:partner|person)|contact_?person|contact_?persoon|civilite|prenom|nom_?(?:complet|de_?famille|usage|naissance)|apellidos?(?:_?(?:paterno|materno))?|(?:primer|segundo)_?(?:nombre|apellido)|cognome|nome_?completo|(?:voor|achter|roep)_?na(?:a)?m|voorl(?:etters)?|tussenvoegsel|salutation|honorific|title_?of_?courtesy|signed_?by_?name|initials|nombre_?completo|nom_?(?:et_?)?prenom|nome_?(?:e_?)?cognome|volledige_?naam|(?:usr|cust|emp|drv|drvr|pers|pat|cli|mbr|frst|first|lst|last|given|sur|contact|owner)_?nm",
  ),
  rule(
    "name",
    "named like a person's name",
    "anywhere",
    TEXTS,
    `(?:${WHOSE})_?(?:full_?|first_?|last_?)?(?:name|nom|nombre|nome|naam|nm)`,
  ),
  rule("name", "half of a name, beside the other half", "halved", TEXTS, `^(?:${GIVEN}|${FAMILY})$`),
  rule(
    "name",
    "named like a person's name",
    "anywhere",
    TEXTS,
    `(?:name|nom|nombre|nome|naam)_?(?:(?:du|de|del|de_la|della|van)_)?(?:${WHOSE})$|nick_?names?$|nick$|pseudo(?:nyme|nym)?$|screen_?name$|spitz_?name$|apodo$|soprannome$|bijnaam$`,
  ),
  rule(
    "name",
    "named like a person's name",
    "linked",
    TEXTS,
    "display_?name|nick_?name|nick|alias|screen_?name|pen_?name",
  ),
  rule(
    "name",
    "a name in a table of people",
    "people",
    TEXTS,
    "^name|^nom|^nombres?|^nome|^naam|^title|^titel|^suffix|^prefix|^initials|^contact_?title|^(?:[a-z]_?name|[a-z]+_?nm|nm)$",
  ),
  rule(
    "login",
    "named like a login",
    "anywhere",
    TEXTS,
    "user_?name|login(?:_?name)?|log_?on(?:_?name)?|benutzer_?name|gebruikers_?naam|nom_?(?:d_?)?utilisateur|nombre_?(?:de_?)?usuario|nome_?utente|identifiant|whodunnit|(?:remote|os|db)_?user|usr_?name|u_?name|^(?:usr|user|benutzer|utilisateur|usuario|utente|gebruiker)$|^(?:(?:user|chat|player|gamer)_?)?handle$",
  ),
  rule(
    "login",
    "a handle in a table of people",
    "people",
    TEXTS,
    "handle|slug|external_?id|(?:provider_?)?uid|subject_?id|kundennummer|kennung|kuerzel",
  ),
  rule(
    "birth",
    "named like a day of birth",
    "anywhere",
    DATES,
    "dob|(?:date_?of_?)?birth(?:_?(?:date|day|year|month|place|city|country))?|birthday|born(?:_?(?:on|at|in))?|geburts?_?(?:datum|tag|jahr|ort|name)?|geb_?(?:datum|dat|tag)|(?:date|lieu|ville)_?(?:de_?)?naissance|(?:fecha|lugar)_?(?:de_?)?nacimiento|(?:data|luogo)_?(?:di_?)?nascita|geboorte_?(?:datum|plaats)?|date_?of_?death|deceased_?on|todestag|bdate|b_?day|f(?:ec(?:ha)?)?_?nac(?:imiento)?|d(?:ate)?_?naiss(?:ance)?|dt?_?nasc(?:ita)?|nascita|naissance|nacimiento|nat[oa]_?(?:il|a)|ne_?le|geboren(?:_?(?:am|op|in))?",
  ),
  rule("birth", "an age in a table of people", "people", ["number", "text"], "age|alter|edad|eta|leeftijd"),
  rule("birth", "named like a day of birth", "people", DATES, "b_?date|geb|yob|b_?year|ddn"),
  rule(
    "official number",
    "named like an official number of a person",
    "anywhere",
    NUMBERS,
    "ssn|sin|nin|nino|bsn|nif|nie|dni|cpf|curp|nir|svnr|ahv(?:_?(?:nr|nummer))?|social_?(?:security|insurance)(?:_?(?:no|number|num))?|national_?(?:id|identifier|insurance(?:_?number)?|number)|passport(?:_?(?:no|nr|number))?|(?:reise)?pass_?(?:nr|nummer)|passeport|pasaporte|passaporto|paspoort(?:nummer)?|tax_?(?:payer_?)?(?:id|no|number|identifier)|tin|steuer_?(?:id|nr|nummer)|sozialversicherungs?_?(?:nr|nummer)|rentenversicherungs?_?nummer|(?:personal)?ausweis_?(?:nr|nummer)?|numero_?(?:de_?)?securite_?sociale|num_?secu|cod(?:ice)?_?fisc(?:ale)?|rijksregister(?:_?(?:nr|nummer))?|burger_?service_?nummer|personnummer|driv(?:er|ing)_?s?_?licen[cs]e(?:_?(?:no|number))?|fuehrerschein(?:_?(?:nr|nummer))?|licen[cs]e_?plate|plate_?(?:no|number)|kennzeichen|kenteken|matricula_?vehiculo|id_?card(?:_?(?:no|number))?|identity_?(?:no|number|document)|medical_?record(?:_?(?:no|number))?|mrn|(?:health_?)?insurance_?(?:no|number|id)|kranken(?:kassen|versicherten)_?(?:nr|nummer)|versicherten_?(?:nr|nummer)|vin|^plates?$|(?:number|reg(?:istration)?|car|vehicle)_?plates?|vehicle_?reg(?:istration)?(?:_?(?:no|number))?|vrn|kfz_?(?:kz|kennz(?:eichen)?|nr)|kennz|targa|immat(?:riculation)?|matricula|insee|num_?ss|nss",
  ),
  rule(
    "bank",
    "named like a bank account or card",
    "anywhere",
    NUMBERS,
    "iban|bic|swift(?:_?code)?|bank_?(?:account|acct)(?:_?(?:no|nr|number|name|holder))?|account_?(?:holder|owner)(?:_?name)?|konto_?(?:nr|nummer|inhaber)|kontoinhaber|(?:credit_?|debit_?)?card_?(?:no|num|number|holder|holder_?name|last_?(?:4|four|digits)?|exp(?:iry|iration)?(?:_?(?:date|month|year))?|brand|token|fingerprint)|cc_?(?:no|num|number|last_?(?:4|four)?|exp)|credit_?card|last_?four|pan|cvv|cvc|sort_?code|routing_?(?:no|number)|titulaire|c(?:uen)?ta_?banc(?:o|aria)|numero_?(?:de_?)?cuenta|conto_?corrente|rekening_?(?:nr|nummer|houder)|rib|paypal(?:_?(?:id|email|account))?|stripe_?customer_?id|sepa_?mandat(?:e|_?referenz)?",
  ),
  rule("bank", "named like a bank account", "people", NUMBERS, "konto|conto|cuenta|compte|acct_?(?:no|num)"),
  rule("bank", "named like a bank account", "linked", TEXTS, "rekening"),
  rule("address", "named like an address of a person", "anywhere", [...TEXTS, "json"], `(?:${WHOSE})_?(?:${PLACE})`),
  rule("address", "an address beside a person", "linked", [...TEXTS, "json", "number"], `(?:${PLACE_ALONE})`),
  rule(
    "address",
    "part of an address beside a person",
    "addressed",
    [...TEXTS, "number"],
    `(?:${PLACE})|str_?(?:nr|hausnr)|plz_?ort|complement(?:_?adresse)?|apartment|apt|unit_?(?:no|number)|building_?(?:no|number|name)?|floor`,
  ),
  rule(
    "address",
    "a place beside a person",
    "linked",
    ["number", "text", "other", "json"],
    "lat(?:itude)?|lng|lon(?:gitude)?|geo(?:_?(?:location|point|hash|data))?|location|coordinates?|gps|standort",
  ),
  rule(
    "online trace",
    "named like a trace that a person leaves online",
    "anywhere",
    [...TEXTS, "uuid", "number"],
    "ip(?:_?(?:v4|v6))?|ip_?addr(?:ess)?(?:_?hash)?|(?:remote|client|source|last_?(?:sign_?in|login)|current_?sign_?in|sign_?up|registration|login|last)_?(?:ip|addr|host)(?:_?addr(?:ess)?)?|user_?agent|browser(?:_?(?:fingerprint|id|agent))?|(?:device|browser)_?(?:id|token|fingerprint|identifier|name|uuid)|mac_?addr(?:ess)?|fingerprint|cookie(?:_?id)?|session_?(?:id|token|key|hash)|(?:push|fcm|apns)_?token|visitor_?(?:id|token)|(?:advertising|tracking|anonymous)_?id|idfa|gaid|imei|^mac$|gclid|fbclid|face_?(?:id|encoding|embedding|vector|hash)|voice_?print|biometric(?:s|_?(?:id|data|hash|template))?|referr?er|poster_?ip",
  ),
  rule(
    "online trace",
    "named like an account elsewhere",
    "linked",
    TEXTS,
    "twitter|facebook|instagram|linkedin|skype|telegram|github|mastodon|icq|jabber|xmpp|msn|discord(?:_?id)?|google_?id|facebook_?id|twitter_?handle|web_?site|web_?page|home_?page|url_?perso|social_?(?:links?|profiles?)|oauth_?uid",
  ),
  rule(
    "credential",
    "named like a secret of a person",
    "anywhere",
    [...TEXTS, "json", "bytes", "uuid"],
    "pass_?word(?:_?(?:hash|digest|salt|crypt|enc(?:rypted)?))?|encrypted_?password|passwd|passhash|pass_?hash|pwd|password_?hash|pw|pw_?hash|^pass$|passwort(?:_?hash)?|kennwort|mot_?de_?passe|mdp|contrasena|clave_?acceso|parola_?chiave|wachtwoord|act_?key|(?:reset|confirmation|unlock|remember|verification|activation|invitation|unsubscribe|newsletter|authentication|recovery)_?(?:password_?)?(?:token|key|code|digest|hash)|token_?secret|otp(?:_?(?:secret|code|seed))?|totp(?:_?secret)?|(?:two_?factor|2fa|tfa|mfa)(?:_?(?:secret|recovery_?codes|key))|recovery_?codes?|backup_?codes?|otp_?backup_?codes|security_?(?:question|answer|stamp)",
  ),
  rule(
    "credential",
    "a secret beside a person",
    "linked",
    [...TEXTS, "bytes", "uuid"],
    "(?:access|refresh|auth|api|bearer|id)_?(?:token|key)|tokens?(?:_?(?:hash|digest))?|(?:crypted|hashed)_?token|salt|pin(?:_?(?:code|hash))?|secret(?:_?(?:key|hash))?|api_?key|public_?key|ssh_?key|hash|credentials?|session_?data",
  ),
  rule(
    "credential",
    "what opens a session or an account",
    "opens",
    [...TEXTS, "bytes"],
    "key|code|tokens?|otp|value|secret",
  ),
  rule(
    "login",
    "who made a change, by name",
    "carries",
    TEXTS,
    "(?:changed|created|updated|performed|modified|deleted|done)_?by|user|actor",
  ),
  rule(
    "official number",
    "a number that a person is known by",
    "people",
    NUMBERS,
    "lic(?:en[cs]e)?_?(?:no|nr|num|number)|(?:num|numero)_?licen(?:ce|cia)|(?:customer|client|member(?:ship)?|personnel|staff|employee|patient|student|subscriber|account|kunden|personal|mitglieds|matrikel|patienten|abonnent)_?(?:no|nr|number|code|nummer|num)",
  ),
  rule(
    "name",
    "a name beside an address",
    "addressed",
    TEXTS,
    "^name|^nom|^nombre|^nome|^naam|^sent_to|^recipient|^addressee|^empfaenger|^destinataire|^destinatario",
  ),
  rule(
    "words",
    "what somebody looked for",
    "anywhere",
    [...TEXTS, "json"],
    "search_?(?:keywords?|query|queries|terms?|authors?|text|string)|searched_?for",
  ),
  rule("words", "a file as somebody named it", "linked", TEXTS, "(?:real|original|uploaded|client)_?file_?name"),
  rule("trait", "said of a person in a table of people", "people", TEXTS, "^(?:user_)?(?:from|occ|home_?town|origin)$"),
  rule("words", "papers of a person", "people", ANY, "income_?proof|cv|resume|cover_?letter|lebenslauf|zeugnis"),
  rule(
    "trait",
    "said of a person",
    "anywhere",
    [...TEXTS, "number"],
    "gender|sex|geschlecht|sexe|sexo|sesso|geslacht|nationalit(?:y|aet|at|e|a|eit)|nacionalidad|staats?angehoerigkeit|marital_?status|civil_?status|familienstand|situation_?familiale|estado_?civil|stato_?civile|burgerlijke_?staat|religio(?:n|us_?affiliation)|konfession|ethnic(?:ity|_?group|_?origin)|disabilit(?:y|ies)|blood_?(?:type|group)|blutgruppe|dosage|dose|diagnos(?:is|es|e)|allerg(?:y|ies|ien)|medications?|symptoms?|health_?(?:status|notes?)|maiden|salary|gehalt|salaire|salario|stipendio|salaris|wage|hourly_?rate|annual_?income|net_?income|job_?title|occupation|profession|beruf|credit_?(?:score|limit)|bonitaet",
  ),
  rule(
    "trait",
    "said of a person in a table of people",
    "people",
    [...TEXTS, "number", "date"],
    "nation|documento|schufa(?:_?score)?|company(?:_?name)?|firma|employer|arbeitgeber|position|role_?title|department|abteilung|hire_?date|hired_?(?:on|at)?|eintritts?_?datum|income|education|interests|hobbies|height|weight|eye_?colou?r|language_?spoken|pronouns|race|commission(?:_?pct)?",
  ),
  rule(
    "picture",
    "named like a picture of a person",
    "anywhere",
    ANY,
    "avatar(?:_?(?:url|path|file_?name|id|key|image))?|profile_?(?:image|pic(?:ture)?|photo|background)(?:_?(?:url|path))?|selfie(?:_?url)?|passbild|head_?shot|mug_?shot|signature_?(?:ima?ge?|data|png|svg)|photo_?(?:id|of_?person)",
  ),
  rule(
    "picture",
    "a picture in a table of people",
    "people",
    ANY,
    "photos?(?:_?(?:url|path|file))?|picture(?:_?(?:url|path))?|image(?:_?(?:url|path))?|foto(?:_?(?:url|pfad))?|bild|portrait|signature|unterschrift",
  ),
  rule(
    "words",
    "words that somebody wrote",
    "linked",
    [...TEXTS, "json"],
    "(?:internal_?|customer_?|private_?|public_?|delivery_?|gift_?|order_?|staff_?|admin_?)?(?:notes?|comments?|remarks?|message|memo|msg|txt)|subj|about(?:_?me)?|bio(?:graphy)?|body(?:_?(?:html|text|raw|markdown))?|content(?:s|_?(?:html|text))?|text|raw|cooked|feedback|testimonial|answer|answers|question|reply|review(?:_?text)?|transcript|greeting|signature|sig|dedication|cover_?letter|resume|cv|complaint|subject|betreff|sujet|asunto|oggetto|onderwerp|[a-z]+_text|(?:ban_|edit_|cancel(?:lation)?_|leave_|absence_|visit_)?reason|gift_?(?:text|wrap_?message)|special_?requests?|custom_?status|status_?message|bemerkung(?:en)?|anmerkung(?:en)?|notiz(?:en)?|kommentar(?:e)?|nachricht|freitext|hinweis|remarques?|commentaires?|observaciones|comentarios?|mensaje|nota|notas|messaggio|commento|osservazioni|opmerking(?:en)?|toelichting|bericht|search_?(?:query|term|terms)|query_?text|keywords_?searched",
  ),
  rule(
    "words",
    "the heading of what somebody wrote",
    "written",
    TEXTS,
    "title|subject|headline|caption|summary|betreff|sujet|asunto|oggetto|onderwerp|excerpt|topic",
  ),
  rule(
    "document",
    "may hold anything of the person that a change or message was about",
    "carries",
    DOCUMENTS,
    "payload|meta_?data|data|object|object_?changes|object_?repr|changes|changed_?(?:fields|values|data)|change_?message|audited_?changes|serialized_?data|old|new|(?:old|new|previous|prior)_?(?:values?|data|row|record|state)|row_?data|before|after|diff|delta|request(?:_?(?:body|params|data))?|response(?:_?(?:body|data))?|params|parameters|arguments|args|kwargs|handler|body|content|headers|snapshot|event(?:_?data)?|details?|message|context|session_?data|properties|error(?:_?message)?|last_?error|exception|traceback|result|job(?:_?data)?|envelope|to|from|cc|bcc|recipients?|subject|destination|actor|who|url",
  ),
  rule(
    "document",
    "a document beside a person",
    "linked",
    ["json"],
    "payload|meta_?data|meta|data|extra(?:_?(?:data|info))?|details?|attributes|properties|profile|info|custom_?(?:fields|data|attributes)|answers|form_?data|raw(?:_?(?:data|info))?|claims|identity_?data|raw_?user_?meta_?data",
  ),
];

/** What comes after a word and makes it something about it: `email_verified_at`, `phone_type`. */
const ABOUT =
  /_(?:at|on|count|counter|total|sent|verified|confirmed|enabled|disabled|visible|hidden|required|allowed|template|templates|type|types|kind|status|state_id|host|port|server|opt_?in|opt_?out|frequency|format|version|algo(?:rithm)?|length|size|width|height|rank|order|sort|position|score|index|idx|level|mode|flag|flags|limit|quota|prefs?|settings?|privacy|policy|expires?|expiry|expiration|expires_?at|updated|changed_at|changed|bounced?|hash_?type|iterations|provider|domain|locale|lang|language|group|groups|permission|permissions|schema|attempts|failures|interval|content_?type|file_?size)$/u;
/** Keys: numbers of rows, not of people. */
const KEY = /_(?:id|ids|fk|key_id|guid|uuid|oid)$/u;
/** Of these, a word that ends so is meant as a whole: `marital_status`, `blood_type`, `hired_on`. */
const SAYS_IT_WHOLE = new Set<PersonalKind>(["trait", "bank", "birth", "official number"]);
const KEEPS_ID = new Set<PersonalKind>(["official number", "bank", "online trace", "login"]);

const SAYS_PERSONAL =
  /\bPII\b|personal(?:ly identifiable)? (?:data|information)|\bpersonal data\b|personenbezogen|donn[eé]es? (?:à caractère )?personnelle|datos? (?:de carácter )?personal|dat[oi] personal|persoonsgegeven|\bGDPR\b|\bDSGVO\b|\bRGPD\b|\bAVG\b|sensitive data/iu;
const SAYS_NOT =
  /\b(?:no|not|non|kein(?:e|en)?|nicht|pas de|sin|geen|nessun[ao]?)[\s-]+(?:PII|personal|personenbezogen|donn|datos|persoons|dat[oi] personal)/iu;
/** A tag as in `pii: email`; what it names may be no kind that is known, and may be that it is none. */
const TAGGED = /\b(?:pii|personal[ _-]data)\s*[:=]\s*["']?([\p{L}]+)/iu;
const TAGGED_NOT = /^(?:no|none|false|non|nein|kein|nicht|n|off)$/iu;
const TAGGED_KIND: readonly (readonly [RegExp, PersonalKind])[] = [
  [/^e?mail/iu, "email"],
  [/^(?:tele)?phone|^mobile/iu, "phone"],
  [/name/iu, "name"],
  [/^birth|^dob$/iu, "birth"],
  [/^address|^postal/iu, "address"],
];
const SAYS_KIND: readonly (readonly [RegExp, PersonalKind, string])[] = [
  [
    /e-?mail address|mail-?adresse|adresse (?:e-?mail|électronique)|correo electr[oó]nico|indirizzo e-?mail|e-?mailadres/iu,
    "email",
    "its comment speaks of an e-mail address",
  ],
  [
    /(?:tele)?phone number|telefonnummer|numéro de téléphone|n[uú]mero de tel[eé]fono|numero di telefono|telefoonnummer/iu,
    "phone",
    "its comment speaks of a telephone number",
  ],
  [
    /date of birth|birth ?date|geburtsdatum|date de naissance|fecha de nacimiento|data di nascita|geboortedatum/iu,
    "birth",
    "its comment speaks of a day of birth",
  ],
  [
    /\b(?:first|last|full|family) name\b|name of the (?:customer|person|user|employee|patient)|(?:vor|nach)name|name de[sr] (?:kunden|person|mitarbeiter)|pr[eé]nom|apellido|cognome|voornaam|achternaam/iu,
    "name",
    "its comment speaks of a person's name",
  ],
  [
    /(?:home|postal|street|delivery) address|wohnanschrift|anschrift de[sr]|adresse postale|domicilio|indirizzo di/iu,
    "address",
    "its comment speaks of an address",
  ],
];

export function personalIn(
  column: StoreColumn,
  around: Surrounding,
  values: readonly string[] = [],
): Personal | undefined {
  if (column.shape === "boolean") return undefined;
  const comment = column.comment ?? "";
  const tag = TAGGED.exec(comment)?.[1];
  if (SAYS_NOT.test(comment) || (tag !== undefined && TAGGED_NOT.test(tag))) return undefined;
  const sampled = shapeOfValues(values);
  if (sampled !== undefined)
    return { kind: sampled.kind, reason: `sampled values look like ${sampled.said}`, certain: true };
  const byName = byNameOf(column, around);
  if (byName !== undefined) return byName;
  for (const [pattern, kind, reason] of SAYS_KIND) if (pattern.test(comment)) return { kind, reason, certain: true };
  const tagged = tag === undefined ? undefined : TAGGED_KIND.find(([pattern]) => pattern.test(tag));
  if (tagged !== undefined) return { kind: tagged[1], reason: "its comment says that it is personal", certain: true };
  if (tag !== undefined || SAYS_PERSONAL.test(comment))
    return { kind: "trait", reason: "its comment says that it is personal", certain: true };
  if (/^(?:inet|cidr|macaddr8?)$/u.test(column.type))
    return { kind: "online trace", reason: `of type ${column.type}`, certain: true };
  return undefined;
}

function byNameOf(column: StoreColumn, around: Surrounding): Personal | undefined {
  // of a path in a document the last step says what it is
  const last = column.name.slice(column.name.lastIndexOf(".") + 1).replaceAll("[]", "");
  const name = plainName(last);
  const about = ABOUT.test(name) && !/^(?:date|lieu|lugar|luogo)_/u.test(name);
  for (const one of RULES) {
    if (!one.shapes.some((shape) => shape === column.shape)) continue;
    if (!holds(one.where, around)) continue;
    const found = one.pattern.exec(name)?.[0];
    if (found === undefined || (about && !(found === name && SAYS_IT_WHOLE.has(one.kind)))) continue;
    if (KEY.test(name) && !KEEPS_ID.has(one.kind)) continue;
    return { kind: one.kind, reason: one.said, certain: SURE.has(one.where) };
  }
  return undefined;
}

/** Where a name alone is enough. */
const SURE = new Set<Rule["where"]>(["anywhere", "halved", "listed"]);

function holds(
  where: Rule["where"],
  { people, linked, organisation, carries, written, addressed, opens, halved, listed }: Surrounding,
): boolean {
  switch (where) {
    case "opens":
      return opens;
    case "halved":
      return halved;
    case "listed":
      return listed;
    case "addressed":
      return addressed && (people || (linked && !organisation));
    case "anywhere":
      return true;
    case "people":
      return people;
    case "linked":
      return people || (linked && !organisation);
    case "carries":
      return carries;
    case "written":
      return written && (people || linked);
  }
}
