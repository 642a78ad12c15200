import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '#libs/clock/clock.js';
import { proofReply, timelineReply, type Timeline } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { PartyRoad } from '../domain/party-road.js';
import { queryNumber } from '../domain/query-number.js';
import { preferredWaitSeconds } from '../domain/prefer-header.js';
import { problemDocument } from '../domain/problem-document.js';
import { type SendAnswer, SendMessage } from '../domain/send-message.js';
import { refusalProblem, tellTimeline } from '../domain/tell-timeline.js';
import { type GatewayRequest, Party } from './gateway-request.js';
import { readAnswer } from './read-answer.js';
import { sendProblem } from './send-problem.js';

@Controller('v1/messages')
export class MessagesController {
  constructor(
    private readonly sendMessage: SendMessage,
    private readonly road: PartyRoad,
    private readonly clock: Clock,
  ) {}

  @Post()
  async send(
    @Party() party: string,
    @Req() request: GatewayRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (typeof request.body !== 'string')
      throw new MeshError(
        'unsupported-media-type',
        'send one CloudEvent as application/cloudevents+json',
      );
    const prefer = request.headers['prefer'];
    const waitSeconds = preferredWaitSeconds(Array.isArray(prefer) ? prefer.join(',') : prefer);
    const waitMs = waitSeconds === undefined ? undefined : waitSeconds * 1_000;
    const answer = await this.sendMessage.send({
      party,
      text: request.body,
      nowMs: this.clock.now().getTime(),
      waitMs,
    });
    if (waitSeconds !== undefined && answer.kind === 'decided')
      void reply.header('preference-applied', `wait=${waitSeconds}`);
    tell(answer, request, reply);
  }

  /** The decision about a message of one's own as a leaf of the signed tree, and the way to its root. */
  @Get(':id/proof')
  async proof(
    @Party() party: string,
    @Param('id') id: string,
    @Query('ordinal') query: unknown,
  ): Promise<object> {
    const ordinal = queryNumber(query, { name: 'ordinal', least: 0, most: 9, otherwise: 0 });
    if (typeof ordinal !== 'number')
      throw new MeshError(ordinal.code, ordinal.detail, { field: 'ordinal' });
    if (uuidVersion(id) === undefined)
      throw new MeshError('not-found', 'no message of yours has this id');
    return readAnswer(await this.road.ask(party, 'proof', { id, ordinal }), proofReply);
  }

  @Get(':id')
  @HttpCode(200)
  async timeline(@Party() party: string, @Param('id') id: string): Promise<Timeline> {
    if (uuidVersion(id) === undefined)
      throw new MeshError('not-found', 'no message of yours has this id');
    return tellTimeline(readAnswer(await this.road.ask(party, 'timeline', { id }), timelineReply));
  }
}

function tell(answer: SendAnswer, request: GatewayRequest, reply: FastifyReply): void {
  if (answer.kind === 'wrong') {
    request.problemCode = answer.problems[0].code;
    return sendProblem(reply, problemDocument(...answer.problems));
  }
  void reply.header('location', `/v1/messages/${answer.id}`);
  if (answer.kind === 'accepted')
    return void reply.code(202).send({ id: answer.id, state: 'accepted' });
  const refusal = refusalProblem(answer.timeline);
  if (refusal === undefined) return void reply.code(200).send(answer.timeline);
  sendProblem(reply, refusal);
}
