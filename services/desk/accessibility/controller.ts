import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { DeskRequest } from '../adapters/desk-request.js';
import { sendOpenPage } from '../adapters/page-renderer.js';

@Controller('accessibility')
export class AccessibilityController {
  @Get()
  show(@Req() request: DeskRequest, @Res() reply: FastifyReply): void {
    const model = { title: 'Accessibility' };
    sendOpenPage(request, reply, { view: 'accessibility/view.njk', model, status: 200 });
  }
}
