import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { DeskRequest } from './desk-request.js';
import { renderPage, sendOpenPage } from './page-renderer.js';

/** The same bytes for a case of others, for one that does not exist, and for an address that leads nowhere. */
const notFound = renderPage('layout/not-found.njk', {});

interface Trouble {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

const away: Trouble = {
  status: 503,
  title: 'This cannot be shown at present',
  remedy: 'A part of the mesh does not answer. Load the page again in a minute. Nothing is lost.',
};
const notSignedIn: Trouble = {
  status: 401,
  title: 'You are not signed in',
  remedy:
    'The sign-in did not succeed, or you do not work at this agency. Go to Today to try again.',
};
const notOurForm: Trouble = {
  status: 403,
  title: 'The form was not taken',
  remedy:
    'It did not come from a page of yours that is still open. Open the page again and send it.',
};
const wrongForm: Trouble = {
  status: 422,
  title: 'The form was not taken',
  remedy:
    'It was not whole, or it was sent before from another page. Open the case and see what stands.',
};
const ours: Trouble = {
  status: 500,
  title: 'Something went wrong here',
  remedy: 'It is in the log. Go back and try again; what you sent before is not sent twice.',
};

/** Every error as a page with a remedy. What went wrong in detail is for the log. */
@Catch()
export class PageFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<DeskRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (isNotFound(error)) {
      void reply.code(404).type('text/html; charset=utf-8').send(notFound);
      return;
    }
    const trouble = troubleOf(error);
    if (trouble.status >= 500) this.logger.error({ err: error }, 'a page could not be served');
    const { title, remedy, status } = trouble;
    sendOpenPage(request, reply, { view: 'layout/trouble.njk', model: { title, remedy }, status });
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof MeshError
    ? error.code === 'not-found' || error.code === 'case-not-yours'
    : error instanceof HttpException && [404, 405].includes(error.getStatus());

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof MeshError)) {
    const status = (error as { readonly statusCode?: number }).statusCode ?? 500;
    return status >= 400 && status < 500 ? { ...wrongForm, status } : ours;
  }
  switch (error.code) {
    case 'unauthenticated':
      return notSignedIn;
    case 'person-not-entitled':
      return notOurForm;
    case 'malformed-message':
    case 'id-reused':
      return wrongForm;
    case 'broker-unavailable':
    case 'store-unavailable':
    case 'answer-timeout':
      return away;
    default:
      return ours;
  }
}
