import { Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { PartyInbox } from '../domain/party-inbox.js';
import { maxWaitSeconds } from '../domain/prefer-header.js';
import { queryNumber } from '../domain/query-number.js';
import { Party } from './gateway-request.js';

@Controller('v1/inbox')
export class InboxController {
  constructor(private readonly inbox: PartyInbox) {}

  @Get()
  async take(
    @Party() party: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const wait = required(
      queryNumber(query['wait'], { name: 'wait', least: 0, most: maxWaitSeconds, otherwise: 0 }),
    );
    const max = required(
      queryNumber(query['max'], { name: 'max', least: 1, most: 50, otherwise: 10 }),
    );
    const isAbandoned = (): boolean => reply.raw.destroyed;
    return { messages: await this.inbox.take(party, { max, waitMs: wait * 1_000, isAbandoned }) };
  }

  @Post(':id/ack')
  @HttpCode(204)
  async acknowledge(@Party() party: string, @Param('id') id: string): Promise<void> {
    if ((await this.inbox.acknowledge(party, id)) === 'not-in-hand')
      throw new MeshError(
        'not-in-hand',
        'this message was not taken here, or too long ago; fetch the inbox again, then ack',
      );
  }
}

function required(value: ReturnType<typeof queryNumber>): number {
  if (typeof value === 'number') return value;
  throw new MeshError(
    value.code,
    value.detail,
    value.field === undefined ? {} : { field: value.field },
  );
}
