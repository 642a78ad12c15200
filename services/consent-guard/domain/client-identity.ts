/**
 * A client's identity as the guard keeps it: keyed hashes, never the values. NI number, date of birth and surname must agree
 * (joint working, "wrong person").
 */
export interface IdentityPrints {
  readonly nino: string | undefined;
  readonly dateOfBirth: string;
  readonly surname: string;
}

export interface Client {
  readonly id: string;
  /** Absent only for a client known by a case alone. */
  readonly prints: IdentityPrints;
}

/** Do the prints of a message agree with those bound? A record without an NI number is matched by the other two. */
export function agrees(bound: IdentityPrints, shown: IdentityPrints): boolean {
  if (bound.dateOfBirth !== shown.dateOfBirth || bound.surname !== shown.surname) return false;
  return bound.nino === undefined || shown.nino === undefined || bound.nino === shown.nino;
}
