/** On every answer. @param policy where its scripts and styles may come from */
export const securityHeaders = (policy: string): Record<string, string> => ({
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `${policy}; frame-ancestors 'none'`,
});
