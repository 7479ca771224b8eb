/** What the versions of an object say about it: which of them we wrote, which must go, which must not. */
import type { Target } from "../../src/model/search.ts";
import type { UnitJournal } from "../../src/port/connector.ts";
import { type Note, readNotes } from "./notes.ts";
import { allVersions, type S3 } from "./objects.ts";
import type { Planned, Survey } from "./survey.ts";
import type { Version } from "./versions.ts";

/** The puts of ours that are noted for one object. */
type Put = Extract<Note, { readonly kind: "put" }>;

export interface Ours {
  readonly version: Version;
  readonly put: Put;
}

/** Planned records that some version holds and that are not as wanted. */
export function openIn({ held }: Pick<Survey, "held">): readonly string[] {
  return [...new Set([...held.values()].flatMap(({ open }) => open))];
}

export function putsOf({ store }: S3, { bucket, key }: Planned, journal: UnitJournal): readonly Put[] {
  const object = store.io.digest([bucket, key]);
  return readNotes(journal).flatMap((note) => (note.kind === "put" && note.object === object ? [note] : []));
}

/** The newest version that one of our noted PUTs wrote, told by its content. */
export function ourVersion({ versions, held }: Survey, puts: readonly Put[]): Ours | null {
  for (const version of versions) {
    const hash = held.get(version.id)?.hash;
    const put = puts.findLast((one) => one.sha256 === hash && cameAfter(versions, version, one));
    if (put !== undefined) return { version, put };
  }
  return null;
}

/** Whether ours is current and a version stands between it and the one that was read. */
export function hidesAnother({ versions, live }: Survey, { version: ours, put }: Ours): boolean {
  return (
    live?.id === ours.id &&
    versions.some((version) => version !== ours && version.id !== ours.id && cameAfter(versions, version, put))
  );
}

/** Whether a version is newer than the one that a PUT of ours was made from. Markers have no place in the list of versions, only a time. */
function cameAfter(versions: readonly Version[], version: Version, { base, etag, modified }: Put): boolean {
  const at = versions.findIndex((one) => one.id === base && one.etag === etag);
  if (version.marker) return version.modified > modified;
  return at === -1 ? version.modified >= modified : versions.indexOf(version) < at;
}

/** An older version that holds what is to be kept and what is to go can neither stay nor go. */
export function isKeptInVersion(target: Target, survey: Survey): boolean {
  if (!allVersions(target)) return false;
  return survey.versions.some(
    (version) =>
      version !== survey.live && (survey.held.get(version.id)?.open.length ?? 0) > 0 && keepsAlone(survey, version),
  );
}

export function doomedVersions(target: Target, survey: Survey, rewritten: boolean): readonly Version[] {
  const { versions, live, held } = survey;
  if (!allVersions(target)) return [];
  const older = versions.filter((version) => version !== live);
  // a record that nobody planned to erase, and that nothing else holds, keeps its version
  if (rewritten && live !== null) return older.filter((version) => !keepsAlone(survey, version));
  const holding = older.filter(({ id, marker }) => !marker && (held.get(id)?.open.length ?? 0) > 0);
  const left = older.filter((version) => !holding.includes(version));
  // a marker goes only with the last version: before that it would show an old one again
  return live === null && holding.length > 0 && left.every(({ marker }) => marker) ? older : holding;
}

/** Whether the version holds a record of these people that is not to be erased, and that the current version has not. */
function keepsAlone({ live, held }: Survey, { id, marker }: Version): boolean {
  if (marker) return false;
  const current = new Set(live === null ? [] : (held.get(live.id)?.others ?? []));
  return (held.get(id)?.others ?? []).some((other) => !current.has(other));
}
