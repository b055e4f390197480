import type { Patch, Snapshot } from '../../contract/uploads.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { createReporter } from '../output/create-reporter.ts'
import { describeFailure, type Streams } from '../output/output.ts'
import type { Host } from '../../host/connect-host.ts'
import { hostName, withRunningHost } from '../reach-host.ts'
import { followUploads, type UploadSource } from './follow-uploads.ts'

/** Shows what the running app uploads, until the app quits or a signal ends the command. Returns the exit code. */
export function followStatus(
  { json }: Pick<Command & { name: 'status' }, 'json'>,
  home: string,
  streams: Streams,
): Promise<number> {
  const reporter = createReporter({ json, quiet: false }, streams)
  function whenEnded(host: Pick<Host, 'about'>): number {
    reporter.finished()
    streams.err.line(`${hostName(host)} has ended.`)
    return exitCodes.ok
  }
  return withRunningHost(home, { kind: 'any', err: streams.err, whenEnded }, async ({ calls, follow }) => {
    const first = await calls.snapshot(undefined)
    if (!first.ok) {
      streams.err.line(describeFailure(first.failure))
      return exitCodes.someFailed
    }
    const shown = new Set<string>()
    let report: (patch: Patch) => void = () => {}
    const source: UploadSource = {
      known: first.value.rows.filter(({ phase }) => phase === 'registered'),
      snapshot: () => first.value,
      subscribe({ uploads }) {
        report = uploads ?? report
        return () => {}
      },
    }
    followUploads(source, reporter)

    function apply(patch: Patch): void {
      for (const { id } of patch.changed) shown.add(id)
      report(patch)
    }
    function applyAll(now: Snapshot): void {
      const ids = new Set(now.rows.map(({ id }) => id))
      apply({ ...now, changed: now.rows, removed: [...shown].filter((id) => !ids.has(id)) })
    }
    follow({
      patch: apply,
      resync: () => void calls.snapshot(undefined).then((now) => now.ok && applyAll(now.value)),
    })
    applyAll(first.value)
    return new Promise(() => {})
  })
}
