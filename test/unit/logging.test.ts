import { describe, expect, it } from '@jest/globals';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { NestLogger } from '#libs/logging/nest-logger.js';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  });
  return {
    logger,
    text: () => lines.join(''),
    last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>,
  };
}

const rowInDetail = () =>
  Object.assign(new Error('duplicate key QQ123456C'), {
    code: '23505',
    detail: 'Key (nino)=(QQ123456C) exists',
  });

describe('the log', () => {
  it('says a line in JSON with level, time and service', () => {
    const { logger, last } = capture();
    logger.info({ event: 'ready', port: 4711 }, 'ready');
    expect(last()).toMatchObject({
      level: 'info',
      service: 'test',
      event: 'ready',
      port: 4711,
      msg: 'ready',
    });
    expect(last()['time']).toMatch(/^\d{4}-.*Z$/);
  });

  it('says where in our code, but for a wrong setting, which is nothing of the code', () => {
    const { logger, last } = capture();
    logger.error(new MeshError('internal', 'went wrong'));
    expect(last()).toMatchObject({ err: { at: expect.any(Array) } });
    logger.fatal(new MeshError('config-invalid', 'set these variables right: HTTP_PORT (wrong)'));
    expect(last()).toMatchObject({ err: { message: expect.stringContaining('HTTP_PORT') } });
    expect(last()['err']).not.toHaveProperty('at');
  });

  it('never prints what a foreign error says, wherever it stands', () => {
    const { logger, text, last } = capture();
    logger.error(rowInDetail());
    logger.error(rowInDetail(), 'could not save');
    logger.error({ err: rowInDetail() }, 'could not save');
    logger.error({
      err: new MeshError('internal', 'the database refused the call (23505)', {
        cause: rowInDetail(),
      }),
    });
    expect(text()).not.toContain('QQ123456C');
    expect(last()).toMatchObject({
      err: {
        name: 'MeshError',
        code: 'internal',
        message: 'the database refused the call (23505)',
        cause: { name: 'Error', code: '23505' },
      },
    });
  });

  it('redacts forms, tokens and addresses that were logged by mistake', () => {
    const { logger, text } = capture();
    const form = { data: { nino: 'QQ123456C' }, email: 'QQ123456C', token: 'QQ123456C' };
    logger.info(
      { ...form, headers: { authorization: 'QQ123456C' }, outer: { inner: form } },
      'oops',
    );
    expect(text()).not.toContain('QQ123456C');
  });

  it('carries the lines of Nest with their context', () => {
    const { logger, last } = capture();
    const nest = new NestLogger(logger);
    nest.log('Nest application successfully started', 'NestApplication');
    expect(last()).toMatchObject({ level: 'debug', context: 'NestApplication' });
    nest.error('cannot resolve dependencies', 'Error: …\n    at x', 'ExceptionHandler');
    expect(last()).toMatchObject({
      level: 'error',
      msg: 'cannot resolve dependencies',
      context: 'ExceptionHandler',
    });
    nest.error(rowInDetail());
    expect(last()).toMatchObject({ level: 'error', msg: 'failed', err: { code: '23505' } });
  });
});
