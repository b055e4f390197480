import { buildPrograms } from '../support/runner/build-programs.ts'

/** Builds the bench programs that run the engine and returns their folder. */
export const buildOurs = (folder: string) =>
  buildPrograms(folder, {
    ours: 'test/bench/ours.ts',
    floor: 'test/bench/floor.ts',
    restart: 'test/bench/restart.ts',
    drop: 'test/bench/drop.ts',
    'command-line-run': 'test/bench/command-line-run.ts',
  })
