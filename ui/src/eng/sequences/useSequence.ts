// The sequence and the version that an address names.
import type { UseQueryResult } from "@tanstack/react-query";
import { useParams } from "wouter";
import type { StationError } from "../../client/rest";
import { pathOf, useAnswer } from "../parts/queries";
import { addressOf, type SequenceDetail } from "./types";

/** The name in the screen's address. */
export function useName(): string {
  return decodeURIComponent(useParams<{ name: string }>().name);
}

/** Everything about a version; without a hash: of the one that is used, or the newest. Null asks nothing. */
export function useVersion(name: string | null, hash: string): UseQueryResult<SequenceDetail, StationError> {
  return useAnswer<SequenceDetail>(name === null ? null : pathOf(`/api${addressOf(name)}`, { version: hash }));
}
