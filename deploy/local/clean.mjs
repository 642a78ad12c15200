// Deletes dist before a build: a compiled test whose source is gone would still run.
import { rmSync } from 'node:fs';

rmSync(new URL('../../dist', import.meta.url), { recursive: true, force: true });
