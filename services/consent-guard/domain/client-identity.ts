/**
 * A client's identity as the guard keeps it: keyed hashes, never the values. NI number, date of birth and surname must agree
 * (joint working, "wrong person").
 */
export interface IdentityPrints {
  /** The version of the key they were made with; they agree only with others of the same. */
  readonly keyVersion?: number | undefined;
  /** All three in one hash. Absent without an NI number, and of a client recorded before there was this hash, until they are shown again. */
  readonly identity: string | undefined;
  readonly nino: string | undefined;
  readonly dateOfBirth: string;
  readonly surname: string;
}

export interface Client {
  readonly id: string;
  /** Absent only for a client known by a case alone. */
  readonly prints: IdentityPrints;
  /** Another client had the same identity when this one's NI number was learnt: the two stay two, and the other is found by it. */
  readonly isSecond?: boolean;
}

/** What a message shows, hashed under every version of the key in use; the one that is written with first. */
export type ShownPrints = readonly IdentityPrints[];

/** Does what is shown agree with what is bound, under the version that the bound one was made with? Without that version: no. */
export function agreesWithShown(bound: IdentityPrints, shown: ShownPrints): boolean {
  const same = shown.find((prints) => prints.keyVersion === bound.keyVersion);
  return same !== undefined && agrees(bound, same);
}

/** Is it this very client who is shown: NI number, date of birth and surname, none of them missing? */
export const isShown = (bound: IdentityPrints, shown: ShownPrints): boolean =>
  bound.nino !== undefined &&
  shown.some(({ identity }) => identity !== undefined) &&
  agreesWithShown(bound, shown);

/** Do the prints of a message agree with those bound? A record without an NI number is matched by the other two. */
export function agrees(bound: IdentityPrints, shown: IdentityPrints): boolean {
  // One hash tells, where both have it; the others need not be made.
  if (bound.identity !== undefined && shown.identity !== undefined)
    return bound.identity === shown.identity;
  if (bound.dateOfBirth !== shown.dateOfBirth || bound.surname !== shown.surname) return false;
  return bound.nino === undefined || shown.nino === undefined || bound.nino === shown.nino;
}
