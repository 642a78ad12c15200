import { Controller, Get, Param } from '@nestjs/common';
import { caseReply, consentsReply, worklistReply, type CaseView } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { uuidVersion } from '#libs/contracts/message-id.js';
import { PartyRoad } from '../domain/party-road.js';
import { tellTimeline } from '../domain/tell-timeline.js';
import { Party } from './gateway-request.js';
import { readAnswer } from './read-answer.js';

/** What the mesh holds of a party's own: open steps, cases, consents. The guard answers, and only for what is bound to the asker. */
@Controller('v1')
export class CasesController {
  constructor(private readonly road: PartyRoad) {}

  @Get('worklist')
  async worklist(@Party() party: string): Promise<object> {
    return readAnswer(await this.road.ask(party, 'worklist', {}), worklistReply);
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
}

function caseId(text: string): string {
  if (uuidVersion(text) === undefined) throw new MeshError('not-found', 'no case of yours has this id');
  return text;
}
