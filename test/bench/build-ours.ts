import { buildPrograms } from '../support/build-programs.ts'

/** Builds the programs of the bench that run the uploader. Answers the folder that holds them. */
export const buildOurs = (folder: string) =>
  buildPrograms(folder, {
    ours: 'test/bench/ours.ts',
    restart: 'test/bench/restart.ts',
    'command-line-run': 'test/bench/command-line-run.ts',
  })
