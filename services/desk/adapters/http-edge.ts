import { randomBytes, timingSafeEqual } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { officesLed, viewerOf } from '../domain/agency.js';
import { safeNext } from '../domain/safe-next.js';
import { type DeskRequest, fieldsOf, textIn } from './desk-request.js';
import type { SignInDesk } from './sign-in.desk.js';
import type { Session } from './session.store.js';

/** The largest form, in bytes of its body. */
const maxBodyBytes = 64 * 1024;
const requestTimeoutMs = 15_000;

/** Addresses that need nobody signed in. */
const isOpen = (route: string): boolean =>
  route.startsWith('/sign-in') ||
  route.startsWith('/assets/') ||
  route.startsWith('/health/') ||
  ['/metrics', '/signed-out', '/accessibility'].includes(route);

export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: false,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
  });
}

export interface EdgeParts {
  readonly desk: SignInDesk;
  readonly origin: string;
  /** Of the sign-in provider: a form whose session has ended is led there. */
  readonly signInOrigin: string;
  readonly logger: Logger;
}

/**
 * What every request passes, in this order: headers · who is it · may they still work here · was the form ours (POST) · the route · one
 * line in the log. As hooks, so that no page can forget one.
 */
export function addEdgeHooks(adapter: FastifyAdapter, parts: EdgeParts): void {
  const http = adapter.getInstance<FastifyInstance>();
  http.addHook('onRequest', async (request: DeskRequest, reply) => {
    request.nonce = randomBytes(16).toString('base64url');
    void reply.headers(headersFor(request, parts.signInOrigin));
  });
  // Once the body is there: the text of a session that ended is kept for its author.
  http.addHook('preHandler', async (request: DeskRequest, reply) => {
    const route = request.routeOptions.url;
    if (route !== undefined && isOpen(route)) return undefined;
    const found = await parts.desk.find(request.headers.cookie);
    if (found === undefined || found.isExpired) return askToSignIn(request, reply, found);
    await enter(request, found);
    return undefined;
  });
  http.addHook('onResponse', async (request: DeskRequest, reply) => {
    parts.logger.info(
      {
        event: 'request',
        method: request.method,
        // The route's pattern, never the address: it holds ids of cases.
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        person: request.viewer?.person.id,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });

  async function enter(request: DeskRequest, session: Session): Promise<void> {
    if (!(await parts.desk.isStillHere(session)))
      throw new MeshError('unauthenticated', 'the person is not known here any more');
    const viewer = viewerOf(parts.desk.agency(), session.person);
    if (viewer === undefined)
      throw new MeshError('unauthenticated', 'the person does not work here any more');
    if (request.method !== 'GET' && !isOwnForm(request, session.csrf, parts.origin))
      throw new MeshError('person-not-entitled', 'the form did not come from this desk');
    request.session = session;
    request.viewer = viewer;
    request.leads = officesLed(parts.desk.agency(), viewer).length > 0;
  }

  async function askToSignIn(
    request: DeskRequest,
    reply: FastifyReply,
    expired: Session | undefined,
  ): Promise<unknown> {
    const kept =
      request.method === 'POST' &&
      expired !== undefined &&
      isOwnForm(request, expired.csrf, parts.origin)
        ? await parts.desk.keepText(expired.person, fieldsOf(request))
        : undefined;
    const path = request.method === 'GET' || kept !== undefined ? request.url : '/';
    const next = safeNext(kept === undefined ? path : `${path.split('?')[0]}?kept=${kept}`);
    return reply.redirect(`/sign-in?next=${encodeURIComponent(next)}`, 303);
  }
}

/** A form is taken only with the token of the session it was shown in, and from no other site. */
function isOwnForm(request: FastifyRequest, csrf: string, origin: string): boolean {
  const given = Buffer.from(textIn(fieldsOf(request), 'csrf'));
  const wanted = Buffer.from(csrf);
  const isOurs = given.length === wanted.length && timingSafeEqual(given, wanted);
  return isOurs && (request.headers.origin === undefined || request.headers.origin === origin);
}

function headersFor(request: DeskRequest, signInOrigin: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${request.nonce ?? ''}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action 'self' ${signInOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    // None to others. With `no-referrer` browsers would send `Origin: null` with our own forms too.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}
