/** What a personal column says of a person. */
export type PersonalKind =
  | "email"
  | "phone"
  | "name"
  | "contact"
  | "login"
  | "birth"
  | "official number"
  | "bank"
  | "address"
  | "online trace"
  | "credential"
  | "trait"
  | "picture"
  | "words"
  | "document";
