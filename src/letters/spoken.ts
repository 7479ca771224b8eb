/** Codes and days as a letter says them, in each language. */
import { citedUnder } from "../model/words.ts";
import type { Language } from "../model/in-languages.ts";

type Words = Readonly<Record<Language, string>>;

const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  en: "January February March April May June July August September October November December".split(" "),
  de: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(" "),
  fr: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(" "),
};

/** "2 December 2026", "2. Dezember 2026", "2 décembre 2026". Takes a date or an instant; any other text is no day. */
export function spokenDay(date: string, language: Language): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})/u.exec(date);
  const month = MONTHS[language][Number(found?.[2]) - 1];
  if (found === null || month === undefined) return "";
  const day = Number(found[3]);
  switch (language) {
    case "en":
      return `${day} ${month} ${found[1]}`;
    case "de":
      return `${day}. ${month} ${found[1]}`;
    case "fr":
      return `${day === 1 ? "1er" : day} ${month} ${found[1]}`;
  }
}

/** What was done with records; it follows their number. */
const DONE: Readonly<
  Record<
    | "erased"
    | "changed"
    | "hidden"
    | "hidden_before"
    | "restored"
    | "restorable"
    | "brought_back"
    | "erased_or_changed"
    | "pseudonymised"
    | "gone"
    | "followed",
    Words
  >
> = {
  erased: { en: "erased", de: "gelöscht", fr: "effacement" },
  changed: {
    en: "changed, as our rule for them says",
    de: "geändert, wie unsere Regel es vorsieht",
    fr: "modification prévue par notre règle",
  },
  hidden: {
    en: "hidden from use, and there still; erased or made anonymous on their day",
    de: "nicht mehr in Gebrauch, aber noch da; an ihrem Tag gelöscht oder anonymisiert",
    fr: "retrait de l'usage, données encore présentes ; effacement ou anonymisation à leur date",
  },
  hidden_before: {
    en: "taken out of use, and erased or made anonymous since",
    de: "aus dem Gebrauch genommen und seither gelöscht oder anonymisiert",
    fr: "retrait de l'usage, puis effacement ou anonymisation",
  },
  restorable: {
    en: "erased or changed, and can still be brought back for a time",
    de: "gelöscht oder geändert, und für eine Frist noch wiederherstellbar",
    fr: "effacement ou modification, encore réversible pendant un temps",
  },
  brought_back: {
    en: "erased or changed for a time, and in use again",
    de: "für eine Zeit gelöscht oder geändert, und wieder in Gebrauch",
    fr: "effacement ou modification temporaire, de nouveau en usage",
  },
  erased_or_changed: {
    en: "erased or changed",
    de: "gelöscht oder geändert",
    fr: "effacement ou modification",
  },
  restored: {
    en: "hidden for a time, and in use again",
    de: "eine Zeit lang nicht in Gebrauch, jetzt wieder",
    fr: "retrait temporaire de l'usage, de nouveau en usage",
  },
  pseudonymised: {
    en: "pseudonymised (they remain personal data)",
    de: "pseudonymisiert (es bleiben personenbezogene Daten)",
    fr: "pseudonymisation (ces données restent des données à caractère personnel)",
  },
  gone: { en: "gone already", de: "schon vorher nicht mehr da", fr: "déjà absent" },
  followed: {
    en: "gone by themselves, as copies of what was erased",
    de: "von selbst verschwunden, als Kopien dessen, was gelöscht wurde",
    fr: "disparues d'elles-mêmes, comme copies de ce qui a été effacé",
  },
};

/** `from`: of what is hidden, the day from which it is to go for good, in words; empty where nobody knows it. */
export function whatWasDone(how: keyof typeof DONE, language: Language, from = ""): string {
  return how === "hidden" && from !== "" ? HIDDEN_UNTIL[language](from) : DONE[how][language];
}

/** What is hidden, where its day is known. */
const HIDDEN_UNTIL: Readonly<Record<Language, (day: string) => string>> = {
  en: (day) => `hidden from use, and there still; to be erased or made anonymous from ${day} on`,
  de: (day) => `nicht mehr in Gebrauch, aber noch da; vom ${day} an zu löschen oder zu anonymisieren`,
  fr: (day) => `retrait de l'usage, données encore présentes ; effacement ou anonymisation à partir du ${day}`,
};

/** Why records are kept. */
const KEPT: Readonly<Record<string, Words>> = {
  retention: {
    en: "the law requires it",
    de: "das Gesetz verlangt es",
    fr: "la loi l'exige",
  },
  legal_hold: {
    en: "they are needed for legal claims",
    de: "sie werden für Rechtsansprüche gebraucht",
    fr: "elles sont nécessaires à des droits en justice",
  },
  review: {
    en: "the law requires it, and the day on which that ends is not fixed yet",
    de: "das Gesetz verlangt es, und der Tag, an dem das endet, steht noch nicht fest",
    fr: "la loi l'exige, et le jour où cela prendra fin n'est pas encore fixé",
  },
  held_with: {
    en: "they belong to records that must be kept",
    de: "sie gehören zu Daten, die aufbewahrt werden müssen",
    fr: "elles font partie de données qui doivent être conservées",
  },
  held_by: {
    en: "records that must be kept refer to them",
    de: "Daten, die aufbewahrt werden müssen, verweisen auf sie",
    fr: "des données qui doivent être conservées y renvoient",
  },
  excluded: {
    en: "a person among us decided so",
    de: "eine Person bei uns hat so entschieden",
    fr: "une personne chez nous en a décidé ainsi",
  },
};

const KEPT_OTHERWISE: Words = {
  en: "they must be kept",
  de: "sie müssen aufbewahrt werden",
  fr: "elles doivent être conservées",
};

export function whyKept(reason: string | null, language: Language): string {
  return (named(KEPT, reason) ?? KEPT_OTHERWISE)[language];
}

/** Why records are still there. */
const OPEN: Readonly<Record<string, Words>> = {
  no_date: {
    en: "the date from which they must be kept is missing and is being looked into",
    de: "das Datum, ab dem sie aufzubewahren sind, fehlt und wird geklärt",
    fr: "la date à partir de laquelle elles doivent être conservées manque et est en cours de vérification",
  },
  newer_than_request: {
    en: "they came into being after your request",
    de: "sie sind erst nach Ihrem Antrag entstanden",
    fr: "elles sont apparues après votre demande",
  },
  placeholder: {
    en: "we cannot be sure that they are yours",
    de: "wir können nicht sicher sein, dass es Ihre sind",
    fr: "nous ne pouvons pas être sûrs qu'elles soient les vôtres",
  },
  ambiguous_match: {
    en: "we cannot be sure that they are yours",
    de: "wir können nicht sicher sein, dass es Ihre sind",
    fr: "nous ne pouvons pas être sûrs qu'elles soient les vôtres",
  },
  open_request: {
    en: "another request is about them too",
    de: "ein weiterer Antrag betrifft sie ebenfalls",
    fr: "une autre demande les concerne aussi",
  },
  over_cap: {
    en: "they are so many that a person must look first",
    de: "es sind so viele, dass zuerst ein Mensch hinsehen muss",
    fr: "elles sont si nombreuses qu'une personne doit d'abord les examiner",
  },
  marked: {
    en: "they are marked as deleted and will be erased on their day",
    de: "sie sind als gelöscht markiert und werden an ihrem Tag gelöscht",
    fr: "elles sont marquées comme supprimées et seront effacées à leur échéance",
  },
  follows: {
    en: "they are copies that go by themselves with what they are copies of",
    de: "sie sind Kopien, die von selbst mit dem verschwinden, wovon sie Kopien sind",
    fr: "ce sont des copies qui disparaissent d'elles-mêmes avec les données dont elles sont la copie",
  },
  undo: {
    en: "for a short time they can still be brought back",
    de: "für kurze Zeit können sie noch zurückgeholt werden",
    fr: "elles peuvent encore être rétablies pendant un court délai",
  },
  not_told: {
    en: "our work on them was begun, and we do not know yet what came of it",
    de: "die Arbeit daran ist begonnen, und wir wissen noch nicht, was daraus geworden ist",
    fr: "le traitement a commencé et nous n'en connaissons pas encore le résultat",
  },
  shared_record: {
    en: "they hold data of other people too",
    de: "sie enthalten auch Daten anderer Personen",
    fr: "elles contiennent aussi des données d'autres personnes",
  },
};

const OPEN_OTHERWISE: Readonly<Record<"waiting" | "blocked", Words>> = {
  waiting: {
    en: "something else must end or be decided first",
    de: "etwas anderes muss zuerst enden oder entschieden werden",
    fr: "autre chose doit d'abord prendre fin ou être décidé",
  },
  blocked: {
    en: "something technical stands in the way",
    de: "ein technisches Hindernis steht dem entgegen",
    fr: "un obstacle technique s'y oppose",
  },
};

export function whyOpen(reason: string | null, status: "waiting" | "blocked", language: Language): string {
  return (named(OPEN, reason) ?? OPEN_OTHERWISE[status])[language];
}

/** Where copies stand for a while. */
const COPIES: Readonly<Record<string, Words>> = {
  backups: { en: "backups", de: "Sicherungskopien", fr: "sauvegardes" },
  snapshots: {
    en: "backups of a search index",
    de: "Sicherungskopien eines Suchindex",
    fr: "sauvegardes d'un index de recherche",
  },
  replicas: { en: "copies on other servers", de: "Kopien auf anderen Servern", fr: "copies sur d'autres serveurs" },
  followers: { en: "copies on other servers", de: "Kopien auf anderen Servern", fr: "copies sur d'autres serveurs" },
  replication: { en: "copies on other servers", de: "Kopien auf anderen Servern", fr: "copies sur d'autres serveurs" },
  versions: { en: "older versions of files", de: "ältere Fassungen von Dateien", fr: "anciennes versions de fichiers" },
  access_logs: {
    en: "logs of who opened which file",
    de: "Protokolle der Dateizugriffe",
    fr: "journaux d'accès aux fichiers",
  },
  undo: {
    en: "a sealed copy with which the erasure could be taken back",
    de: "eine versiegelte Kopie, mit der die Löschung zurückgenommen werden könnte",
    fr: "une copie scellée permettant de revenir sur l'effacement",
  },
};

const COPIES_OTHERWISE: Words = {
  en: "traces in the storage of our systems",
  de: "Spuren im Speicher unserer Systeme",
  fr: "traces dans le stockage de nos systèmes",
};

/** `backups:nightly` is a backup like others: its name is of no use to the person. */
export function copiesIn(mechanism: string, language: Language): string {
  return (named(COPIES, mechanism.split(":", 1)[0] ?? "") ?? COPIES_OTHERWISE)[language];
}

const REFUSED: Readonly<Record<string, Words>> = {
  unfounded: {
    en: "it is manifestly unfounded (Art. 12(5) GDPR)",
    de: "er ist offenkundig unbegründet (Art. 12 Abs. 5 DSGVO)",
    fr: "elle est manifestement infondée (art. 12, § 5, du RGPD)",
  },
  excessive: {
    en: "it is excessive, in particular because it is repeated (Art. 12(5) GDPR)",
    de: "er ist exzessiv, insbesondere weil er wiederholt wurde (Art. 12 Abs. 5 DSGVO)",
    fr: "elle est excessive, notamment en raison de son caractère répétitif (art. 12, § 5, du RGPD)",
  },
  identity_unconfirmed: {
    en: "we could not confirm that you are the person whose data it is (Art. 12(6) GDPR)",
    de: "wir konnten nicht bestätigen, dass Sie die betroffene Person sind (Art. 12 Abs. 6 DSGVO)",
    fr: "nous n'avons pas pu confirmer que vous êtes la personne concernée (art. 12, § 6, du RGPD)",
  },
  exception: {
    en: "the law makes an exception to the right to erasure (Art. 17(3) GDPR)",
    de: "das Gesetz macht eine Ausnahme vom Recht auf Löschung (Art. 17 Abs. 3 DSGVO)",
    fr: "la loi prévoit une exception au droit à l'effacement (art. 17, § 3, du RGPD)",
  },
  withdrawn: {
    en: "it was withdrawn",
    de: "er wurde zurückgenommen",
    fr: "elle a été retirée",
  },
  duplicate: {
    en: "it is the same as another request of yours, which we answer",
    de: "er ist derselbe wie ein anderer Antrag von Ihnen, den wir beantworten",
    fr: "elle est identique à une autre de vos demandes, à laquelle nous répondons",
  },
};

/** Undefined where the code alone is no reason that anybody could understand. */
export function whyRefused(reason: string | null, language: Language, regime: string | null): string | undefined {
  const words = named(REFUSED, reason)?.[language];
  return words === undefined ? undefined : citedUnder(regime, words);
}

/** Codes may be anything, `constructor` too. */
function named(table: Readonly<Record<string, Words>>, code: string | null): Words | undefined {
  return code !== null && Object.hasOwn(table, code) ? table[code] : undefined;
}
