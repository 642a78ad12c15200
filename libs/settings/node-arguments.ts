const common = ['--enable-source-maps'] as const;

/**
 * What Node is started with for a service. Of what the guard makes for a message much lives until its batch is delivered. In a young generation
 * of V8's default size (16 MB) it is copied again and again; and four helpers that copy it at once, on one processor or two, cost more than
 * they save. Each was a tenth of all its work.
 */
export const nodeArguments = (service: string): readonly string[] =>
  service === 'consent-guard'
    ? [...common, '--max-semi-space-size=32', '--no-parallel-scavenge']
    : common;
