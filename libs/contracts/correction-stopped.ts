/** To the sender of a correction that may not pass: in the same words whatever the consent lacks, so that the edge may tell it. */
export const correctionStopped =
  'no consent covers the correction any more; who got the outcome that was wrong has been told to stop using it';
