// What the station says of sequences.
import type { components } from "../../client/schema";
import type { Words } from "../../client/station";
import type { Language } from "../../shared/preferences";

type Schemas = components["schemas"];
export type SequenceEntry = Schemas["SequenceEntry"];
export type SequenceDetail = Schemas["SequenceDetail"];
export type SequenceStep = Schemas["SequenceStep"];
export type VersionEntry = Schemas["VersionEntry"];
export type VersionDiff = Schemas["VersionDiff"];
export type FileDiff = Schemas["FileDiff"];
export type ValueSpec = Schemas["ValueSpec"];
export type Use = Schemas["Use"];
export type BatchSequence = Schemas["BatchSequence"];
export type Finding = Schemas["Finding"];
export type Validated = Schemas["Validated"];
export type Uploaded = Schemas["Uploaded"];

export function said(words: Words | null | undefined, language: Language): string {
  return words?.[language] ?? "";
}

/** So much of a content hash tells versions apart for people. */
export function short(hash: string): string {
  return hash.slice(0, 12);
}

export function addressOf(name: string): string {
  return `/sequences/${encodeURIComponent(name)}`;
}
