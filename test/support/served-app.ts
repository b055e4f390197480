import { onTestFinished } from 'vitest'
import { success } from '../../electron/contract/failures.ts'
import { createCommandServer } from '../../electron/engine/engine.ts'
import { serveHost } from '../../electron/host/serve-host.ts'
import { ALICE } from '../cloud/accounts.ts'
import { partBytes, setupCommand } from './command-harness.ts'
import { memorySettings } from './memory-settings.ts'

/** A running app that serves commands. */
export async function setupServedApp() {
  const harness = await setupCommand({ as: ALICE, settings: { singlePutLimitBytes: partBytes, atOnce: 1 } })
  const { app, home, environment, file } = harness
  const settings = memorySettings()
  const host = serveHost({
    ...environment,
    home,
    version: '1.2.3',
    kind: 'app',
    handlers: {
      ...app.calls,
      settings: async () => success(settings.current()),
      changeSettings: async ({ limitBytesPerSecond = null }) => settings.change({ limitBytesPerSecond }),
    },
    serveCommand: createCommandServer(app.engine),
    queueRestored: app.engine.queueRestored,
  })
  app.engine.subscribe({ patch: host.sendPatch })
  onTestFinished(host.close)
  const add = async (name: string) => {
    const [id = ''] = await app.add(await file(name, { sizeBytes: 2 * partBytes + 99 }))
    return id
  }
  const withApp = {
    MODELFERRY_HOME: home,
    MODELFERRY_TOKEN: undefined,
    MODELFERRY_TEAM: undefined,
    MODELFERRY_MULTIPART_FROM: undefined,
  }
  return {
    ...harness,
    host,
    /** Of commands that find the app. */
    environmentOfApp: withApp,
    settings,
    add,
    start: (...words: string[]) => harness.startWith(withApp, ...words),
    run: (...words: string[]) => harness.runWith(withApp, ...words),
  }
}
