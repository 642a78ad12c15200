import { fileURLToPath } from 'node:url';
import type { FastifyReply } from 'fastify';
import nunjucks from 'nunjucks';
import { sourceFolder } from '../source-folder.js';
import type { DeskRequest, Visit } from './desk-request.js';

const templates = new nunjucks.Environment(
  new nunjucks.FileSystemLoader(fileURLToPath(sourceFolder)),
  {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  },
);

/** What a presenter gives for its view. `title` stands in the window: it says nothing about a client. */
export interface PageModel {
  readonly title: string;
  readonly [name: string]: unknown;
}

/** A page as text. */
export const renderPage = (view: string, model: object): string => templates.render(view, model);

export function sendPage(
  { viewer, csrf, request, reply }: Visit,
  view: string,
  model: PageModel,
  status = 200,
): void {
  const shell = {
    ...model,
    nonce: request.nonce ?? '',
    csrf,
    signedIn: {
      name: viewer.person.name,
      office: viewer.office.name,
      kind: viewer.office.kind,
      leads: request.leads === true,
    },
  };
  send(reply, renderPage(view, shell), status);
}

/** A page for somebody who is not signed in. */
export function sendOpenPage(
  request: DeskRequest,
  reply: FastifyReply,
  page: { readonly view: string; readonly model: PageModel; readonly status: number },
): void {
  const shell = { ...page.model, nonce: request.nonce ?? '', csrf: '', signedIn: null };
  send(reply, renderPage(page.view, shell), page.status);
}

function send(reply: FastifyReply, html: string, status: number): void {
  void reply.code(status).type('text/html; charset=utf-8').send(html);
}
