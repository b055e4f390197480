import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'
import type { EngineHarness } from './fixtures.ts'
import { ask, signIn } from './page-steps.ts'

/** The name of a row, counted from 1. */
export const pausedRowName = (number: number) => `model ${String(number).padStart(5, '0')}`

/** Signs in, pauses everything, kills the app, and writes this many rows into its journal. */
export async function writePausedRows(harness: EngineHarness, count: number): Promise<void> {
  const app = await harness.start()
  await signIn(app.page)
  await app.page.evaluate(() => window.modelferry?.pauseAll())
  const { accounts } = await ask(app.page, 'session')
  await app.kill()
  const [account] = accounts
  const [team] = account?.teams ?? []
  if (!account || !team) throw new Error('no account is signed in')
  const { database } = openJournal(harness.home, Date.now())
  const store = createUploadStore(database, createTestEnvironment(runningClock()))
  const records = Array.from({ length: count }, (_none, index) => {
    const displayName = pausedRowName(index + 1)
    const target = { displayName, modelType: 'loras', modelPath: `models/loras/${displayName}.safetensors` }
    return uploadRecord({ accountId: account.id, team, target })
  })
  const written = store.add(records)
  if (!written.ok) throw new Error(JSON.stringify(written.failure))
  store.close()
  database.close()
}
