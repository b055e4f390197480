import { connectToHost, type Host, type HostConnection, type HostSearch } from '../host/connect-host.ts'
import { exitCodes } from './exit-codes.ts'
import type { TextStream } from './output/text-stream.ts'

/**
 * Runs work with the process that hosts the uploads of the data folder `home`, or reports why there is none. Returns the
 * exit code.
 * @param kind `app` if a command as host is not enough
 */
export async function withRunningHost(
  home: string,
  {
    kind,
    err,
    whenEnded = (host) => reportEnded(host, err),
  }: {
    readonly kind: 'app' | 'any'
    readonly err: TextStream
    /** Returns the exit code after the end of the host. */
    readonly whenEnded?: (host: Host) => number
  },
  work: (host: HostConnection) => Promise<number>,
): Promise<number> {
  const search = await connectToHost(home)
  if (search.found === 'other-version' || search.found === 'silent') return reportUnreachable(search, err)
  const host = search.found === 'host' ? search.connection : null
  try {
    if (host && (kind === 'any' || host.about.kind === kind)) {
      const code = await Promise.race([work(host), host.ended])
      return typeof code === 'number' ? code : whenEnded(host)
    }
  } finally {
    host?.close()
  }
  return reportAbsent(err)
}

/** Returns the exit code of a command that needs the app. */
export function reportAbsent(err: TextStream): number {
  err.line('Modelferry isn’t running. Start it, then run the command again.')
  return exitCodes.someFailed
}

export const hostName = ({ about: { kind, pid } }: Pick<Host, 'about'>) =>
  kind === 'app' ? 'Modelferry' : `Another Modelferry command (process ${pid})`

/** Returns the exit code of a command whose host has ended before it was done. */
export function reportEnded(host: Pick<Host, 'about' | 'isOwn'>, err: TextStream): number {
  // An own host only ends early because the app starts.
  const what = host.isOwn ? 'Modelferry has started' : `${hostName(host)} has ended`
  err.line(`${what} before this command was done. Run the command again.`)
  return exitCodes.someFailed
}

/** Of a host that is suspended or hangs. */
export const describeSilence = (pid: number) =>
  `Modelferry (process ${pid}) doesn’t answer. Continue it if it’s suspended, or quit it.`

/** Returns the exit code of a command that can't reach the host. */
export function reportUnreachable(
  search: Extract<HostSearch, { readonly found: 'other-version' | 'silent' }>,
  err: TextStream,
): number {
  err.line(
    search.found === 'silent'
      ? describeSilence(search.pid)
      : `Modelferry ${search.version} is running, which this version of the command line can’t steer. ` +
          'Quit it and start the same version.',
  )
  return exitCodes.someFailed
}
