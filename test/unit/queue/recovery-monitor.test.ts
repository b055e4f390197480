import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createRecoveryMonitor } from '../../../electron/queue/recovery-monitor.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const lost = failure('connection-lost', { host: 'cloud.example' })
const retryInMs = 40_000

/** Uploads whose servers respond when the test says so. The account of an upload names its server. */
function setup(records: readonly UploadRecord[] = [uploadRecord(), uploadRecord()]) {
  const { rows, environment } = rowsOnJournal(records)
  const { clock } = environment
  const asked: { readonly server: string; readonly answer: (isThere: boolean) => void }[] = []
  const events: string[] = []
  const accessedTeams: string[] = []
  const accessFor = (server: string) => ({
    client: {
      server,
      isReachable() {
        const { promise, resolve } = Promise.withResolvers<boolean>()
        asked.push({ server, answer: resolve })
        return promise
      },
    },
  })
  const recovery = createRecoveryMonitor({
    rows,
    environment,
    accessFor(accountId, teamId) {
      accessedTeams.push(`${accountId} ${teamId}`)
      return accountId === 'nobody' ? failed(failure('signed-out')) : success(accessFor(accountId))
    },
    connectivityChanged: (state) => events.push(state),
    volumesBack: (ids) => events.push(`back ${ids.join(' ')}`),
  })
  const turns = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  return {
    rows,
    clock,
    recovery,
    servers: () => asked.map(({ server }) => server),
    ids: records.map(({ id }) => id) as [string, string],
    /** An attempt fails and is retried later unless the app is offline. */
    fail(id: string, met = lost) {
      rows.applyEvent(id, 'begin')
      rows.countAttempt(id)
      rows.applyEvent(id, 'trouble', { failure: met }, clock.now() + retryInMs)
      recovery.waitForConnection(id, met)
    },
    async answer(...answers: readonly boolean[]) {
      for (const [index, { answer }] of asked.slice(-answers.length).entries())
        answer(answers[index] === true)
      await turns()
    },
  }
}

test('is online when one server of unfinished uploads answers, and asks each once', async () => {
  const accounts = ['failing', 'failing', 'waiting', 'retrying', 'running', 'paused', 'nobody']
  const records = accounts.map((accountId) =>
    uploadRecord({ accountId, phase: accountId === 'paused' ? 'paused' : 'waiting' }),
  )
  const { ids, fail, servers, answer, recovery, rows } = setup(records)
  fail(records[3]?.id ?? '', failure('server-trouble', { status: 503 }))
  rows.applyEvent(records[4]?.id ?? '', 'begin')
  fail(ids[0])
  expect(servers()).toEqual(['failing', 'waiting', 'retrying', 'running'])
  await answer(false, false, true, false)
  expect(recovery.connectivity).toBe('ok')
  fail(ids[1])
  await answer(false, false, false, false)
  expect(recovery.connectivity).toBe('offline')
})
