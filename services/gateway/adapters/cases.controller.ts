import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { z } from 'zod';
import {
  askTry,
  askTryMessage,
  consentsReply,
  dpa1Reply,
  tryMessageReply,
  tryReply,
  worklistReply,
} from '#libs/contracts/ask.js';
import { caseReply, type CaseView } from '#libs/contracts/ask-case.js';
import { partiesReply, referenceReply } from '#libs/contracts/ask-around.js';
import { casesReply } from '#libs/contracts/ask-router.js';
import { type ClientView, clientViewReply } from '#libs/contracts/client-view.js';
import { personId } from '#libs/contracts/form-fields.js';
import { fieldsAt } from '#libs/contracts/issue-words.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { readJson } from '#libs/contracts/read-json.js';
import { PartyRoad } from '../domain/party-road.js';
import { queryNumber } from '../domain/query-number.js';
import { tellTimeline } from '../domain/tell-timeline.js';
import { type GatewayRequest, Party } from './gateway-request.js';
import { JsonText } from './json-text.js';
import { readAnswer } from './read-answer.js';

/** What the mesh holds of a party's own: open steps, cases, consents. The guard answers, and only for what is bound to the asker. */
@Controller('v1')
export class CasesController {
  constructor(private readonly road: PartyRoad) {}

  /** Of the whole party, or of one of its people. */
  @Get('worklist')
  async worklist(@Party() party: string, @Query('person') query: unknown): Promise<object> {
    const person = personOf(query);
    const asked = person === undefined ? {} : { person };
    return readAnswer(await this.road.ask(party, 'worklist', asked), worklistReply);
  }

  /** A page of one's own cases, newest first, each with where it stands. */
  @Get('cases')
  async cases(
    @Party() party: string,
    @Query('person') person: unknown,
    @Query('before') before: unknown,
  ): Promise<object> {
    const who = personOf(person);
    const asked = {
      ...(who === undefined ? {} : { person: who }),
      ...(before === undefined ? {} : { before: caseId(typeof before === 'string' ? before : '') }),
    };
    return readAnswer(await this.road.ask(party, 'cases', asked), casesReply);
  }

  /** The case behind a short reference, as somebody says it on the telephone. */
  @Get('references/:reference')
  async reference(@Party() party: string, @Param('reference') reference: string): Promise<object> {
    const asked = { reference: reference.slice(0, 20) };
    return readAnswer(await this.road.ask(party, 'resolve-reference', asked), referenceReply);
  }

  @Get('cases/:case')
  async case(@Party() party: string, @Param('case') id: string): Promise<CaseView> {
    const view = readAnswer(await this.road.ask(party, 'case', { case: caseId(id) }), caseReply);
    return { ...view, messages: view.messages.map(tellTimeline) };
  }

  @Get('cases/:case/consents')
  async consents(@Party() party: string, @Param('case') id: string): Promise<object> {
    return readAnswer(await this.road.ask(party, 'consents', { case: caseId(id) }), consentsReply);
  }

  @Get('cases/:case/dpa1')
  async dpa1(@Party() party: string, @Param('case') id: string): Promise<object> {
    return readAnswer(await this.road.ask(party, 'dpa1', { case: caseId(id) }), dpa1Reply);
  }

  @Get('cases/:case/next-providers')
  async nextProviders(@Party() party: string, @Param('case') id: string): Promise<object> {
    const asked = await this.road.ask(party, 'next-providers', { case: caseId(id) });
    return readAnswer(asked, partiesReply);
  }

  @Get('cases/:case/client-view')
  async clientView(
    @Party() party: string,
    @Param('case') id: string,
    @Query('page') query: unknown,
  ): Promise<ClientView> {
    const page = queryNumber(query, { name: 'page', least: 0, most: 10_000, otherwise: 0 });
    if (typeof page !== 'number') throw new MeshError(page.code, page.detail, { field: 'page' });
    return readAnswer(
      await this.road.ask(party, 'client-view', { case: caseId(id), page }),
      clientViewReply,
    );
  }

  /** What the guard would decide of a message today. Nothing is delivered and no case is bound; that it was asked is recorded. */
  @Post('messages/try')
  @HttpCode(200)
  async tryMessage(@Party() party: string, @Req() request: GatewayRequest): Promise<object> {
    const asked = jsonObject(request.body, askTryMessage);
    return readAnswer(await this.road.ask(party, 'try-message', asked), tryMessageReply);
  }

  /** Nothing is recorded: a question, though it is asked with a body. */
  @Post('consents/try')
  @HttpCode(200)
  async try(@Party() party: string, @Req() request: GatewayRequest): Promise<object> {
    const asked = jsonObject(request.body, askTry);
    return readAnswer(await this.road.ask(party, 'try', asked), tryReply);
  }
}

/** @throws MeshError `malformed-request` */
function personOf(query: unknown): string | undefined {
  if (query === undefined) return undefined;
  const read = personId.safeParse(query);
  if (read.success) return read.data;
  throw new MeshError('malformed-request', 'person must be a person id of the directory', {
    field: 'person',
  });
}

/** @throws MeshError `unsupported-media-type` · `malformed-json` */
function jsonObject(body: unknown, form: z.ZodType): Readonly<Record<string, unknown>> {
  if (!(body instanceof JsonText))
    throw new MeshError('unsupported-media-type', 'send one JSON object as application/json');
  const read = readJson(body.text, (path) => fieldsAt(form, path));
  if (!read.ok) {
    const { code, detail, field } = read.problem;
    throw new MeshError(code, detail, field === undefined ? {} : { field });
  }
  const { json } = read;
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw new MeshError('malformed-json', 'the body is not one JSON object');
}

function caseId(text: string): string {
  if (uuidVersion(text) === undefined)
    throw new MeshError('not-found', 'no case of yours has this id');
  return text;
}
