import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { Pool } from 'pg';

/** For the platform: put no public address before /health and /metrics. */
@Controller()
export class HealthController {
  constructor(
    private readonly pool: Pool,
    private readonly registry: Registry,
  ) {}

  @Get('health/live')
  live(): object {
    return { status: 'live' };
  }

  /** Ready while the database answers. Without the mesh the desk still shows what it keeps. */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    try {
      await this.pool.query('select 1');
      return { status: 'ready' };
    } catch {
      void reply.code(503);
      return { status: 'not-ready', failing: ['database'] };
    }
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
