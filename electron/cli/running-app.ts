import { connectToHost, type HostConnection } from '../host/connect-host.ts'
import { exitCodes } from './exit-codes.ts'
import type { TextStream } from './output/text-stream.ts'

/**
 * Runs work with the app that uses the data folder `home`, or reports why it can't be reached. Returns the exit code.
 * @param withoutApp runs instead if there is none
 */
export async function withRunningApp(
  home: string,
  err: TextStream,
  work: (app: HostConnection) => Promise<number>,
  withoutApp: () => number | Promise<number> = () => reportAbsent(err),
): Promise<number> {
  const search = await connectToHost(home)
  if (search.found === 'host')
    try {
      return await work(search.connection)
    } finally {
      search.connection.close()
    }
  if (search.found === 'nothing') return withoutApp()
  if (search.found === 'silent')
    err.line(`Modelferry (process ${search.pid}) doesn’t answer. Quit it and start it again.`)
  else
    err.line(
      `Modelferry ${search.version} is running, which this version of the command line can’t steer. ` +
        'Quit it and start the same version.',
    )
  return exitCodes.someFailed
}

function reportAbsent(err: TextStream): number {
  err.line('Modelferry isn’t running. Start it, then run the command again.')
  return exitCodes.someFailed
}
