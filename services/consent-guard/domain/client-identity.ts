/**
 * A client's identity as the guard keeps it: keyed hashes, never the values. NI number, date of birth and surname must agree
 * (joint working, "wrong person").
 */
export interface IdentityPrints {
  /** The version of the key they were made with; they agree only with others of the same. */
  readonly keyVersion?: number;
  readonly nino: string | undefined;
  readonly dateOfBirth: string;
  readonly surname: string;
}

export interface Client {
  readonly id: string;
  /** Absent only for a client known by a case alone. */
  readonly prints: IdentityPrints;
}

/** What a message shows, hashed under every version of the key in use; the one that is written with first. */
export type ShownPrints = readonly IdentityPrints[];

/** Does what is shown agree with what is bound, under the version that the bound one was made with? Without that version: no. */
export function agreesWithShown(bound: IdentityPrints, shown: ShownPrints): boolean {
  const same = shown.find((prints) => prints.keyVersion === bound.keyVersion);
  return same !== undefined && agrees(bound, same);
}

/** Do the prints of a message agree with those bound? A record without an NI number is matched by the other two. */
export function agrees(bound: IdentityPrints, shown: IdentityPrints): boolean {
  if (bound.dateOfBirth !== shown.dateOfBirth || bound.surname !== shown.surname) return false;
  return bound.nino === undefined || shown.nino === undefined || bound.nino === shown.nino;
}
