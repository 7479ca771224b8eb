/** Who of the people that the data map names may do what. */

export const ROLES = ["officer", "engineer", "auditor", "administrator"] as const;

export type Role = (typeof ROLES)[number];

export interface Person {
  /** As the data map calls them; they act under this name. */
  readonly name: string;
  /** The 32 bytes of their Ed25519 public key, in base64. */
  readonly key: string;
  readonly roles: readonly Role[];
}

/** Roles, beside an administrator's, in which each command that acts may be given. What is not here only reads. */
const ACTS = {
  "request new": ["officer"],
  "request identity": ["officer"],
  "request extend": ["officer"],
  "request cancel": ["officer"],
  "request refuse": ["officer"],
  "request close": ["officer"],
  plan: ["officer", "engineer"],
  approve: ["officer"],
  run: ["officer", "engineer"],
  verify: ["officer", "engineer"],
  undo: ["officer"],
  "bin restore": ["officer"],
  "bin purge": [],
  "map rehearse": ["engineer"],
  "hold add": ["officer"],
  "hold extend": ["officer"],
  "hold release": ["officer"],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

/** A command that acts, as it is typed. */
export type Act = keyof typeof ACTS;

/** The roles in which it may be done. */
export function rolesFor(act: Act): readonly Role[] {
  return [...ACTS[act], "administrator"];
}

export function mayAct({ roles }: Person, act: Act): boolean {
  return rolesFor(act).some((role) => roles.includes(role));
}
