import { Controller, Get, Query } from '@nestjs/common';
import { askParties, partiesReply } from '#libs/contracts/ask-around.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { PartyRoad } from '../domain/party-road.js';
import { Party } from './gateway-request.js';
import { readAnswer } from './read-answer.js';

/** Whom a party may write to. */
@Controller('v1/parties')
export class PartiesController {
  constructor(private readonly road: PartyRoad) {}

  @Get()
  async parties(@Party() party: string, @Query() query: unknown): Promise<object> {
    const asked = askParties.safeParse(query ?? {});
    if (!asked.success) {
      const field = String(asked.error.issues[0]?.path[0] ?? 'query');
      const known = ['district', 'role', 'kind'].includes(field) ? field : 'query';
      throw new MeshError(
        'malformed-request',
        `${known} must be one of district, role, kind, as the documentation lists them`,
        { field: known },
      );
    }
    return readAnswer(await this.road.ask(party, 'parties', asked.data), partiesReply);
  }
}
