import { runOperator } from './run-operator.js';

process.exitCode = await runOperator(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
});
