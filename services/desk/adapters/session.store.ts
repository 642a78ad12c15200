import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import type { Sealer } from './sealer.js';

/** What a sign-in that is under way is held against, and where it leads. */
export interface SignInAsked {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly next: string;
}

export interface Session {
  /** SHA-256 of the cookie's value. */
  readonly id: Buffer;
  readonly person: string;
  readonly office: string;
  readonly csrf: string;
  readonly isExpired: boolean;
  /** Whether the person still works here is to be asked again. */
  readonly isCheckDue: boolean;
  readonly accessToken: string;
}

interface Row {
  readonly person: string;
  readonly office: string;
  readonly csrf: string;
  readonly is_expired: boolean;
  readonly is_check_due: boolean;
  readonly access_token: Buffer;
}

export interface SessionTimes {
  readonly idleMinutes: number;
  readonly hours: number;
  readonly checkSeconds: number;
}

const idBytes = 32;
const hashOf = (cookie: string): Buffer => createHash('sha256').update(cookie).digest();
const random = (): string => randomBytes(idBytes).toString('base64url');
/** A sign-in is to be done within this. */
const signInMinutes = 15;
/** What is expired is kept so long, so that a text that was being written is given back to its author. */
const forgetHours = 24;

/**
 * Sessions are rows, so that one can be ended at once. The cookie is 256 random bits and nothing else. Times are the database's own: real
 * ones, however the mesh's clock is moved.
 */
export class SessionStore {
  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
    private readonly times: SessionTimes,
  ) {}

  /** @returns the value of the cookie */
  async begin(asked: SignInAsked): Promise<string> {
    const cookie = random();
    const id = hashOf(cookie);
    await this.#run('insert into session (id, asked, csrf) values ($1, $2, $3)', [
      id,
      this.sealer.seal(asked, `asked/${id.toString('hex')}`),
      random(),
    ]);
    return cookie;
  }

  /** Once: a sign-in is answered by one answer of the provider. */
  async takeAsked(cookie: string): Promise<SignInAsked | undefined> {
    const id = hashOf(cookie);
    const rows = await this.#run<{ asked: Buffer }>(
      `delete from session where id = $1 and asked is not null
       and started_at > now() - make_interval(mins => ${signInMinutes}) returning asked`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return this.sealer.open(row.asked, `asked/${id.toString('hex')}`) as SignInAsked;
  }

  /** A new id at each sign-in: one that somebody planted is worth nothing. @returns the value of the cookie */
  async signedIn(person: string, office: string, accessToken: string): Promise<string> {
    const cookie = random();
    const id = hashOf(cookie);
    const token = this.sealer.seal(accessToken, `token/${id.toString('hex')}`);
    await this.#run(
      'insert into session (id, person, office, csrf, access_token) values ($1, $2, $3, $4, $5)',
      [id, person, office, random(), token],
    );
    return cookie;
  }

  /** The session behind a cookie, expired or not; undefined for one that was ended or never was. */
  async find(cookie: string): Promise<Session | undefined> {
    const id = hashOf(cookie);
    const { idleMinutes, hours, checkSeconds } = this.times;
    const [row] = await this.#run<Row>(
      `select person, office, csrf, access_token,
        seen_at < now() - make_interval(secs => $2 * 60) or started_at < now() - make_interval(secs => $3 * 3600) as is_expired,
        checked_at < now() - make_interval(secs => $4) as is_check_due
       from session where id = $1 and person is not null`,
      [id, idleMinutes, hours, checkSeconds],
    );
    if (row === undefined) return undefined;
    return {
      id,
      person: row.person,
      office: row.office,
      csrf: row.csrf,
      isExpired: row.is_expired,
      isCheckDue: row.is_check_due,
      accessToken: this.sealer.open(row.access_token, `token/${id.toString('hex')}`) as string,
    };
  }

  /** @param wasChecked whether the person was asked for again just now */
  async seen({ id }: Session, wasChecked: boolean): Promise<void> {
    const checked = wasChecked ? ', checked_at = now()' : '';
    await this.#run(`update session set seen_at = now()${checked} where id = $1`, [id]);
  }

  async end({ id }: Session): Promise<void> {
    await this.#run('delete from session where id = $1', [id]);
  }

  /** Every session of somebody who left, on whichever machine. */
  async endAll(person: string): Promise<void> {
    await this.#run('delete from session where person = $1', [person]);
  }

  async forgetOld(): Promise<void> {
    await this.#run(
      `delete from session where seen_at < now() - make_interval(hours => ${forgetHours})`,
      [],
    );
  }

  async #run<R extends object>(sql: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      return (await this.pool.query<R & Record<string, unknown>>(sql, [...values])).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }
}
