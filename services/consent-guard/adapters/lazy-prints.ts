import { type KeyObject, createHmac } from 'node:crypto';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import type { IdentityPrints } from '../domain/client-identity.js';
import { foldSurname } from '../domain/fold-surname.js';

/**
 * The hashes of one identity under one version of the key, each made when it is first asked for: a message in a bound case that shows who is
 * bound needs one of them. The values themselves are private to it, and in nothing that it is written or printed as.
 */
export class LazyPrints implements IdentityPrints {
  readonly #key: KeyObject;
  readonly #shown: ClientIdentity;
  #identity: string | undefined;
  #nino: string | undefined;
  #dateOfBirth: string | undefined;
  #surname: string | undefined;

  constructor(
    readonly keyVersion: number,
    key: KeyObject,
    shown: ClientIdentity,
  ) {
    this.#key = key;
    this.#shown = shown;
  }

  get identity(): string | undefined {
    const { nino, dateOfBirth, surname } = this.#shown;
    if (nino !== undefined)
      this.#identity ??= mac(
        this.#key,
        'identity',
        `${nino}\n${dateOfBirth}\n${foldSurname(surname)}`,
      );
    return this.#identity;
  }

  get nino(): string | undefined {
    const { nino } = this.#shown;
    if (nino !== undefined) this.#nino ??= mac(this.#key, 'nino', nino);
    return this.#nino;
  }

  get dateOfBirth(): string {
    return (this.#dateOfBirth ??= mac(this.#key, 'date-of-birth', this.#shown.dateOfBirth));
  }

  get surname(): string {
    return (this.#surname ??= mac(this.#key, 'surname', foldSurname(this.#shown.surname)));
  }
}

/** HMAC-SHA-256 of a value for one use, in base64url. */
export const mac = (key: KeyObject, what: string, value: string): string =>
  createHmac('sha256', key).update(`${what}\n${value}`).digest('base64url');
