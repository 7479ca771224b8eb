/** What happens to one column, cell or JSON path of a record that stays. See docs/datamap.md. */
export type FieldRule =
  | { readonly kind: "clear" }
  | { readonly kind: "remove" }
  | { readonly kind: "unlink" }
  | { readonly kind: "keep" }
  | {
      readonly kind: "set";
      readonly value: string | number | boolean;
      /** In JSON a text takes the form of what it takes the place of: `false` that of `true`, `0` that of `1`. */
      readonly asStood?: true;
    }
  | { readonly kind: "generalise"; readonly to: "year" | "month" | "decade" }
  | { readonly kind: "prefix"; readonly length: number }
  | { readonly kind: "truncate"; readonly bits: number }
  /** `:random` in the template becomes a fresh value for every record. */
  | { readonly kind: "template"; readonly template: string }
  | { readonly kind: "pseudonymise" };

export type FieldRules = Readonly<Record<string, FieldRule>>;
