import type { FieldRule, FieldRules } from "../model/field-rule.ts";
import type { Report } from "./problems.ts";
import type { WrittenFields } from "./shape.ts";
import type { Path } from "./source.ts";

type WrittenField = WrittenFields[string];

/** `fields` or `paths`. A rule that cannot be read is left out: the map is refused then. */
export function readFields(written: WrittenFields, path: Path, report: Report): FieldRules {
  const rules = new Map<string, FieldRule>();
  for (const [column, field] of Object.entries(written)) {
    const here = [...path, column];
    const rule = readField(field, here, report);
    if (rule !== undefined) rules.set(column, rule);
  }
  return Object.fromEntries(rules);
}

function readField(written: WrittenField, path: Path, report: Report): FieldRule | undefined {
  if (typeof written === "string") return { kind: written };
  const refuse = (code: string, message: string, help: string): undefined => {
    report({ path, part: "value", code, message, help });
    return undefined;
  };
  if (Object.keys(written).length !== 1) {
    const help =
      "Write one of { set: … }, { generalise: … }, { truncate: /24 }, { template: … }, { pseudonymise: hmac }.";
    report({
      path,
      part: "value",
      code: "WRONG_VALUE",
      message: "A field has exactly one rule.",
      help,
      missing: Object.keys(written).length === 0 ? [path] : [],
    });
    return undefined;
  }
  const { set, generalise, truncate, template, pseudonymise } = written;
  if (set !== undefined) return { kind: "set", value: set };
  if (pseudonymise !== undefined) return { kind: "pseudonymise" };
  if (generalise !== undefined)
    return typeof generalise === "string"
      ? { kind: "generalise", to: generalise }
      : { kind: "prefix", length: generalise.prefix };
  if (truncate !== undefined) {
    const bits = /^\/(\d{1,3})$/u.exec(truncate)?.[1];
    return bits === undefined || Number(bits) > 128 || Number(bits) === 0
      ? refuse("WRONG_VALUE", "`truncate` takes how many bits of an IP address stay.", "Write `{ truncate: /24 }`.")
      : { kind: "truncate", bits: Number(bits) };
  }
  if (template !== undefined) {
    return template.includes(":random")
      ? { kind: "template", template }
      : refuse(
          "WRONG_VALUE",
          "This template has no `:random`, so every record gets the same value.",
          "Put `:random` into it, or write `{ set: … }` where the same value is meant.",
        );
  }
  return undefined;
}

/** Whether the rules change anything, and whether all they do is pseudonymise. */
export function effectOf(...rules: readonly FieldRules[]): "nothing" | "pseudonymises" | "changes" {
  const kinds = rules.flatMap((each) => Object.values(each).map(({ kind }) => kind)).filter((kind) => kind !== "keep");
  if (kinds.length === 0) return "nothing";
  return kinds.every((kind) => kind === "pseudonymise") ? "pseudonymises" : "changes";
}
