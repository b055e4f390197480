import { onTestFinished } from 'vitest'
import { success } from '../../electron/contract/failures.ts'
import { createCommandServer } from '../../electron/engine/engine.ts'
import { serveHost } from '../../electron/host/serve-host.ts'
import { ALICE } from '../cloud/accounts.ts'
import { startProcess } from './command-line.ts'
import { partBytes, setupCommand } from './command-harness.ts'
import type { App, EngineHarness } from './engine.ts'
import { memorySettings } from './memory-settings.ts'

/** Serves commands as the app does. */
export function serveApp({ engine, calls }: App, home: string, environment: EngineHarness['environment']) {
  const settings = memorySettings()
  const host = serveHost({
    ...environment,
    home,
    version: '1.2.3',
    kind: 'app',
    handlers: {
      ...calls,
      settings: async () => success(settings.current()),
      changeSettings: async ({ limitBytesPerSecond = null }) => settings.change({ limitBytesPerSecond }),
    },
    serveCommand: createCommandServer(engine),
    queueRestored: engine.queueRestored,
  })
  engine.subscribe({ patch: host.sendPatch })
  onTestFinished(host.close)
  return { host, settings }
}

/** A running app that serves commands. */
export async function setupServedApp() {
  const harness = await setupCommand({ as: ALICE, settings: { singlePutLimitBytes: partBytes, atOnce: 1 } })
  const { app, home, environment, file } = harness
  const { host, settings } = serveApp(app, home, environment)
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
    startProcess: (...words: string[]) => startProcess(words, { ...harness.processEnv, ...withApp }),
    start: (...words: string[]) => harness.startWith(withApp, ...words),
    run: (...words: string[]) => harness.runWith(withApp, ...words),
  }
}
