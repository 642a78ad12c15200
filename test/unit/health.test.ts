import { describe, expect, it } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { startHealthServer } from '#libs/health/health-server.js';

describe('the health server', () => {
  it('is ready only while every check holds, names those that do not, and serves metrics', async () => {
    const registry = new Registry();
    new Counter({ name: 'things_total', help: 'things', registers: [registry] }).inc(3);
    let database = true;
    const server = await startHealthServer({
      host: '127.0.0.1',
      port: 0,
      registry,
      checks: [
        { name: 'database', check: () => database },
        {
          name: 'broker',
          check: async () => (database ? true : Promise.reject(new Error('gone'))),
        },
        { name: 'timers', check: () => true },
      ],
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: response.status, text: await response.text() };
    };
    expect(await get('/health/ready')).toEqual({ status: 200, text: '{"status":"ready"}' });
    database = false;
    expect(await get('/health/ready')).toEqual({
      status: 503,
      text: '{"status":"not-ready","failing":["database","broker"]}',
    });
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/metrics')).text).toContain('things_total 3');
    expect((await get('/else')).status).toBe(404);
    await server.stop();
    await server.stop();
  });
});
