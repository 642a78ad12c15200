/**
 * What the mesh's clock shows at the start of a test that states nothing else: half past nine on a Monday in winter time, far from bank
 * holidays and from the nights in which the clocks change. No test knows today's date.
 */
export const usualStart = new Date('2026-03-02T09:30:00Z');
