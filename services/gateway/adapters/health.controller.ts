import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { PartyLinks } from './party-links.js';

/** For the platform, not for agencies: put no public address before /health and /metrics. */
@Controller()
export class HealthController {
  constructor(
    private readonly links: PartyLinks,
    private readonly registry: Registry,
  ) {}

  @Get('health/live')
  live(): object {
    return { status: 'live' };
  }

  /** Ready while every party of this gateway is connected to the broker. */
  @Get('health/ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply): object {
    const failing = this.links.down().map((party) => `broker:${party}`);
    if (failing.length === 0) return { status: 'ready' };
    void reply.code(503);
    return { status: 'not-ready', failing };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
