import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Agency, type Viewer, viewerOf } from '../domain/agency.js';
import type { AgencyFile } from './agency.file.js';
import type { DraftStore, Fields } from './draft.store.js';
import type { GatewayClient } from './gateway.client.js';
import type { Session, SessionStore } from './session.store.js';
import type { SignInProvider } from './sign-in.provider.js';

export interface SignInParts {
  readonly agencyFile: AgencyFile;
  readonly gateway: GatewayClient;
  readonly provider: SignInProvider;
  readonly sessions: SessionStore;
  readonly drafts: DraftStore;
  readonly logger: Logger;
  readonly cookieName: string;
  readonly isSecure: boolean;
}

export const expiredKind = 'expired';

/** Who comes in, and who has to go. A person is known to three: the agency's provider, its own list, and the directory of the mesh. */
export class SignInDesk {
  constructor(private readonly parts: SignInParts) {}

  agency(): Agency {
    return this.parts.agencyFile.current();
  }

  async begin(next: string): Promise<{ readonly url: string; readonly cookie: string }> {
    const { url, asked } = await this.parts.provider.ask(next);
    return { url, cookie: this.#cookie(await this.parts.sessions.begin(asked)) };
  }

  /** @throws MeshError `unauthenticated` */
  async finish(
    cookies: string | undefined,
    query: string,
  ): Promise<{ readonly next: string; readonly cookie: string }> {
    const { sessions, provider, logger } = this.parts;
    const value = this.#valueIn(cookies);
    const asked = value === undefined ? undefined : await sessions.takeAsked(value);
    if (asked === undefined)
      throw new MeshError('unauthenticated', 'this sign-in was not begun here, or too long ago');
    const { person, accessToken } = await provider.answered(query, asked);
    const viewer = viewerOf(this.agency(), person);
    if (viewer === undefined || !(await this.#isInDirectory(viewer)))
      throw new MeshError('unauthenticated', 'the person does not work at this agency');
    logger.info({ event: 'signed-in', person, office: viewer.office.id }, 'signed in');
    const cookie = await sessions.signedIn(person, viewer.office.id, accessToken);
    return { next: asked.next, cookie: this.#cookie(cookie) };
  }

  async find(cookies: string | undefined): Promise<Session | undefined> {
    const value = this.#valueIn(cookies);
    return value === undefined ? undefined : this.parts.sessions.find(value);
  }

  /** Ends the person's sessions where the provider or the directory does not know the person any more. Asked again at most a minute later. */
  async isStillHere(session: Session): Promise<boolean> {
    const { provider, sessions } = this.parts;
    const viewer = viewerOf(this.agency(), session.person);
    const isHere =
      viewer !== undefined &&
      viewer.office.id === session.office &&
      (!session.isCheckDue ||
        ((await provider.isThere(session.person, session.accessToken)) &&
          (await this.#isInDirectory(viewer))));
    if (isHere) await sessions.seen(session, session.isCheckDue);
    else await sessions.endAll(session.person);
    return isHere;
  }

  /** What was written when the session had ended comes back after the sign-in, to the same person. @returns its address */
  keepText(person: string, fields: Fields): Promise<string> {
    const { csrf: _csrf, ...text } = fields;
    return this.parts.drafts.write(person, expiredKind, text);
  }

  async end(session: Session): Promise<string> {
    await this.parts.sessions.end(session);
    return this.#cookie('', 0);
  }

  async #isInDirectory({ person, office }: Viewer): Promise<boolean> {
    try {
      const { hasLeft } = await this.parts.gateway.worklist(office.id, person.id);
      return hasLeft !== true;
    } catch (error) {
      if (error instanceof MeshError && error.code === 'not-found') return false;
      throw error;
    }
  }

  #cookie(value: string, maxAgeSeconds?: number): string {
    const { cookieName, isSecure } = this.parts;
    const parts = [`${cookieName}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
    if (isSecure) parts.push('Secure');
    if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${maxAgeSeconds}`);
    return parts.join('; ');
  }

  #valueIn(cookies: string | undefined): string | undefined {
    const start = `${this.parts.cookieName}=`;
    const found = (cookies ?? '').split('; ').find((each) => each.startsWith(start));
    const value = found?.slice(start.length);
    return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
  }
}
