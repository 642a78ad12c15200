const common = ['--enable-source-maps'] as const;

/**
 * What Node is started with for a service. Of what the guard makes for a message much lives until its batch is delivered: in a young generation
 * of V8's default size (16 MB) it is copied again and again, which took a tenth of all its work.
 */
export const nodeArguments = (service: string): readonly string[] =>
  service === 'consent-guard' ? [...common, '--max-semi-space-size=32'] : common;
